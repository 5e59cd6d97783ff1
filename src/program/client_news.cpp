#include "client_news.hpp"

namespace ouro::detail {

void ClientNews::report(const local_initiator::Connected& event) {
    PeerNews news;
    news.kind = PeerNews::Kind::connected;
    news.peer = event.node;
    news.version = event.agreement.version;
    report(news);
}

void ClientNews::report(const local_initiator::Disconnected& event, Instant now) {
    PeerNews news;
    news.peer = event.node;
    news.reason = event.reason;
    if (event.refusal) {
        news.kind = PeerNews::Kind::refused;
        news.detail = to_string(*event.refusal);
        report(news);
        news.detail.clear();
    }
    news.kind = PeerNews::Kind::disconnected;
    news.retry_in = time_until(event.retry_at, now);
    news.violation = event.violation;
    news.point = event.point;
    news.system = event.system;
    report(news);
}

}  // namespace ouro::detail
