#pragma once

#include <map>
#include <memory>
#include <vector>

#include "behavior/peers/book.hpp"
#include "schedule.hpp"

namespace ouro::initiator {

/// Fetches blocks: ranges from one peer at a time, and points spread over all hot peers, with as many messages in
/// flight as the protocol allows.
class BlockFetchPart : public Speaker<BlockFetch, BlockLane> {
  public:
    BlockFetchPart(Desk& desk, const PeerBook& book) : Speaker(desk), book_(book), schedule_(desk.config, lanes_) {}

    [[nodiscard]] bool while_hot() const noexcept override { return true; }
    void ready(Peer& peer) override;
    void heat(Peer& peer) override;
    void cool(Peer& peer) override;
    void measured(Peer& peer, Duration trip) override { mine(peer).estimate.round_trip(trip); }
    /// Requests the outstanding blocks from other peers. Without rules a range that has begun fails. So does a request
    /// whose block broke a rule, if no other peer is known.
    void gone(Peer& peer, const Ending& ending) override;
    /// Gives no credit while too many blocks are not taken: the peer is not read, and its time limits do not run.
    void credit(Peer& peer) override;
    [[nodiscard]] bool paused(const Peer& peer) const override { return mine(peer).paused; }
    /// Moves blocks from a peer that is slower than its own figures to free peers.
    void look_at(Peer& peer) override;
    [[nodiscard]] Instant due(Peer& peer) override { return mine(peer).due; }
    /// Fails requests that have waited too long for a peer.
    void tick() override;
    void stop() override;
    std::optional<Result<CommandId>> execute(CommandId id, Command& command) override;
    [[nodiscard]] std::uint64_t counts() const noexcept override { return frame::event_bits<Event, BlockReceived>(); }
    void taken(const Event& event) override;
    [[nodiscard]] bool wants_more() const noexcept override {
        return drained() && (blocked_ || !unreported_.empty() || schedule_.paused() > 0);
    }
    /// Reads paused peers again, reports held blocks, and continues to request.
    void resume() override;
    [[nodiscard]] Instant next_deadline() const noexcept override {
        const auto& waiting = schedule_.waiting();
        return waiting.empty() || !lanes_.empty() ? Instant::max() : waiting.begin()->second->give_up;
    }

  private:
    using Request = std::shared_ptr<BlockRequest>;

    /// Errors  Errc::range_short, Errc::range_mismatch, those of ChainRules
    Errc received(Peer& peer, BlockFetch::Message& message, BlockFetch::State before) override;
    Result<CommandId> request(CommandId command, const RequestBlocks& range);
    Result<CommandId> request(CommandId command, RequestPoints& wanted);
    CommandId add(Request request);
    /// Requests wanted blocks that are not in flight, as far as peers have room.
    void assign();
    /// Ends requests that every hot peer has refused.
    void end_refused();
    [[nodiscard]] bool full() const noexcept { return untaken_ >= desk_.config.events_bytes; }
    [[nodiscard]] bool drained() const noexcept { return untaken_ <= desk_.config.events_bytes / 2; }
    /// Moves the block out of its message, unless it broke a rule.
    Errc received_block(Peer& peer, Bytes& block);
    /// Checks that the block is the next one requested from the peer; without rules, that it is not empty. Sets `info`
    /// to what the rules read in its header.
    Errc check(Peer& peer, const Bytes& block, std::optional<HeaderInfo>& info);
    /// Checks that a later block of a range follows the one before.
    Errc check_order(BlockRequest& range, const HeaderInfo& next) const;
    /// Notes the broken rule, and the block if its point is known, for the outcome of the request and the peer's end.
    Errc broke(Peer& peer, Errc rule, const std::optional<BlockPoint>& block = {});
    /// The block at `index` of a request for points has come.
    void accept(const Request& request, std::size_t index, BlockRequest::Held block);
    void hold(const Request& request, std::size_t index, BlockRequest::Held held);
    void refused(Peer& peer, BlockAsk ask);
    void report(BlockRequest& request, std::uint64_t index, BlockRequest::Held block);
    /// Reports blocks that waited for an earlier one, and ends the request after its last block.
    void report_ready(const Request& request, const PeerId& peer);
    void end(BlockRequest& request, Event event);
    void fail(BlockRequest& request, Errc reason) {
        const bool rule = reason == request.broken;
        end(request, RangeFailed{request.command(), reason, request.delivered(),
                                 rule ? request.broken_at : std::optional<BlockPoint>(),
                                 rule ? request.violation : Violation()});
    }
    /// No peer has the next blocks of the request.
    void end_refused(BlockRequest& request, const PeerId& peer);

    /// Memory of an untaken block: its bytes and its event, because there may be many small ones.
    [[nodiscard]] static std::size_t cost(const Bytes& block) noexcept { return block.size() + sizeof(Event); }

    const PeerBook& book_;
    std::vector<BlockLane*> lanes_;  // of the hot peers
    BlockSchedule schedule_;
    std::map<CommandId, Request> open_;        // without an outcome
    std::map<CommandId, Request> unreported_;  // of them, with blocks that wait for the user
    std::size_t points_ = 0;                   // of all open requests
    std::size_t held_ = 0;                     // bytes of blocks that wait for earlier ones
    std::size_t untaken_ = 0;                  // bytes of blocks in events
    bool blocked_ = false;                     // nothing is requested because the user has not taken enough
};

}  // namespace ouro::initiator
