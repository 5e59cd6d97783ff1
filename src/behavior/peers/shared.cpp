// For a node, which uses connections both ways.

#include "behavior/requesting.hpp"

namespace ouro::initiator {

std::optional<Agreement> Frame::agreement(ConnectionId connection) const noexcept {
    const Peer* peer = connection_.find(connection);
    return peer && peer->ready() ? peer->agreement : std::nullopt;
}

bool Frame::adopt(ConnectionId dial, ConnectionId connection, const Agreement& agreement, Instant now) {
    desk_.now = now;
    Peer* peer = connection_.find(dial);
    if (!peer || peer->stage != Stage::dialling) return false;
    connection_.adopt(*peer, connection);
    visitors_.each([&](PeerVisitor& visitor) { visitor.connected({peer->id, connection}, now); });
    handshakes_.adopted(*peer, agreement);
    initialized(*peer);
    watch(*peer);
    conclude();
    return true;
}

void Frame::rest(const PeerId& id, Instant until, Instant now) {
    desk_.now = now;
    if (Peer* peer = book_.find(id)) connection_.rest(*peer, until);
}

void Frame::postpone(ConnectionId dial, Instant until) {
    Peer* peer = connection_.find(dial);
    if (peer && peer->stage == Stage::dialling) peer->dial_deadline = until + config_.dial_timeout;
}

bool Frame::may_go_out(ConnectionId dial) const noexcept {
    const Peer* peer = connection_.find(dial);
    return peer && !peer->behind_firewall;
}

bool Frame::from_listening(ConnectionId dial) const noexcept {
    const Peer* peer = connection_.find(dial);
    return peer && !desk_.one_way(*peer);
}

void Frame::came(const PeerId& id, Instant now) {
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
    conclude();
}

void Frame::went(const PeerId& id) noexcept {
    if (Peer* peer = book_.find(id)) peer->here = false;
}

}  // namespace ouro::initiator
