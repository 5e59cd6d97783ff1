#include "serving.hpp"

#include <algorithm>
#include <stdexcept>

#include <ouro/base/random.hpp>
#include <ouro/names/access_point.hpp>
#include <ouro/names/address_range.hpp>

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
    const PeerId& own = config.own_address;
    if (own && (!PeerAddress::from(own) || !AccessPoint::make(own.host(), own.port())))
        throw std::invalid_argument("responder::Config::own_address is " + printable(own.text()) +
                                    ": it must be an IP address and a port that can be dialled");
    return config;
}

}  // namespace

std::string to_string(const PeerRefused& event) { return ouro::to_string(event.reason, event.offered_versions); }

Frame::Frame(Config config, std::uint64_t& ids)
    : ServingFrame(checked(std::move(config)), ids),
      visitors_(config_.visitors),
      bans_(config_.max_bans),
      pruning_(config_),
      random_(config_.seed) {
    if (config_.chain) source_.emplace(config_.chain);
    ServingSide::Making with{desk_, source_};
    frame::add_parts(parts_, with);
    keep_alive_ = parts_.speaker(KeepAlive::channel)->endpoint();
    frame::add_own_parts(parts_, desk_, Role::responder);
}

std::unique_ptr<Peer> Frame::make_peer(ConnectionId connection, const PeerId& remote) {
    auto peer = std::make_unique<Peer>(desk_.layout, connection, remote, detail::next_random(random_));
    Pruning::place(*peer);
    return peer;
}

Errc Frame::refusal(const PeerId& peer) { return bans_.reject(peer, desk_.now) ? Errc::banned : Base::refusal(peer); }

void Frame::connected(Peer& peer) {
    peer.since = desk_.now;
    visitors_.each([&](PeerVisitor& visitor) { visitor.connected({peer.peer, peer.connection()}, desk_.now); });
    watch(peer);
    prune(peer.connection());
}

void Frame::prune(ConnectionId newcomer) {
    if (config_.soft_limit == 0 || desk_.census.all() < config_.soft_limit) return;
    // The newcomer does not count against those of its own site.
    Peer& last = *find(newcomer);
    desk_.census.leave(last);
    const auto may_go = [&](const Peer& peer) {
        return !peer.closing && peer.connection() != newcomer && direction(peer.connection()) == Direction::inbound &&
               !(spared_ && spared_(peer.connection()));
    };
    const auto victim = pruning_.least_useful(peers_, desk_.census, may_go, desk_.now);
    desk_.census.enter(last);
    if (!victim) return;
    ++counters_.pruned;
    desk_.close(*find(*victim), io::Close::reset, Errc::pruned);
}

void Frame::initialized(Peer& peer) {
    visitors_.each(
        [&](PeerVisitor& visitor) { visitor.initialized({peer.peer, peer.connection()}, *peer.agreement, desk_.now); });
}

void Frame::negotiated(Peer& peer) {
    arm_idle(peer);
    watch(peer);
}

void Frame::adopt(ConnectionId connection, const PeerId& remote, const Agreement& agreement, Instant now) {
    desk_.now = now;
    if (bans_.reject(remote, now)) return reject(connection, Errc::banned);
    Peer& peer = add(connection, remote);
    desk_.report(PeerConnected{connection, remote});
    visitors_.each([&](PeerVisitor& visitor) { visitor.connected({remote, connection}, now); });
    welcome(peer, agreement);
    negotiated(peer);
    conclude();
}

void Frame::receiving(Peer& peer, const io::Recv<n2n::Message>& event) {
    visitors_.each([&](PeerVisitor& visitor) {
        visitor.received({peer.peer, event.connection}, event.role, event.message, event.bytes, desk_.now);
    });
}

void Frame::received(Peer& peer, const frame::Endpoint& endpoint) {
    peer.idle_at = Instant::max();
    pruning_.note(peer, desk_.now);
    expect_ping(peer);
    if (!peer.side().active()) arm_idle(peer);
    desk_.watch(peer, std::min(peer.idle_at, endpoint.machine.expires_at()));
}

