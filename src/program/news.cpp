#include <ouro/program/news.hpp>

#include "news_stream.hpp"

namespace ouro {

namespace {

std::string_view name(PeerNews::Kind kind) noexcept {
    switch (kind) {
        case PeerNews::Kind::connected: return "connected";
        case PeerNews::Kind::refused: return "refused";
        case PeerNews::Kind::disconnected: return "disconnected";
        case PeerNews::Kind::banned: return "banned";
        case PeerNews::Kind::stalled: return "stalled";
        case PeerNews::Kind::turned_away: return "turned away";
    }
    return {};
}

}  // namespace

std::string to_string(const PeerNews& news) {
    std::string text(news.peer ? news.peer.text() : "no peer");
    text += ' ';
    text += name(news.kind);
    if (!news.detail.empty())
        text += ": " + news.detail;
    else if (news.violation.rule != Errc::none)
        text += ": " + to_string(news.violation);
    else if (news.reason != Errc::none)
        text += ": " + std::string(message(news.reason));
    if (news.point) text += ", at " + to_string(*news.point);
    if (news.system) text += " (" + news.system.message() + ")";
    if (!news.retry_in) return text;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*news.retry_in).count();
    return text + ", next attempt in " + std::to_string(seconds) + " s";
}

std::uint64_t News::dropped() const noexcept { return static_cast<const detail::NewsStream&>(*stream_).dropped(); }

}  // namespace ouro
