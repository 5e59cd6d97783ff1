#pragma once

#include <functional>
#include <optional>
#include <tuple>
#include <vector>

#include "served_peer.hpp"

namespace ouro::responder {

/// Chooses the inbound connection to close for a new one: first an idle one, then one that was not useful for a while,
/// then one of an address or prefix with many. Among equals: the address with most, the prefix with most, the oldest.
///
/// All connections are ranked at once, and again after a second or when one in sixteen of them has been chosen. A
/// connection whose rank has fallen since is noticed, one whose rank has risen waits for the next ranking: so a new
/// connection costs the same, however many there are.
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
    /// The least useful of the `peers` for which `may_go` holds; empty if all are useful and none has more than its
    /// share.
    [[nodiscard]] std::optional<ConnectionId> least_useful(const Peers& peers, const Neighbours& neighbours,
                                                           const std::function<bool(const Peer&)>& may_go, Instant now);

  private:
    /// Grade, connections of the site and of the network, age: the highest goes.
    using Rank = std::tuple<int, std::size_t, std::size_t, std::uint64_t>;
    struct Ranked {
        Rank rank;
        ConnectionId connection;
        friend bool operator<(const Ranked& a, const Ranked& b) noexcept { return a.rank < b.rank; }
    };

    [[nodiscard]] bool unproductive(const Peer& peer, Instant now) const;
    /// Nothing: it is useful, and one of few.
    [[nodiscard]] std::optional<Rank> rank_of(const Peer& peer, const Neighbours& neighbours, Instant now) const;
    void rank_all(const Peers& peers, const Neighbours& neighbours, Instant now);

    const Config& config_;
    std::vector<Ranked> ranked_;  // a heap
    Instant ranked_at_ = Instant::min();
    std::size_t choices_ = 0;  // that are left before all are ranked again
};

}  // namespace ouro::responder
