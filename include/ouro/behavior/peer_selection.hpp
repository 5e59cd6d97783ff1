#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <ouro/base/error.hpp>
#include <ouro/base/time.hpp>
#include <ouro/base/types.hpp>
#include <ouro/names/address_range.hpp>

/// The choice of peers: how many are in use, and how more become known.
namespace ouro::initiator {

/// How many peers are known and in use. Roots have precedence, are counted, and may exceed the targets.
///
/// Source  ouroboros-network, Diffusion/Configuration.hs: the targets of a relay.
struct Targets {
    std::size_t established = 30;  ///< warm or hot, or on the way to warm
    std::size_t active = 20;       ///< hot
    /// Known peers. Above it none are learnt through peer sharing, and learnt ones are forgotten.
    std::size_t known = 150;
    std::size_t root = 60;  ///< limit on known public roots, which `RootPeers` keeps
};

/// Whether the targets are possible: Errc::none, or Errc::bad_argument.
///
/// Source  ouroboros-network, Governor/Types.hs, sanePeerSelectionTargets.
[[nodiscard]] inline Errc check(const Targets& targets) noexcept {
    constexpr std::size_t most_active = 100, most_established = 1'000, most_known = 10'000;
    const bool sane = targets.active <= targets.established && targets.established <= targets.known &&
                      targets.root <= targets.known && targets.active <= most_active &&
                      targets.established <= most_established && targets.known <= most_known;
    return sane ? Errc::none : Errc::bad_argument;
}

/// A peer that has opened a connection to this node, which both sides may use.
struct InboundPeer {
    PeerId peer;
    Instant since{};  ///< when it was opened
};

/// Requests of addresses from peers, which the behavior sends while fewer peers are known than the target. Only peers
/// that have agreed to peer sharing are asked; the offer's `peer_sharing` is the switch.
///
/// Source  ouroboros-network, Diffusion/Policies.hs, Governor/KnownPeers.hs.
struct Discovery {
    std::size_t in_flight = 2;    ///< peers asked at a time
    Duration first_after = 300s;  ///< time in use before a peer is asked
    Duration again_after = 900s;  ///< time until it is asked again, also on its next connection
    Duration timeout = 10s;  ///< for an answer; after it another peer may be asked, and a late answer is still used
    /// Addresses per request: these, or if it is more the missing peers divided by the asked ones; at most 255.
    std::size_t at_least = 8;
    std::size_t max_asks = 256;  ///< waiting `AskPeers`

    /// Ranges whose addresses may be learnt from peers although they are not globally reachable, for private networks
    /// and tests. See `check_shared`.
    std::vector<AddressRange> allowed;

    /// Returns the inbound peers, of which some become known at times in place of a request. A node sets it. Called
    /// from within the behavior's own calls.
    std::function<std::vector<InboundPeer>()> inbound;
    Duration inbound_every = 60s;      ///< least time between two such times
    std::size_t inbound_at_once = 10;  ///< inbound peers that become known each time
    Duration mature_after = 15min;     ///< age of a connection before its peer becomes known
};

/// Periodic replacement of some peers in use, also of good ones, so that no attacker stays in use for ever. Each step
/// of a round lowers or restores a target, and ends when the target is met or its time is over. Roots stay.
///
/// Source  cardano-diffusion, PeerSelection/Churn.hs, steps 7 to 12; the interval is the one of a node that has synced.
struct Churn {
    Duration interval = 3'300s;  ///< from the start of a round to the start of the next
    Duration jitter = 600s;      ///< largest random addition to it
    std::size_t part = 5;        ///< one of `part` peers is replaced, at least one

    // Time limits of the steps.
    Duration cooling = 300s;    ///< for hot peers to become warm
    Duration heating = 60s;     ///< for other peers to become hot
    Duration closing = 121s;    ///< for the connections of warm peers to end
    Duration forgetting = 60s;  ///< for known peers to be forgotten
    Duration learning = 80s;    ///< for other peers to become known
    Duration connecting = 60s;  ///< for other peers to become warm
};

}  // namespace ouro::initiator
