#include "serve.hpp"

namespace ouro::responder {

void PeerSharingPart::received(Peer& peer, const PeerSharing::Message& message, Instant now) {
    const auto* wish = std::get_if<PeerSharing::ShareRequest>(&message);
    if (!wish) return;
    ++desk_.counters.peer_requests;
    if (source_) {
        desk_.send<PeerSharing>(peer, PeerSharing::SharePeers{source_->choose(wish->amount, now)}, now);
        return;
    }
    peer.peers_asked_for = wish->amount;
    desk_.out.event(PeersRequested{peer.connection(), peer.peer, wish->amount});
}

// An answer that cannot be given leaves the request open: nothing was sent.
Errc PeerSharingPart::provide(Peer& peer, const ProvidePeers& answer, Instant now) {
    if (peer.link.machine<PeerSharing>().state() != PeerSharing::State::busy) return Errc::not_our_turn;
    PeerSharing::SharePeers message;
    if (answer.peers.size() > peer.peers_asked_for) return Errc::bad_argument;
    for (const PeerId& shared : answer.peers) {
        const auto address = PeerAddress::from(shared);
        if (!address) return address.error();
        message.peers.push_back(*address);
    }
    // Some 230 of IPv6: who asked for 255 takes no more bytes.
    if (cbor::encode(message).size() > PeerSharing::message_limit) return Errc::bad_argument;
    return desk_.send<PeerSharing>(peer, std::move(message), now);
}

}  // namespace ouro::responder
