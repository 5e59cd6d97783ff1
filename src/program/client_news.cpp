#include "client_news.hpp"

namespace ouro::detail {

void ClientNews::report(const local_initiator::Event& event, Instant now) {
    PeerNews news;
    if (const auto* up = std::get_if<local_initiator::Connected>(&event)) {
        news.kind = PeerNews::Kind::connected;
        news.peer = up->node;
        news.version = up->agreement.version;
        return report(news);
    }
    const auto* down = std::get_if<local_initiator::Disconnected>(&event);
    if (!down) return;
    news.peer = down->node;
    news.reason = down->reason;
    if (down->refusal) {
        news.kind = PeerNews::Kind::refused;
        news.detail = to_string(*down->refusal);
        report(news);
        news.detail.clear();
    }
    news.kind = PeerNews::Kind::disconnected;
    news.retry_in = time_until(down->retry_at, now);
    news.violation = down->violation;
    news.point = down->point;
    news.system = down->system;
    report(news);
}

}  // namespace ouro::detail
