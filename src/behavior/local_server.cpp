#include "local_server.hpp"

namespace ouro::local_responder {

std::string to_string(const PeerRefused& event) { return ouro::to_string(event.reason, event.offered_versions); }

Frame::Frame(Config config, std::uint64_t& ids) : ServingFrame(std::move(config), ids), visitors_(config_.visitors) {
    if (config_.chain) source_.emplace(config_.chain);
    ServerSide::Making with{desk_, source_};
    frame::add_parts(parts_, with);
}

void Frame::connected(Peer& peer) {
    desk_.watch(peer, desk_.now + config_.handshake_timeout);
    visitors_.each([&](LocalVisitor& visitor) { visitor.connected({peer.peer, peer.connection()}, desk_.now); });
}

void Frame::initialized(Peer& peer) {
    visitors_.each([&](LocalVisitor& visitor) {
        visitor.initialized({peer.peer, peer.connection()}, *peer.agreement, desk_.now);
    });
}

void Frame::receiving(Peer& peer, const io::Recv<n2c::Message>& event) {
    visitors_.each([&](LocalVisitor& visitor) {
        visitor.received({peer.peer, event.connection}, event.role, event.message, event.bytes, desk_.now);
    });
}

void Frame::disconnected(const io::Disconnected& event) {
    visitors_.each([&](LocalVisitor& visitor) {
        visitor.disconnected({event.peer, event.connection}, event.reason, event.violation, desk_.now);
    });
}

InterfaceCommand<n2c::Message>* Frame::front_command() {
    auto* const command = Base::front_command();
    const auto* send = command ? std::get_if<io::Send<n2c::Message>>(command) : nullptr;
    const Peer* peer = send != nullptr ? find(send->connection) : nullptr;
    if (peer == nullptr) return command;
    visitors_.each([&](LocalVisitor& visitor) {
        visitor.sending({peer->peer, send->connection}, send->role, send->message, desk_.now);
    });
    return command;
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
