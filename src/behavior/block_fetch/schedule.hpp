#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "behavior/peers/peer.hpp"

namespace ouro::initiator {

/// Who gets what of the blocks that are to be fetched. It knows of no message: it says whom to ask for what, and is
/// told what came of it.
///
/// First come, first served; each span goes to the peer from which it should be there first, of those that have room.
class BlockSchedule {
  public:
    BlockSchedule(const Config& config, const std::vector<Peer*>& hot) noexcept : config_(config), hot_(hot) {}

    /// The request has something to ask for; called again where it may have.
    void want(const std::shared_ptr<BlockRequest>& request);
    /// Those that have, in the order they were made.
    [[nodiscard]] const std::map<CommandId, std::shared_ptr<BlockRequest>>& waiting() const noexcept {
        return waiting_;
    }
    void forget(CommandId command) { waiting_.erase(command); }

    struct Grant {
        Peer* peer = nullptr;
        BlockAsk ask;
    };
    /// Whom to ask next; nothing where all have enough, or nothing is to be asked for. `held`: bytes that wait for
    /// earlier blocks.
    std::optional<Grant> next(std::size_t held);
    /// The peer was asked.
    void sent(Grant grant, Instant now);

    /// The peer has said something, with so many bytes of a block.
    void heard(Peer& peer, std::size_t bytes, Instant now);
    /// It was a block of the first answer: which one, where the request is for points.
    std::size_t arrived(Peer& peer);
    /// The first answer has ended.
    BlockAsk finished(Peer& peer, Instant now);
    /// The peer is not read, or again.
    void pause(Peer& peer) noexcept;
    void resume(Peer& peer, Instant now) noexcept;
    /// How many are not.
    [[nodiscard]] std::size_t paused() const noexcept { return paused_; }
    /// The peer will not answer any more.
    detail::Fifo<BlockAsk> lose(Peer& peer);
    /// Takes the tasks of a peer that is late for others, where some are free; whether they are. Else it has its time
    /// once more.
    bool relieve(Peer& late, Instant now);
    /// The peer has not got the blocks.
    void refused(BlockSpan& span, const Peer& by) const;
    /// Each hot peer has said so, and there are some.
    [[nodiscard]] bool refused_by_all(const BlockSpan& span) const noexcept;

  private:
    [[nodiscard]] bool has_room(const Peer& peer) const noexcept;
    [[nodiscard]] Peer* choose(const BlockRequest& request) const noexcept;
    /// Of those that have not said that they do not have the blocks of `span`.
    [[nodiscard]] Peer* least_asked(const BlockSpan& span = {}) const noexcept;
    /// `blocked`: becomes true where too much waits for an earlier block.
    std::optional<Grant> grant(const std::shared_ptr<BlockRequest>& request, std::size_t held, bool& blocked);
    /// A peer with nothing to do takes over what another one would bring much later: the last of it. Where too much
    /// waits for earlier blocks whoever has room does, and the first of it.
    std::optional<Grant> take_over(bool blocked);
    void give_away(BlockAsk& ask);
    /// So many bytes fewer will come of it.
    void lessen(BlockAsk& ask, std::size_t bytes) noexcept;

    const Config& config_;
    const std::vector<Peer*>& hot_;
    std::map<CommandId, std::shared_ptr<BlockRequest>> waiting_;
    std::size_t paused_ = 0;      // peers
    std::size_t in_flight_ = 0;   // asks of all peers
    std::size_t ahead_ = 0;       // bytes in flight of requests in order, about
    std::size_t usual_ = 32'768;  // bytes of a block, as the latest ones had; first about those of the main network
};

}  // namespace ouro::initiator
