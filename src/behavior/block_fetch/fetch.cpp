#include "fetch.hpp"

#include <algorithm>
#include <utility>

namespace ouro::initiator {

namespace {

/// Blocks that follow each other: no slot goes back, and none of them stands there twice in a row.
bool in_a_row(const std::vector<BlockPoint>& points) {
    return std::adjacent_find(points.begin(), points.end(), [](const BlockPoint& a, const BlockPoint& b) {
               return b.slot < a.slot || a == b;
           }) == points.end();
}

// No slot has more than two blocks: the first one of a Byron epoch may have a boundary block beside its own.
bool exceeded(const BlockRequest& range) {
    const auto slots = static_cast<std::uint64_t>(range.points().back().slot) -
                       static_cast<std::uint64_t>(range.points().front().slot) + 1;
    return range.told() / 2 >= slots;
}

}  // namespace

Result<CommandId> BlockFetchPart::request(CommandId command, const RequestBlocks& wish) {
    if (wish.last.slot < wish.first.slot) return Errc::bad_argument;
    if (schedule_.waiting().size() >= desk_.config.max_requests) return Errc::queue_full;
    return add(std::make_shared<BlockRequest>(command, wish));
}

Result<CommandId> BlockFetchPart::request(CommandId command, RequestPoints& wish) {
    if (wish.points.empty() || !in_a_row(wish.points)) return Errc::bad_argument;
    if (!wish.bytes.empty() && wish.bytes.size() != wish.points.size()) return Errc::bad_argument;
    if (schedule_.waiting().size() >= desk_.config.max_requests) return Errc::queue_full;
    if (points_ + wish.points.size() > desk_.config.max_points) return Errc::queue_full;
    points_ += wish.points.size();
    return add(std::make_shared<BlockRequest>(command, std::move(wish)));
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
        Peer& peer = *grant->peer;
        const Request request = grant->ask.request;
        const BlockSpan& span = grant->ask.span;
        if (desk_.send<BlockFetch>(peer, request->message(span)) != Errc::none) {
            request->give_back(span);
            schedule_.want(request);
            return;
        }
        request->again = request->latest.has_value();
        if (!std::exchange(request->asked, true)) request->give_up = desk_.now + desk_.config.request_timeout;
        schedule_.sent(*std::move(grant), desk_.now);
        desk_.watch(peer);
    }
}

void BlockFetchPart::gone(Peer& peer, Errc reason, bool alone, const Violation& violation) {
    auto asks = schedule_.lose(peer);
    while (!asks.empty()) {
        BlockAsk ask = asks.pop_front();
        BlockRequest& request = *ask.request;
        if (ask.given_away || request.ended()) continue;
        if (request.broken == reason) request.violation = violation;
        // While the user does not take what has come, it is nobody's fault that no more comes.
        if (full()) request.give_up = desk_.now + desk_.config.request_timeout;
        const bool only = alone && request.broken == reason;
        if (!only && request.reached_end()) {
            end(request, RangeDone{request.command(), peer.id, request.told()});
            continue;
        }
        // Without rules the point of the last delivered block is not known.
        const bool stuck = !request.split() && request.told() > 0 && !request.latest;
        if (stuck || only || request.give_up <= desk_.now) {
            fail(request, reason);
            continue;
        }
        request.give_back(std::move(ask.span));
        schedule_.want(ask.request);
    }
    fewer();
    assign();
}

void BlockFetchPart::fewer() {
    std::vector<Request> over;
    for (const auto& [command, request] : schedule_.waiting()) {
        if (hot_.empty() && !request->asked) request->give_up = desk_.now + desk_.config.request_timeout;
        if (request->wants() && schedule_.refused_by_all(request->next())) over.push_back(request);
    }
    for (const Request& request : over) end_refused(*request, hot_.back()->id);
}

Errc BlockFetchPart::received(Peer& peer, BlockFetch::Message& message) {
    if (auto* block = std::get_if<BlockFetch::Block>(&message)) {
        schedule_.heard(peer, block->cbor.size(), desk_.now);
        return received_block(peer, block->cbor);
    }
    schedule_.heard(peer, 0, desk_.now);
    if (std::holds_alternative<BlockFetch::NoBlocks>(message)) {
        refused(peer, schedule_.finished(peer, desk_.now));
    } else if (std::holds_alternative<BlockFetch::BatchDone>(message)) {
        BlockRequest& request = *peer.blocks.asks.front().request;
        const BlockSpan& span = peer.blocks.asks.front().span;
        if (request.split()) {
            if (span.begin != span.end) return broke(peer, Errc::range_short);
        } else if (!request.ended()) {
            const bool whole = request.told() > 0 && (!desk_.config.rules || request.reached_end());
            if (!whole) return broke(peer, Errc::range_short);
            end(request, RangeDone{request.command(), peer.id, request.told()});
        }
        schedule_.finished(peer, desk_.now);
    }
    return Errc::none;
}

