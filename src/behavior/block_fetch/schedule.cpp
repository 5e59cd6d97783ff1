#include "schedule.hpp"

#include <algorithm>
#include <utility>

namespace ouro::initiator {

namespace {

constexpr std::size_t looked_at = 8;  // requests, where the first ones have to wait for something

bool is_among(const std::vector<ConnectionId>& connections, const Peer& peer) noexcept {
    return std::find(connections.begin(), connections.end(), peer.connection) != connections.end();
}

}  // namespace

void BlockSchedule::want(const std::shared_ptr<BlockRequest>& request) {
    if (request->wants()) waiting_.emplace(request->command(), request);
}

std::optional<BlockSchedule::Grant> BlockSchedule::next(std::size_t held) {
    if (waiting_.empty() && in_flight_ == 0) return std::nullopt;
    const bool any = least_asked() != nullptr;  // nearly always nobody, while blocks come in
    const bool room = any && std::any_of(hot_.begin(), hot_.end(), [&](const Peer* peer) { return has_room(*peer); });
    bool blocked = false;
    std::size_t looked = 0;
    for (auto it = waiting_.begin(); it != waiting_.end() && looked < looked_at;) {
        const auto& request = it->second;
        if (!request->wants()) {  // what was left has come from somebody who was late
            it = waiting_.erase(it);
            continue;
        }
        // It is its turn, also before a range.
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
    Peer* peer = request->split() ? choose(*request) : least_asked(request->next());
    if (!peer) return std::nullopt;
    std::size_t most = peer->blocks.estimate.piece();
    if (request->split() && request->in_order()) {
        const std::size_t used = std::min(config_.blocks_ahead_bytes, ahead_ + held);
        const std::size_t room = config_.blocks_ahead_bytes - used;
        const std::size_t first = request->next().begin;
        // The block that is told next waits for nothing.
        if (first != request->told() && request->bytes(first, usual_) > room) {
            blocked = true;
            return std::nullopt;
        }
        most = std::min(most, room);
    }
    BlockAsk ask{request, request->take(most, usual_), usual_};
    if (!request->split()) ask.bytes = usual_;
    for (std::size_t i = ask.span.begin; request->split() && i < ask.span.end; ++i)
        ask.bytes += request->bytes(i, usual_);
    return Grant{peer, std::move(ask)};
}

bool BlockSchedule::has_room(const Peer& peer) const noexcept {
    const BlockLane& lane = peer.blocks;
    // To ask who is not read would be to read it.
    if (peer.paused || lane.late || lane.asks.size() >= config_.requests_in_flight) return false;
    return lane.asks.empty() || lane.bytes < lane.estimate.window();
}

Peer* BlockSchedule::least_asked(const BlockSpan& span) const noexcept {
    Peer* least = nullptr;
    for (Peer* peer : hot_) {
        if (peer->paused || peer->blocks.late || is_among(span.refused, *peer)) continue;
        if (!least || peer->blocks.asks.size() < least->blocks.asks.size()) least = peer;
    }
    return least && least->blocks.asks.size() < config_.requests_in_flight ? least : nullptr;
}

Peer* BlockSchedule::choose(const BlockRequest& request) const noexcept {
    Peer* best = nullptr;
    Duration best_eta = Duration::max(), soonest = Duration::max();
    std::uint64_t rate = 0;  // of all together
    for (Peer* peer : hot_) {
        if (peer->paused || peer->blocks.late || is_among(request.next().refused, *peer)) continue;
        const Duration eta = peer->blocks.eta(peer->blocks.estimate.piece());
        soonest = std::min(soonest, eta);
        rate += peer->blocks.estimate.rate();
        if (eta >= best_eta || !has_room(*peer)) continue;
        best = peer;
        best_eta = eta;
    }
    if (!best || !request.in_order()) return best;
    // What is told in order is not given to who would keep all that comes after it waiting until there is no more room.
    const auto room = static_cast<double>(config_.blocks_ahead_bytes) / 4;
    const std::chrono::duration<double> slack(room / static_cast<double>(rate));
    return best_eta - soonest <= slack ? best : nullptr;
}

std::optional<BlockSchedule::Grant> BlockSchedule::take_over(bool blocked) {
    if (hot_.size() < 2) return std::nullopt;
    Peer* free = nullptr;
    for (Peer* peer : hot_) {
        if (!has_room(*peer) || (!blocked && !peer->blocks.asks.empty())) continue;
        if (!free || peer->blocks.eta(0) < free->blocks.eta(0)) free = peer;
    }
    if (!free) return std::nullopt;
    BlockAsk* last = nullptr;
    Duration last_eta{};
    for (Peer* peer : hot_) {
        BlockLane& lane = peer->blocks;
        const auto found = blocked ? lane.first_movable() : lane.last_movable();
        if (peer == free || !found.ask || is_among(found.ask->span.refused, *free) || found.eta <= last_eta) continue;
        last = found.ask;
        last_eta = found.eta;
    }
    // Half of the time, else the same bytes come twice for nothing.
    if (!last || last_eta / 2 <= free->blocks.eta(last->bytes)) return std::nullopt;
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
    BlockLane& lane = grant.peer->blocks;
    if (lane.asks.empty()) lane.estimate.asked(now);
    if (lane.due == Instant::max()) lane.due = now + lane.estimate.patience(lane.bytes);
    lane.bytes += grant.ask.bytes;
    if (grant.ask.request->split() && grant.ask.request->in_order()) ahead_ += grant.ask.bytes;
    lane.asks.push_back(std::move(grant.ask));
    ++in_flight_;
}

void BlockSchedule::heard(Peer& peer, std::size_t bytes, Instant now) {
    BlockLane& lane = peer.blocks;
    if (bytes != 0) usual_ = (7 * usual_ + bytes) / 8;
    lane.answering = true;
    lane.late = false;
    lane.estimate.arrived(bytes, lane.bytes, now);
    lane.due = now + lane.estimate.patience(usual_);
}

std::size_t BlockSchedule::arrived(Peer& peer) {
    BlockLane& lane = peer.blocks;
    BlockAsk& ask = lane.asks.front();
    const std::size_t index = ask.span.begin++;
    const std::size_t bytes = std::min(ask.bytes, ask.request->bytes(index, ask.usual));
    lane.bytes -= bytes;
    lessen(ask, bytes);
    return index;
}

BlockAsk BlockSchedule::finished(Peer& peer, Instant now) {
    BlockLane& lane = peer.blocks;
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

void BlockSchedule::pause(Peer& peer) noexcept {
    if (!std::exchange(peer.paused, true)) ++paused_;
    peer.blocks.due = Instant::max();
    peer.blocks.estimate.interrupted();
}

void BlockSchedule::resume(Peer& peer, Instant now) noexcept {
    if (std::exchange(peer.paused, false)) --paused_;
    if (!peer.blocks.asks.empty()) peer.blocks.due = now + peer.blocks.estimate.patience(usual_);
}

detail::Fifo<BlockAsk> BlockSchedule::lose(Peer& peer) {
    if (std::exchange(peer.paused, false)) --paused_;
    BlockLane& lane = peer.blocks;
    detail::Fifo<BlockAsk> asks = std::exchange(lane.asks, {});
    in_flight_ -= asks.size();
    for (std::size_t i = 0; i < asks.size(); ++i) lessen(asks[i], asks[i].bytes);
    lane = BlockLane{};
    return asks;
}

bool BlockSchedule::relieve(Peer& late, Instant now) {
    BlockLane& lane = late.blocks;
    bool given = false, kept = false;
    for (std::size_t i = 0; i < lane.asks.size(); ++i) {
        BlockAsk& ask = lane.asks[i];
        if (!ask.movable()) continue;
        const bool free = std::any_of(hot_.begin(), hot_.end(), [&](const Peer* peer) {
            return peer != &late && has_room(*peer) && !is_among(ask.span.refused, *peer);
        });
        kept = kept || !free;
        if (!free) continue;
        give_away(ask);
        ask.request->give_back(ask.span);
        want(ask.request);
        given = true;
    }
    lane.late = given;
    lane.due = kept ? now + lane.estimate.patience() : Instant::max();
    return given;
}

void BlockSchedule::refused(BlockSpan& span, const Peer& by) const {
    std::erase_if(span.refused, [&](ConnectionId connection) {
        return std::none_of(hot_.begin(), hot_.end(), [&](const Peer* peer) { return peer->connection == connection; });
    });
    span.refused.push_back(by.connection);
}

bool BlockSchedule::refused_by_all(const BlockSpan& span) const noexcept {
    return !hot_.empty() &&
           std::all_of(hot_.begin(), hot_.end(), [&](const Peer* peer) { return is_among(span.refused, *peer); });
}

}  // namespace ouro::initiator
