#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <ouro/protocol/chain.hpp>

namespace ouro::detail {

/// How many requests for the next header or block a peer can answer at once.
///
/// A peer with more requests than its chain has headers owes the rest until the chain has grown. Meanwhile it cannot be
/// asked for an intersection, and a peer with a short queue reads no other protocol of the connection.
///
/// Source  ouroboros-network, ChainSync/PipelineDecision.hs
class Answerable {
  public:
    /// The peer continues from `point`.
    void from(const Point& point, const Tip& tip) noexcept {
        tip_ = tip.block;
        if (point.is_origin())
            at_ = BlockNumber{0};
        else if (point == tip.point)
            at_ = tip.block;
        else
            at_.reset();
        opaque_ = false;
    }
    /// The answer was a header or block with this number; without one, of an era whose shape is not known.
    void answered(std::optional<BlockNumber> number, const Tip& tip) noexcept {
        tip_ = tip.block;
        at_ = number;
        opaque_ = !number;
    }

    /// Requests that may be sent beside the `outstanding` ones. One is always in flight: its answer says that the chain
    /// has grown.
    [[nodiscard]] std::uint32_t room(std::uint32_t outstanding) const noexcept {
        if (opaque_) return UINT32_MAX;
        // The first request is answered by the roll-backward, and the second by a number.
        std::uint64_t most = 2;
        if (at_) most = tip_ > *at_ ? static_cast<std::uint64_t>(tip_) - static_cast<std::uint64_t>(*at_) : 1;
        return static_cast<std::uint32_t>(
            std::min<std::uint64_t>(most - std::min<std::uint64_t>(most, outstanding), UINT32_MAX));
    }

  private:
    std::optional<BlockNumber> at_;
    BlockNumber tip_{};
    bool opaque_ = false;
};

}  // namespace ouro::detail
