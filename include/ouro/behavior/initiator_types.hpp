#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include <ouro/n2n/message.hpp>
#include <ouro/time.hpp>

/// What an initiator is told and what it tells.
namespace ouro::initiator {

struct Config {
    /// What is proposed. Versions 14 and 15; this side runs no responders, so the connection goes one way.
    VersionOffer offer{n2n::default_versions(), {mainnet, true, false, false, false}};

    std::uint32_t sync_window = 300;  ///< headers asked for and not yet taken, kept full; 300 at most, as NodeToNode.hs
    bool automatic = true;            ///< ask for the next header when one is taken; else on `ContinueSync`
    std::size_t history = 2'160;      ///< headers remembered for another upstream; k of the main network
    std::uint32_t requests_in_flight = 100;  ///< block requests per peer, NodeToNode.hs blockFetchPipeliningMax
    std::size_t max_requests = 4'096;        ///< block requests waiting for a peer
    Duration request_timeout = 120s;         ///< how long one waits for a peer to be there
    /// Blocks not yet taken, in octets; block-fetch pauses above it. What was asked for and comes all the same waits
    /// unread; a peer of which more than 23 MB do so is left, with Errc::queue_full.
    std::size_t events_octets = 8U << 20;
    std::size_t max_events = 1'024;  ///< events not yet taken; nobody is dialled above it

    Duration dial_timeout = 60s;               ///< resolve and connect, all addresses together
    Duration keep_alive_interval = 10s;        ///< after the last answer
    Duration back_off = 5s;                    ///< after the first failure; doubled up to five times
    Duration back_off_jitter = 2s;             ///< each way
    Duration failures_forgotten_after = 120s;  ///< of a good connection

    /// The point of a header: with it, another upstream continues where the last one stopped, and roll-backs are
    /// checked. `ouro::chain` has one.
    std::function<Result<BlockPoint>(const Header&)> point_of;
    /// Whether a block is the one at the point: with it the ends of a range are checked. `ouro::chain` has one.
    std::function<bool(const Bytes& block, const BlockPoint&)> block_matches;

    std::uint64_t seed = 0x6f75726f;  ///< of jitter and cookies
};

// Commands. A peer that is included is dialled, and dialled again after it left, until it is demoted.
struct IncludePeer {
    PeerId peer;
    bool trusted = false;  ///< one of our own: may say nothing at its tip for as long as it likes
};
struct DemotePeer {
    PeerId peer;
};
/// Follow one chain, from the best of `points` (none: from the origin). A subscription: ends with `SyncEnded`.
struct StartSync {
    std::vector<Point> points;
};
/// Credit for `headers` more, where the sync is not automatic.
struct ContinueSync {
    std::uint32_t headers = 1;
};
struct StopSync {};
/// All blocks from `first` to `last`, both included. Ends in exactly one of RangeDone, NoBlocks, RangeFailed.
struct RequestBlocks {
    BlockPoint first, last;
};
/// Nobody has to send it: deadlines drive everything.
struct Housekeeping {};

using Command = std::variant<IncludePeer, DemotePeer, StartSync, ContinueSync, StopSync, RequestBlocks, Housekeeping>;

// Events.
struct PeerConnected {
    PeerId peer;
};
struct PeerInitialized {
    PeerId peer;
    Agreement agreement;
};
/// No agreement: the reason in our terms, and in the words of whoever refused.
struct PeerRefused {
    PeerId peer;
    Errc error{};
    RefuseReason reason;
    bool by_peer = false;
};
/// The peer answered a query for its versions.
struct QueryAnswered {
    PeerId peer;
    VersionTable versions;
};
struct PeerDisconnected {
    PeerId peer;
    Errc reason{};
    std::error_code system;
    Violation violation;
    std::optional<Instant> retry_at;  ///< nothing: the peer is not dialled again
};
struct Intersected {
    CommandId command{};
    PeerId peer;
    Point point;
    Tip tip;
};
/// None of the points is on the peer's chain. The sync has ended.
struct NoIntersection {
    CommandId command{};
    PeerId peer;
    Tip tip;
};
struct RollForward {
    CommandId command{};
    PeerId peer;
    Header header;
    Tip tip;
};
struct RollBackward {
    CommandId command{};
    PeerId peer;
    Point point;
    Tip tip;
};
/// Everything the peer has was told. Once, until it has fallen behind again.
struct AtTip {
    CommandId command{};
    PeerId peer;
    Tip tip;
};
struct SyncEnded {
    CommandId command{};
    Errc reason{};
};
struct BlockReceived {
    CommandId command{};
    PeerId peer;
    std::uint64_t index = 0;  ///< in its range
    Bytes block;              ///< `[tag, block]`
};
struct RangeDone {
    CommandId command{};
    PeerId peer;
    std::uint64_t blocks = 0;
};
struct NoBlocks {
    CommandId command{};
    PeerId peer;
};
struct RangeFailed {
    CommandId command{};
    Errc reason{};
    std::uint64_t blocks = 0;  ///< delivered before
};

using Event = std::variant<PeerConnected, PeerInitialized, PeerRefused, QueryAnswered, PeerDisconnected, Intersected,
                           NoIntersection, RollForward, RollBackward, AtTip, SyncEnded, BlockReceived, RangeDone,
                           NoBlocks, RangeFailed>;

enum class Stage : std::uint8_t { waiting, dialling, handshaking, ready, closing };

/// One peer as it is now.
struct PeerState {
    PeerId peer;
    Stage stage{};
    Errc reason{};  ///< why the last connection ended
    std::uint32_t failures = 0;
    std::optional<Instant> retry_at;
    std::optional<Agreement> agreement;
    std::optional<Duration> round_trip;
};

}  // namespace ouro::initiator
