// What a node needs that uses a connection both ways.

#include "initiator_impl.hpp"

namespace ouro {

using namespace initiator;

std::optional<Agreement> InitiatorBehavior::Impl::agreement(ConnectionId connection) const noexcept {
    const Peer* peer = connection_.find(connection);
    return peer && peer->ready() ? peer->agreement : std::nullopt;
}

bool InitiatorBehavior::Impl::adopt(ConnectionId dial, ConnectionId connection, const Agreement& agreement,
                                    Instant now) {
    desk_.now = now;
    Peer* peer = connection_.find(dial);
    if (!peer || peer->stage != Stage::dialling) return false;
    connection_.adopt(*peer, connection);
    visitors_.each([&](PeerVisitor& visitor) { visitor.connected({peer->id, connection}, now); });
    handshake_.adopted(*peer, agreement);
    initialized(*peer);
    desk_.watch(*peer);
    settle();
    return true;
}

void InitiatorBehavior::Impl::rest(const PeerId& id, Instant until, Instant now) {
    desk_.now = now;
    if (Peer* peer = book_.find(id)) connection_.rest(*peer, until);
}

void InitiatorBehavior::Impl::postpone(ConnectionId dial, Instant until) {
    Peer* peer = connection_.find(dial);
    if (peer && peer->stage == Stage::dialling) peer->dial_deadline = until + config_.dial_timeout;
}

bool InitiatorBehavior::Impl::may_go_out(ConnectionId dial) const noexcept {
    const Peer* peer = connection_.find(dial);
    return peer && !peer->behind_firewall;
}

bool InitiatorBehavior::Impl::from_listening(ConnectionId dial) const noexcept {
    const Peer* peer = connection_.find(dial);
    return peer && !desk_.one_way(*peer);
}

void InitiatorBehavior::Impl::came(const PeerId& id, Instant now) {
    Peer* peer = book_.find(id);
    if (!peer || stopping_) return;
    desk_.now = now;
    peer->here = true;
    peer->not_before = Instant::min();
    const bool lost = fault(peer->reason) != Fault::ours && !offence(peer->reason);
    if (lost && peer->retry_at != Instant::max() && peer->temperature == Temperature::cold &&
        peer->stage == Stage::waiting) {
        peer->retry_at = Instant::max();
        book_.offer(*peer, !peer->root());
    }
    promotion_.stir(*peer);
    settle();
}

void InitiatorBehavior::Impl::went(const PeerId& id) noexcept {
    if (Peer* peer = book_.find(id)) peer->here = false;
}

std::optional<PeerId> InitiatorBehavior::Impl::poll_crowder() {
    if (crowders_.empty()) return std::nullopt;
    return crowders_.pop_front();
}

std::optional<InitiatorBehavior::Impl::Released> InitiatorBehavior::Impl::poll_released() {
    if (released_.empty()) return std::nullopt;
    return released_.pop_front();
}

}  // namespace ouro
