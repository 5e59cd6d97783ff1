#include "initiator_connection.hpp"

namespace ouro::initiator {

void ConnectionPart::dial(Peer& peer, Instant now) {
    peer.connection = make_connection_id(Direction::outbound, ++dialled_);
    peer.stage = Stage::dialling;
    peer.retry_at = Instant::max();
    peer.dial_deadline = now + desk_.config.dial_timeout;
    connections_.emplace(peer.connection, &peer);
    desk_.out.command(io::Connect{peer.connection, peer.id});
}

void ConnectionPart::disconnected(Peer& peer, const io::Disconnected& event, Instant now) {
    connections_.erase(peer.connection);
    const bool lasted = peer.agreement && now - peer.ready_since >= desk_.config.failures_forgotten_after;
    peer.failures = (lasted ? 0 : peer.failures) + 1;
    peer.link.reset();
    peer.agreement.reset();
    peer.round_trip.reset();
    peer.stage = Stage::waiting;
    peer.reason = event.reason;
    peer.dial_deadline = peer.ping_at = Instant::max();
    peer.paused = false;
    if (!peer.demoted) {
        const auto doublings = std::min<std::uint32_t>(peer.failures - 1, 5);
        const auto jitter = desk_.config.back_off_jitter;
        const auto range = static_cast<std::uint64_t>(2 * jitter.count() + 1);
        const Duration fuzz(static_cast<Duration::rep>(detail::next_random(desk_.random) % range));
        peer.retry_at = now + desk_.config.back_off * (1 << doublings) - jitter + fuzz;
    }
    desk_.out.event(PeerDisconnected{peer.id, event.reason, event.system, event.violation,
                                     peer.demoted ? std::nullopt : std::optional(peer.retry_at)});
}

void ConnectionPart::tick(Peer& peer, Instant now) {
    if (peer.dial_deadline <= now) desk_.close(peer, io::Close::reset, Errc::connect_timeout);
    if (peer.retry_at > now) return;
    if (desk_.out.events() >= desk_.config.max_events)
        peer.retry_at = now + desk_.config.back_off;  // nobody listens: more news would only pile up
    else
        dial(peer, now);
}

Peer* ConnectionPart::find(ConnectionId connection) const noexcept {
    const auto it = connections_.find(connection);
    return it == connections_.end() ? nullptr : it->second;
}

}  // namespace ouro::initiator
