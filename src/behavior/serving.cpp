#include "serving.hpp"

#include <algorithm>

#include "frame/accept.hpp"
#include "frame/config.hpp"
#include "frame/own_part.hpp"

namespace ouro::responder {

namespace {

Config checked(Config config) {
    if (config.offer.data.peras)
        throw std::invalid_argument("responder::Config::offer: Peras is not spoken by this library yet");
    frame::require<unsigned>("responder::Config::tx_ids", config.tx_ids, 1, TxSubmission::window);
    // Half of it has room for any transaction.
    frame::require("responder::Config::tx_bytes", config.tx_bytes, std::size_t{2} * largest_tx);
    return config;
}

}  // namespace

std::string to_string(const PeerRefused& event) { return ouro::to_string(event.reason, event.offered_versions); }

// The parts are added in the order in which they are called.
Frame::Frame(Config config, std::uint64_t& ids)
    : config_(checked(std::move(config))),
      visitors_(config_.visitors),
      desk_{config_, out_, counters_},
      bans_(config_.max_bans),
      pruning_(config_),
      random_(config_.seed),
      ids_(ids) {
    if (config_.chain) source_.emplace(config_.chain);
    parts_.add(std::make_unique<ChainSyncPart>(desk_, source_));
    block_fetch_ = &parts_.add(std::make_unique<BlockFetchPart>(desk_, source_));
    txs_ = &parts_.add(std::make_unique<TxSubmissionPart>(desk_));
    keep_alive_ = &parts_.add(std::make_unique<KeepAlivePart>(desk_));
    parts_.add(std::make_unique<PeerSharingPart>(desk_));
    if (config_.leios) {
        parts_.add(std::make_unique<LeiosNotifyPart>(desk_));
        parts_.add(std::make_unique<LeiosFetchPart>(desk_));
    }
    frame::add_own_parts(parts_, desk_, Role::responder);
}

void Frame::handle_io(InterfaceEvent<n2n::Message>& event, Instant now) {
    desk_.now = now;
    std::visit([&](auto& fact) { handle(fact); }, event);
    carry_out_wishes();
}

Peer& Frame::add(ConnectionId connection, const PeerId& remote) {
    auto owned = std::make_unique<Peer>(desk_.layout, connection, remote, detail::next_random(random_));
    Peer& peer = *owned;
    Pruning::place(peer);
    desk_.neighbours.enter(peer);
    peers_.emplace(connection, std::move(owned));
    ++counters_.connections;
    return peer;
}

void Frame::handle(io::Connected& event) {
    const auto reject = [&](Errc reason) {
        ++counters_.rejected;
        out_.command(io::Disconnect{event.connection, io::Close::reset, reason, {}, 5s});
    };
    // No event reports a rejected connection: a peer that connects again and again must not drown the news of others.
    if (bans_.reject(event.peer, desk_.now)) return reject(Errc::banned);
    // Its requests would be events, which remain when it is gone: connections that come and go would add events without
    // end.
    if (out_.events() >= config_.max_events) return reject(Errc::queue_full);
    Peer& peer = add(event.connection, event.peer);
    peer.since = desk_.now;
    if (stopping_) return desk_.close(peer, io::Close::reset, Errc::stopped);
    desk_.report(PeerConnected{event.connection, event.peer});
    visitors_.each([&](PeerVisitor& visitor) { visitor.connected({event.peer, event.connection}, desk_.now); });
    frame::Endpoint& handshake = *peer.side().handshake;
    handshake.machine.resume(desk_.now);  // a peer that connects has to begin at once
    frame::give_credit(handshake, peer.side(), out_);
    watch(peer);
    prune(event.connection);
}

void Frame::prune(ConnectionId newcomer) {
    if (config_.soft_limit == 0 || desk_.neighbours.all() < config_.soft_limit) return;
    // The newcomer does not count against those of its own site.
    Peer& last = *find(newcomer);
    desk_.neighbours.leave(last);
    const auto may_go = [&](const Peer& peer) {
        return !peer.closing && peer.connection() != newcomer && direction(peer.connection()) == Direction::inbound &&
               !(spared_ && spared_(peer.connection()));
    };
    const auto victim = pruning_.least_useful(peers_, desk_.neighbours, may_go, desk_.now);
    desk_.neighbours.enter(last);
    if (!victim) return;
    ++counters_.pruned;
    desk_.close(*find(*victim), io::Close::reset, Errc::pruned);
}

void Frame::send_away(const PeerId& remote, Errc reason) {
    for (auto& [id, peer] : peers_)
        if (!peer->closing && peer->peer == remote) desk_.close(*peer, io::Close::reset, reason);
}

void Frame::expect_ping(Peer& peer) {
    AnyMachine& machine = peer.side().endpoint(keep_alive_->endpoint()).machine;
    if (machine.deadline() || !machine.theirs() || !peer.agreement || !peer.side().active()) return;
    machine.resume(desk_.now);
    desk_.watch(peer, machine.expires_at());
}

void Frame::adopt(ConnectionId connection, const PeerId& remote, const Agreement& agreement, Instant now) {
    desk_.now = now;
    if (bans_.reject(remote, now)) {
        ++counters_.rejected;
        return out_.command(io::Disconnect{connection, io::Close::reset, Errc::banned, {}, 5s});
    }
    Peer& peer = add(connection, remote);
    desk_.report(PeerConnected{connection, remote});
    visitors_.each([&](PeerVisitor& visitor) { visitor.connected({remote, connection}, now); });
    welcome(peer, agreement);
    arm_idle(peer);
    watch(peer);
    carry_out_wishes();
}

void Frame::handle(io::Disconnected& event) {
    const auto it = peers_.find(event.connection);
    if (it == peers_.end()) return;
    Peer& peer = *it->second;
    if (event.violation.rule != Errc::none) ++counters_.violations;
    peer.side().locate(event.violation);
    const Ending ending{event.reason, event.violation};
    if (!peer.closing) desk_.neighbours.leave(peer);
    parts_.each([&](Part& part) { part.gone(peer, ending); });
    visitors_.each([&](PeerVisitor& visitor) {
        visitor.disconnected({event.peer, event.connection}, event.reason, event.violation, desk_.now);
    });
    desk_.report(PeerDisconnected{event.connection, event.peer, event.reason, event.system, event.violation});
    peers_.erase(it);
}

void Frame::handle(io::Recv<n2n::Message>& event) {
    Peer* peer = find(event.connection);
    if (!peer || peer->closing || event.role != Role::responder) return;
    visitors_.each([&](PeerVisitor& visitor) {
        visitor.received({peer->peer, event.connection}, event.role, event.message, event.bytes, desk_.now);
    });
    if (auto* proposal = event.message.as<Handshake>()) return receive(*peer, *proposal, event.bytes);
    if (Part* part = parts_.speaker(event.message.channel())) receive(*peer, *part, event.message, event.bytes);
}

void Frame::handle(io::Sent& event) {
    Peer* peer = find(event.connection);
    Part* part = parts_.speaker(event.channel);
    if (!peer || peer->closing || event.role != Role::responder || !part) return;
    frame::Endpoint& endpoint = peer->side().endpoint(part->endpoint());
    endpoint.queued = event.queued;
    part->sent(*peer);
    pruning_.note(*peer, false, desk_.now);
    desk_.watch(*peer, endpoint.machine.expires_at());
}

void Frame::tick(Instant now) {
    desk_.now = now;
    bans_.expire(now);
    while (const auto due = desk_.deadlines.pop_due(now)) {
        Peer* peer = find(due->second);
        if (!peer || peer->scheduled != due->first) continue;
        peer->scheduled = Instant::max();
        if (peer->closing) continue;
        if (const auto violation = peer->side().overdue(now))
            desk_.close(*peer, io::Close::reset, violation->rule, *violation);
        else if (peer->idle_at <= now)
            desk_.close(*peer, io::Close::orderly, Errc::idle);
        else
            parts_.each([&](Part& part) { part.look_at(*peer); });
        watch(*peer);
    }
    visitors_.each([&](PeerVisitor& visitor) { visitor.tick(now); });
    parts_.each([](Part& part) { part.tick(); });
    parts_.each([](Part& part) {
        if (part.wants_more()) part.resume();
    });
    carry_out_wishes();
}

void Frame::watch(Peer& peer) {
    if (peer.closing) return;
    // A machine that waits for a peer to begin has no deadline, so only waits for an answer count.
    Instant at = peer.idle_at;
    const auto add = [&](const AnyMachine& machine) { at = std::min(at, machine.expires_at()); };
    if (peer.side().handshake) add(peer.side().handshake->machine);
    for (const frame::Endpoint& endpoint : peer.side().endpoints()) add(endpoint.machine);
    desk_.watch(peer, std::min(at, parts_.due(peer)));
}

std::optional<Event> Frame::poll_event() {
    auto event = out_.poll_event();
    if (event) parts_.taken(*event);
    return event;
}

std::optional<InterfaceCommand<n2n::Message>> Frame::poll_command() {
    auto command = out_.poll_command();
    if (!command || visitors_.none()) return command;
    if (const auto* send = std::get_if<io::Send<n2n::Message>>(&*command)) {
        if (const Peer* peer = find(send->connection)) {
            visitors_.each([&](PeerVisitor& visitor) {
                visitor.sending({peer->peer, send->connection}, send->role, send->message, desk_.now);
            });
            carry_out_wishes();
        }
    }
    return command;
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
    for (const auto& [id, peer] : peers_)
        all.push_back({id, peer->peer, peer->agreement, peer->headers.count, peer->blocks.count});
    return all;
}

std::optional<Instant> Frame::next_deadline() const noexcept {
    if (!stopping_ && parts_.wants_more()) return Instant::min();
    const Instant next =
        std::min({bans_.next_deadline().value_or(Instant::max()), desk_.deadlines.next().value_or(Instant::max()),
                  parts_.next_deadline(), visitors_.next_deadline()});
    return next == Instant::max() ? std::nullopt : std::optional(next);
}

void Frame::receive(Peer& peer, Part& part, n2n::Message& message, std::size_t bytes) {
    frame::Endpoint& endpoint = peer.side().endpoint(part.endpoint());
    const std::uint64_t txs = counters_.txs;
    const Violation violation = frame::deliver(part, peer, message, bytes, desk_.now);
    if (violation.rule != Errc::none) return desk_.close(peer, io::Close::reset, violation.rule, violation);
    // An orderly end: what the peer sent ahead belongs to the next run.
    if (endpoint.machine.done()) frame::restart(endpoint);
    if (peer.closing) return;
    peer.idle_at = Instant::max();
    pruning_.note(peer, counters_.txs != txs, desk_.now);
    expect_ping(peer);
    part.credit(peer);
    if (!peer.side().active()) arm_idle(peer);
    desk_.watch(peer, std::min(peer.idle_at, endpoint.machine.expires_at()));
}

void Frame::receive(Peer& peer, Handshake::Message& message, std::size_t bytes) {
    const Violation violation = frame::deliver(peer, message, bytes, desk_.now);
    if (violation.rule != Errc::none) return desk_.close(peer, io::Close::reset, violation.rule, violation);
    const auto agreement = frame::accept<ServingSide>(desk_, peer, std::get<Handshake::ProposeVersions>(message));
    if (!agreement) return;
    welcome(peer, *agreement);
    arm_idle(peer);
    watch(peer);
}

void Frame::welcome(Peer& peer, const Agreement& agreement) {
    ++counters_.handshakes;
    peer.agreement = agreement;
    desk_.report(PeerInitialized{peer.connection(), peer.peer, agreement});
    visitors_.each(
        [&](PeerVisitor& visitor) { visitor.initialized({peer.peer, peer.connection()}, agreement, desk_.now); });
    // All at once: what the peer may send now is registered before anything more is read.
    parts_.each([&](Part& part) {
        if (!part.spoken(peer, agreement)) return;
        frame::give_credit(peer.side().endpoint(part.endpoint()), peer.side(), out_);
        part.ready(peer);
    });
}

}  // namespace ouro::responder
