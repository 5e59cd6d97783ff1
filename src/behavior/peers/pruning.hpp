#pragma once

#include <optional>
#include <string>
#include <vector>

#include "served_peer.hpp"

namespace ouro::responder {

/// Chooses the inbound connection to close for a new one: first an idle one, then one that was not useful for a while,
/// then one of an address or prefix with many. Among equals: the address with most, the prefix with most, the oldest.
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
    /// The least useful of `peers`; empty if all are useful and none has more than its share.
    [[nodiscard]] std::optional<ConnectionId> least_useful(const std::vector<const Peer*>& peers, Instant now) const;

  private:
    [[nodiscard]] bool unproductive(const Peer& peer, Instant now) const;

    const Config& config_;
};

}  // namespace ouro::responder
