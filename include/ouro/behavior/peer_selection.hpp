#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <ouro/base/error.hpp>
#include <ouro/base/time.hpp>
#include <ouro/base/types.hpp>
#include <ouro/names/address_range.hpp>

/// How many peers are in use, and where more of them come from.
namespace ouro::initiator {

/// How many peers are known and in use. Roots come first, count as all others do, and may exceed them.
///
/// Source  ouroboros-network, Diffusion/Configuration.hs: those of a relay.
struct Targets {
    std::size_t established = 30;  ///< warm or hot, and on their way there
    std::size_t active = 20;       ///< hot
    std::size_t known = 150;       ///< of whom peers tell, no more become known; who was told of is forgotten above it
    std::size_t root = 60;         ///< at most so many public roots are known at a time: `RootPeers` minds it
};

/// Whether targets make sense: Errc::none, or Errc::bad_argument.
///
/// Source  ouroboros-network, Governor/Types.hs, sanePeerSelectionTargets.
[[nodiscard]] inline Errc check(const Targets& targets) noexcept {
    constexpr std::size_t most_active = 100, most_established = 1'000, most_known = 10'000;
    const bool sane = targets.active <= targets.established && targets.established <= targets.known &&
                      targets.root <= targets.known && targets.active <= most_active &&
                      targets.established <= most_established && targets.known <= most_known;
    return sane ? Errc::none : Errc::bad_argument;
}

/// A peer that has opened a connection to us which both sides use.
struct InboundPeer {
    PeerId peer;
    Instant since{};  ///< when it was opened
};

/// How peers are asked for others, of our own accord while fewer are known than the target says. Only who has agreed to
/// share peers is asked: the offer's `peer_sharing` is the switch.
///
/// Source  ouroboros-network, Diffusion/Policies.hs, Governor/KnownPeers.hs.
struct Discovery {
    std::size_t in_flight = 2;    ///< peers asked at a time
    Duration first_after = 300s;  ///< a peer is not asked before it has been in use for so long
    Duration again_after = 900s;  ///< nor again, nor on its next connection, before so long after it was asked
    Duration timeout = 10s;       ///< for an answer; a later one is taken, and nobody waits for it
    std::size_t at_least = 8;     ///< asked for; at most 255, else what is missing divided by those who are asked
    std::size_t max_asks = 256;   ///< `AskPeers` that wait

    /// Ranges whose addresses are learnt from peers though they are not globally reachable: for private networks and
    /// tests. See `check_shared`.
    std::vector<AddressRange> allowed;

    /// Those who have come to us: a few of them become known at times, in place of asking. A node has them; they are
    /// asked for from within the behavior's own calls.
    std::function<std::vector<InboundPeer>()> inbound;
    Duration inbound_every = 60s;
    std::size_t inbound_at_once = 10;  ///< of them that become known
    Duration mature_after = 15min;     ///< who is not there for so long is not taken
};

/// How peers are given up for others, however well they do, so that nobody who has come close to us stays for ever:
/// each part of a round sets a target lower or back, and ends when that is met or its time is over. Roots stay.
///
/// Source  cardano-diffusion, PeerSelection/Churn.hs, steps 7 to 12; the interval is the one of a node that has synced.
struct Churn {
    Duration interval = 3'300s;  ///< from one round's start to the next one's
    Duration jitter = 600s;      ///< on top, at most
    std::size_t part = 5;        ///< one of so many is given up, one at least

    // How long a step may take.
    Duration cooling = 300s;
    Duration heating = 60s;
    Duration closing = 121s;
    Duration forgetting = 60s;
    Duration learning = 80s;
    Duration connecting = 60s;
};

}  // namespace ouro::initiator
