#include "initiator_block_fetch.hpp"

#include <algorithm>

namespace ouro::initiator {

Result<CommandId> BlockFetchPart::request(CommandId command, const RequestBlocks& wish) {
    if (wish.last.slot < wish.first.slot) return Errc::bad_argument;
    if (waiting_.size() >= desk_.config.max_requests) return Errc::queue_full;
    waiting_.push_back({command, wish.first, wish.last, 0, desk_.now + desk_.config.request_timeout, false, {}});
    assign();
    return command;
}

void BlockFetchPart::assign() {
    while (!waiting_.empty()) {
        Peer* least = nullptr;
        for (Peer* peer : hot_)
            // To ask who is not read would be to read it.
            if (!peer->paused && (!least || peer->in_flight.size() < least->in_flight.size())) least = peer;
        if (!least || least->in_flight.size() >= desk_.config.requests_in_flight) return;
        Peer& peer = *least;
        Request& request = waiting_.front();
        if (desk_.send<BlockFetch>(peer, BlockFetch::RequestRange{request.first, request.last}) != Errc::none) return;
        if (!std::exchange(request.asked, true)) request.give_up = desk_.now + desk_.config.request_timeout;
        peer.in_flight.push_back(waiting_.pop_front());
    }
}

void BlockFetchPart::gone(Peer& peer, Errc reason) {
    detail::Fifo<Request> again;
    while (!peer.in_flight.empty()) {
        Request request = peer.in_flight.pop_front();
        if (request.delivered > 0 || request.give_up <= desk_.now)
            desk_.out.event(RangeFailed{request.command, reason, request.delivered});
        else
            again.push_back(std::move(request));
    }
    if (hot_.empty()) wait_anew();
    while (!waiting_.empty()) again.push_back(waiting_.pop_front());
    std::swap(waiting_, again);
    assign();
}

void BlockFetchPart::wait_anew() {
    for (std::size_t i = 0; i < waiting_.size(); ++i) waiting_[i].give_up = desk_.now + desk_.config.request_timeout;
}

namespace {

// No slot has more than two blocks: the first one of a Byron epoch may have a boundary block beside its own.
bool exceeded(const Request& request) {
    const auto slots =
        static_cast<std::uint64_t>(request.last.slot) - static_cast<std::uint64_t>(request.first.slot) + 1;
    return request.delivered / 2 >= slots;
}

}  // namespace

Errc BlockFetchPart::received(Peer& peer, BlockFetch::Message& message) {
    Request& request = peer.in_flight.front();
    if (auto* block = std::get_if<BlockFetch::Block>(&message)) {
        const auto& matches = desk_.config.block_matches;
        if (exceeded(request)) return Errc::range_mismatch;
        if (matches && request.delivered == 0 && !matches(block->cbor, request.first)) return Errc::range_mismatch;
        if (matches) request.latest = block->cbor;
        untaken_ += cost(block->cbor);
        desk_.out.event(BlockReceived{request.command, peer.id, request.delivered++, std::move(block->cbor)});
    } else if (std::holds_alternative<BlockFetch::NoBlocks>(message)) {
        finish(peer, NoBlocks{request.command, peer.id});
    } else if (std::holds_alternative<BlockFetch::BatchDone>(message)) {
        const auto& matches = desk_.config.block_matches;
        if (request.delivered == 0 || (matches && !matches(request.latest, request.last))) return Errc::range_short;
        finish(peer, RangeDone{request.command, peer.id, request.delivered});
    }
    return Errc::none;
}

void BlockFetchPart::finish(Peer& peer, Event event) {
    peer.in_flight.pop_front();
    desk_.out.event(std::move(event));
}

void BlockFetchPart::tick() {
    while (hot_.empty() && !waiting_.empty() && waiting_.front().give_up <= desk_.now) {
        const Request request = waiting_.pop_front();
        desk_.out.event(RangeFailed{request.command, Errc::no_peer, request.delivered});
    }
}

void BlockFetchPart::stop() { end(waiting_); }
void BlockFetchPart::stop(Peer& peer) { end(peer.in_flight); }

void BlockFetchPart::end(detail::Fifo<Request>& requests) {
    while (!requests.empty()) {
        const Request request = requests.pop_front();
        desk_.out.event(RangeFailed{request.command, Errc::stopped, request.delivered});
    }
}

}  // namespace ouro::initiator
