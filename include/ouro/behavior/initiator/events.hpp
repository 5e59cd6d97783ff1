#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

#include <ouro/base/time.hpp>
#include <ouro/behavior/visitor.hpp>
#include <ouro/n2n/message.hpp>
#include <ouro/protocol/chain_rules.hpp>

/// Events. `command` is the id of the command that an event belongs to.
namespace ouro::initiator {

// --- Peers

/// The connection is open; the handshake begins.
struct PeerConnected {
    PeerId peer;
};
/// The handshake has succeeded.
struct PeerInitialized {
    PeerId peer;
    Agreement agreement;
};
/// The handshake has failed: the reason as an error, and as it stands in the refusal.
struct PeerRefused {
    PeerId peer;
    Errc error{};
    RefuseReason reason;
    bool by_peer = false;                     ///< else by this side
    std::vector<Version> offered_versions{};  ///< of the peer, where this side refused at a simultaneous open
};
/// The refusal as one sentence. Where this side refused, it names what the peer offered and what this side has.
[[nodiscard]] std::string to_string(const PeerRefused& event);
/// The peer has answered a query for its versions.
struct QueryAnswered {
    PeerId peer;
    VersionTable versions;
};
/// The connection has ended, or a dial has failed.
struct PeerDisconnected {
    PeerId peer;
    Errc reason{};
    std::error_code system;
    Violation violation;
    /// From when on the peer may be dialled; a root is dialled then. Empty: never.
    std::optional<Instant> retry_at;
    std::optional<Point> point{};  ///< of the header or block that broke the rule of `violation`, if one did
};
struct TemperatureChanged {
    PeerId peer;
    Temperature from{}, to{};
};
/// The peer is banned until then: for the rule that it broke, or with Errc::banned by command.
struct PeerBanned {
    PeerId peer;
    Errc reason{};
    Instant until{};
};
/// A wait has lasted half of its time limit. Reported once for each wait; the wait continues.
struct Stalled {
    PeerId peer;  ///< empty: the sync `command` waits for an upstream; for a sync of one peer, that peer
    std::string_view protocol, state;
    Instant since{};
    CommandId command{};  ///< of the sync that waits for an upstream; else zero
};
/// Peers that another peer has shared, unchecked. Those not known before are known now, up to the target.
struct PeersShared {
    CommandId command{};  ///< zero: requested by the behavior itself
    PeerId peer;
    std::vector<PeerId> peers;
    std::size_t fresh = 0;    ///< how many of them were not known, and are now
    std::size_t refused = 0;  ///< addresses left out of `peers`, which a peer may not share: see `Discovery::allowed`
};
struct SharingFailed {
    CommandId command{};
    PeerId peer;
    Errc reason{};
};

// --- Chains

/// The sync has found its beginning.
struct Intersected {
    CommandId command{};
    PeerId peer;
    Point point;
    Tip tip;
};
/// No hot peer has any of the points: `peer` was the last to answer. The sync has ended. Peers that are the upstreams
/// of other syncs are asked as well, once they are free.
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
    std::optional<HeaderInfo> info{};  ///< what the rules read in the header; empty without rules
};
struct RollBackward {
    CommandId command{};
    PeerId peer;
    Point point;
    Tip tip;
};
/// Everything that the upstream has was reported. Reported once, and again after the sync has fallen behind.
struct AtTip {
    CommandId command{};
    PeerId peer;
    Tip tip;
};
/// The sync has ended: with Errc::none by `StopSync`, with Errc::no_intersection or Errc::unknown_era when no known
/// peer can continue it, and with the reason of its upstream's end where no other peer can continue it: without rules,
/// and if the sync is of one peer.
struct SyncEnded {
    CommandId command{};
    Errc reason{};
    /// With Errc::unknown_era, of the last header of such an era, which it names; else of the upstream's end.
    Violation violation{};
};

// --- Blocks

struct BlockReceived {
    CommandId command{};
    PeerId peer;
    std::uint64_t index = 0;           ///< position in the request
    Bytes block;                       ///< `[tag, block]`
    std::optional<HeaderInfo> info{};  ///< what the rules read in its header; empty without rules
};
struct RangeDone {
    CommandId command{};
    PeerId peer;  ///< sent the last block
    std::uint64_t blocks = 0;
};
struct NoBlocks {
    CommandId command{};
    PeerId peer;  ///< answered last
};
struct RangeFailed {
    CommandId command{};
    Errc reason{};             ///< the last rule that a block broke, if each peer has sent such a block
    std::uint64_t blocks = 0;  ///< delivered before
    /// The block that broke the rule in `reason`. Empty where none did, or where its header cannot be read and it was
    /// not requested by its point.
    std::optional<BlockPoint> point{};
    Violation violation{};  ///< of the rule in `reason`
};

// --- Leios

/// News of endorser blocks, unchecked.
struct EbNotification {
    PeerId peer;
    std::variant<LeiosNotify::BlockAnnouncement, LeiosNotify::BlockOffer, LeiosNotify::BlockTxsOffer,
                 LeiosNotify::Votes>
        notification;
};
struct EbFetched {
    CommandId command{};
    PeerId peer;
    BlockPoint block;
    Bytes cbor;  ///< the hashed bytes as they arrived, for `read_endorser_block`
};
struct EbTxsFetched {
    CommandId command{};
    PeerId peer;
    BlockPoint block;
    LeiosBitmap which;       ///< all requested transactions, or some of them
    std::vector<Bytes> txs;  ///< the bytes of each transaction in `which`
};
struct EbFailed {
    CommandId command{};
    Errc reason{};
};

// --- Transactions

/// The id was announced to the peer, which requests the transaction, has it already, or disconnects.
struct TxOffered {
    CommandId command{};
    PeerId peer;
};
/// The peer has requested the transaction, and it was sent. Reported once for each peer.
struct TxRequested {
    CommandId command{};
    PeerId peer;
};
/// The peer has the transaction that it requested: it has acknowledged the id. Its verdict is not known.
struct TxDelivered {
    CommandId command{};
    PeerId peer;
};
/// The peer has acknowledged the id without a request: it has the transaction already, or does not want it.
struct TxKnown {
    CommandId command{};
    PeerId peer;
};
/// The end of a transaction that at least one peer has acknowledged.
struct TxSubmitted {
    CommandId command{};
    std::uint32_t delivered = 0;  ///< peers that requested it
    std::uint32_t known = 0;      ///< peers that did not
};
/// The end of a transaction that no peer has acknowledged.
struct TxFailed {
    CommandId command{};
    Errc reason{};  ///< why the last peer that it was offered to disconnected; Errc::no_peer: there was none
    std::uint32_t offered = 0;  ///< peers that it was offered to; some of them may have requested and received it
};

using Event =
    std::variant<PeerConnected, PeerInitialized, PeerRefused, QueryAnswered, PeerDisconnected, TemperatureChanged,
                 PeerBanned, Stalled, Intersected, NoIntersection, RollForward, RollBackward, AtTip, SyncEnded,
                 BlockReceived, RangeDone, NoBlocks, RangeFailed, EbNotification, EbFetched, EbTxsFetched, EbFailed,
                 PeersShared, SharingFailed, TxOffered, TxRequested, TxDelivered, TxKnown, TxSubmitted, TxFailed>;

}  // namespace ouro::initiator
