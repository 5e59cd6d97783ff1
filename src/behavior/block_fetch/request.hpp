#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <ouro/base/error.hpp>
#include <ouro/base/fifo.hpp>
#include <ouro/behavior/initiator_types.hpp>

namespace ouro::initiator {

/// Blocks of a request from one index up to another, and who has said that he does not have them all.
struct BlockSpan {
    std::size_t begin = 0, end = 0;
    std::vector<ConnectionId> refused{};
};

/// One request of the user's: what of it is still to be asked for, what has come, and what of that may be told.
///
/// Shape  A request for points has spans of their indices. One for a range has its two ends for points, is one span
///        that is never cut, and counts its blocks as they come.
class BlockRequest {
  public:
    BlockRequest(CommandId command, const RequestBlocks& wish);
    BlockRequest(CommandId command, RequestPoints&& wish);

    [[nodiscard]] CommandId command() const noexcept { return command_; }
    /// It is for points, and may go to many.
    [[nodiscard]] bool split() const noexcept { return split_; }
    [[nodiscard]] bool in_order() const noexcept { return in_order_; }
    [[nodiscard]] const std::vector<BlockPoint>& points() const noexcept { return points_; }
    /// Of the block at `index`, about; `usual` where the user has not said it.
    [[nodiscard]] std::size_t bytes(std::size_t index, std::size_t usual) const noexcept;

    /// What to request for the blocks of `span`: the rest of a range begins with its last delivered block.
    [[nodiscard]] BlockFetch::RequestRange message(const BlockSpan& span) const;
    /// All blocks of a range were delivered.
    [[nodiscard]] bool reached_end() const noexcept { return latest && latest->point == points_.back(); }

    // What is to be asked for.
    [[nodiscard]] bool wants() const noexcept { return !todo_.empty(); }
    /// The first of it; there is some.
    [[nodiscard]] const BlockSpan& next() const noexcept { return todo_.front(); }
    /// Cuts off the first blocks: one, and as many more as stay within `bytes`.
    BlockSpan take(std::size_t bytes, std::size_t usual);
    /// They are to be asked for after all.
    void give_back(BlockSpan span);

    // What has come.
    [[nodiscard]] bool has(std::size_t index) const noexcept { return has_[index]; }
    void came(std::size_t index);
    /// It is as if the block had never come.
    void drop(std::size_t index);

    // What was told: how many blocks, and where they are told in order so the index of the next one.
    [[nodiscard]] std::uint64_t told() const noexcept { return told_; }
    void tell() noexcept;
    [[nodiscard]] bool complete() const noexcept { return split_ && told_ == points_.size(); }

    /// A block that waits for an earlier one.
    struct Held {
        PeerId peer;  ///< nobody: it has not come
        Bytes block;

        /// What it takes while it waits.
        [[nodiscard]] std::size_t bytes() const noexcept { return block.size() + sizeof(Held); }
    };
    void hold(std::size_t index, Held held);
    /// The block that is to be told next is there.
    [[nodiscard]] bool ready() const noexcept { return !held_.empty() && held_[0].peer; }
    /// That block. It is to be told.
    [[nodiscard]] Held& front() noexcept { return held_.front(); }
    /// The one furthest ahead.
    [[nodiscard]] std::optional<std::size_t> furthest() const noexcept;
    [[nodiscard]] Held take_furthest();

    /// Marks that the user has the outcome: blocks that still arrive are dropped. Returns the bytes that were held.
    std::size_t end() noexcept;
    [[nodiscard]] bool ended() const noexcept { return ended_; }

    Instant give_up = Instant::max();     ///< without a peer, or with lost ones and no block since then
    bool asked = false;                   ///< some peer
    std::optional<HeaderInfo> latest;     ///< the last block of a range so far, which the next one follows
    bool again = false;                   ///< the next block of the range is `latest`, from another peer
    Errc broken = Errc::none;             ///< the last rule that a peer's block broke
    std::optional<BlockPoint> broken_at;  ///< that block
    Violation violation;                  ///< of that rule

  private:
    /// What has come meanwhile need not be asked for.
    void trim();

    CommandId command_;
    bool split_;
    bool in_order_;
    bool ended_ = false;
    std::vector<BlockPoint> points_;
    std::vector<std::uint32_t> bytes_;
    std::deque<BlockSpan> todo_;  // by index; few: what was never asked for, and what came back
    std::vector<bool> has_;
    std::uint64_t told_ = 0;
    detail::Fifo<Held> held_;  // from the next one to tell on
};

}  // namespace ouro::initiator
