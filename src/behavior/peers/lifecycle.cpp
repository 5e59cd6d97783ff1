#include <algorithm>

#include "behavior/requesting.hpp"

namespace ouro::initiator {

namespace {

constexpr Duration parting_time = 120s;  // for a peer to answer what it owes: the reference's closeConnectionTimeout

}  // namespace

bool Frame::offence(Errc rule) noexcept {
    switch (rule) {
        case Errc::none:
        case Errc::unknown_rollback:
        case Errc::segment_timeout:
        case Errc::write_timeout:
        case Errc::state_timeout: return false;
        default: return fault(rule) == Fault::theirs;
    }
}

void Frame::initialized(Peer& peer) {
    visitors_.each(
        [&](PeerVisitor& visitor) { visitor.initialized({peer.id, peer.connection}, *peer.agreement, desk_.now); });
    parts_.each([&](Part& part) { part.ready(peer); });
    book_.move(peer, Temperature::warm);
    promotion_.stir(peer);
}

void Frame::heat(Peer& peer) {
    peer.hot_since = desk_.now;
    book_.move(peer, Temperature::hot);
    parts_.each([&](Part& part) { part.heat(peer); });
}

void Frame::cool(Peer& peer) {
    if (peer.temperature != Temperature::hot) return;
    if (desk_.now - peer.hot_since >= config_.failures_forgotten_after) peer.failures = 0;
    book_.move(peer, Temperature::warm);
    peer.cooling = true;
    peer.cool_by = desk_.now + config_.cooling_time;
    parts_.each([&](Part& part) { part.cool(peer); });
    finish_cooling(peer);
    watch(peer);
}

void Frame::finish_cooling(Peer& peer) {
    if (!peer.cooling) return;
    bool owed = false;
    const auto each_hot_part = [&](auto&& visit) {
        parts_.each([&](Part& part) {
            if (part.while_hot()) visit(part, peer.side().endpoint(part.endpoint()));
        });
    };
    each_hot_part([&](Part&, const frame::Endpoint& endpoint) { owed = owed || !endpoint.machine.ours(); });
    if (owed) return;
    each_hot_part([&](Part& part, const frame::Endpoint&) { part.say_goodbye(peer); });
    // The connection stays, and the mini-protocols may begin again on it.
    each_hot_part([&](Part&, frame::Endpoint& endpoint) { frame::restart(endpoint); });
    peer.cooling = false;
    peer.cool_by = Instant::max();
    promotion_.stir(peer);
}

void Frame::leave(Peer& peer, Errc reason, bool keep) {
    if (!keep) {
        peer.leaving = true;
        promotion_.release(peer);
    }
    if (peer.stage == Stage::closing) return;
    if (peer.stage == Stage::waiting) {
        if (keep) return;
        out_.event(PeerDisconnected{peer.id, reason, {}, {}, {}});
        if (peer.temperature != Temperature::banned) forget(peer);
        return;
    }
    if (!peer.ready()) return desk_.close(peer, io::Close::reset, reason);
    if (shared(peer) && !stopping_) return part(peer, reason);
    say_goodbye(peer);
    drop(peer, io::Close::orderly, reason);
}

void Frame::leave_debtor(Peer& peer) {
    if (shared(peer)) return part(peer, Errc::disconnected);
    drop(peer, io::Close::orderly, Errc::disconnected);
}

void Frame::part(Peer& peer, Errc reason) {
    desk_.enter(peer, Stage::closing);
    retire(peer, reason, {});
    promotion_.stir(peer);
    peer.parting = reason;
    peer.cool_by = desk_.now + parting_time;
    watch(peer);
    part_further(peer);
}

void Frame::part_further(Peer& peer) {
    // Credit every outstanding answer: it is read also if it is not needed any more.
    bool owed = false;
    for (frame::Endpoint& endpoint : peer.side().endpoints()) {
        frame::give_credit(endpoint, peer.side(), out_);
        owed = owed || endpoint.machine.theirs();
    }
    if (owed) return;
    say_goodbye(peer);
    released_.push_back({peer.connection, std::exchange(peer.parting, Errc::none)});
    peer.cool_by = Instant::max();
}

void Frame::drop(Peer& peer, io::Close how, Errc reason, const Violation& violation) {
    desk_.close(peer, how, reason, violation);
    retire(peer, reason, violation);
    promotion_.stir(peer);
}

void Frame::retire(Peer& peer, Errc reason, const Violation& violation) {
    const bool used = peer.temperature == Temperature::warm || peer.temperature == Temperature::hot;
    if (peer.temperature == Temperature::hot && desk_.now - peer.hot_since >= config_.failures_forgotten_after)
        peer.failures = 0;
    if (violation.rule == Errc::unknown_rollback && !peer.root()) peer.heat_at = desk_.now + config_.rolled_back_delay;
    // A root was chosen by the user: it is not banned, and waits as after any failure.
    if (offence(violation.rule) && !peer.root() && config_.ban_time > Duration::zero())
        ban(peer, violation.rule, config_.ban_time);
    else if (used)
        book_.move(peer, Temperature::cold);
    if (!used) return;
    const std::size_t itself = peer.temperature == Temperature::banned ? 0 : 1;
    const Ending ending{reason, violation, book_.known() == itself};
    parts_.each_back([&](Part& part) { part.gone(peer, ending); });
    parts_.each([](Part& part) { part.fewer_known(); });
}

void Frame::ban(Peer& peer, Errc reason, Duration time) {
    if (peer.temperature == Temperature::banned && reason != Errc::banned) return;
    peer.reason = reason;
    peer.retry_at = peer.heat_at = Instant::max();
    peer.banned_until = desk_.now + time;
    book_.move(peer, Temperature::banned);
    out_.event(PeerBanned{peer.id, reason, peer.banned_until});
    watch(peer);
}

void Frame::pardon(Peer& peer) {
    peer.banned_until = Instant::max();
    peer.failures = 0;
    book_.move(peer, Temperature::cold);
    if (peer.stage != Stage::waiting) return;  // the end of its connection, not reported yet, does this
    if (peer.leaving) return forget(peer);
    book_.offer(peer, !peer.root());
    if (peer.not_before > desk_.now) connection_.rest(peer, peer.not_before);
    promotion_.stir(peer);
    watch(peer);
}

void Frame::forget(Peer& peer) {
    promotion_.release(peer);
    parts_.each_back([&](Part& part) { part.forgotten(peer); });
    book_.erase(peer);
    parts_.each([](Part& part) { part.fewer_known(); });
}

}  // namespace ouro::initiator
