#pragma once

#include <algorithm>
#include <memory>

#include <ouro/base/fifo.hpp>

#include "estimate.hpp"
#include "request.hpp"

namespace ouro::initiator {

/// Blocks that were requested from a peer in one message.
struct BlockAsk {
    std::shared_ptr<BlockRequest> request;
    BlockSpan span;           ///< indices that have not come yet, in a request for points
    std::size_t usual = 0;    ///< bytes of a block whose size is not known
    std::size_t bytes = 0;    ///< estimated, still to come
    bool given_away = false;  ///< requested from another peer now; the first copy of a block is used

    /// Whether the blocks could be requested from another peer.
    [[nodiscard]] bool movable() const noexcept {
        return !given_away && span.begin < span.end && request->split() && !request->ended();
    }
};

struct Peer;

/// One connection over which blocks can be requested.
struct BlockLane {
    Peer* peer = nullptr;
    ConnectionId connection{};
    BlockEstimate estimate;
    detail::Fifo<BlockAsk> asks;   ///< in flight, in the order of their answers
    std::size_t bytes = 0;         ///< estimated, in flight
    bool answering = false;        ///< the first answer has begun
    bool late = false;             ///< its blocks were given away, and nothing has come since
    bool paused = false;           ///< not read, because the user has not taken enough
    Instant due = Instant::max();  ///< when the peer is late

    /// Time until `more` bytes behind those in flight have arrived, estimated.
    [[nodiscard]] Duration eta(std::size_t more) const noexcept { return until(bytes) + estimate.takes(more); }

    /// A request that another peer could take over, and the time until it is answered.
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
