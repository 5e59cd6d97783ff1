#include "follow.hpp"

#include <algorithm>

#include "chain_points.hpp"
#include "protocol/unknown_era.hpp"

namespace ouro::initiator {

using detail::before;

namespace {

template <class T, class U>
bool has(const std::vector<T>& all, const U& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

constexpr Duration look_again = 10s;  // after an upstream has used up its patience, and no other peer had more

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
    desk_.out.event(SyncEnded{sync_->command, reason, reason == Errc::unknown_era ? sync_->too_new : Violation()});
    Peer* debtor = sync_->upstream && outstanding() > 0 ? sync_->upstream : nullptr;
    if (sync_->upstream) sync_->upstream->followed = false;
    for (Peer* peer : hot_) peer->probed.clear();
    sync_.reset();
    return debtor;
}

void ChainSyncPart::ready(Peer& peer) {
    if (!sync_) return;
    if (!sync_->upstream)
        follow_next();
    else if (sync_->slow || sync_->check_at != Instant::max())
        probe(peer);
}

void ChainSyncPart::gone(Peer& peer, Errc reason, const Violation& violation) {
    peer.probed.clear();
    if (!sync_) return;
    if (reason == Errc::unknown_era) sync_->too_new = violation;
    std::erase(sync_->passed_over, &peer);
    if (sync_->upstream != &peer) return;
    if (sync_->begun && !standing()) {
        end(reason);  // without rules the point to continue from is not known
        return;
    }
    leave_upstream();
    follow_next();
}

void ChainSyncPart::leave_upstream() {
    // Credit is for what is told: what was asked for and will not come is asked for again.
    if (sync_->following) sync_->credit += outstanding();
    lose_upstream();
}

void ChainSyncPart::give_up(std::size_t peers) {
    if (!sync_) return;
    const std::size_t asked = sync_->passed_over.size() + sync_->newer.size();
    if (asked != 0 && asked >= peers) end(sync_->newer.empty() ? Errc::no_intersection : Errc::unknown_era);
}

void ChainSyncPart::lose_upstream() {
    if (sync_->upstream) sync_->upstream->followed = false;
    sync_->upstream = nullptr;
    sync_->lonely_since = desk_.now;
    sync_->lonely_until = desk_.now + desk_.config.lonely_after;
    sync_->check_at = sync_->waiting_since = Instant::max();
    sync_->slow = false;
}

void ChainSyncPart::tick() {
    if (!sync_) return;
    if (sync_->lonely_until <= desk_.now) {
        sync_->lonely_until = Instant::max();
        desk_.out.event(Stalled{{}, ChainSync::name, {}, sync_->lonely_since});
    }
    if (patient_until() <= desk_.now) {
        sync_->patience = look_again;
        sync_->waiting_since = desk_.now;
        look_around();
    }
    if (sync_->check_at > desk_.now) return;
    sync_->check_at = desk_.now + desk_.config.tip_check;
    sync_->checked_at = desk_.now;
    for (Peer* peer : hot_)
        if (peer->slow_until <= desk_.now) probe(*peer);
}

void ChainSyncPart::wait_at_tip(Peer& peer) {
    if (!std::exchange(sync_->at_tip, true)) {
        sync_->checked_at = desk_.now;
        desk_.out.event(AtTip{sync_->command, peer.id, sync_->tip});
    }
    if (!desk_.config.rules) return;
    const auto at = standing();
    // A peer that waits for its follower has sent all it has: a tip whose header it did not send is only a claim.
    if (at != sync_->tip.point) peer.slow_until = desk_.now + desk_.config.passed_over_delay;
    const Duration every = desk_.config.tip_check;
    if (every <= Duration::zero()) return;
    // A header now and then does not put it off for ever.
    sync_->check_at = std::max(desk_.now, std::min(desk_.now + every, sync_->checked_at + 3 * every));
}

void ChainSyncPart::stalled(const Peer& peer) {
    if (!sync_ || sync_->upstream != &peer || (sync_->begun && !standing())) return;
    look_around();
}

void ChainSyncPart::look_around() {
    sync_->slow = true;
    for (Peer* peer : hot_) probe(*peer);
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
    const bool open = sync_->slow || sync_->check_at != Instant::max();
    if (at && !stands_on(at->point)) {  // the upstream went back behind it meanwhile
        if (open) probe(peer);
        return Errc::none;
    }
    if (Peer* upstream = sync_->upstream) {
        // A peer with an answer is better than one that has not even found the intersection.
        const bool better = at && (sync_->following ? further(at->tip) : sync_->slow);
        if (!at && !sync_->following) sync_->passed_over.push_back(&peer);
        if (!open || !better) return Errc::none;
        if (sync_->slow) upstream->slow_until = desk_.now + desk_.config.passed_over_delay;
        if (!sync_->following)
            upstream->probed = std::move(sync_->asked);
        else if (outstanding() > 0)
            debtor_ = upstream;
        leave_upstream();
    }
    take(peer);
    sync_->asked = std::move(asked);
    return at ? found(peer, *at) : not_found(peer, std::get<ChainSync::IntersectNotFound>(message));
}

bool ChainSyncPart::stands_on(const Point& point) const {
    if (!sync_->begun) return has(sync_->points, point);
    const auto& history = sync_->history;
    for (std::size_t i = history.size(); i > 0; --i)
        if (Point(history[i - 1].point) == point) return true;
    if (sync_->forgot) return false;
    return point == sync_->from || (before(point, sync_->from) && has(sync_->points, point));
}

bool ChainSyncPart::further(const Tip& tip) const {
    if (!sync_->history.empty()) return tip.block > sync_->history.back().number;
    const auto at = standing();
    if (!at) return false;
    if (*at == sync_->tip.point && !at->is_origin()) return tip.block > sync_->tip.block;
    return before(*at, tip.point);
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
    return sync_ && (has(sync_->passed_over, &peer) || has(sync_->newer, &peer));
}

bool ChainSyncPart::follow_next() {
    Peer* next = nullptr;
    for (Peer* peer : hot_) {
        // A peer that still owes answers to an ended sync cannot be asked anything new.
        if (!peer->link->machine<ChainSync>().ours() || passed_over(*peer)) continue;
        if (!next || peer->slow_until < next->slow_until) next = peer;
        if (next->slow_until <= desk_.now) break;
    }
    if (next) follow(*next);
    return next != nullptr;
}

void ChainSyncPart::take(Peer& peer) {
    sync_->upstream = &peer;
    peer.followed = true;
    sync_->lonely_until = Instant::max();
    sync_->following = false;
    sync_->swallow.reset();
    sync_->slow = false;
}

void ChainSyncPart::follow(Peer& peer) {
    take(peer);
    sync_->asked = points_to_ask();
    desk_.send<ChainSync>(peer, ChainSync::FindIntersect{sync_->asked});
}

std::vector<Point> ChainSyncPart::points_to_ask() const {
    if (!sync_->begun) return sync_->points;
    std::vector<Point> points;
    const auto& history = sync_->history;
    detail::for_points_to_ask(history.size(), sync_->forgot,
                              [&](std::size_t back) { points.emplace_back(history[history.size() - 1 - back].point); });
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
    if (count != 0 && !desk_.config.automatic) sync_->credit -= count;
    while (count-- > 0) desk_.send<ChainSync>(*sync_->upstream, ChainSync::RequestNext{});
    if (sync_ && sync_->upstream) count_wait();
}

void ChainSyncPart::count_wait() {
    const auto& config = desk_.config;
    const bool owes = sync_->following && config.rules && config.patience > Duration::zero() &&
                      sync_->upstream->link->machine<ChainSync>().state() == ChainSync::State::can_await;
    if (!owes)
        sync_->waiting_since = Instant::max();
    else if (sync_->waiting_since == Instant::max())
        sync_->waiting_since = desk_.now;
}

void ChainSyncPart::spend() {
    if (sync_->waiting_since == Instant::max()) return;
    sync_->patience -= std::min(sync_->patience, desk_.now - sync_->waiting_since);
    sync_->waiting_since = desk_.now;
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
    spend();
    if (auto* forward = std::get_if<ChainSync::RollForward>(&message)) {
        if (before == ChainSync::State::can_await) sync_->at_tip = false;
        error = rolled_forward(peer, *forward);
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

Errc ChainSyncPart::rolled_forward(Peer& peer, ChainSync::RollForward& message) {
    const auto info = inspect(peer, message.header);
    if (!info) {
        if (info.error() == Errc::unknown_era) sync_->newer.push_back(&peer);
        return info.error();
    }
    sync_->swallow.reset();
    sync_->tip = message.tip;
    const auto number = *info ? std::optional((*info)->number) : number_of(message.header);
    sync_->answerable.answered(number, message.tip);
    progressed(number);
    remember(*info);
    ++sync_->untaken;
    desk_.out.event(RollForward{sync_->command, peer.id, std::move(message.header), message.tip, *info});
    return Errc::none;
}

Result<std::optional<HeaderInfo>> ChainSyncPart::inspect(Peer& peer, const Header& header) const {
    using Read = std::optional<HeaderInfo>;
    if (header.cbor.empty()) return Errc::malformed;
    const auto& rules = desk_.config.rules;
    if (!rules) return detail::known_era(header) ? Result<Read>(Read()) : Errc::unknown_era;
    const auto info = rules->inspect(header);
    if (!info) return detail::known_era(header) ? info.error() : Errc::unknown_era;
    const auto& history = sync_->history;
    const Errc error =
        history.empty() ? detail::check_link(*rules, sync_->from, *info) : rules->check_link(history.back(), *info);
    if (error == Errc::none) return Read(*info);
    peer.broken_at = info->point;
    return error;
}

void ChainSyncPart::progressed(std::optional<BlockNumber> number) {
    if (number && sync_->best && *number <= *sync_->best) return;
    sync_->best = number;
    sync_->rollbacks = 0;
    sync_->patience = std::min(sync_->patience + desk_.config.header_worth, desk_.config.patience);
    sync_->slow = false;
}

Errc ChainSyncPart::found(Peer& peer, const ChainSync::IntersectFound& message) {
    if (!has(sync_->asked, message.point)) return Errc::wrong_intersection;
    sync_->following = true;
    sync_->swallow = message.point;
    sync_->tip = message.tip;
    sync_->answerable.from(message.point, message.tip);
    sync_->at_tip = false;
    sync_->best.reset();
    sync_->rollbacks = 0;
    sync_->patience = desk_.config.patience;
    sync_->waiting_since = Instant::max();
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
    if (!sync_->history.empty()) sync_->best = sync_->history.back().number;
    return Errc::none;
}

std::optional<Point> ChainSyncPart::standing() const {
    if (!sync_->history.empty()) return Point(sync_->history.back().point);
    return sync_->forgot ? std::nullopt : std::optional(sync_->from);
}

Errc ChainSyncPart::rolled_back(Peer& peer, const ChainSync::RollBackward& message) {
    sync_->tip = message.tip;
    sync_->answerable.from(message.point, message.tip);
    if (std::exchange(sync_->swallow, std::nullopt) == message.point) {
        ++sync_->credit;  // for this one nothing is told
        return Errc::none;
    }
    if (desk_.config.rules && ++sync_->rollbacks > desk_.config.max_rollbacks) return Errc::no_progress;
    if (standing() == message.point) {
        ++sync_->credit;  // nor for one to where the user is
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

void ChainSyncPart::remember(const std::optional<HeaderInfo>& header) {
    if (!header) {
        sync_->forgot = true;
        return;
    }
    sync_->history.push_back(*header);
    if (sync_->history.size() > desk_.config.history) {
        sync_->history.pop_front();
        sync_->forgot = true;
    }
}

bool ChainSyncPart::rewind(const Point& point) {
    if (!desk_.config.rules) {
        sync_->from = point;
        sync_->forgot = false;
        return true;
    }
    auto& history = sync_->history;
    const auto keep = [&](std::size_t headers) {
        while (history.size() > headers) history.pop_back();
        return true;
    };
    for (std::size_t headers = history.size(); headers > 0; --headers)
        if (Point(history[headers - 1].point) == point) return keep(headers);
    if (sync_->forgot) return false;  // deeper than anything a node takes back
    Point& from = sync_->from;
    if (point == from) return keep(0);
    if (!before(point, from)) return false;  // else the peer's chain parts from ours before the sync began
    from = point;
    return keep(0);
}

}  // namespace ouro::initiator
