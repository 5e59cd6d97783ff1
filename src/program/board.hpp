#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>
#include <vector>

#include <ouro/base/error.hpp>

namespace ouro::detail {

/// The streams that each get all values of one source.
template <class S, class T>
class Board {
  public:
    [[nodiscard]] std::shared_ptr<S> open(const asio::any_io_executor& executor) {
        std::erase_if(streams_, [](const auto& stream) { return stream.expired(); });
        auto stream = std::make_shared<S>(executor);
        if (end_ != Errc::none) stream->finish(end_);
        streams_.push_back(stream);
        return stream;
    }
    void report(const T& value) {
        for (const auto& weak : streams_)
            if (const auto stream = weak.lock()) stream->add(value);
    }
    /// Wakes consumers, whose code runs within this call.
    void wake() const {
        for (const auto& weak : std::vector(streams_))
            if (const auto stream = weak.lock()) stream->wake();
    }
    void finish(Errc reason) {
        end_ = reason;
        for (const auto& weak : streams_)
            if (const auto stream = weak.lock()) stream->finish(reason);
    }

  private:
    std::vector<std::weak_ptr<S>> streams_;
    Errc end_ = Errc::none;
};

}  // namespace ouro::detail
