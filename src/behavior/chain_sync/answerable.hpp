#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <ouro/protocol/chain.hpp>

namespace ouro::detail {

/// How many requests for what is next a peer can answer at once.
///
/// One that is asked for more than its chain has owes the rest until the chain has grown, may be asked nothing else by
/// the same protocol meanwhile, and reads no other protocol of the connection where its queue is short.
///
/// Source  ouroboros-network, ChainSync/PipelineDecision.hs
class Answerable {
  public:
    /// The peer will go on from `point`.
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
    /// A header or block with this number was the answer; with no number where it is of an era without a known shape.
    void answered(std::optional<BlockNumber> number, const Tip& tip) noexcept {
        tip_ = tip.block;
        at_ = number;
        opaque_ = !number;
    }

    /// More requests than the `outstanding` ones. One is always asked: its answer says that the chain has grown.
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
