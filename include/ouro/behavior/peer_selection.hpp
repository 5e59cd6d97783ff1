#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <ouro/base/error.hpp>
#include <ouro/base/time.hpp>
#include <ouro/base/types.hpp>
#include <ouro/names/address_range.hpp>

/// The number of peers in use, and the sources of more.
namespace ouro::initiator {

/// Targets for the numbers of known and used peers. Roots count like others, come first, and may exceed the targets.
///
/// Source  ouroboros-network, Diffusion/Configuration.hs: the targets of a relay.
struct Targets {
    std::size_t established = 30;  ///< warm or hot, or about to be
    std::size_t active = 20;       ///< hot
    std::size_t known = 150;       ///< above it none are learnt from peers, and learnt ones are forgotten
    std::size_t root = 60;         ///< limit on known public roots, kept by `RootPeers`
};

/// Errc::none if the targets are consistent, else Errc::bad_argument.
///
/// Source  ouroboros-network, Governor/Types.hs, sanePeerSelectionTargets.
[[nodiscard]] inline Errc check(const Targets& targets) noexcept {
    constexpr std::size_t most_active = 100, most_established = 1'000, most_known = 10'000;
    const bool sane = targets.active <= targets.established && targets.established <= targets.known &&
                      targets.root <= targets.known && targets.active <= most_active &&
                      targets.established <= most_established && targets.known <= most_known;
    return sane ? Errc::none : Errc::bad_argument;
}

/// A peer that opened a connection to us that both sides use.
struct InboundPeer {
    PeerId peer;
    Instant since{};  ///< when it was opened
};

/// Discovery of peers by peer sharing, while fewer are known than the target. Only peers with which sharing is agreed
/// get requests: `peer_sharing` of the offer enables it.
///
/// Source  ouroboros-network, Diffusion/Policies.hs, Governor/KnownPeers.hs.
struct Discovery {
    std::size_t in_flight = 2;    ///< requests to different peers at a time
    Duration first_after = 300s;  ///< a peer gets its first request after this time in use
    Duration again_after = 900s;  ///< and the next one after this time, also on another connection
    Duration timeout = 10s;       ///< for an answer; then others are asked, and a late answer is still used
    std::size_t at_least = 8;     ///< peers per request; more if more are missing, at most 255
    std::size_t max_asks = 256;   ///< waiting `AskPeers` commands

    /// Ranges of addresses that are accepted from peers although they are not globally reachable, for private networks
    /// and tests. See `check_shared`.
    std::vector<AddressRange> allowed;

    /// Returns the inbound peers, of which a few become known at times, in place of a request. A node sets it. Called
    /// from the behavior's own calls.
    std::function<std::vector<InboundPeer>()> inbound;
    Duration inbound_every = 60s;
    std::size_t inbound_at_once = 10;  ///< inbound peers that become known at a time
    Duration mature_after = 15min;     ///< minimum age of the connection of such a peer
};

/// Periodic replacement of some peers, however good they are, so that no peer near us stays for ever. Each step of a
/// round lowers or restores a target, and ends when it is met or the step's time is over. Roots stay.
///
/// Source  cardano-diffusion, PeerSelection/Churn.hs, steps 7 to 12; the interval is the one of a node that has synced.
struct Churn {
    Duration interval = 3'300s;  ///< between the starts of two rounds
    Duration jitter = 600s;      ///< maximum of the random addition
    std::size_t part = 5;        ///< one peer of this number is replaced, at least one

    // The time limit of each step.
    Duration cooling = 300s;
    Duration heating = 60s;
    Duration closing = 121s;
    Duration forgetting = 60s;
    Duration learning = 80s;
    Duration connecting = 60s;
};

}  // namespace ouro::initiator
