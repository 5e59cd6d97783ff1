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

std::optional<Duration> time_until(std::optional<Instant> instant, Instant now) noexcept {
    if (!instant) return std::nullopt;
    return std::max(*instant - now, Duration::zero());
}

}  // namespace ouro::detail
