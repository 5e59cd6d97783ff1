#include "follow.hpp"

#include <algorithm>

#include "chain_points.hpp"

namespace ouro::initiator {

using detail::contains;

namespace {

constexpr std::uint32_t most_tips_asked = 3;  // of one upstream, whose tip leaves its chain between two requests
constexpr std::uint32_t enough_refusals = 3;  // a sync ends after as many, without an answer of peers in other use

}  // namespace

// --- The syncs

std::optional<Result<CommandId>> ChainSyncPart::execute(CommandId id, Command& command) {
    const auto carry_out = [&]<class C>(C& order) -> Result<CommandId> {
        if constexpr (std::is_same_v<C, StartSync>) {
            return start(id, order);
        } else {
            Sync* sync = named(order.sync);
            if (!sync) return Errc::bad_argument;
            if constexpr (std::is_same_v<C, ContinueSync>) {
                sync->add_credit(order.headers);
                top_up(*sync);
            } else if constexpr (std::is_same_v<C, PauseSync>) {
                if (const Errc error = pause(*sync, order.paused); error != Errc::none) return error;
            } else {
                const bool stays = sync->only() != nullptr;
                const Peer* debtor = end(*sync, Errc::none);
                if (debtor && !stays) desk_.requests.push_back({PeerRequest::What::leave, debtor->id});
                use_free_peers();
            }
            return id;
        }
    };
    return frame::execute_any<StartSync, ContinueSync, PauseSync, StopSync>(command, carry_out);
}

Result<CommandId> ChainSyncPart::start(CommandId id, StartSync& start) {
    if (syncs_.size() >= desk_.config.max_syncs) return Errc::queue_full;
    Peer* const only = start.peer ? book_.find(start.peer) : nullptr;
    if (start.peer && (!only || only->leaving)) return Errc::unknown_peer;
    Sync& sync = *syncs_.emplace_back(std::make_unique<Sync>(id, start, desk_.config, only));
    lose_upstream(sync);
    if (only && only->followed) vacate(*only);
    follow_next(sync);
    return id;
}

Sync* ChainSyncPart::named(CommandId id) const noexcept {
    if (id == CommandId{}) return syncs_.size() == 1 ? syncs_.front().get() : nullptr;
    for (const auto& sync : syncs_)
        if (sync->command() == id) return sync.get();
    return nullptr;
}

Peer* ChainSyncPart::end(Sync& sync, Errc reason, const Violation& violation) {
    desk_.out.event(SyncEnded{sync.command(), reason, reason == Errc::unknown_era ? sync.too_new : violation});
    Peer* debtor = sync.upstream && outstanding(sync) > 0 ? sync.upstream : nullptr;
    remove(sync);
    return debtor;
}

void ChainSyncPart::remove(Sync& sync) {
    lose_upstream(sync);
    for (Peer* peer : hot_)
        if (mine(*peer).asked_by == &sync) mine(*peer) = {};
    std::erase_if(syncs_, [&](const auto& each) { return each.get() == &sync; });
}

void ChainSyncPart::stop() {
    while (!syncs_.empty()) end(*syncs_.front(), Errc::stopped);
}

void ChainSyncPart::fewer_known() {
    for (std::size_t i = 0; i < syncs_.size();) {
        Sync& sync = *syncs_[i];
        const std::size_t asked = sync.passed_over.size() + sync.newer.size();
        if (asked != 0 && asked >= book_.known())
            end(sync, sync.newer.empty() ? Errc::no_intersection : Errc::unknown_era);
        else
            ++i;
    }
}

void ChainSyncPart::forgotten(Peer& peer) {
    for (std::size_t i = 0; i < syncs_.size();) {
        Sync& sync = *syncs_[i];
        std::erase(sync.newer, &peer);
        if (sync.only() == &peer)
            end(sync, Errc::unknown_peer);
        else
            ++i;
    }
}

void ChainSyncPart::taken(const Event& event) {
    const auto* forward = std::get_if<RollForward>(&event);
    const auto* back = std::get_if<RollBackward>(&event);
    if (!forward && !back) return;
    const CommandId command = forward ? forward->command : back->command;
    if (Sync* sync = named(command)) sync->taken();
}

// --- The upstream of a sync

bool ChainSyncPart::follow_next(Sync& sync) {
    Peer* next = nullptr;
    for (Peer* peer : hot_) {
        if (!may_follow(*peer, sync)) continue;
        if (!next || peer->slow_until < next->slow_until) next = peer;
        if (next->slow_until <= desk_.now) break;
    }
    if (next) follow(*next, sync);
    return next != nullptr;
}

void ChainSyncPart::follow(Peer& peer, Sync& sync) {
    take(peer, sync);
    sync.asked = sync.points_to_ask();
    send(peer, ChainSync::FindIntersect{sync.asked});
    hold(peer);
}

void ChainSyncPart::take(Peer& peer, Sync& sync) {
    sync.upstream = &peer;
    mine(peer) = {&sync};
    peer.followed = true;
    sync.lonely_until = Instant::max();
    sync.restart();
    sync.tips_asked = 0;
    sync.slow = false;
}

void ChainSyncPart::leave_upstream(Sync& sync) {
    // Credit is for delivered headers: requested ones that will not come are requested again.
    if (sync.following()) sync.return_credit(outstanding(sync));
    lose_upstream(sync);
}

void ChainSyncPart::lose_upstream(Sync& sync) {
    if (Peer* upstream = std::exchange(sync.upstream, nullptr)) {
        upstream->followed = false;
        mine(*upstream).followed_by = nullptr;
        if (sync.paused()) {  // what the peer owes is awaited again
            machine(*upstream).resume(desk_.now);
            desk_.watch(*upstream, machine(*upstream).due());
        }
    }
    sync.lonely_since = desk_.now;
    sync.lonely_until = desk_.now + desk_.config.lonely_after;
    sync.check_at = sync.refresh_at = Instant::max();
    sync.count_wait(false, desk_.now);
    sync.slow = false;
}

void ChainSyncPart::heat(Peer& peer) {
    for (auto& sync : syncs_) {
        if (!sync->upstream)
            follow_next(*sync);
        else if (sync->looks_around())
            probe(peer, *sync);
    }
}

void ChainSyncPart::lose(Peer& peer, const Ending& ending) {
    Sync* sync = mine(peer).followed_by;
    mine(peer) = {sync};
    for (auto& each : syncs_) {
        std::erase(each->passed_over, &peer);
        std::erase(each->busy, &peer);
    }
    if (!sync) return;
    if (ending.reason == Errc::unknown_era) sync->too_new = ending.violation;
    // Without rules the point to continue from is not known.
    if (sync->only() || (sync->begun() && !sync->standing())) {
        end(*sync, ending.reason, ending.violation);
        return;
    }
    leave_upstream(*sync);
    follow_next(*sync);
}

void ChainSyncPart::use_free_peers() {
    for (auto& sync : syncs_)
        if (!sync->upstream) follow_next(*sync);
    for (auto& sync : syncs_)
        for (Peer* peer : std::exchange(sync->busy, {})) {
            if (!sync->upstream || !sync->looks_around() || peer->followed) continue;
            if (machine(*peer).ours())
                probe(*peer, *sync);
            else
                sync->busy.push_back(peer);
        }
}

bool ChainSyncPart::awaits_peer(const Sync& sync) const noexcept {
    if (sync.only() || sync.refusals >= enough_refusals) return false;
    return std::any_of(hot_.begin(), hot_.end(), [&](const Peer* peer) {
        return (peer->followed || !machine(*peer).ours()) && !passed_over(*peer, sync);
    });
}

void ChainSyncPart::pass_over(Peer& peer, Sync& sync) {
    sync.passed_over.push_back(&peer);
    ++sync.refusals;
}

bool ChainSyncPart::passed_over(const Peer& peer, const Sync& sync) noexcept {
    return contains(sync.passed_over, &peer) || contains(sync.newer, &peer);
}

bool ChainSyncPart::useless(const Peer& peer) const noexcept {
    const Sync* follower = mine(peer).followed_by;
    return std::any_of(syncs_.begin(), syncs_.end(), [&](const auto& sync) {
        return (!follower || follower == sync.get()) && passed_over(peer, *sync);
    });
}

std::uint32_t ChainSyncPart::outstanding(const Sync& sync) const noexcept {
    const AnyMachine& owing = machine(*sync.upstream);
    return static_cast<std::uint32_t>(owing.pending()) + (owing.theirs() ? 1 : 0);
}

std::uint32_t ChainSyncPart::room(const Sync& sync) const noexcept {
    return sync.upstream && sync.upstream->ready() ? sync.room(outstanding(sync)) : 0;
}

void ChainSyncPart::top_up(Sync& sync) {
    if (!sync.upstream) return;
    const auto headers = room(sync);
    sync.spend_credit(headers);
    for (auto left = headers; left > 0; --left) send(*sync.upstream, ChainSync::RequestNext{});
    sync.count_wait(state(*sync.upstream) == ChainSync::State::can_await, desk_.now);
    watch_idle(sync);
}

bool ChainSyncPart::wants_more() const noexcept {
    return std::any_of(syncs_.begin(), syncs_.end(), [&](const auto& sync) { return room(*sync) > 0; });
}

void ChainSyncPart::resume() {
    for (auto& sync : syncs_) top_up(*sync);
}

// --- Messages

Errc ChainSyncPart::received(Peer& peer, ChainSync::Message& message, ChainSync::State before) {
    Errc error = Errc::none;
    if (Sync* sync = mine(peer).followed_by) {
        error = received_from_upstream(peer, *sync, message, before);
    } else {
        if (mine(peer).asked_by) error = probed(peer, message);  // else it answers a sync that has ended
        if (error == Errc::none) {
            use_free_peers();
            resume();
        }
    }
    if (error == Errc::none) fewer_known();
    if (!peer.root() && useless(peer)) desk_.requests.push_back({PeerRequest::What::replace, peer.id});
    return error;
}

Errc ChainSyncPart::received_from_upstream(Peer& peer, Sync& sync, ChainSync::Message& message,
                                           ChainSync::State before) {
    Errc error = Errc::none;
    sync.check_at = Instant::max();
    sync.use_patience(desk_.now);
    if (auto* forward = std::get_if<ChainSync::RollForward>(&message)) {
        if (before == ChainSync::State::can_await) sync.leave_tip();
        error = rolled_forward(peer, sync, *forward);
    } else if (const auto* back = std::get_if<ChainSync::RollBackward>(&message)) {
        error = rolled_back(peer, sync, *back);
    } else if (std::holds_alternative<ChainSync::AwaitReply>(message)) {
        wait_at_tip(peer, sync);
    } else if (const auto* at = std::get_if<ChainSync::IntersectFound>(&message)) {
        error = found(peer, sync, *at);
    } else if (const auto* none = std::get_if<ChainSync::IntersectNotFound>(&message)) {
        error = not_found(peer, sync, *none);
        if (error == Errc::none) use_free_peers();
        return error;
    }
    if (error == Errc::none) top_up(sync);
    return error;
}

Errc ChainSyncPart::found(Peer& peer, Sync& sync, const ChainSync::IntersectFound& message) {
    if (!contains(sync.asked, message.point)) return Errc::wrong_intersection;
    if (sync.seeks_tip() && sync.tips_asked == 0 && message.point != message.tip.point)
        return ask_for_tip(peer, sync, message.tip);
    switch (sync.intersect(message.point, message.tip)) {
        case Sync::Report::nothing: break;
        case Sync::Report::intersection:
            desk_.out.event(Intersected{sync.command(), peer.id, message.point, message.tip});
            break;
        case Sync::Report::roll_backward:
            desk_.out.event(RollBackward{sync.command(), peer.id, message.point, message.tip});
            break;
    }
    return Errc::none;
}

Errc ChainSyncPart::not_found(Peer& peer, Sync& sync, const ChainSync::IntersectNotFound& message) {
    if (contains(sync.asked, Point())) return Errc::wrong_intersection;  // every chain has the origin
    if (sync.seeks_tip() && sync.tips_asked < most_tips_asked) return ask_for_tip(peer, sync, message.tip);
    if (sync.only() && sync.begun()) {  // its chain is another one now
        end(sync, Errc::no_intersection);
        return Errc::none;
    }
    pass_over(peer, sync);
    lose_upstream(sync);
    if (follow_next(sync) || sync.begun() || awaits_peer(sync)) return Errc::none;
    desk_.out.event(NoIntersection{sync.command(), peer.id, message.tip});
    remove(sync);
    return Errc::none;
}

Errc ChainSyncPart::ask_for_tip(Peer& peer, Sync& sync, const Tip& tip) {
    ++sync.tips_asked;
    sync.asked = {tip.point};
    return send(peer, ChainSync::FindIntersect{sync.asked});
}

Errc ChainSyncPart::rolled_forward(Peer& peer, Sync& sync, ChainSync::RollForward& message) {
    const auto info = sync.inspect(message.header, peer.broken_at);
    if (!info) {
        if (info.error() == Errc::unknown_era) sync.newer.push_back(&peer);
        return info.error();
    }
    sync.roll_forward(message.header, *info, message.tip);
    desk_.out.event(RollForward{sync.command(), peer.id, std::move(message.header), message.tip, *info});
    return Errc::none;
}

Errc ChainSyncPart::rolled_back(Peer& peer, Sync& sync, const ChainSync::RollBackward& message) {
    const auto report = sync.roll_backward(message.point, message.tip);
    if (!report) return report.error();
    if (*report == Sync::Report::roll_backward)
        desk_.out.event(RollBackward{sync.command(), peer.id, message.point, message.tip});
    return Errc::none;
}

void ChainSyncPart::wait_at_tip(Peer& peer, Sync& sync) {
    if (sync.reach_tip()) {
        sync.checked_at = desk_.now;
        desk_.out.event(AtTip{sync.command(), peer.id, sync.tip()});
    }
    if (!desk_.config.rules || sync.only()) return;
    const auto at = sync.standing();
    // After AwaitReply the peer has sent everything: a tip whose header it did not send is only a claim.
    if (at != sync.tip().point) peer.slow_until = desk_.now + desk_.config.passed_over_delay;
    const Duration every = desk_.config.tip_check;
    if (every <= Duration::zero()) return;
    // A header now and then does not put it off for ever.
    sync.check_at = std::max(desk_.now, std::min(desk_.now + every, sync.checked_at + 3 * every));
}

}  // namespace ouro::initiator

namespace ouro::frame {

std::unique_ptr<initiator::Part> make_part(Speaks<initiator::RequestingSide, ChainSync>,
                                           initiator::RequestingSide::Making& with) {
    return std::make_unique<initiator::ChainSyncPart>(with.desk, with.book);
}

}  // namespace ouro::frame
