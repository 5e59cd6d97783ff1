#include "serve_notify.hpp"

namespace ouro::responder {

void LeiosNotifyPart::received(Peer& peer, const LeiosNotify::Message& message) {
    if (std::holds_alternative<LeiosNotify::RequestNext>(message))
        desk_.out.event(EbNotificationRequested{peer.connection(), peer.peer});
}

Errc LeiosNotifyPart::provide(Peer& peer, ProvideEbAnnouncement& answer, Instant now) {
    return notify(peer, LeiosNotify::BlockAnnouncement{answer.header}, now);
}

Errc LeiosNotifyPart::provide(Peer& peer, ProvideEbOffer& answer, Instant now) {
    return notify(peer, LeiosNotify::BlockOffer{answer.block, answer.bytes}, now);
}

Errc LeiosNotifyPart::provide(Peer& peer, ProvideEbTxsOffer& answer, Instant now) {
    return notify(peer, LeiosNotify::BlockTxsOffer{answer.block}, now);
}

Errc LeiosNotifyPart::provide(Peer& peer, ProvideVotes& answer, Instant now) {
    return notify(peer, LeiosNotify::Votes{answer.votes}, now);
}

Errc LeiosNotifyPart::notify(Peer& peer, LeiosNotify::Message message, Instant now) {
    if (!peer.link.machine<LeiosNotify>().ours()) return Errc::not_our_turn;
    if (!fits<LeiosNotify>(message, LeiosNotify::State::busy)) return Errc::bad_argument;
    return desk_.send<LeiosNotify>(peer, std::move(message), now);
}

}  // namespace ouro::responder
