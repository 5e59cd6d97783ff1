// Which side of a node uses a connection, and when it is closed.

#include <algorithm>

#include "behavior/duplex.hpp"

namespace ouro::node {

Frame::Connection& Frame::add(ConnectionId id, const PeerId& peer, State state) {
    Connection& c = connections_[id];
    c.id = id;
    c.peer = peer;
    c.since = now_;
    c.indexed = by_peer_.try_emplace(peer, id).second;
    enter(c, state);
    return c;
}

void Frame::erase(Connection& c) {
    if (c.indexed) by_peer_.erase(c.peer);
    connections_.erase(c.id);
}

void Frame::watch(Connection& c) {
    if (c.due >= c.scheduled) return;
    c.scheduled = c.due;
    deadlines_.push(c.due, c.id);
}

Frame::Answer Frame::move(Connection& c, Call call) {
    const auto [to, answer] = step(c.state, call);
    if (answer != Answer::illegal) enter(c, to);
    return answer;
}

void Frame::enter(Connection& c, State to) {
    const State from = std::exchange(c.state, to);
    if (from == to) return;
    // The wait for the peer has one end, also where this side begins or ends to use the connection meanwhile.
    if (!waits_for_peer(from) || !waits_for_peer(to)) {
        c.due = Instant::max();
        if (waits_for_peer(to) && config_.responder.idle_timeout > Duration::zero())
            c.due = now_ + config_.responder.idle_timeout;
        if (to == State::outbound_idle_dup) c.due = now_ + config_.outbound_idle_timeout;
        watch(c);
    }
    inbound_ += counts_inbound(to) ? 1 : 0;
    inbound_ -= counts_inbound(from) ? 1 : 0;
    if (counts_inbound(to) && !counts_inbound(from) && inbound_ > config_.inbound_limit) prune();
}

void Frame::close(Connection& c, io::Close how, Errc reason) {
    enter(c, State::terminating);
    commands_.push_back(io::Disconnect{c.id, how, reason});
}

// Spares connections used both ways while there are others. The newest connection may be closed, too.
//
// Source  ouroboros-network, Diffusion/Policies.hs, prunePolicy.
void Frame::prune() {
    while (inbound_ > config_.inbound_limit) {
        std::vector<ConnectionId> candidates;
        for (const bool spare : {true, false}) {
            for (const auto& [id, c] : connections_)
                if (counts_inbound(c.state) && (c.state != State::duplex || !spare)) candidates.push_back(id);
            if (!candidates.empty()) break;
        }
        std::sort(candidates.begin(), candidates.end());  // a run must not depend on addresses in memory
        ++pruned_;
        close(*find(candidates[detail::next_random(random_) % candidates.size()]), io::Close::reset,
              Errc::too_many_peers);
    }
}

void Frame::time_out(Connection& c) {
    if (c.state == State::terminating) {
        --rests_;
        return ask_again(c);
    }
    const Call call = c.state == State::outbound_idle_dup ? Call::outbound_idle_over : Call::release_inbound;
    c.due = Instant::max();
    if (move(c, call) != Answer::close) return;
    c.released = true;
    commands_.push_back(io::Disconnect{c.id, io::Close::orderly, Errc::idle});
}

// The address is free again, also for a dial that has waited.
void Frame::ask_again(Connection& c) {
    const auto suitor = std::exchange(c.suitor, std::nullopt);
    const PeerId peer = c.peer;
    if (!c.open) erase(c);
    if (!suitor) return;
    suitors_.erase(*suitor);
    acquire(*suitor, peer);
}

// The side that closes first keeps the pair of addresses for a time (TIME-WAIT). Where that is this side, and the
// address might be dialled from the listening port, the address rests. After a reset or a close by the peer nothing is
// kept here.
bool Frame::must_rest(const Connection& c) const noexcept {
    const bool ours = direction(c.id) == Direction::outbound || (c.agreement && !c.agreement->data.initiator_only);
    const bool connected = c.state != State::reserved && c.state != State::none;
    const bool dialled = connected && ours && !config_.offer.data.initiator_only;
    return c.released && dialled && c.indexed && config_.time_wait > Duration::zero();
}

void Frame::rest(Connection& c) {
    const bool waits = must_rest(c);
    c.open = false;
    if (!waits) return ask_again(c);
    c.due = now_ + config_.time_wait;
    watch(c);
    if (c.suitor) initiator_.postpone(*c.suitor, c.due);
    resting_.push_back(c.id);
    ++rests_;
    while (!resting_.empty() && (resting_.size() > config_.max_time_waits || find(resting_.front()) == nullptr)) {
        Connection* oldest = find(resting_.front());
        resting_.pop_front();
        if (oldest != nullptr) time_out(*oldest);
    }
}

void Frame::acquire(ConnectionId dial, const PeerId& peer) {
    Connection* c = at(peer);
    const auto [to, answer] = step(c == nullptr ? State::none : c->state, Call::acquire_outbound);
    switch (answer) {
        case Answer::dial:
            if (!initiator_.may_go_out(dial)) return refuse(dial, peer, Errc::not_connected);
            add(dial, peer, to);
            commands_.push_back(io::Connect{dial, peer, initiator_.from_listening(dial)});
            return;
        case Answer::reuse:
            if (!initiator_.adopt(dial, c->id, *c->agreement, now_)) return;
            ++reused_;
            return enter(*c, to);
        case Answer::wait:
            if (c->suitor) break;
            c->suitor = dial;
            suitors_.emplace(dial, c->id);
            if (!c->open) initiator_.postpone(dial, c->due);
            return;
        default: break;
    }
    refuse(dial, peer, Errc::connection_exists);
}

std::vector<initiator::InboundPeer> Frame::inbound_peers() const {
    std::vector<initiator::InboundPeer> there;
    for (const auto& [id, c] : connections_)
        if (may_serve_us(c)) there.push_back({c.peer, c.since});
    return there;
}

bool Frame::may_serve_us(const Connection& c) const noexcept {
    const bool both_ways = c.agreement && !c.agreement->data.initiator_only;
    return c.open && c.state != State::terminating && both_ways && direction(c.id) == Direction::inbound;
}

void Frame::report_inbound(const Connection& c) {
    if (c.indexed && may_serve_us(c)) initiator_.came(c.peer, now_);
}

void Frame::release(const initiator::Frame::Released& released) {
    Connection* c = find(released.connection);
    if (c == nullptr || c->state == State::terminating) return;  // its end has not been reported yet
    move(*c, Call::release_outbound);
    // If neither side uses the connection, it is closed at `due`. That may take as long as it lingers; then its address
    // rests.
    if (c->due != Instant::max()) initiator_.rest(c->peer, c->due + io::Disconnect{}.linger + config_.time_wait, now_);
    refuse(c->id, c->peer, released.reason);
}

void Frame::refuse(ConnectionId dial, const PeerId& peer, Errc reason) {
    to_initiator(io::Disconnected{dial, peer, reason});
}

}  // namespace ouro::node
