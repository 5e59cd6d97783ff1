#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/base/list.hpp>
#include <ouro/base/time.hpp>
#include <ouro/behavior/peer_selection.hpp>
#include <ouro/n2n/message.hpp>

/// Commands. Those that own memory have constructors, because g++ 12 miscompiles aggregates within a `co_await`:
/// docs/coroutines.md.
namespace ouro::initiator {

// --- Peers

/// Makes the peer a root of its own: it is dialled, dialled again after each disconnect, and hot while it is connected,
/// until `DemotePeer`.
struct IncludePeer {
    IncludePeer() noexcept = default;
    explicit IncludePeer(PeerId included, bool is_trusted = false, bool speaks_own = false) noexcept
        : peer(std::move(included)), trusted(is_trusted), own_protocols(speaks_own) {}

    PeerId peer;
    bool trusted = false;        ///< one of the user's own: at its tip it may be silent for any time
    bool own_protocols = false;  ///< it speaks the protocols of `Config::protocols`
};
/// Forgets the peer. Its connection ends in good order.
struct DemotePeer {
    DemotePeer() noexcept = default;
    explicit DemotePeer(PeerId demoted) noexcept : peer(std::move(demoted)) {}

    PeerId peer;
};
/// Adds peers for the targets to choose from. A peer is forgotten after failures in a row.
struct KnowPeers {
    KnowPeers() = default;
    explicit KnowPeers(List<PeerId> known, bool advertised = false) noexcept
        : peers(std::move(known).vector()), advertise(advertised) {}

    std::vector<PeerId> peers;
    bool advertise = false;  ///< may be shared with other peers
};
/// A group of peers of which `hot_valency` are kept hot, and `warm_valency` warm or hot.
struct LocalRoots {
    LocalRoots() = default;
    LocalRoots(List<PeerId> group, std::size_t hot = 1, std::size_t warm = 1, bool are_trusted = false,
               bool advertised = false, bool one_way = false, bool firewalled = false) noexcept
        : peers(std::move(group).vector()),
          hot_valency(hot),
          warm_valency(warm),
          trusted(are_trusted),
          advertise(advertised),
          initiator_only(one_way),
          behind_firewall(firewalled) {}

    std::vector<PeerId> peers;
    std::size_t hot_valency = 1;
    std::size_t warm_valency = 1;  ///< at least `hot_valency`
    bool trusted = false;          ///< as `IncludePeer::trusted`
    bool advertise = false;        ///< may be shared with other peers
    bool initiator_only = false;   ///< a connection that this side opens to them goes one way
    bool behind_firewall = false;  ///< never dialled: a node uses a connection that they open
    bool own_protocols = false;    ///< they speak the protocols of `Config::protocols`
};
/// Replaces the groups of local roots. A peer that is in no group any more stays known.
struct SetLocalRoots {
    SetLocalRoots() = default;
    explicit SetLocalRoots(List<LocalRoots> all) noexcept : groups(std::move(all).vector()) {}

    std::vector<LocalRoots> groups;
};
/// Replaces the targets.
struct SetTargets {
    Targets targets;
};
/// Replaces the addresses of this node, which are never known as peers: those where it listens, and all others that
/// reach it. `0.0.0.0` stands for IPv4's loopback addresses with that port, `[::]` for those of both families. Another
/// address of this node is found by the first dial to it, which ends with Errc::self_connection.
struct SetOwnAddresses {
    SetOwnAddresses() = default;
    explicit SetOwnAddresses(List<PeerId> own) noexcept : addresses(std::move(own).vector()) {}

    std::vector<PeerId> addresses;
};
/// Bans the address for `time`. A later ban replaces an earlier one.
struct BanPeer {
    BanPeer() noexcept = default;
    explicit BanPeer(PeerId banned, Duration for_time = 1h) noexcept : peer(std::move(banned)), time(for_time) {}

    PeerId peer;
    Duration time = 1h;
};
/// Ends a ban.
struct UnbanPeer {
    UnbanPeer() noexcept = default;
    explicit UnbanPeer(PeerId banned) noexcept : peer(std::move(banned)) {}

