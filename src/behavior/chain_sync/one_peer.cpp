#include "follow.hpp"

#include <algorithm>

// Syncs of one peer that the user names: its reservation, its pauses, and what keeps it while it waits.

namespace ouro::initiator {

Errc ChainSyncPart::pause(Sync& sync, bool paused) {
    if (!sync.only()) return Errc::bad_argument;
    if (sync.paused() == paused) return Errc::none;
    sync.pause(paused);
    if (!sync.upstream) return Errc::none;
    hold(*sync.upstream);
    if (paused) return Errc::none;
    machine(*sync.upstream).resume(desk_.now);
    desk_.watch(*sync.upstream, machine(*sync.upstream).due());
    top_up(sync);
    return Errc::none;
}

bool ChainSyncPart::reserved(const Peer& peer) const noexcept {
    return std::any_of(syncs_.begin(), syncs_.end(), [&](const auto& sync) { return sync->only() == &peer; });
}

bool ChainSyncPart::may_follow(const Peer& peer, const Sync& sync) const noexcept {
    // A peer that owes answers, or follows another sync's read pointer, cannot be asked anything new.
    if (peer.followed || !machine(peer).ours() || passed_over(peer, sync)) return false;
    return sync.only() ? sync.only() == &peer : !reserved(peer);
}

void ChainSyncPart::vacate(Peer& peer) {
    Sync& holder = *mine(peer).followed_by;
    if (holder.only() || (holder.begun() && !holder.standing())) return;
    leave_upstream(holder);
    follow_next(holder);
}

void ChainSyncPart::hold(Peer& peer) noexcept {
    const Sync* sync = mine(peer).followed_by;
    if (sync && sync->paused()) machine(peer).pause();
}

void ChainSyncPart::credit(Peer& peer) {
    Speaker::credit(peer);
    hold(peer);
    if (Sync* sync = mine(peer).followed_by) watch_idle(*sync);
}

void ChainSyncPart::watch_idle(Sync& sync) {
    constexpr auto& idle = ChainSync::states[static_cast<std::size_t>(ChainSync::State::idle)];
    const bool waits = sync.only() && sync.following() && sync.standing() && machine(*sync.upstream).ours();
    if (!waits)
        sync.refresh_at = Instant::max();
    else if (sync.refresh_at == Instant::max())
        sync.refresh_at = desk_.now + idle.time.max / 2;  // the peer disconnects at the end of that limit
}

void ChainSyncPart::refresh(Sync& sync) {
    Peer& peer = *sync.upstream;
    sync.refresh_at = Instant::max();
    sync.restart();
    sync.asked = sync.points_to_ask();
    send(peer, ChainSync::FindIntersect{sync.asked});
    hold(peer);
}

}  // namespace ouro::initiator
