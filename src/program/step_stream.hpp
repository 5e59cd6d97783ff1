#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <ouro/program/stream.hpp>

#include "feed.hpp"

namespace ouro::detail {

/// The stream behind a follower, of steps, or behind a range, whose steps are all blocks.
template <class T>
class FeedStream : public Stream<T> {
  public:
    FeedStream(const asio::any_io_executor& executor, Feed::Options options)
        : Stream<T>(executor), feed_(std::move(options)) {}

    [[nodiscard]] bool ready() const noexcept final { return feed_.ready(); }
    [[nodiscard]] Errc end() const noexcept final { return feed_.end(); }
    [[nodiscard]] std::optional<Cursor> cursor() const { return feed_.cursor(); }

  protected:
    Feed feed_;

  private:
    /// The consumer has taken a step: there may be room.
    virtual void taken() = 0;
    T pop() final {
        Step step = feed_.take();
        taken();
        if constexpr (std::is_same_v<T, Step>)
            return step;
        else
            return std::get<T>(std::move(step));
    }
};
using StepStream = FeedStream<Step>;

}  // namespace ouro::detail
