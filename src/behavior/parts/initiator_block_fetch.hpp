#pragma once

#include <vector>

#include "initiator_peer.hpp"

namespace ouro::initiator {

/// Ranges of blocks, each from one peer, as many in flight as the protocol allows.
class BlockFetchPart {
  public:
    /// `hot`: the peers that may be asked, as they are at any time.
    BlockFetchPart(Desk& desk, const std::vector<Peer*>& hot) noexcept : desk_(desk), hot_(hot) {}

    Result<CommandId> request(CommandId command, const RequestBlocks& wish);
    /// Gives waiting requests to the peers with the fewest in flight.
    void assign();
    /// What a lost peer had not begun goes to another; what it had begun has failed.
    void gone(Peer& peer, Errc reason);
    /// Nobody is left to ask: what waits does so from now on.
    void wait_anew();
    /// Errors  Errc::range_short, Errc::range_mismatch
    Errc received(Peer& peer, BlockFetch::Message& message);
    /// Requests for which nobody was there in time have failed.
    void tick();
    /// All requests that wait end; `stop(peer)` is for those with a peer.
    void stop();
    void stop(Peer& peer);

    /// A block was taken by the user.
    void taken(const Bytes& block) noexcept { untaken_ -= std::min(untaken_, cost(block)); }
    /// The user has not taken enough: no credit for blocks.
    [[nodiscard]] bool full() const noexcept { return untaken_ >= desk_.config.events_octets; }
    [[nodiscard]] bool drained() const noexcept { return untaken_ <= desk_.config.events_octets / 2; }
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept {
        return waiting_.empty() || !hot_.empty() ? std::nullopt : std::optional(waiting_[0].give_up);
    }

  private:
    void end(detail::Fifo<Request>& requests);
    /// What an untaken block takes: its octets and its event, for small ones may be many.
    [[nodiscard]] static std::size_t cost(const Bytes& block) noexcept { return block.size() + sizeof(Event); }
    void finish(Peer& peer, Event event);

    Desk& desk_;
    const std::vector<Peer*>& hot_;
    detail::Fifo<Request> waiting_;  // in the order they give up
    std::size_t untaken_ = 0;        // octets of blocks in events
};

}  // namespace ouro::initiator
