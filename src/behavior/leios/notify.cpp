#include "notify.hpp"

namespace ouro::initiator {

void LeiosNotifyPart::received(Peer& peer, LeiosNotify::Message& message) {
    std::visit(
        [&]<class M>(M& told) {
            if constexpr (std::is_constructible_v<decltype(EbNotification::notification), M>) {
                ++peer.notifications_untaken;
                desk_.out.event(EbNotification{peer.id, std::move(told)});
            }
        },
        message);
    if (peer.temperature == Temperature::hot) top_up(peer);
}

void LeiosNotifyPart::tick() {
    if (!std::exchange(wants_more_, false)) return;
    for (Peer* peer : hot_) top_up(*peer);
}

void LeiosNotifyPart::taken(Peer& peer) noexcept {
    if (peer.notifications_untaken == 0) return;  // of an earlier life of the peer's
    --peer.notifications_untaken;
    wants_more_ = true;
}

void LeiosNotifyPart::top_up(Peer& peer) {
    const auto& machine = peer.link->machine<LeiosNotify>();
    std::size_t used = peer.notifications_untaken + machine.pending() + (machine.theirs() ? 1 : 0);
    for (; used < desk_.config.notify_window; ++used) desk_.send<LeiosNotify>(peer, LeiosNotify::RequestNext{});
}

}  // namespace ouro::initiator
