#include "local_server.hpp"

#include "frame/accept.hpp"

namespace ouro::local_responder {

std::string to_string(const PeerRefused& event) { return ouro::to_string(event.reason, event.offered_versions); }

// The parts are added in the order in which they are called.
Frame::Frame(Config config) : config_(std::move(config)), desk_{config_, out_, counters_} {
    if (config_.chain) source_.emplace(config_.chain);
    parts_.add(std::make_unique<ChainSyncPart>(desk_, source_));
    parts_.add(std::make_unique<Speaker<LocalTxSubmission>>(desk_));
    parts_.add(std::make_unique<Speaker<LocalStateQuery>>(desk_));
    parts_.add(std::make_unique<Speaker<LocalTxMonitor>>(desk_));
}

void Frame::handle_io(InterfaceEvent<n2c::Message>& event, Instant now) {
    desk_.now = now;
    std::visit([&](auto& fact) { handle(fact); }, event);
}

void Frame::handle(io::Connected& event) {
    // Its requests would be events, which remain when it is gone: connections that come and go would add events without
    // end.
    if (out_.events() >= config_.max_events) {
        ++counters_.rejected;
        return out_.command(io::Disconnect{event.connection, io::Close::reset, Errc::queue_full, {}, 5s});
    }
    auto owned = std::make_unique<Peer>(desk_.layout, event.connection, event.peer);
    Peer& peer = *owned;
    peers_.emplace(event.connection, std::move(owned));
    ++counters_.connections;
    if (stopping_) return desk_.close(peer, io::Close::reset, Errc::stopped);
    desk_.report(PeerConnected{event.connection, event.peer});
    frame::give_credit(*peer.side().handshake, peer.side(), out_);
    deadlines_.push(desk_.now + config_.handshake_timeout, event.connection);
}

void Frame::handle(io::Disconnected& event) {
    const auto it = peers_.find(event.connection);
    if (it == peers_.end()) return;
    Peer& peer = *it->second;
    if (event.violation.rule != Errc::none) ++counters_.violations;
    peer.side().locate(event.violation);
    const Ending ending{event.reason, event.violation};
    parts_.each([&](Part& part) { part.gone(peer, ending); });
    desk_.report(PeerDisconnected{event.connection, event.peer, event.reason, event.system, event.violation});
    peers_.erase(it);
}

void Frame::handle(io::Recv<n2c::Message>& event) {
    Peer* peer = find(event.connection);
    if (!peer || peer->closing || event.role != Role::responder) return;
    if (auto* proposal = event.message.as<n2c::Handshake>()) return receive(*peer, *proposal, event.bytes);
    if (Part* part = parts_.speaker(event.message.channel())) receive(*peer, *part, event.message, event.bytes);
}

void Frame::handle(io::Sent& event) {
    Peer* peer = find(event.connection);
    Part* part = parts_.speaker(event.channel);
    if (!peer || peer->closing || event.role != Role::responder || !part) return;
    peer->side().endpoint(part->endpoint()).queued = event.queued;
    part->sent(*peer);
}

void Frame::receive(Peer& peer, Part& part, n2c::Message& message, std::size_t bytes) {
    frame::Endpoint& endpoint = peer.side().endpoint(part.endpoint());
    const Violation violation = frame::deliver(part, peer, message, bytes, desk_.now);
    if (violation.rule != Errc::none) return desk_.close(peer, io::Close::reset, violation.rule, violation);
    // An orderly end: what the client sent ahead belongs to the next run.
    if (endpoint.machine.done()) frame::restart(endpoint);
    part.credit(peer);
}

void Frame::receive(Peer& peer, Handshake::Message& message, std::size_t bytes) {
    const Violation violation = frame::deliver(peer, message, bytes, desk_.now);
    if (violation.rule != Errc::none) return desk_.close(peer, io::Close::reset, violation.rule, violation);
    const auto agreement = frame::accept<ServerSide>(desk_, peer, std::get<Handshake::ProposeVersions>(message));
    if (!agreement) return;
    ++counters_.handshakes;
    desk_.report(PeerInitialized{peer.connection(), peer.peer, *agreement});
    // All at once: what the client may send now is registered before anything more is read.
    parts_.each([&](Part& part) { part.credit(peer); });
}

Result<CommandId> Frame::execute(Command& command, Instant now) {
    if (stopping_) return Errc::stopped;
    desk_.now = now;
    const Errc error = std::visit([&](auto& wish) { return carry_out(wish); }, command);
    if (error != Errc::none) return error;
    return CommandId{next_command_++};
}

Errc Frame::carry_out(Answer& answer) {
    Peer* peer = find(answer.connection);
    if (!peer || peer->closing) return Errc::unknown_peer;
    Part* part = parts_.speaker(answer.message.channel());
    return part ? part->answer(*peer, answer.message) : Errc::not_our_turn;
}

Errc Frame::carry_out(ChainChanged& change) {
    std::vector<Peer*> all;
    for (const auto& [id, peer] : peers_) all.push_back(peer.get());
    parts_.each([&](Part& part) { part.changed(all, change.common); });
    return Errc::none;
}

Errc Frame::carry_out(Housekeeping&) {
    tick(desk_.now);
    return Errc::none;
}

Errc Frame::carry_out(DisconnectPeer& wish) {
    Peer* peer = find(wish.connection);
    if (!peer) return Errc::unknown_peer;
    if (!peer->closing) desk_.close(*peer, io::Close::orderly, Errc::disconnected);
    return Errc::none;
}

void Frame::tick(Instant now) {
    desk_.now = now;
    while (const auto due = deadlines_.pop_due(now)) {
        Peer* peer = find(due->second);
        if (!peer || peer->closing || peer->agreement) continue;
        desk_.close(*peer, io::Close::reset, Errc::state_timeout,
                    peer->side().handshake->machine.violation(Errc::state_timeout));
    }
    parts_.each([](Part& part) { part.tick(); });
}

void Frame::stop(Instant now) {
    desk_.now = now;
    if (std::exchange(stopping_, true)) return;
    for (auto& [id, peer] : peers_)
        if (!peer->closing) desk_.close(*peer, io::Close::orderly, Errc::stopped);
}

std::vector<PeerState> Frame::peers() const {
    std::vector<PeerState> all;
    all.reserve(peers_.size());
    for (const auto& [id, peer] : peers_) all.push_back({id, peer->peer, peer->agreement, peer->blocks});
    return all;
}

}  // namespace ouro::local_responder
