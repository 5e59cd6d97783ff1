#pragma once

#include <map>
#include <memory>
#include <vector>

#include "schedule.hpp"

namespace ouro::initiator {

/// Blocks: ranges, each from one peer at a time, and points that are spread over all hot ones; as many messages in
/// flight as the protocol allows.
class BlockFetchPart {
  public:
    /// `hot`: the peers that may be asked, as they are at any time.
    BlockFetchPart(Desk& desk, const std::vector<Peer*>& hot) noexcept
        : desk_(desk), hot_(hot), schedule_(desk.config, hot) {}

    Result<CommandId> request(CommandId command, const RequestBlocks& wish);
    Result<CommandId> request(CommandId command, RequestPoints& wish);
    /// Asks for what is wanted and not asked for, as far as peers have room.
    void assign();
    /// What a lost peer owed goes to others; without rules a range that it had begun fails. `alone`: there are no
    /// others, and what it owed when it broke a rule fails, too.
    void gone(Peer& peer, Errc reason, bool alone, const Violation& violation);
    /// Somebody is hot no more.
    void fewer();
    /// Errors  Errc::range_short, Errc::range_mismatch, those of ChainRules
    Errc received(Peer& peer, BlockFetch::Message& message);
    /// A peer that does not keep to its own figures has its tasks taken from it, where others are free.
    void late(Peer& peer);
    /// Requests for which nobody was there in time have failed.
    void tick();
    /// All requests end.
    void stop();

    /// A block was taken by the user.
    void taken(const Bytes& block) noexcept { untaken_ -= std::min(untaken_, cost(block)); }
    /// The user has not taken enough: no credit for blocks.
    [[nodiscard]] bool full() const noexcept { return untaken_ >= desk_.config.events_bytes; }
    [[nodiscard]] bool drained() const noexcept { return untaken_ <= desk_.config.events_bytes / 2; }
    /// Something waits for nothing but the user to take events, and he has.
    [[nodiscard]] bool wants_more() const noexcept { return drained() && (blocked_ || !untold_.empty() || paused()); }
    /// Tells what the user had no room for, and asks again.
    void go_on();
    /// The user's pace is not the peer's fault: nothing of it is read, and no clock runs.
    void pause(Peer& peer);
    /// Some peers are so.
    [[nodiscard]] bool paused() const noexcept { return schedule_.paused() > 0; }
    void resume(Peer& peer);

    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept {
        const auto& waiting = schedule_.waiting();
        return waiting.empty() || !hot_.empty() ? std::nullopt : std::optional(waiting.begin()->second->give_up);
    }

  private:
    using Request = std::shared_ptr<BlockRequest>;

    CommandId add(Request request);
    /// Leaves a block that broke a rule in its message.
    Errc received_block(Peer& peer, Bytes& block);
    /// Whether the block is the next one that the peer owes. Without rules every block that is not empty is.
    Errc check(Peer& peer, const Bytes& block);
    /// Whether the block may come next in the range, where it is not the first one that was requested.
    Errc check_order(BlockRequest& range, const HeaderInfo& next) const;
    /// Notes the rule, and the block if its point is known, for the outcome of the request and the end of the peer.
    static Errc broke(Peer& peer, Errc rule, const std::optional<BlockPoint>& block = {});
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

    Desk& desk_;
    const std::vector<Peer*>& hot_;
    BlockSchedule schedule_;
    std::map<CommandId, Request> open_;    // without an outcome
    std::map<CommandId, Request> untold_;  // of them, those that could tell more if the user took more
    std::size_t points_ = 0;               // of all of them
    std::size_t held_ = 0;                 // bytes of blocks that wait for earlier ones
    std::size_t untaken_ = 0;              // bytes of blocks in events
    bool blocked_ = false;                 // nothing is asked for because the user has not taken enough
};

}  // namespace ouro::initiator
