// Peers on standby: when a sync asks them for an intersection, and when one takes the place of the upstream.

#include <algorithm>

#include "chain_points.hpp"
#include "follow.hpp"

namespace ouro::initiator {

using detail::contains;

namespace {

constexpr Duration look_again = 10s;  // after an upstream has used up its patience, and no other peer had more

}  // namespace

Instant ChainSyncPart::next_deadline() const noexcept {
    Instant earliest = Instant::max();
    for (const auto& sync : syncs_) earliest = std::min(earliest, sync->next_deadline());
    return earliest;
}

void ChainSyncPart::tick() {
    for (auto& each : syncs_) {
        Sync& sync = *each;
        if (sync.lonely_until <= desk_.now) {
            sync.lonely_until = Instant::max();
            const PeerId only = sync.only() ? sync.only()->id : PeerId();
            desk_.out.event(Stalled{only, ChainSync::name, {}, sync.lonely_since, sync.command()});
        }
        if (sync.patient_until() <= desk_.now) {
            sync.extend_patience(look_again, desk_.now);
            look_around(sync);
        }
        if (sync.refresh_at <= desk_.now) refresh(sync);
        if (sync.check_at > desk_.now) continue;
        sync.check_at = desk_.now + desk_.config.tip_check;
        sync.checked_at = desk_.now;
        for (Peer* peer : hot_)
            if (peer->slow_until <= desk_.now) probe(*peer, sync);
    }
}

void ChainSyncPart::stalled(Peer& peer) {
    Sync* sync = mine(peer).followed_by;
    if (sync && !sync->only() && (!sync->begun() || sync->standing())) look_around(*sync);
}

void ChainSyncPart::look_around(Sync& sync) {
    sync.slow = true;
    for (Peer* peer : hot_) probe(*peer, sync);
}

void ChainSyncPart::probe(Peer& peer, Sync& sync) {
    if (peer.followed || passed_over(peer, sync) || reserved(peer)) return;
    SyncUse& use = mine(peer);
    if (!machine(peer).ours()) {
        if (use.asked_by && use.asked_by != &sync && !contains(sync.busy, &peer)) sync.busy.push_back(&peer);
        return;
    }
    use = {nullptr, &sync, sync.points_to_ask(), sync.seeks_tip()};
    send(peer, ChainSync::FindIntersect{use.points});
}

Errc ChainSyncPart::probed(Peer& peer, ChainSync::Message& message) {
    SyncUse use = std::exchange(mine(peer), {});
    Sync& sync = *use.asked_by;
    const auto* at = std::get_if<ChainSync::IntersectFound>(&message);
    // Every chain has the origin.
    if (at ? !contains(use.points, at->point) : contains(use.points, Point())) return Errc::wrong_intersection;
    if (reserved(peer)) return Errc::none;  // since it was asked
    // The sync has begun elsewhere meanwhile, or its upstream went back behind the point.
    const bool outdated = use.about_tip ? sync.begun() : at && !sync.stands_on(at->point);
    if (outdated) {
        if (sync.looks_around()) probe(peer, sync);
        return Errc::none;
    }
    const bool usable = at || sync.seeks_tip();
    if (Peer* upstream = sync.upstream) {
        // A peer with an answer is better than one that has not even found the intersection.
        const bool better = usable && (sync.following() ? sync.further(at->tip) : sync.slow);
        if (!usable && !sync.following()) pass_over(peer, sync);
        if (!sync.looks_around() || !better) return Errc::none;
        if (sync.slow) upstream->slow_until = desk_.now + desk_.config.passed_over_delay;
        const bool owes_headers = sync.following() && outstanding(sync) > 0;
        const bool owes_intersection = !sync.following();
        leave_upstream(sync);
        if (owes_headers) desk_.requests.push_back({PeerRequest::What::leave, upstream->id});
        if (owes_intersection) mine(*upstream) = {nullptr, &sync, std::move(sync.asked), sync.seeks_tip()};
    }
    take(peer, sync);
    sync.asked = std::move(use.points);
    return at ? found(peer, sync, *at) : not_found(peer, sync, std::get<ChainSync::IntersectNotFound>(message));
}

}  // namespace ouro::initiator
