#include "initiator_chain_sync.hpp"

#include <algorithm>

#include "chain_points.hpp"

namespace ouro::initiator {

using detail::before;

namespace {

bool has(const std::vector<Point>& points, const Point& point) {
    return std::find(points.begin(), points.end(), point) != points.end();
}

}  // namespace

Result<CommandId> ChainSyncPart::start(CommandId command, StartSync& wish) {
    if (sync_) return Errc::bad_argument;
    sync_.emplace();
    sync_->command = command;
    sync_->points = std::move(wish.points);
    if (sync_->points.empty()) sync_->points.emplace_back();
    lose_upstream();
    follow_next();
    return command;
}

Errc ChainSyncPart::extend(std::uint32_t headers) {
    if (!sync_) return Errc::bad_argument;
    const auto most = desk_.config.sync_window - std::min(desk_.config.sync_window, sync_->credit);
    sync_->credit += std::min(headers, most);
    top_up();
    return Errc::none;
}

Peer* ChainSyncPart::end(Errc reason) {
    if (!sync_) return nullptr;
    desk_.out.event(SyncEnded{sync_->command, reason});
    Peer* debtor = sync_->upstream && outstanding() > 0 ? sync_->upstream : nullptr;
    if (sync_->upstream) sync_->upstream->followed = false;
    for (Peer* peer : hot_) peer->probed.clear();
    sync_.reset();
    return debtor;
}

void ChainSyncPart::ready(Peer& peer) {
    if (!sync_) return;
    if (!sync_->upstream)
        follow(peer);
    else if (sync_->check_at != Instant::max())
        probe(peer);
}

void ChainSyncPart::gone(Peer& peer) {
    peer.probed.clear();
    if (!sync_) return;
    std::erase(sync_->passed_over, &peer);
    if (sync_->upstream != &peer) return;
    leave_upstream();
    follow_next();
}

void ChainSyncPart::leave_upstream() {
    // Credit is for what is told: what was asked for and will not come is asked for again.
    if (sync_->following) sync_->credit += outstanding();
    lose_upstream();
}

void ChainSyncPart::give_up(std::size_t peers) {
    if (sync_ && !sync_->passed_over.empty() && sync_->passed_over.size() >= peers) end(Errc::no_intersection);
}

void ChainSyncPart::lose_upstream() {
    if (sync_->upstream) sync_->upstream->followed = false;
    sync_->upstream = nullptr;
    sync_->lonely_since = desk_.now;
    sync_->lonely_until = desk_.now + desk_.config.lonely_after;
    sync_->check_at = Instant::max();
}

void ChainSyncPart::tick() {
    if (!sync_) return;
    if (sync_->lonely_until <= desk_.now) {
        sync_->lonely_until = Instant::max();
        desk_.out.event(Stalled{{}, ChainSync::name, {}, sync_->lonely_since});
    }
    if (sync_->check_at > desk_.now) return;
    sync_->check_at = desk_.now + desk_.config.tip_check;
    for (Peer* peer : hot_) probe(*peer);
}

void ChainSyncPart::wait_at_tip(Peer& peer) {
    if (!std::exchange(sync_->at_tip, true)) desk_.out.event(AtTip{sync_->command, peer.id, sync_->tip});
    const auto at = standing();
    if (!at || desk_.config.tip_check <= Duration::zero()) return;
    // Who waits for its follower has told all it has: a tip that was not told is none.
    const bool told = *at == sync_->tip.point && !at->is_origin();
    sync_->number = told ? std::optional(sync_->tip.block) : std::nullopt;
    sync_->check_at = desk_.now + desk_.config.tip_check;
}

void ChainSyncPart::probe(Peer& peer) {
    if (peer.followed || !peer.link->machine<ChainSync>().ours() || passed_over(peer)) return;
    peer.probed = points_to_ask();
    desk_.send<ChainSync>(peer, ChainSync::FindIntersect{peer.probed});
}

Errc ChainSyncPart::probed(Peer& peer, ChainSync::Message& message) {
    auto asked = std::exchange(peer.probed, {});
    const auto* at = std::get_if<ChainSync::IntersectFound>(&message);
    // Every chain has the origin.
    if (at ? !has(asked, at->point) : has(asked, Point())) return Errc::wrong_intersection;
    if (sync_->upstream) {
        const bool waiting = sync_->check_at != Instant::max();
        if (!waiting || !at || !further(at->tip)) return Errc::none;
        debtor_ = sync_->upstream;
        leave_upstream();
    }
    sync_->upstream = &peer;
    peer.followed = true;
    sync_->lonely_until = Instant::max();
    sync_->asked = std::move(asked);
    return at ? found(peer, *at) : not_found(peer, std::get<ChainSync::IntersectNotFound>(message));
}

bool ChainSyncPart::further(const Tip& tip) const {
    if (sync_->number) return tip.block > *sync_->number;
    const auto at = standing();
    return at && before(*at, tip.point);
}

Errc ChainSyncPart::not_found(Peer& peer, const ChainSync::IntersectNotFound& message) {
    if (has(sync_->asked, Point())) return Errc::wrong_intersection;  // every chain has the origin
    sync_->passed_over.push_back(&peer);
    lose_upstream();
    if (!follow_next() && !sync_->begun) {
        desk_.out.event(NoIntersection{sync_->command, peer.id, message.tip});
        sync_.reset();
    }
    return Errc::none;
}

bool ChainSyncPart::passed_over(const Peer& peer) const noexcept {
    return sync_ && std::find(sync_->passed_over.begin(), sync_->passed_over.end(), &peer) != sync_->passed_over.end();
}

bool ChainSyncPart::follow_next() {
    for (Peer* peer : hot_) {
        // A peer that still owes answers to an ended sync cannot be asked anything new.
        if (!peer->link->machine<ChainSync>().ours() || passed_over(*peer)) continue;
        follow(*peer);
        return true;
    }
    return false;
}

void ChainSyncPart::follow(Peer& peer) {
    sync_->upstream = &peer;
    peer.followed = true;
    sync_->lonely_until = Instant::max();
    sync_->following = false;
    sync_->swallow.reset();
    sync_->asked = points_to_ask();
    desk_.send<ChainSync>(peer, ChainSync::FindIntersect{sync_->asked});
}

std::vector<Point> ChainSyncPart::points_to_ask() const {
    if (!sync_->begun) return sync_->points;
    std::vector<Point> points;
    const auto& history = sync_->history;
    detail::for_points_to_ask(history.size(), sync_->forgot, [&](std::size_t back) {
        if (const auto info = desk_.config.rules->inspect(history[history.size() - 1 - back]))
            points.emplace_back(info->point);
    });
    if (sync_->forgot) return points;
    points.push_back(sync_->from);
    // Where the sync began may not be on this chain, and an upstream may have taken us back to a place of its own: then
    // what the user has before it.
    for (const Point& point : sync_->points)
        if (before(point, sync_->from)) points.push_back(point);
    return points;
}

std::uint32_t ChainSyncPart::outstanding() const noexcept {
    const auto& machine = sync_->upstream->link->machine<ChainSync>();
    return static_cast<std::uint32_t>(machine.pending()) + (machine.theirs() ? 1 : 0);
}

std::uint32_t ChainSyncPart::room() const noexcept {
    if (!sync_ || !sync_->upstream || !sync_->following || !sync_->upstream->ready()) return 0;
    const auto asked = outstanding();
    const auto used = sync_->untaken + asked;
    const auto window = desk_.config.sync_window;
    const auto free = std::min(used < window ? window - used : 0, sync_->answerable.room(asked));
    return desk_.config.automatic ? free : std::min(free, sync_->credit);
}

void ChainSyncPart::top_up() {
    auto count = room();
    if (count == 0) return;
    if (!desk_.config.automatic) sync_->credit -= count;
    while (count-- > 0) desk_.send<ChainSync>(*sync_->upstream, ChainSync::RequestNext{});
}

Errc ChainSyncPart::received(Peer& peer, ChainSync::Message& message, ChainSync::State before) {
    if (!sync_) return Errc::none;  // an answer to one that has ended
    if (sync_->upstream != &peer) {
        Errc error = peer.probed.empty() ? Errc::none : probed(peer, message);
        // One that owed answers, to a sync that has ended, may be followed when it owes none.
        if (error == Errc::none && sync_ && !sync_->upstream) (void)follow_next();
        if (error == Errc::none) top_up();
        return error;
    }
    Errc error = Errc::none;
    sync_->check_at = Instant::max();
    if (auto* forward = std::get_if<ChainSync::RollForward>(&message)) {
        sync_->swallow.reset();
        if (before == ChainSync::State::can_await) sync_->at_tip = false;
        sync_->tip = forward->tip;
        sync_->answerable.answered(number_of(forward->header), forward->tip);
        remember(forward->header);
        ++sync_->untaken;
        desk_.out.event(RollForward{sync_->command, peer.id, std::move(forward->header), forward->tip});
    } else if (const auto* back = std::get_if<ChainSync::RollBackward>(&message)) {
        error = rolled_back(peer, *back);
    } else if (std::holds_alternative<ChainSync::AwaitReply>(message)) {
        wait_at_tip(peer);
    } else if (const auto* at = std::get_if<ChainSync::IntersectFound>(&message)) {
        error = found(peer, *at);
    } else if (const auto* none = std::get_if<ChainSync::IntersectNotFound>(&message)) {
        return not_found(peer, *none);
    }
    if (error == Errc::none) top_up();
    return error;
}

Errc ChainSyncPart::found(Peer& peer, const ChainSync::IntersectFound& message) {
    if (!has(sync_->asked, message.point)) return Errc::wrong_intersection;
    sync_->following = true;
    sync_->swallow = message.point;
    sync_->tip = message.tip;
    sync_->answerable.from(message.point, message.tip);
    sync_->at_tip = false;
    if (!std::exchange(sync_->begun, true)) {
        sync_->from = message.point;
        desk_.out.event(Intersected{sync_->command, peer.id, message.point, message.tip});
        return Errc::none;
    }
    // Another upstream: the user sees a roll-backward only if something delivered is not on its chain.
    if (standing() != message.point) {
        rewind(message.point);
        tell_rollback(peer, message.point);
    }
    return Errc::none;
}

std::optional<Point> ChainSyncPart::standing() const {
    if (!desk_.config.rules) return std::nullopt;
    if (sync_->history.empty()) return sync_->forgot ? std::nullopt : std::optional(sync_->from);
    const auto newest = desk_.config.rules->inspect(sync_->history.back());
    return newest ? std::optional<Point>(newest->point) : std::nullopt;
}

Errc ChainSyncPart::rolled_back(Peer& peer, const ChainSync::RollBackward& message) {
    sync_->tip = message.tip;
    sync_->answerable.from(message.point, message.tip);
    if (std::exchange(sync_->swallow, std::nullopt) == message.point) {
        ++sync_->credit;  // for this one nothing is told
        return Errc::none;
    }
    if (!rewind(message.point)) return Errc::unknown_rollback;
    tell_rollback(peer, message.point);
    return Errc::none;
}

void ChainSyncPart::tell_rollback(Peer& peer, const Point& point) {
    ++sync_->untaken;
    desk_.out.event(RollBackward{sync_->command, peer.id, point, sync_->tip});
}

void ChainSyncPart::remember(const Header& header) {
    if (!desk_.config.rules) return;
    sync_->history.push_back(header);
    if (sync_->history.size() > desk_.config.history) {
        sync_->history.pop_front();
        sync_->forgot = true;
    }
}

bool ChainSyncPart::rewind(const Point& point) {
    if (!desk_.config.rules) return true;
    auto& history = sync_->history;
    const auto keep = [&](std::size_t headers) {
        while (history.size() > headers) history.pop_back();
        return true;
    };
    for (std::size_t headers = history.size(); headers > 0; --headers) {
        const auto newest = desk_.config.rules->inspect(history[headers - 1]);
        if (newest && Point(newest->point) == point) return keep(headers);
    }
    if (sync_->forgot) return false;  // deeper than anything a node takes back
    Point& from = sync_->from;
    if (point == from) return keep(0);
    if (!before(point, from)) return false;  // else the peer's chain parts from ours before the sync began
    from = point;
    return keep(0);
}

}  // namespace ouro::initiator
