#pragma once

#include <optional>
#include <utility>

#include <ouro/program/stream.hpp>

#include "feed.hpp"

namespace ouro::detail {

/// The stream behind a follower.
class StepStream : public Stream<Step> {
  public:
    StepStream(const asio::any_io_executor& executor, Feed::Options options)
        : Stream(executor), feed_(std::move(options)) {}

    [[nodiscard]] bool ready() const noexcept final { return feed_.ready(); }
    [[nodiscard]] Errc end() const noexcept final { return feed_.end(); }
    [[nodiscard]] std::optional<Cursor> cursor() const { return feed_.cursor(); }

  protected:
    Feed feed_;

  private:
    /// The consumer has taken a step: there may be room.
    virtual void taken() = 0;
    Step pop() final {
        Step step = feed_.take();
        taken();
        return step;
    }
};

}  // namespace ouro::detail
