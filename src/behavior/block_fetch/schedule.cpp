#include "schedule.hpp"

#include <algorithm>
#include <utility>

namespace ouro::initiator {

namespace {

constexpr std::size_t looked_at = 8;  // requests, where the first ones have to wait

bool is_among(const std::vector<ConnectionId>& connections, const BlockLane& lane) noexcept {
    return std::find(connections.begin(), connections.end(), lane.connection) != connections.end();
}

}  // namespace

void BlockSchedule::want(const std::shared_ptr<BlockRequest>& request) {
    if (request->wants()) waiting_.emplace(request->command(), request);
}

std::optional<BlockSchedule::Grant> BlockSchedule::next(std::size_t held) {
    if (waiting_.empty() && in_flight_ == 0) return std::nullopt;
    const bool any = least_asked() != nullptr;  // nearly always none while blocks arrive
    const bool room =
        any && std::any_of(hot_.begin(), hot_.end(), [&](const BlockLane* lane) { return has_room(*lane); });
    bool blocked = false;
    std::size_t looked = 0;
    for (auto it = waiting_.begin(); it != waiting_.end() && looked < looked_at;) {
        const auto& request = it->second;
        if (!request->wants()) {  // a late peer has delivered the rest
            it = waiting_.erase(it);
            continue;
        }
        // Requests have their turn in order, also before a range.
        if (!any || (!room && request->split())) return std::nullopt;
        ++looked;
        ++it;
        auto granted = grant(request, held, blocked);
        if (!granted) continue;
        if (!request->wants()) waiting_.erase(request->command());
        return granted;
    }
    return take_over(blocked);
}

std::optional<BlockSchedule::Grant> BlockSchedule::grant(const std::shared_ptr<BlockRequest>& request, std::size_t held,
                                                         bool& blocked) {
    BlockLane* lane = request->split() ? choose(*request) : least_asked(request->next());
    if (!lane) return std::nullopt;
    std::size_t most = lane->estimate.piece();
    if (request->split() && request->in_order()) {
        const std::size_t used = std::min(config_.blocks_ahead_bytes, ahead_ + held);
        const std::size_t room = config_.blocks_ahead_bytes - used;
        const std::size_t first = request->next().begin;
        // The block to deliver next waits for no other.
        if (first != request->delivered() && request->bytes(first, usual_) > room) {
            blocked = true;
            return std::nullopt;
        }
        most = std::min(most, room);
    }
    BlockAsk ask{request, request->take(most, usual_), usual_};
    if (!request->split()) ask.bytes = usual_;
    for (std::size_t i = ask.span.begin; request->split() && i < ask.span.end; ++i)
        ask.bytes += request->bytes(i, usual_);
    return Grant{lane, std::move(ask)};
}

bool BlockSchedule::has_room(const BlockLane& lane) const noexcept {
    // A request to a paused peer would need its answer to be read.
    if (lane.paused || lane.late || lane.asks.size() >= config_.requests_in_flight) return false;
    return lane.asks.empty() || lane.bytes < lane.estimate.window();
}

BlockLane* BlockSchedule::least_asked(const BlockSpan& span) const noexcept {
    BlockLane* least = nullptr;
    for (BlockLane* lane : hot_) {
        if (lane->paused || lane->late || is_among(span.refused, *lane)) continue;
        if (!least || lane->asks.size() < least->asks.size()) least = lane;
    }
    return least && least->asks.size() < config_.requests_in_flight ? least : nullptr;
}

BlockLane* BlockSchedule::choose(const BlockRequest& request) const noexcept {
    BlockLane* best = nullptr;
    Duration best_eta = Duration::max(), soonest = Duration::max();
    std::uint64_t rate = 0;  // of all together
    for (BlockLane* lane : hot_) {
        if (lane->paused || lane->late || is_among(request.next().refused, *lane)) continue;
        const Duration eta = lane->eta(lane->estimate.piece());
        soonest = std::min(soonest, eta);
        rate += lane->estimate.rate();
        if (eta >= best_eta || !has_room(*lane)) continue;
        best = lane;
        best_eta = eta;
    }
    if (!best || !request.in_order()) return best;
    // Do not give an in-order span to a peer so slow that the blocks that wait for it would fill their room.
    const auto room = static_cast<double>(config_.blocks_ahead_bytes) / 4;
    const std::chrono::duration<double> slack(room / static_cast<double>(rate));
    return best_eta - soonest <= slack ? best : nullptr;
}

std::optional<BlockSchedule::Grant> BlockSchedule::take_over(bool blocked) {
    if (hot_.size() < 2) return std::nullopt;
    BlockLane* free = nullptr;
    for (BlockLane* lane : hot_) {
        if (!has_room(*lane) || (!blocked && !lane->asks.empty())) continue;
        if (!free || lane->eta(0) < free->eta(0)) free = lane;
    }
    if (!free) return std::nullopt;
    BlockAsk* last = nullptr;
    Duration last_eta{};
    for (BlockLane* lane : hot_) {
        const auto found = blocked ? lane->first_movable() : lane->last_movable();
        if (lane == free || !found.ask || is_among(found.ask->span.refused, *free) || found.eta <= last_eta) continue;
        last = found.ask;
        last_eta = found.eta;
    }
    // Only for half of the time: else the same bytes come twice for nothing.
    if (!last || last_eta / 2 <= free->eta(last->bytes)) return std::nullopt;
    Grant taken{free, *last};
    give_away(*last);
    return taken;
}

void BlockSchedule::give_away(BlockAsk& ask) {
    if (ask.request->in_order()) ahead_ -= std::min(ahead_, ask.bytes);
    ask.given_away = true;
}

void BlockSchedule::lessen(BlockAsk& ask, std::size_t bytes) noexcept {
    ask.bytes -= bytes;
    if (!ask.given_away && ask.request->split() && ask.request->in_order()) ahead_ -= std::min(ahead_, bytes);
}

void BlockSchedule::sent(Grant grant, Instant now) {
    BlockLane& lane = *grant.lane;
    if (lane.asks.empty()) lane.estimate.asked(now);
    if (lane.due == Instant::max()) lane.due = now + lane.estimate.patience(lane.bytes);
    lane.bytes += grant.ask.bytes;
    if (grant.ask.request->split() && grant.ask.request->in_order()) ahead_ += grant.ask.bytes;
    lane.asks.push_back(std::move(grant.ask));
    ++in_flight_;
}

void BlockSchedule::heard(BlockLane& lane, std::size_t bytes, Instant now) {
    if (bytes != 0) usual_ = (7 * usual_ + bytes) / 8;
    lane.answering = true;
    lane.late = false;
    lane.estimate.arrived(bytes, lane.bytes, now);
    lane.due = now + lane.estimate.patience(usual_);
}

std::size_t BlockSchedule::arrived(BlockLane& lane) {
    BlockAsk& ask = lane.asks.front();
    const std::size_t index = ask.span.begin++;
    const std::size_t bytes = std::min(ask.bytes, ask.request->bytes(index, ask.usual));
    lane.bytes -= bytes;
    lessen(ask, bytes);
    return index;
}

BlockAsk BlockSchedule::finished(BlockLane& lane, Instant now) {
    BlockAsk ask = lane.asks.pop_front();
    --in_flight_;
    lane.bytes -= ask.bytes;
    lessen(ask, ask.bytes);
    if (lane.asks.empty()) {
        lane.answering = false;
        lane.due = Instant::max();
        lane.estimate.idle(now);
    }
    return ask;
}

void BlockSchedule::pause(BlockLane& lane) noexcept {
    if (!std::exchange(lane.paused, true)) ++paused_;
    lane.due = Instant::max();
    lane.estimate.interrupted();
}

void BlockSchedule::resume(BlockLane& lane, Instant now) noexcept {
    if (std::exchange(lane.paused, false)) --paused_;
    if (!lane.asks.empty()) lane.due = now + lane.estimate.patience(usual_);
}

detail::Fifo<BlockAsk> BlockSchedule::lose(BlockLane& lane) {
    if (std::exchange(lane.paused, false)) --paused_;
    detail::Fifo<BlockAsk> asks = std::exchange(lane.asks, {});
    in_flight_ -= asks.size();
    for (std::size_t i = 0; i < asks.size(); ++i) lessen(asks[i], asks[i].bytes);
    BlockLane fresh;
    fresh.peer = lane.peer;
    fresh.connection = lane.connection;
    lane = std::move(fresh);
    return asks;
}

bool BlockSchedule::relieve(BlockLane& late, Instant now) {
    bool given = false, kept = false;
    for (std::size_t i = 0; i < late.asks.size(); ++i) {
        BlockAsk& ask = late.asks[i];
        if (!ask.movable()) continue;
        const bool free = std::any_of(hot_.begin(), hot_.end(), [&](const BlockLane* lane) {
            return lane != &late && has_room(*lane) && !is_among(ask.span.refused, *lane);
        });
        kept = kept || !free;
        if (!free) continue;
        give_away(ask);
        ask.request->give_back(ask.span);
        want(ask.request);
        given = true;
    }
    late.late = given;
    late.due = kept ? now + late.estimate.patience() : Instant::max();
    return given;
}

void BlockSchedule::refused(BlockSpan& span, const BlockLane& by) const {
    std::erase_if(span.refused, [&](ConnectionId connection) {
        return std::none_of(hot_.begin(), hot_.end(),
                            [&](const BlockLane* lane) { return lane->connection == connection; });
    });
    span.refused.push_back(by.connection);
}

bool BlockSchedule::refused_by_all(const BlockSpan& span) const noexcept {
    return !hot_.empty() &&
           std::all_of(hot_.begin(), hot_.end(), [&](const BlockLane* lane) { return is_among(span.refused, *lane); });
}

}  // namespace ouro::initiator
