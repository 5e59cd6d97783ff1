#include "connection.hpp"

#include <utility>

namespace ouro::initiator {

namespace {

// A connection attempt that has not succeeded within this time lets the next one begin: RFC 8305, section 5.
constexpr Duration attempt_delay = 250ms;

}  // namespace

void ConnectionPart::dial(Peer& peer) {
    peer.connection = make_connection_id(Direction::outbound, ++dialled_);
    desk_.enter(peer, Stage::dialling);
    peer.retry_at = Instant::max();
    peer.dial_deadline = desk_.now + desk_.config.dial_timeout;
    peer.slow = false;
    peer.slow_at = desk_.now + attempt_delay;
    connections_.emplace(peer.connection, &peer);
    desk_.out.command(io::Connect{peer.connection, peer.id, !desk_.one_way(peer)});
}

void ConnectionPart::adopt(Peer& peer, ConnectionId connection) {
    connections_.erase(peer.connection);
    peer.connection = connection;
    connections_.emplace(connection, &peer);
}

void ConnectionPart::disconnected(Peer& peer, const io::Disconnected& event) {
    connections_.erase(peer.connection);
    const bool agreed = peer.agreement.has_value();
    const bool ended_by_us = agreed && fault(event.reason) != Fault::wire;
    const bool failed = fault(event.reason) != Fault::ours;
    if (failed) ++peer.failures;
    peer.unreached = agreed ? 0 : peer.unreached + (failed ? 1 : 0);
    peer.requesting.reset();
    peer.agreement.reset();
    peer.round_trip.reset();
    desk_.enter(peer, Stage::waiting);
    peer.dial_deadline = peer.slow_at = peer.cool_by = Instant::max();
    peer.parting = Errc::none;
    const bool banned = peer.temperature == Temperature::banned;
    if (!banned) {
        peer.reason = event.reason;
        peer.leaving |= !peer.root() && peer.failures > desk_.config.max_failures;
        peer.leaving |= event.reason == Errc::self_connection;
    }
    if (banned) {
        peer.retry_at = Instant::max();  // the ban has its own deadline
    } else if (!peer.leaving && event.reason == Errc::demoted) {
        peer.retry_at = std::max(desk_.now, peer.not_before);  // it was included again meanwhile
    } else if (!peer.leaving) {
        const std::uint32_t in_a_row = ended_by_us ? peer.failures : peer.unreached;
        const auto doublings = std::min<std::uint32_t>(std::max(in_a_row, 1U) - 1, 5);
        auto wait = desk_.config.back_off * (1 << doublings);
        if (ended_by_us) wait = std::max(wait, desk_.config.repromote_delay);
        peer.retry_at = std::max(desk_.now + wait + desk_.jitter(), peer.not_before);
    }
    std::optional<Instant> retry_at;
    if (!peer.leaving && !(peer.behind_firewall && !peer.here))
        retry_at = banned ? std::max(peer.banned_until, peer.not_before) : peer.retry_at;
    const auto broken_at = std::move(peer.broken_at);
    desk_.out.event(PeerDisconnected{peer.id, event.reason, event.system, event.violation, retry_at,
                                     broken_at ? std::optional(*broken_at) : std::nullopt});
}

void ConnectionPart::rest(Peer& peer, Instant until) {
    peer.not_before = std::max(peer.not_before, until);
    const bool waits = peer.stage == Stage::waiting && peer.temperature == Temperature::cold;
    if (!waits || (peer.retry_at != Instant::max() && peer.retry_at >= until)) return;
    peer.retry_at = until;
    book_.offer(peer, false);
    desk_.watch(peer, peer.retry_at);
}

void ConnectionPart::tick(Peer& peer) {
    if (peer.dial_deadline <= desk_.now) desk_.close(peer, io::Close::reset, Errc::connect_timeout);
}

Peer* ConnectionPart::find(ConnectionId connection) const noexcept {
    const auto it = connections_.find(connection);
    return it == connections_.end() ? nullptr : it->second;
}

}  // namespace ouro::initiator
