#include "local_server.hpp"

#include "behavior/chain_sync/serve.hpp"

namespace ouro::local_responder {

std::string to_string(const PeerRefused& event) { return ouro::to_string(event.reason, event.offered_versions); }

// The parts are added in the order in which they are called.
Frame::Frame(Config config, std::uint64_t& ids) : ServingFrame(std::move(config), ids) {
    if (config_.chain) source_.emplace(config_.chain);
    parts_.add(std::make_unique<frame::ServeChainSync<ServerSide, LocalChainSync>>(desk_, source_));
    parts_.add(std::make_unique<Speaker<LocalTxSubmission>>(desk_));
    parts_.add(std::make_unique<Speaker<LocalStateQuery>>(desk_));
    parts_.add(std::make_unique<Speaker<LocalTxMonitor>>(desk_));
}

void Frame::look_at(Peer& peer) {
    if (peer.agreement) return;
    desk_.close(peer, io::Close::reset, Errc::state_timeout,
                peer.side().handshake->machine.violation(Errc::state_timeout));
}

Errc Frame::carry_out(ChainChanged& change, Command&) {
    chain_changed(change.common);
    return Errc::none;
}

Errc Frame::carry_out(DisconnectPeer& wish, Command&) {
    Peer* peer = find(wish.connection);
    if (!peer) return Errc::unknown_peer;
    if (!peer->closing) desk_.close(*peer, io::Close::orderly, Errc::disconnected);
    return Errc::none;
}

std::vector<PeerState> Frame::peers() const {
    std::vector<PeerState> all;
    all.reserve(peers_.size());
    for (const auto& [id, peer] : peers_) all.push_back({id, peer->peer, peer->agreement, peer->blocks});
    return all;
}

}  // namespace ouro::local_responder
