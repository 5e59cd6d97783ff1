#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include <ouro/n2n/message.hpp>
#include <ouro/protocol/chain_view.hpp>
#include <ouro/time.hpp>

/// What a responder is told and what it tells.
namespace ouro::responder {

struct Config {
    /// What is accepted: versions 14 and 15.
    VersionOffer offer{n2n::default_versions(), {mainnet, false, false, false, false}};

    /// The chain that is served. Without one, each request is an event, to be answered by command.
    std::shared_ptr<const ChainView> chain;

    Duration idle_timeout = 5s;           ///< for a peer with no mini-protocol running; zero: none
    Duration query_linger = 20s;          ///< for a peer to read the answer to its query
    std::size_t blocks_ahead = 1U << 20;  ///< octets of blocks handed out that have not left
    std::size_t max_events = 4'096;       ///< events not yet taken; news of peers are dropped above it, and counted
    std::uint64_t seed = 0x6f75726f;
};

// Commands. What a request asked for, where no chain is served. Errors: Errc::not_our_turn without such a request.
struct ProvideIntersection {
    ConnectionId connection{};
    std::optional<Point> point;  ///< nothing: none of the points is on the chain
    Tip tip;
};
struct ProvideHeader {
    ConnectionId connection{};
    Header header;
    Tip tip;
};
struct ProvideRollback {
    ConnectionId connection{};
    Point point;
    Tip tip;
};
/// The follower has everything: the next ProvideHeader or ProvideRollback goes to it when there is one.
struct ProvideAwait {
    ConnectionId connection{};
};
struct ProvideBlocks {
    ConnectionId connection{};
    std::vector<Bytes> blocks;  ///< in order; none: the range is not on the chain
};
/// The served chain has grown, or is another one above `common`. To be told at once, in the same turn.
struct ChainChanged {
    ChainView::Position common = 0;
};
struct DisconnectPeer {
    ConnectionId connection{};
};
struct Housekeeping {};

using Command = std::variant<ProvideIntersection, ProvideHeader, ProvideRollback, ProvideAwait, ProvideBlocks,
                             ChainChanged, DisconnectPeer, Housekeeping>;

// Events.
struct PeerConnected {
    ConnectionId connection{};
    PeerId peer;
};
struct PeerInitialized {
    ConnectionId connection{};
    PeerId peer;
    Agreement agreement;
};
/// The peer was told why there is no agreement.
struct PeerRefused {
    ConnectionId connection{};
    PeerId peer;
    Errc error{};
    RefuseReason reason;
};
struct PeerDisconnected {
    ConnectionId connection{};
    PeerId peer;
    Errc reason{};
    std::error_code system;
    Violation violation;
};
struct IntersectionRequested {
    ConnectionId connection{};
    PeerId peer;
    std::vector<Point> points;
};
struct NextHeaderRequested {
    ConnectionId connection{};
    PeerId peer;
};
struct BlockRangeRequested {
    ConnectionId connection{};
    PeerId peer;
    Point first, last;
};
/// The interface has a trouble of its own, and goes on.
struct InterfaceTrouble {
    std::error_code error;
};

using Event = std::variant<PeerConnected, PeerInitialized, PeerRefused, PeerDisconnected, IntersectionRequested,
                           NextHeaderRequested, BlockRangeRequested, InterfaceTrouble>;

/// One peer as it is now.
struct PeerState {
    ConnectionId connection{};
    PeerId peer;
    std::optional<Agreement> agreement;  ///< nothing: still in the handshake
    std::uint64_t headers = 0;           ///< served
    std::uint64_t blocks = 0;            ///< served
};

/// Since the beginning.
struct Counters {
    std::uint64_t connections = 0;
    std::uint64_t handshakes = 0;
    std::uint64_t refusals = 0;
    std::uint64_t violations = 0;
    std::uint64_t headers = 0;
    std::uint64_t blocks = 0;
    std::uint64_t keep_alives = 0;
    std::uint64_t events_dropped = 0;
};

}  // namespace ouro::responder