void Frame::expect_ping(Peer& peer) {
    AnyMachine& machine = peer.side().endpoint(keep_alive_).machine;
    if (machine.deadline() || !machine.theirs() || !peer.agreement || !peer.side().active()) return;
    machine.resume(desk_.now);
    desk_.watch(peer, machine.expires_at());
}

void Frame::sent(Peer& peer, const frame::Endpoint& endpoint) {
    pruning_.note(peer, desk_.now);
    desk_.watch(peer, endpoint.machine.expires_at());
}

void Frame::answered(Peer& peer) {
    pruning_.note(peer, desk_.now);
    watch(peer);
}

void Frame::disconnected(const io::Disconnected& event) {
    visitors_.each([&](PeerVisitor& visitor) {
        visitor.disconnected({event.peer, event.connection}, event.reason, event.violation, desk_.now);
    });
}

void Frame::look_at(Peer& peer) {
    if (const auto violation = peer.side().overdue(desk_.now))
        desk_.close(peer, io::Close::reset, violation->rule, *violation);
    else if (peer.idle_at <= desk_.now)
        desk_.close(peer, io::Close::orderly, Errc::idle);
    else
        parts_.each([&](Part& part) { part.look_at(peer); });
    watch(peer);
}

void Frame::pass() {
    bans_.expire(desk_.now);
    visitors_.each([&](PeerVisitor& visitor) { visitor.tick(desk_.now); });
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

Instant Frame::next_of_its_own() const noexcept {
    return std::min(bans_.next_deadline().value_or(Instant::max()), visitors_.next_deadline());
}

InterfaceCommand<n2n::Message>* Frame::front_command() {
    auto* const command = Base::front_command();
    if (!command || visitors_.none()) return command;
    const auto* send = std::get_if<io::Send<n2n::Message>>(command);
    const Peer* peer = send ? find(send->connection) : nullptr;
    if (!peer) return command;
    visitors_.each([&](PeerVisitor& visitor) {
        visitor.sending({peer->peer, send->connection}, send->role, send->message, desk_.now);
    });
    conclude();
    return Base::front_command();  // further commands may have moved it
}

Errc Frame::carry_out(ChainChanged& change, Command&) {
    if (!source_) return Errc::bad_argument;
    chain_changed(change.common);
    return Errc::none;
}

Errc Frame::carry_out(DisconnectPeer& wish, Command&) {
    return answer_for(wish.connection, [&](Peer& peer) {
        desk_.close(peer, io::Close::orderly, Errc::demoted);
        return Errc::none;
    });
}

Errc Frame::carry_out(Housekeeping&, Command&) {
    tick(desk_.now);
    return Errc::none;
}

Errc Frame::ban(BanPeer& wish) {
    if (const Errc error = bans_.add(wish, desk_.now); error != Errc::none) return error;
    ++counters_.bans;
    const std::string site = site_of(wish.peer.host());
    for (auto& [id, peer] : peers_)
        if (!peer->closing && site_of(peer->peer.host()) == site) desk_.close(*peer, io::Close::reset, Errc::banned);
    return Errc::none;
}

void Frame::send_away(const PeerId& remote, Errc reason) {
    for (auto& [id, peer] : peers_)
        if (!peer->closing && peer->peer == remote) desk_.close(*peer, io::Close::reset, reason);
}

void Frame::conclude() {
    if (visitors_.none()) return;
    struct Carrier {
        Frame& self;
        void operator()(const PeerVisitor::Ban& wish) const {
            BanPeer command{wish.peer, wish.time, Errc::banned};
            (void)self.ban(command);  // the user has to know whether there is room
        }
        void operator()(const PeerVisitor::Disconnect& wish) const {
            if (Peer* peer = self.find(wish.connection); peer && !peer->closing)
                self.desk_.close(*peer, io::Close::orderly, Errc::disconnected);
        }
    };
    visitors_.wishes(Carrier{*this});
}

std::vector<PeerState> Frame::peers() const {
    std::vector<PeerState> all;
    all.reserve(peers_.size());
    for (const auto& [id, peer] : peers_)
        all.push_back({id, peer->peer, peer->agreement, peer->headers.count, peer->blocks.count});
    return all;
}

}  // namespace ouro::responder
