#pragma once

#include <vector>

#include "initiator_peer.hpp"

namespace ouro::initiator {

/// Ranges of blocks, each from one peer, as many in flight as the protocol allows.
class BlockFetchPart {
  public:
    explicit BlockFetchPart(Desk& desk) noexcept : desk_(desk) {}

    Result<CommandId> request(CommandId command, const RequestBlocks& wish, const std::vector<Peer*>& ready,
                              Instant now);
    /// Gives waiting requests to the peers with the fewest in flight.
    void assign(const std::vector<Peer*>& ready, Instant now);
    /// What a lost peer had not begun goes to another; what it had begun has failed.
    void gone(Peer& peer, Errc reason, const std::vector<Peer*>& ready, Instant now);
    /// Errors  Errc::range_short, Errc::range_mismatch
    Errc received(Peer& peer, BlockFetch::Message& message);
    /// Requests for which nobody was there in time have failed.
    void tick(const std::vector<Peer*>& ready, Instant now);
    /// All requests end.
    void stop(const std::vector<Peer*>& ready);

    /// A block was taken by the user.
    void taken(const Bytes& block) noexcept { untaken_ -= std::min(untaken_, cost(block)); }
    /// The user has not taken enough: no credit for blocks.
    [[nodiscard]] bool full() const noexcept { return untaken_ >= desk_.config.events_octets; }
    [[nodiscard]] bool drained() const noexcept { return untaken_ <= desk_.config.events_octets / 2; }
    [[nodiscard]] std::optional<Instant> next_deadline(const std::vector<Peer*>& ready) const noexcept {
        return waiting_.empty() || !ready.empty() ? std::nullopt : std::optional(waiting_[0].give_up);
    }

  private:
    /// What an untaken block takes: its octets and its event, for small ones may be many.
    [[nodiscard]] static std::size_t cost(const Bytes& block) noexcept { return block.size() + sizeof(Event); }
    void finish(Peer& peer, Event event);

    Desk& desk_;
    detail::Fifo<Request> waiting_;  // in the order they give up
    std::size_t untaken_ = 0;        // octets of blocks in events
};

}  // namespace ouro::initiator
