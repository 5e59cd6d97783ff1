#include <algorithm>

#include "initiator_impl.hpp"

namespace ouro {

using namespace initiator;

namespace {

constexpr Duration parting_time = 120s;  // for a peer to answer what it owes: the reference's closeConnectionTimeout

}  // namespace

bool InitiatorBehavior::Impl::offence(Errc rule) noexcept {
    switch (rule) {
        case Errc::none:
        case Errc::unknown_rollback:
        case Errc::segment_timeout:
        case Errc::write_timeout:
        case Errc::state_timeout: return false;
        default: return fault(rule) == Fault::theirs;
    }
}

void InitiatorBehavior::Impl::initialized(Peer& peer) {
    visitors_.each(
        [&](PeerVisitor& visitor) { visitor.initialized({peer.id, peer.connection}, *peer.agreement, desk_.now); });
    keep_alive_.ready(peer);
    discovery_.ready(peer);
    book_.move(peer, Temperature::warm);
    promotion_.stir(peer);
}

void InitiatorBehavior::Impl::heat(Peer& peer) {
    peer.hot_since = desk_.now;
    book_.move(peer, Temperature::hot);
    chain_sync_.ready(peer);
    block_fetch_.assign();
    tx_submission_.ready(peer);
    if (!config_.leios) return;
    leios_notify_.ready(peer);
    leios_fetch_.assign();
}

void InitiatorBehavior::Impl::cool(Peer& peer) {
    if (peer.temperature != Temperature::hot) return;
    if (desk_.now - peer.hot_since >= config_.failures_forgotten_after) peer.failures = 0;
    book_.move(peer, Temperature::warm);
    peer.cooling = true;
    peer.cool_by = desk_.now + config_.cooling_time;
    chain_sync_.gone(peer, Errc::disconnected);
    block_fetch_.fewer();
    tx_submission_.cool(peer);
    cooled(peer);
    desk_.watch(peer);
}

void InitiatorBehavior::Impl::cooled(Peer& peer) {
    if (!peer.cooling || !peer.link->machine<ChainSync>().ours() || !peer.link->machine<BlockFetch>().ours()) return;
    if (!peer.link->machine<LeiosNotify>().ours() || !peer.link->machine<LeiosFetch>().ours()) return;
    say_goodbye<ChainSync>(peer, ChainSync::Done{});
    say_goodbye<BlockFetch>(peer, BlockFetch::ClientDone{});
    say_goodbye<LeiosNotify>(peer, LeiosNotify::Done{});
    say_goodbye<LeiosFetch>(peer, LeiosFetch::Done{});
    peer.link->restart<ChainSync>();  // the connection stays, and they may begin anew on it
    peer.link->restart<BlockFetch>();
    peer.link->restart<LeiosNotify>();
    peer.link->restart<LeiosFetch>();
    peer.cooling = false;
    peer.cool_by = Instant::max();
    promotion_.stir(peer);
}

void InitiatorBehavior::Impl::leave(Peer& peer, Errc reason, bool keep) {
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

void InitiatorBehavior::Impl::leave_debtor(Peer& peer) {
    if (shared(peer)) return part(peer, Errc::disconnected);
    drop(peer, io::Close::orderly, Errc::disconnected);
}

void InitiatorBehavior::Impl::part(Peer& peer, Errc reason) {
    desk_.enter(peer, Stage::closing);
    retire(peer, reason, {});
    promotion_.stir(peer);
    peer.parting = reason;
    peer.cool_by = desk_.now + parting_time;
    desk_.watch(peer);
    part_further(peer);
}

void InitiatorBehavior::Impl::part_further(Peer& peer) {
    if (!peer.link->settled(out_)) return;
    say_goodbye(peer);
    released_.push_back({peer.connection, std::exchange(peer.parting, Errc::none)});
    peer.cool_by = peer.ping_at = Instant::max();
}

void InitiatorBehavior::Impl::say_goodbye(Peer& peer) {
    say_goodbye<ChainSync>(peer, ChainSync::Done{});
    say_goodbye<BlockFetch>(peer, BlockFetch::ClientDone{});
    say_goodbye<TxSubmission>(peer, TxSubmission::Done{});
    say_goodbye<KeepAlive>(peer, KeepAlive::Done{});
    say_goodbye<PeerSharing>(peer, PeerSharing::Done{});
    say_goodbye<LeiosNotify>(peer, LeiosNotify::Done{});
    say_goodbye<LeiosFetch>(peer, LeiosFetch::Done{});
}

template <class P>
void InitiatorBehavior::Impl::say_goodbye(Peer& peer, typename P::Message message) {
    if (peer.link->begun<P>() && peer.link->machine<P>().ours()) desk_.send<P>(peer, std::move(message));
}

void InitiatorBehavior::Impl::drop(Peer& peer, io::Close how, Errc reason, const Violation& violation) {
    desk_.close(peer, how, reason, violation);
    retire(peer, reason, violation);
    promotion_.stir(peer);
}

void InitiatorBehavior::Impl::retire(Peer& peer, Errc reason, const Violation& violation) {
    const bool used = peer.temperature == Temperature::warm || peer.temperature == Temperature::hot;
    if (peer.temperature == Temperature::hot && desk_.now - peer.hot_since >= config_.failures_forgotten_after)
        peer.failures = 0;
    if (violation.rule == Errc::unknown_rollback && !peer.root()) peer.heat_at = desk_.now + config_.rolled_back_delay;
    // A root is there because the user has chosen it: it waits its turn like after any failure.
    if (offence(violation.rule) && !peer.root() && config_.ban_time > Duration::zero())
        ban(peer, violation.rule, config_.ban_time);
    else if (used)
        book_.move(peer, Temperature::cold);
    if (!used) return;
    discovery_.gone(peer, reason);
    const std::size_t itself = peer.temperature == Temperature::banned ? 0 : 1;
    block_fetch_.gone(peer, reason, book_.known() == itself, violation);
    tx_submission_.gone(peer, reason);
    leios_fetch_.gone(peer, reason);
    chain_sync_.gone(peer, reason, violation);
    chain_sync_.give_up(book_.known());
}

void InitiatorBehavior::Impl::ban(Peer& peer, Errc reason, Duration time) {
    if (peer.temperature == Temperature::banned && reason != Errc::banned) return;
    peer.reason = reason;
    peer.retry_at = peer.heat_at = Instant::max();
    peer.banned_until = desk_.now + time;
    book_.move(peer, Temperature::banned);
    out_.event(PeerBanned{peer.id, reason, peer.banned_until});
    desk_.watch(peer);
}

void InitiatorBehavior::Impl::pardon(Peer& peer) {
    peer.banned_until = Instant::max();
    peer.failures = 0;
    book_.move(peer, Temperature::cold);
    if (peer.stage != Stage::waiting) return;  // its end is not told yet, and sees to the rest
    if (peer.leaving) return forget(peer);
    book_.offer(peer, !peer.root());
    if (peer.not_before > desk_.now) connection_.rest(peer, peer.not_before);
    promotion_.stir(peer);
    desk_.watch(peer);
}

void InitiatorBehavior::Impl::forget(Peer& peer) {
    promotion_.release(peer);
    leios_fetch_.forgotten(peer.id);
    discovery_.forgotten(peer);
    chain_sync_.forgotten(peer);
    book_.erase(peer);
    chain_sync_.give_up(book_.known());
}

}  // namespace ouro
