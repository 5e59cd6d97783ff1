#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <ouro/protocol/chain.hpp>

namespace ouro::detail {

/// The number of RequestNext that a peer can answer at once.
///
/// A peer with more requests than its chain has blocks owes the other answers until the chain grows. Meanwhile it
/// accepts no other request of the protocol, and if its queue is short it does not read the other protocols either.
///
/// Source  ouroboros-network, ChainSync/PipelineDecision.hs
class Answerable {
  public:
    /// The next answers follow `point`.
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
    /// The answer was a header or block with this number; empty for an era of unknown shape.
    void answered(std::optional<BlockNumber> number, const Tip& tip) noexcept {
        tip_ = tip.block;
        at_ = number;
        opaque_ = !number;
    }

    /// The number of requests to add to the `outstanding` ones. One is always sent: its answer reports new blocks.
    [[nodiscard]] std::uint32_t room(std::uint32_t outstanding) const noexcept {
        if (opaque_) return UINT32_MAX;
        // The answer to the first request is the roll-backward, the next one's has a number.
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