    PeerId peer;
};
/// Disconnects a peer that sent a wrong block, for a program that checks the bodies of blocks itself, with
/// `Checks::headers`. The peer is treated as if the library had found the fault, and `PeerDisconnected` names it.
///
/// Errors  Errc::unknown_peer  it is not connected; Errc::bad_argument  a reason that is no fault of a block: only
///         Errc::malformed, Errc::unknown_era, Errc::body_size and Errc::body_mismatch are
struct RejectBlock {
    RejectBlock() noexcept = default;
    RejectBlock(PeerId from, BlockPoint wrong, Errc broken_rule) noexcept
        : peer(std::move(from)), block(wrong), rule(broken_rule) {}

    PeerId peer;  ///< `BlockReceived::peer`
    BlockPoint block;
    Errc rule = Errc::none;
};
/// Requests addresses of other peers from the peer. Ends in exactly one of PeersShared, SharingFailed.
struct AskPeers {
    AskPeers() noexcept = default;
    explicit AskPeers(PeerId asked, std::uint8_t at_most = 255) noexcept : peer(std::move(asked)), amount(at_most) {}

    PeerId peer;
    std::uint8_t amount = 255;  ///< upper limit
};

// --- Chains

/// Follows a chain. A subscription: it ends with `SyncEnded` or `NoIntersection`, and all its events have the id of
/// this command.
///
/// Several syncs may run, up to `Config::max_syncs`. Each has an upstream of its own, a hot peer that no other sync
/// follows; a sync without one waits until a hot peer is free.
///
/// Errors  Errc::queue_full  as many syncs run as may; Errc::unknown_peer  `peer` is not known
struct StartSync {
    StartSync() = default;
    explicit StartSync(List<Point> from, bool from_the_tip = false, std::optional<bool> is_automatic = {},
                       PeerId of = {}) noexcept
        : points(std::move(from).vector()), from_tip(from_the_tip), automatic(is_automatic), peer(std::move(of)) {}

    /// The sync begins at the first of them that is on the upstream's chain. Empty: at the origin.
    std::vector<Point> points;
    /// Begin at the tip of the first peer that answers; a peer without blocks has the origin. `points` are then only
    /// for a later upstream whose chain does not have the beginning: it continues from the first of them that it has.
    bool from_tip = false;
    /// In place of `Config::automatic`.
    std::optional<bool> automatic{};
    /// The only peer to follow. The sync begins when this peer is hot, and ends with its connection. Syncs without a
    /// peer of their own do not follow it meanwhile: one that does continues with another peer.
    PeerId peer{};
};
/// Adds credit for headers to a sync that is not automatic. The credit of a sync is at most one window; what is more is
/// dropped.
///
/// Errors  Errc::bad_argument  there is no such sync
struct ContinueSync {
    ContinueSync() noexcept = default;
    explicit ContinueSync(std::uint32_t more, CommandId of = {}) noexcept : headers(more), sync(of) {}

    std::uint32_t headers = 1;
    CommandId sync{};  ///< id of the `StartSync`; zero: the only sync, of which there is exactly one
};
/// Pauses a sync of one peer, or lets it continue. A paused sync requests nothing, and the time limits of its peer for
/// what was requested do not run; they begin anew when it continues. What was requested, a window of headers at most,
/// is still reported.
///
/// Errors  Errc::bad_argument  there is no such sync, or it has no `StartSync::peer`
struct PauseSync {
    PauseSync() noexcept = default;
    explicit PauseSync(bool is_paused, CommandId of = {}) noexcept : paused(is_paused), sync(of) {}

    bool paused = true;
    CommandId sync{};  ///< as `ContinueSync::sync`
};
/// Ends a sync. If the upstream owes headers, its connection ends in good order, and is dialled again. That of a sync
/// of one peer stays, and what the peer owes is dropped when it arrives.
///
/// Errors  Errc::bad_argument  there is no such sync
struct StopSync {
    StopSync() noexcept = default;
    explicit StopSync(CommandId of) noexcept : sync(of) {}

