#include "initiator_connection.hpp"

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
    if (fault(event.reason) != Fault::ours) ++peer.failures;
    peer.link.reset();
    peer.agreement.reset();
    peer.round_trip.reset();
    desk_.enter(peer, Stage::waiting);
    peer.dial_deadline = peer.slow_at = peer.ping_at = peer.cool_by = Instant::max();
    peer.parting = Errc::none;
    if (peer.temperature == Temperature::banned) {
        peer.retry_at = Instant::max();
        desk_.out.event(PeerDisconnected{peer.id, event.reason, event.system, event.violation, peer.banned_until,
                                         std::exchange(peer.broken_at, std::nullopt)});
        return;
    }
    peer.reason = event.reason;
    peer.leaving |= !peer.root() && peer.failures > desk_.config.max_failures;
    if (!peer.leaving && event.reason == Errc::demoted) {
        peer.retry_at = desk_.now;  // it was included again meanwhile
    } else if (!peer.leaving) {
        const auto doublings = std::min<std::uint32_t>(std::max(peer.failures, 1U) - 1, 5);
        auto wait = desk_.config.back_off * (1 << doublings);
        if (agreed) wait = std::max(wait, desk_.config.repromote_delay);
        peer.retry_at = desk_.now + wait + desk_.jitter();
    }
    desk_.out.event(PeerDisconnected{peer.id, event.reason, event.system, event.violation,
                                     peer.leaving ? std::nullopt : std::optional(peer.retry_at),
                                     std::exchange(peer.broken_at, std::nullopt)});
}

void ConnectionPart::tick(Peer& peer) {
    if (peer.dial_deadline <= desk_.now) desk_.close(peer, io::Close::reset, Errc::connect_timeout);
}

Peer* ConnectionPart::find(ConnectionId connection) const noexcept {
    const auto it = connections_.find(connection);
    return it == connections_.end() ? nullptr : it->second;
}

}  // namespace ouro::initiator
