#pragma once

#include <map>
#include <memory>
#include <vector>

#include "behavior/peers/book.hpp"
#include "schedule.hpp"

namespace ouro::initiator {

/// Blocks: ranges, each from one peer at a time, and points that are spread over all hot ones; as many messages in
/// flight as the protocol allows.
class BlockFetchPart : public Speaker<BlockFetch, BlockLane> {
  public:
    BlockFetchPart(Desk& desk, const PeerBook& book) : Speaker(desk), book_(book), schedule_(desk.config, lanes_) {}

    [[nodiscard]] bool while_hot() const noexcept override { return true; }
    void ready(Peer& peer) override;
    void heat(Peer& peer) override;
    void cool(Peer& peer) override;
    void measured(Peer& peer, Duration trip) override { mine(peer).estimate.round_trip(trip); }
    /// What a lost peer owed goes to others; without rules a range that it had begun fails. If there are no others,
    /// what it owed when it broke a rule fails, too.
    void gone(Peer& peer, const Ending& ending) override;
    /// No credit while the user has not taken enough: nothing of the peer is read, and its time limits do not run.
    void credit(Peer& peer) override;
    [[nodiscard]] bool paused(const Peer& peer) const override { return mine(peer).paused; }
    /// Takes tasks from a peer that does not keep to its own figures, if others are free.
    void look_at(Peer& peer) override;
    [[nodiscard]] Instant due(Peer& peer) override { return mine(peer).due; }
    /// Fails requests for which no peer was there in time.
    void tick() override;
    void stop() override;
    std::optional<Result<CommandId>> execute(CommandId id, Command& command) override;
    [[nodiscard]] std::uint64_t counts() const noexcept override { return frame::event_bits<Event, BlockReceived>(); }
    void taken(const Event& event) override;
    [[nodiscard]] bool wants_more() const noexcept override {
        return drained() && (blocked_ || !untold_.empty() || schedule_.paused() > 0);
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
    Result<CommandId> request(CommandId command, const RequestBlocks& wish);
    Result<CommandId> request(CommandId command, RequestPoints& wish);
    CommandId add(Request request);
    /// Requests what is wanted and not in flight, as far as peers have room.
    void assign();
    /// Ends requests that every hot peer has refused.
    void end_refused();
    [[nodiscard]] bool full() const noexcept { return untaken_ >= desk_.config.events_bytes; }
    [[nodiscard]] bool drained() const noexcept { return untaken_ <= desk_.config.events_bytes / 2; }
    /// Leaves a block that broke a rule in its message.
    Errc received_block(Peer& peer, Bytes& block);
    /// Whether the block is the next one that the peer owes. Without rules every block that is not empty is.
    Errc check(Peer& peer, const Bytes& block);
    /// Whether the block may come next in the range, where it is not the first one that was requested.
    Errc check_order(BlockRequest& range, const HeaderInfo& next) const;
    /// Notes the rule, and the block if its point is known, for the outcome of the request and the end of the peer.
    Errc broke(Peer& peer, Errc rule, const std::optional<BlockPoint>& block = {});
    /// The block at `index` of a request for points, as it was asked for.
    void accept(const Request& request, std::size_t index, Peer& peer, Bytes block);
    void hold(const Request& request, std::size_t index, Peer& peer, Bytes block);
    void refused(Peer& peer, BlockAsk ask);
    void tell(BlockRequest& request, std::uint64_t index, const PeerId& peer, Bytes block);
    /// Tells what waited for an earlier block, and ends the request where that was the last one.
    void tell_ready(const Request& request, const PeerId& peer);
    void end(BlockRequest& request, Event event);
    void fail(BlockRequest& request, Errc reason) {
        const bool rule = reason == request.broken;
        end(request, RangeFailed{request.command(), reason, request.told(),
                                 rule ? request.broken_at : std::optional<BlockPoint>(),
                                 rule ? request.violation : Violation()});
    }
    /// Nobody has the next blocks of the request.
    void end_refused(BlockRequest& request, const PeerId& peer);

    /// What an untaken block takes: its bytes and its event, for small ones may be many.
    [[nodiscard]] static std::size_t cost(const Bytes& block) noexcept { return block.size() + sizeof(Event); }

    const PeerBook& book_;
    std::vector<BlockLane*> lanes_;  // of the hot peers
    BlockSchedule schedule_;
    std::map<CommandId, Request> open_;    // without an outcome
    std::map<CommandId, Request> untold_;  // of them, those that could tell more if the user took more
    std::size_t points_ = 0;               // of all of them
    std::size_t held_ = 0;                 // bytes of blocks that wait for earlier ones
    std::size_t untaken_ = 0;              // bytes of blocks in events
    bool blocked_ = false;                 // nothing is asked for because the user has not taken enough
};

}  // namespace ouro::initiator