    CommandId sync{};  ///< as `ContinueSync::sync`
};

// --- Blocks

/// Requests all blocks from `first` to `last`, both included, in order and from one peer at a time. Ends in exactly one
/// of RangeDone, NoBlocks (no hot peer has them, and none was delivered), RangeFailed.
///
/// With rules each block must follow the one before it. If the peer disconnects or breaks a rule, another peer delivers
/// the rest: it is asked from the last delivered block on, which comes again and is dropped. Without rules the point of
/// that block is not known, and a request with delivered blocks fails with its peer.
struct RequestBlocks {
    BlockPoint first, last;
};
/// Requests these blocks, which must follow each other on one chain: a gap between them makes an honest peer look like
/// a liar. They are spread over the hot peers. A block is requested again from another peer where one is slow, does not
/// have it, sends another block or disconnects. Ends in exactly one of RangeDone, NoBlocks (no hot peer has them, and
/// none was delivered), RangeFailed.
struct RequestPoints {
    RequestPoints() = default;
    explicit RequestPoints(List<BlockPoint> blocks, List<std::uint32_t> sizes = {}, bool ordered = true) noexcept
        : points(std::move(blocks).vector()), bytes(std::move(sizes).vector()), in_order(ordered) {}

    std::vector<BlockPoint> points;
    std::vector<std::uint32_t> bytes{};  ///< estimated size of each block; empty: not known
    bool in_order = true;                ///< else in order of arrival, and `BlockReceived::index` has the position
};

// --- Leios

/// Requests an endorser block by the slot and hash of its offer. Ends in exactly one of EbFetched, EbFailed.
struct FetchEb {
    FetchEb() noexcept = default;
    explicit FetchEb(BlockPoint wanted, PeerId at = {}) noexcept : block(wanted), from(std::move(at)) {}

    BlockPoint block;
    /// The only peer to ask. Empty: the peers that offer it, or any peer where none has since the request. A peer that
    /// does not have it can only disconnect.
    PeerId from{};
};
/// Requests transactions of an endorser block, by their indices. Ends in exactly one of EbTxsFetched, EbFailed.
struct FetchEbTxs {
    FetchEbTxs() = default;
    FetchEbTxs(BlockPoint of, LeiosBitmap which, PeerId at = {}) noexcept
        : block(of), wanted(std::move(which)), from(std::move(at)) {}

    BlockPoint block;
    LeiosBitmap wanted;
    PeerId from{};  ///< as `FetchEb::from`
};

// --- Transactions

/// Submits a transaction to all hot peers, and to those that become hot while it waits: its id is announced to each,
/// and a peer requests it or knows it already. Ends in exactly one of TxSubmitted, TxFailed: when every hot peer has
/// acknowledged it, or after `Config::tx_timeout`.
///
/// Transactions of one origin are announced in the order of their commands, those of several origins in turn. When
/// there is no room, the origin that holds most gives up its place, if that is more than its share: the limit divided
/// by the origins with waiting transactions. All that it has waiting ends then, with Errc::over_budget, and a node
/// disconnects it.
///
/// Errors  Errc::bad_argument  not one CBOR item, another era than the id's, more than `largest_tx` bytes, or an id
/// that
///                             waits already
///         Errc::queue_full    as many transactions or bytes wait as may
struct SubmitTx {
    SubmitTx() noexcept = default;
    SubmitTx(TxId of, Tx submitted, PeerId received_from = {}) noexcept
        : id(of), tx(std::move(submitted)), from(std::move(received_from)) {}

    TxId id;  ///< as `ouro::chain::tx_id` finds it; it is not checked here
    Tx tx;
    PeerId from{};  ///< the peer that sent it, to which it is not announced; empty: the user's own
};

// --- Time

/// Does what is due. Never necessary: deadlines drive everything.
struct Housekeeping {};

using Command = std::variant<IncludePeer, DemotePeer, KnowPeers, SetLocalRoots, SetTargets, SetOwnAddresses, BanPeer,
                             UnbanPeer, RejectBlock, StartSync, ContinueSync, PauseSync, StopSync, RequestBlocks,
                             RequestPoints, FetchEb, FetchEbTxs, AskPeers, SubmitTx, Housekeeping>;

}  // namespace ouro::initiator
