#pragma once

#include <optional>
#include <string>
#include <vector>

#include "served_peer.hpp"

namespace ouro::responder {

/// Finds the inbound connection that makes room for a new one: an idle one first, then one on which nothing useful has
/// happened for a time, then one of an address, or of a network of one prefix, that has many. Of equals it is one of
/// the address that has most, then of the prefix that has most, then the oldest.
///
/// Source  ouroboros-network, framework, ConnectionManager/Core.hs: idle connections are pruned before used ones, and
///         those used one way before those used both ways. It prunes at the hard limit and at random among equals.
class Pruning {
  public:
    explicit Pruning(const Config& config) noexcept : config_(config) {}

    /// Sets `Peer::site` and `Peer::network`, once for each peer.
    static void place(Peer& peer);
    /// Notes whether the peer was given something useful since the last call.
    void note(Peer& peer, Instant now) const;
    /// The one of `peers` that is least useful; nothing where all are useful and none has more than its part.
    [[nodiscard]] std::optional<ConnectionId> least_useful(const std::vector<const Peer*>& peers, Instant now) const;

  private:
    [[nodiscard]] bool unproductive(const Peer& peer, Instant now) const;

    const Config& config_;
};

}  // namespace ouro::responder
