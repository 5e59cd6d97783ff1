#include "fetch.hpp"

#include <algorithm>
#include <utility>

namespace ouro::initiator {

namespace {

/// Whether the points can be those of consecutive blocks: no slot goes back, and no point is repeated.
bool in_a_row(const std::vector<BlockPoint>& points) {
    return std::adjacent_find(points.begin(), points.end(), [](const BlockPoint& a, const BlockPoint& b) {
               return b.slot < a.slot || a == b;
           }) == points.end();
}

// No slot has more than two blocks: the first one of a Byron epoch may have a boundary block beside its own.
bool exceeded(const BlockRequest& range) {
    const auto slots = static_cast<std::uint64_t>(range.points().back().slot) -
                       static_cast<std::uint64_t>(range.points().front().slot) + 1;
    return range.delivered() / 2 >= slots;
}

}  // namespace

std::optional<Result<CommandId>> BlockFetchPart::execute(CommandId id, Command& command) {
    return frame::execute_any<RequestBlocks, RequestPoints>(command, [&](auto& wanted) { return request(id, wanted); });
}

Result<CommandId> BlockFetchPart::request(CommandId command, const RequestBlocks& range) {
    if (range.last.slot < range.first.slot) return Errc::bad_argument;
    if (schedule_.waiting().size() >= desk_.config.max_requests) return Errc::queue_full;
    return add(std::make_shared<BlockRequest>(command, range));
}

Result<CommandId> BlockFetchPart::request(CommandId command, RequestPoints& wanted) {
    if (wanted.points.empty() || !in_a_row(wanted.points)) return Errc::bad_argument;
    if (!wanted.bytes.empty() && wanted.bytes.size() != wanted.points.size()) return Errc::bad_argument;
    if (schedule_.waiting().size() >= desk_.config.max_requests) return Errc::queue_full;
    if (points_ + wanted.points.size() > desk_.config.max_points) return Errc::queue_full;
    points_ += wanted.points.size();
    return add(std::make_shared<BlockRequest>(command, std::move(wanted)));
}

CommandId BlockFetchPart::add(Request request) {
    request->give_up = desk_.now + desk_.config.request_timeout;
    open_.emplace(request->command(), request);
    schedule_.want(request);
    assign();
    return request->command();
}

void BlockFetchPart::assign() {
    blocked_ = full() && !schedule_.waiting().empty();
    if (full()) return;
    while (auto grant = schedule_.next(held_)) {
        Peer& peer = *grant->lane->peer;
        const Request request = grant->ask.request;
        const BlockSpan& span = grant->ask.span;
        if (send(peer, request->message(span)) != Errc::none) {
            request->give_back(span);
            schedule_.want(request);
            return;
        }
        request->again = request->latest.has_value();
        if (!std::exchange(request->asked, true)) request->give_up = desk_.now + desk_.config.request_timeout;
        schedule_.sent(*std::move(grant), desk_.now);
        desk_.watch(peer, mine(peer).due);
    }
}

void BlockFetchPart::ready(Peer& peer) {
    BlockLane& lane = mine(peer);
    lane.peer = &peer;
    lane.connection = peer.connection;
}

void BlockFetchPart::heat(Peer& peer) {
    lanes_.push_back(&mine(peer));
    assign();
}

void BlockFetchPart::cool(Peer& peer) {
    std::erase(lanes_, &mine(peer));
    end_refused();
}

void BlockFetchPart::gone(Peer& peer, const Ending& ending) {
    const Errc reason = ending.reason;
    std::erase(lanes_, &mine(peer));
    auto asks = schedule_.lose(mine(peer));
    while (!asks.empty()) {
        BlockAsk ask = asks.pop_front();
        BlockRequest& request = *ask.request;
        if (ask.given_away || request.ended()) continue;
        if (request.broken == reason) request.violation = ending.violation;
        // While the user takes no blocks, the missing rest is not a failure of peers.
        if (full()) request.give_up = desk_.now + desk_.config.request_timeout;
        const bool only = ending.alone && request.broken == reason;
        if (!only && request.reached_end()) {
            end(request, RangeDone{request.command(), peer.id, request.delivered()});
            continue;
        }
        // Without rules the point of the last delivered block is not known.
        const bool stuck = !request.split() && request.delivered() > 0 && !request.latest;
        if (stuck || only || request.give_up <= desk_.now) {
            fail(request, reason);
            continue;
        }
        request.give_back(std::move(ask.span));
        schedule_.want(ask.request);
    }
    end_refused();
    assign();
}

void BlockFetchPart::end_refused() {
    std::vector<Request> over;
    for (const auto& [command, request] : schedule_.waiting()) {
        if (lanes_.empty() && !request->asked) request->give_up = desk_.now + desk_.config.request_timeout;
        if (request->wants() && schedule_.refused_by_all(request->next())) over.push_back(request);
    }
    for (const Request& request : over) end_refused(*request, lanes_.back()->peer->id);
}

Errc BlockFetchPart::received(Peer& peer, BlockFetch::Message& message, BlockFetch::State) {
    BlockLane& lane = mine(peer);
    if (auto* block = std::get_if<BlockFetch::Block>(&message)) {
        schedule_.heard(lane, block->cbor.size(), desk_.now);
        desk_.watch(peer, lane.due);
        const Errc error = received_block(peer, block->cbor);
        if (error == Errc::none) assign();
        return error;
    }
    schedule_.heard(lane, 0, desk_.now);
    desk_.watch(peer, lane.due);
    if (std::holds_alternative<BlockFetch::NoBlocks>(message)) {
        refused(peer, schedule_.finished(lane, desk_.now));
    } else if (std::holds_alternative<BlockFetch::BatchDone>(message)) {
        BlockRequest& request = *lane.asks.front().request;
        const BlockSpan& span = lane.asks.front().span;
        if (request.split()) {
            if (span.begin != span.end) return broke(peer, Errc::range_short);
        } else if (!request.ended()) {
            const bool whole = request.delivered() > 0 && (!desk_.config.rules || request.reached_end());
            if (!whole) return broke(peer, Errc::range_short);
            end(request, RangeDone{request.command(), peer.id, request.delivered()});
        }
        schedule_.finished(lane, desk_.now);
    }
    assign();
    return Errc::none;
}

Errc BlockFetchPart::broke(Peer& peer, Errc rule, const std::optional<BlockPoint>& block) {
    BlockRequest& request = *mine(peer).asks.front().request;
    request.broken = rule;
    request.broken_at = block;
    if (block) peer.broken_at = std::make_unique<Point>(*block);
    return rule;
}

Errc BlockFetchPart::check(Peer& peer, const Bytes& block, std::optional<HeaderInfo>& info) {
    const BlockAsk& ask = mine(peer).asks.front();
    BlockRequest& request = *ask.request;
    const auto point = [&]() -> std::optional<BlockPoint> {
        if (block.empty() || !desk_.config.rules) return std::nullopt;
        const auto header = desk_.config.rules->inspect(block, Checks::headers);
        return header ? std::optional(header->point) : std::nullopt;
    };
    std::optional<BlockPoint> wanted;
    if (request.split()) {
        if (ask.span.begin == ask.span.end) return broke(peer, Errc::range_mismatch, point());
        wanted = request.points()[ask.span.begin];
    } else if (request.again) {
        wanted = request.latest->point;
    } else {
        if (exceeded(request)) return broke(peer, Errc::range_mismatch, point());
        if (request.delivered() == 0) wanted = request.points().front();
    }
    if (block.empty()) return broke(peer, Errc::malformed, wanted);
    const auto& rules = desk_.config.rules;
    if (!rules) return Errc::none;
    const auto read = rules->inspect(block, desk_.config.checks);
    if (!read) {
        const auto at = point();
        return broke(peer, read.error(), at ? at : wanted);
    }
    info = *read;
    if (wanted && info->point != *wanted)
        return broke(peer, Errc::range_mismatch, request.split() ? wanted : info->point);
    if (!request.split() && !request.again)
        if (const Errc error = check_order(request, *info); error != Errc::none) return broke(peer, error, info->point);
    return Errc::none;
}

Errc BlockFetchPart::check_order(BlockRequest& range, const HeaderInfo& next) const {
    if (const auto& latest = range.latest) {
        if (range.reached_end() || next.point.slot > range.points().back().slot) return Errc::range_mismatch;
        if (const Errc error = desk_.config.rules->check_link(*latest, next); error != Errc::none) return error;
    }
    range.latest = next;
    return Errc::none;
}

Errc BlockFetchPart::received_block(Peer& peer, Bytes& block) {
    const Request request = mine(peer).asks.front().request;
    BlockRequest::Held came{peer.id, {}};
    if (const Errc error = check(peer, block, came.info); error != Errc::none) return error;
    came.block = std::move(block);
    if (request->split()) {
        accept(request, schedule_.arrived(mine(peer)), std::move(came));
    } else if (!std::exchange(request->again, false) && !request->ended()) {
        request->give_up = desk_.now + desk_.config.request_timeout;
        report(*request, request->delivered(), std::move(came));
    }
    return Errc::none;
}

void BlockFetchPart::accept(const Request& request, std::size_t index, BlockRequest::Held block) {
    if (request->ended() || request->has(index)) return;  // another peer was faster
    request->give_up = desk_.now + desk_.config.request_timeout;
    if (request->in_order() && index != request->delivered()) return hold(request, index, std::move(block));
    request->came(index);
    const PeerId peer = block.peer;
    report(*request, index, std::move(block));
    report_ready(request, peer);
}

void BlockFetchPart::hold(const Request& request, std::size_t index, BlockRequest::Held held) {
    request->came(index);
    while (held_ + held.bytes() > desk_.config.blocks_ahead_bytes) {
        // The block furthest ahead waits longest.
        const auto furthest = request->furthest();
        const bool other = furthest && *furthest > index;
        if (other) held_ -= request->take_furthest().bytes();
        request->drop(other ? *furthest : index);
        schedule_.want(request);
        if (!other) return;
    }
    held_ += held.bytes();
    request->hold(index, std::move(held));
}

void BlockFetchPart::report(BlockRequest& request, std::uint64_t index, BlockRequest::Held block) {
    untaken_ += cost(block.block);
    request.deliver();
    desk_.out.event(
        BlockReceived{request.command(), std::move(block.peer), index, std::move(block.block), std::move(block.info)});
}

void BlockFetchPart::report_ready(const Request& request, const PeerId& peer) {
    PeerId last = peer;
    while (request->ready()) {
        if (full()) {
            unreported_.emplace(request->command(), request);
            return;
        }
        BlockRequest::Held held = std::move(request->front());
        held_ -= held.bytes();
        last = held.peer;
        report(*request, request->delivered(), std::move(held));
    }
    if (request->complete()) end(*request, RangeDone{request->command(), last, request->delivered()});
}

void BlockFetchPart::refused(Peer& peer, BlockAsk ask) {
    BlockRequest& request = *ask.request;
    if (ask.given_away || request.ended()) return;
    schedule_.refused(ask.span, mine(peer));
    if (schedule_.refused_by_all(ask.span)) return end_refused(request, peer.id);
    request.give_back(std::move(ask.span));
    schedule_.want(ask.request);
}

void BlockFetchPart::end_refused(BlockRequest& request, const PeerId& peer) {
    if (request.delivered() > 0) return fail(request, Errc::no_blocks);
    end(request, NoBlocks{request.command(), peer});
}

void BlockFetchPart::end(BlockRequest& request, Event event) {
    held_ -= request.end();
    if (request.split()) points_ -= request.points().size();
    schedule_.forget(request.command());
    unreported_.erase(request.command());
    desk_.out.event(std::move(event));
    open_.erase(request.command());
}

void BlockFetchPart::look_at(Peer& peer) {
    if (mine(peer).due <= desk_.now && schedule_.relieve(mine(peer), desk_.now)) assign();
}

void BlockFetchPart::tick() {
    while (next_deadline() <= desk_.now) {
        const Request request = schedule_.waiting().begin()->second;
        fail(*request, request->broken != Errc::none ? request->broken : Errc::no_peer);
    }
}

void BlockFetchPart::stop() {
    while (!open_.empty()) {
        const Request request = open_.begin()->second;
        fail(*request, Errc::stopped);
    }
}

void BlockFetchPart::taken(const Event& event) {
    if (const auto* block = std::get_if<BlockReceived>(&event)) untaken_ -= std::min(untaken_, cost(block->block));
}

void BlockFetchPart::resume() {
    if (!drained()) return;
    if (schedule_.paused() > 0)
        book_.each_established([&](Peer& peer) {
            if (!mine(peer).paused) return;
            schedule_.resume(mine(peer), desk_.now);
            machine(peer).resume(desk_.now);
            credit(peer);
            desk_.watch(peer, std::min(machine(peer).due(), mine(peer).due));
        });
    while (!unreported_.empty() && !full()) {
        const Request request = unreported_.begin()->second;
        unreported_.erase(unreported_.begin());
        report_ready(request, {});
    }
    assign();
}

void BlockFetchPart::credit(Peer& peer) {
    if (!full()) return give_credit(peer, desk_.out);
    schedule_.pause(mine(peer));
    machine(peer).pause();
}

}  // namespace ouro::initiator

namespace ouro::frame {

std::unique_ptr<initiator::Part> make_part(Speaks<initiator::RequestingSide, BlockFetch>,
                                           initiator::RequestingSide::Making& with) {
    return std::make_unique<initiator::BlockFetchPart>(with.desk, with.book);
}

}  // namespace ouro::frame
