#include "news_stream.hpp"

#include <algorithm>

namespace ouro::detail {

void NewsStream::add(const PeerNews& news) {
    if (end_ != Errc::none) return;
    if (news_.size() == most) {
        news_.pop_front();
        ++dropped_;
    }
    news_.push_back(news);
}

void NewsStream::finish(Errc reason) {
    if (end_ == Errc::none) end_ = reason;
}

PeerNews NewsStream::pop() {
    PeerNews news = std::move(news_.front());
    news_.pop_front();
    return news;
}

std::shared_ptr<NewsStream> NewsBoard::open(const asio::any_io_executor& executor) {
    std::erase_if(streams_, [](const auto& stream) { return stream.expired(); });
    auto stream = std::make_shared<NewsStream>(executor);
    if (end_ != Errc::none) stream->finish(end_);
    streams_.push_back(stream);
    return stream;
}

void NewsBoard::report(const PeerNews& news) {
    for (const auto& weak : streams_)
        if (const auto stream = weak.lock()) stream->add(news);
}

void NewsBoard::wake() const {
    for (const auto& weak : std::vector(streams_))
        if (const auto stream = weak.lock()) stream->wake();
}

void NewsBoard::finish(Errc reason) {
    end_ = reason;
    for (const auto& weak : streams_)
        if (const auto stream = weak.lock()) stream->finish(reason);
}

std::optional<Duration> time_until(std::optional<Instant> instant, Instant now) noexcept {
    if (!instant) return std::nullopt;
    return std::max(*instant - now, Duration::zero());
}

}  // namespace ouro::detail
