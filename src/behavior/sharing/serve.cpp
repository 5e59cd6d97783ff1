#include "serve.hpp"

namespace ouro::responder {

Errc PeerSharingPart::received(Peer& peer, PeerSharing::Message& message, PeerSharing::State) {
    const auto* wish = std::get_if<PeerSharing::ShareRequest>(&message);
    if (!wish) return Errc::none;
    ++desk_.counters.peer_requests;
    if (source_) return send(peer, PeerSharing::SharePeers{source_->choose(wish->amount, desk_.now)});
    mine(peer).amount = wish->amount;
    request(peer, *wish);
    return Errc::none;
}

Errc PeerSharingPart::answered(Peer& peer, PeerSharing::Message& message) {
    if (std::get<PeerSharing::SharePeers>(message).peers.size() > mine(peer).amount) return Errc::bad_argument;
    // About 230 addresses of IPv6 fit, also for a peer that has requested 255.
    if (encoded_bytes(message) > PeerSharing::message_limit) return Errc::bad_argument;
    return send(peer, std::move(message));
}

}  // namespace ouro::responder

namespace ouro::frame {

std::unique_ptr<responder::Part> make_part(Speaks<responder::ServingSide, PeerSharing>,
                                           responder::ServingSide::Making& with) {
    return std::make_unique<responder::PeerSharingPart>(with.desk);
}

}  // namespace ouro::frame
