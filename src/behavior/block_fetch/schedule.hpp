#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "lane.hpp"

namespace ouro::initiator {

/// Distributes wanted blocks over peers. It sends nothing: it returns which peer to ask for which blocks, and is
/// informed of the answers.
///
/// Requests are served in order. Each span goes to the peer with room from which it should arrive first.
class BlockSchedule {
  public:
    BlockSchedule(const Config& config, const std::vector<BlockLane*>& hot) noexcept : config_(config), hot_(hot) {}

    /// The request may have blocks to request.
    void want(const std::shared_ptr<BlockRequest>& request);
    /// Requests with blocks to request, in the order of their commands.
    [[nodiscard]] const std::map<CommandId, std::shared_ptr<BlockRequest>>& waiting() const noexcept {
        return waiting_;
    }
    void forget(CommandId command) { waiting_.erase(command); }

    struct Grant {
        BlockLane* lane = nullptr;
        BlockAsk ask;
    };
    /// The next request to send; empty if no peer has room, or no block is wanted. `held`: bytes that wait for earlier
    /// blocks.
    std::optional<Grant> next(std::size_t held);
    /// The request was sent.
    void sent(Grant grant, Instant now);

    /// The peer has sent a message, with `bytes` bytes of a block.
    void heard(BlockLane& lane, std::size_t bytes, Instant now);
    /// The message was a block of the first answer. Returns its index, in a request for points.
    std::size_t arrived(BlockLane& lane);
    /// The first answer has ended.
    BlockAsk finished(BlockLane& lane, Instant now);
    /// The peer is not read from now on, or read again.
    void pause(BlockLane& lane) noexcept;
    void resume(BlockLane& lane, Instant now) noexcept;
    /// How many peers are not read.
    [[nodiscard]] std::size_t paused() const noexcept { return paused_; }
    /// The peer will not answer any more. Returns its requests.
    detail::Fifo<BlockAsk> lose(BlockLane& lane);
    /// Moves blocks from a late peer to free peers. False if none is free: then the peer has its time once more.
    bool relieve(BlockLane& late, Instant now);
    /// The peer does not have the blocks.
    void refused(BlockSpan& span, const BlockLane& by) const;
    /// No hot peer has the blocks, and there are hot peers.
    [[nodiscard]] bool refused_by_all(const BlockSpan& span) const noexcept;

  private:
    [[nodiscard]] bool has_room(const BlockLane& lane) const noexcept;
    [[nodiscard]] BlockLane* choose(const BlockRequest& request) const noexcept;
    /// The peer with the fewest requests that may have the blocks of `span`; null if there is none with room.
    [[nodiscard]] BlockLane* least_asked(const BlockSpan& span = {}) const noexcept;
    /// `blocked`: becomes true if too many bytes wait for an earlier block.
    std::optional<Grant> grant(const std::shared_ptr<BlockRequest>& request, std::size_t held, bool& blocked);
    /// Lets an idle peer take over the last request of a peer that would answer it much later. If too many bytes wait
    /// for earlier blocks, any peer with room takes over the first such request.
    std::optional<Grant> take_over(bool blocked);
    void give_away(BlockAsk& ask);
    /// `bytes` fewer bytes are still to come for the request.
    void lessen(BlockAsk& ask, std::size_t bytes) noexcept;

    const Config& config_;
    const std::vector<BlockLane*>& hot_;
    std::map<CommandId, std::shared_ptr<BlockRequest>> waiting_;
    std::size_t paused_ = 0;      // peers
    std::size_t in_flight_ = 0;   // asks of all peers
    std::size_t ahead_ = 0;       // estimated bytes in flight of in-order requests
    std::size_t usual_ = 32'768;  // bytes of a recent block; at first about those of the main network
};

}  // namespace ouro::initiator