Errc BlockFetchPart::broke(Peer& peer, Errc rule, const std::optional<BlockPoint>& block) {
    BlockRequest& request = *peer.blocks.asks.front().request;
    request.broken = rule;
    request.broken_at = block;
    if (block) peer.broken_at = *block;
    return rule;
}

Errc BlockFetchPart::check(Peer& peer, const Bytes& block) {
    const BlockAsk& ask = peer.blocks.asks.front();
    BlockRequest& request = *ask.request;
    std::optional<BlockPoint> wanted;
    if (request.split()) {
        if (ask.span.begin == ask.span.end) return broke(peer, Errc::range_mismatch);
        wanted = request.points()[ask.span.begin];
    } else if (request.again) {
        wanted = request.latest->point;
    } else {
        if (exceeded(request)) return broke(peer, Errc::range_mismatch);
        if (request.told() == 0) wanted = request.points().front();
    }
    if (block.empty()) return broke(peer, Errc::malformed, wanted);
    const auto& rules = desk_.config.rules;
    if (!rules) return Errc::none;
    const auto info = rules->inspect(block, desk_.config.checks);
    if (!info) {
        const auto header = rules->inspect(block, Checks::headers);
        return broke(peer, info.error(), header ? header->point : wanted);
    }
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
    const Request request = peer.blocks.asks.front().request;
    if (const Errc error = check(peer, block); error != Errc::none) return error;
    if (request->split()) {
        accept(request, schedule_.arrived(peer), peer, std::move(block));
    } else if (!std::exchange(request->again, false) && !request->ended()) {
        request->give_up = desk_.now + desk_.config.request_timeout;
        tell(*request, request->told(), peer.id, std::move(block));
    }
    return Errc::none;
}

void BlockFetchPart::accept(const Request& request, std::size_t index, Peer& peer, Bytes block) {
    if (request->ended() || request->has(index)) return;  // somebody else was faster
    request->give_up = desk_.now + desk_.config.request_timeout;
    if (request->in_order() && index != request->told()) return hold(request, index, peer, std::move(block));
    request->came(index);
    tell(*request, index, peer.id, std::move(block));
    tell_ready(request, peer.id);
}

void BlockFetchPart::hold(const Request& request, std::size_t index, Peer& peer, Bytes block) {
    BlockRequest::Held held{peer.id, std::move(block)};
    request->came(index);
    while (held_ + held.bytes() > desk_.config.blocks_ahead_bytes) {
        // What is furthest ahead waits longest.
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

void BlockFetchPart::tell(BlockRequest& request, std::uint64_t index, const PeerId& peer, Bytes block) {
    untaken_ += cost(block);
    request.tell();
    desk_.out.event(BlockReceived{request.command(), peer, index, std::move(block)});
}

void BlockFetchPart::tell_ready(const Request& request, const PeerId& peer) {
    PeerId last = peer;
    while (request->ready()) {
        if (full()) {
            untold_.emplace(request->command(), request);
            return;
        }
        BlockRequest::Held held = std::move(request->front());
        held_ -= held.bytes();
        last = held.peer;
        tell(*request, request->told(), held.peer, std::move(held.block));
    }
    if (request->complete()) end(*request, RangeDone{request->command(), last, request->told()});
}

void BlockFetchPart::refused(Peer& peer, BlockAsk ask) {
    BlockRequest& request = *ask.request;
    if (ask.given_away || request.ended()) return;
    schedule_.refused(ask.span, peer);
    if (schedule_.refused_by_all(ask.span)) return end_refused(request, peer.id);
    request.give_back(std::move(ask.span));
    schedule_.want(ask.request);
}

void BlockFetchPart::end_refused(BlockRequest& request, const PeerId& peer) {
    if (request.told() > 0) return fail(request, Errc::no_blocks);
    end(request, NoBlocks{request.command(), peer});
}

void BlockFetchPart::end(BlockRequest& request, Event event) {
    held_ -= request.end();
    if (request.split()) points_ -= request.points().size();
    schedule_.forget(request.command());
    untold_.erase(request.command());
    desk_.out.event(std::move(event));
    open_.erase(request.command());
}

void BlockFetchPart::late(Peer& peer) {
    if (peer.blocks.due <= desk_.now && schedule_.relieve(peer, desk_.now)) assign();
}

void BlockFetchPart::tick() {
    while (const auto until = next_deadline()) {
        if (*until > desk_.now) return;
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

void BlockFetchPart::go_on() {
    while (!untold_.empty() && !full()) {
        const Request request = untold_.begin()->second;
        untold_.erase(untold_.begin());
        tell_ready(request, {});
    }
    assign();
}

void BlockFetchPart::pause(Peer& peer) {
    schedule_.pause(peer);
    peer.link->machine<BlockFetch>().pause();
}

void BlockFetchPart::resume(Peer& peer) {
    schedule_.resume(peer, desk_.now);
    peer.link->machine<BlockFetch>().resume(desk_.now);
}

}  // namespace ouro::initiator
