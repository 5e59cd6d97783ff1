#pragma once

#include <algorithm>
#include <memory>

#include <ouro/base/fifo.hpp>

#include "estimate.hpp"
#include "request.hpp"

namespace ouro::initiator {

/// What a peer was asked for in one message.
struct BlockAsk {
    std::shared_ptr<BlockRequest> request;
    BlockSpan span;           ///< what has not come yet, where the request is for points
    std::size_t usual = 0;    ///< bytes of a block whose size is not known
    std::size_t bytes = 0;    ///< about, still to come
    bool given_away = false;  ///< somebody else has the task now: what comes all the same is good if it is the first

    /// It is this peer's task, and could be another one's.
    [[nodiscard]] bool movable() const noexcept {
        return !given_away && span.begin < span.end && request->split() && !request->ended();
    }
};

struct Peer;

/// One connection that blocks can be requested over.
struct BlockLane {
    Peer* peer = nullptr;
    ConnectionId connection{};
    BlockEstimate estimate;
    detail::Fifo<BlockAsk> asks;   ///< in flight, in the order of their answers
    std::size_t bytes = 0;         ///< about, in flight
    bool answering = false;        ///< to the first of them
    bool late = false;             ///< its task was given away and nothing has come since
    bool paused = false;           ///< it is not read, because the user has not taken enough
    Instant due = Instant::max();  ///< when it will be late

    /// Until `more` bytes will have come behind those in flight.
    [[nodiscard]] Duration eta(std::size_t more) const noexcept { return until(bytes) + estimate.takes(more); }

    /// A task of this peer's that could be another one's, and until it will have come.
    struct Movable {
        BlockAsk* ask = nullptr;
        Duration eta{};
    };
    [[nodiscard]] Movable first_movable() noexcept {
        std::size_t before = 0;
        for (std::size_t i = 0; i < asks.size(); before += asks[i++].bytes)
            if (asks[i].movable()) return {&asks[i], until(before + asks[i].bytes)};
        return {};
    }
    [[nodiscard]] Movable last_movable() noexcept {
        std::size_t up_to = bytes;
        for (std::size_t i = asks.size(); i-- > 0; up_to -= asks[i].bytes)
            if (asks[i].movable()) return {&asks[i], until(up_to)};
        return {};
    }

  private:
    /// Time until `some` of the bytes in flight have arrived, estimated.
    [[nodiscard]] Duration until(std::size_t some) const noexcept {
        const Duration busy = estimate.takes(some);
        return answering ? busy : std::max(busy, estimate.latency());
    }
};

}  // namespace ouro::initiator
