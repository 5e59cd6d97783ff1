#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <ouro/base/error.hpp>
#include <ouro/base/fifo.hpp>
#include <ouro/behavior/initiator_types.hpp>

namespace ouro::initiator {

/// Blocks of a request from one index up to another, and the connections of peers that do not have all of them.
struct BlockSpan {
    std::size_t begin = 0, end = 0;
    std::vector<ConnectionId> refused{};
};

/// One request of the user's: the blocks that are still to be requested, those that have come, and those that may be
/// delivered.
///
/// Shape  A request for points has spans of their indices. A request for a range has its two ends as points and one
/// span
///        that is never cut, and counts its blocks as they come.
class BlockRequest {
  public:
    BlockRequest(CommandId command, const RequestBlocks& range);
    BlockRequest(CommandId command, RequestPoints&& wanted);

    [[nodiscard]] CommandId command() const noexcept { return command_; }
    /// The request is for points, and may go to several peers.
    [[nodiscard]] bool split() const noexcept { return split_; }
    [[nodiscard]] bool in_order() const noexcept { return in_order_; }
    [[nodiscard]] const std::vector<BlockPoint>& points() const noexcept { return points_; }
    /// Estimated size of the block at `index`; `usual` where the user has given none.
    [[nodiscard]] std::size_t bytes(std::size_t index, std::size_t usual) const noexcept;

    /// The message that requests `span`. The rest of a range begins with its last delivered block.
    [[nodiscard]] BlockFetch::RequestRange message(const BlockSpan& span) const;
    /// All blocks of a range were delivered.
    [[nodiscard]] bool reached_end() const noexcept { return latest && latest->point == points_.back(); }

    // Blocks to request.
    [[nodiscard]] bool wants() const noexcept { return !todo_.empty(); }
    /// The first of them; `wants` is true.
    [[nodiscard]] const BlockSpan& next() const noexcept { return todo_.front(); }
    /// Takes the first blocks: one, and as many more as stay within `bytes`.
    BlockSpan take(std::size_t bytes, std::size_t usual);
    /// The blocks have to be requested again.
    void give_back(BlockSpan span);

    // Blocks that have come.
    [[nodiscard]] bool has(std::size_t index) const noexcept { return has_[index]; }
    void came(std::size_t index);
    /// Discards a block that has come: it is requested again.
    void drop(std::size_t index);

    // Delivered blocks: how many, which is the index of the next one where they are delivered in order.
    [[nodiscard]] std::uint64_t delivered() const noexcept { return delivered_; }
    void deliver() noexcept;
    [[nodiscard]] bool complete() const noexcept { return split_ && delivered_ == points_.size(); }

    /// A block that has come, and may wait for an earlier one.
    struct Held {
        PeerId peer;  ///< empty: the block has not come
        Bytes block;
        std::optional<HeaderInfo> info{};

        /// Memory of the waiting block.
        [[nodiscard]] std::size_t bytes() const noexcept { return block.size() + sizeof(Held); }
    };
    void hold(std::size_t index, Held held);
    /// The block to deliver next has come.
    [[nodiscard]] bool ready() const noexcept { return !held_.empty() && held_[0].peer; }
    /// That block; `ready` is true.
    [[nodiscard]] Held& front() noexcept { return held_.front(); }
    /// The index of the block furthest ahead.
    [[nodiscard]] std::optional<std::size_t> furthest() const noexcept;
    [[nodiscard]] Held take_furthest();

    /// Marks that the user has the outcome: blocks that still arrive are dropped. Returns the bytes that were held.
    std::size_t end() noexcept;
    [[nodiscard]] bool ended() const noexcept { return ended_; }

    Instant give_up = Instant::max();     ///< when it fails, without a peer or without a block since peers were lost
    bool asked = false;                   ///< a peer was asked
    std::optional<HeaderInfo> latest;     ///< the last block of a range so far, which the next one follows
    bool again = false;                   ///< the next block of the range is `latest`, from another peer
    Errc broken = Errc::none;             ///< the last rule that a peer's block broke
    std::optional<BlockPoint> broken_at;  ///< that block
    Violation violation;                  ///< of that rule

  private:
    /// Drops blocks that have come meanwhile from the front of the blocks to request.
    void trim();

    CommandId command_;
    bool split_;
    bool in_order_;
    bool ended_ = false;
    std::vector<BlockPoint> points_;
    std::vector<std::uint32_t> bytes_;
    std::deque<BlockSpan> todo_;  // by index; few: blocks never requested, and those given back
    std::vector<bool> has_;
    std::uint64_t delivered_ = 0;
    detail::Fifo<Held> held_;  // from the next block to deliver on
};

}  // namespace ouro::initiator
