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

void InitiatorBehavior::Impl::postpone(ConnectionId dial, Instant until) {
    Peer* peer = connection_.find(dial);
    if (peer && peer->stage == Stage::dialling) peer->dial_deadline = until + config_.dial_timeout;
}

std::optional<InitiatorBehavior::Impl::Released> InitiatorBehavior::Impl::poll_released() {
    if (released_.empty()) return std::nullopt;
    return released_.pop_front();
}

}  // namespace ouro
