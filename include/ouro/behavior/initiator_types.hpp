#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/base/list.hpp>
#include <ouro/base/time.hpp>
#include <ouro/behavior/own_protocol.hpp>
#include <ouro/behavior/peer_selection.hpp>
#include <ouro/behavior/visitor.hpp>
#include <ouro/n2n/message.hpp>
#include <ouro/protocol/chain_rules.hpp>

/// What an initiator is told and what it tells.
namespace ouro::initiator {

struct Config {
    /// What is proposed. Versions 14 and 15; this side runs no responders, so the connection goes one way.
    VersionOffer offer{n2n::default_versions(), {mainnet, true, false, false, false}};

    std::uint32_t sync_window = 300;         ///< headers requested and not yet taken; 1 to 300, NodeToNode.hs
    bool automatic = true;                   ///< ask for the next header when one is taken; else on `ContinueSync`
    std::size_t history = 2'160;             ///< headers remembered for another upstream, 1 at least; k of mainnet
    std::uint32_t requests_in_flight = 100;  ///< block requests per peer, NodeToNode.hs blockFetchPipeliningMax
    std::size_t max_requests = 4'096;        ///< block requests waiting for a peer
    std::size_t max_points = 100'000;        ///< of all requests for points that have not ended
    Duration request_timeout = 120s;         ///< how long one waits for a peer to be there
    /// Bytes of blocks that wait for an earlier one of their request, of all in-order requests together. A block that
    /// does not fit is dropped and requested again when there is room.
    std::size_t blocks_ahead_bytes = 32U << 20;
    /// Blocks not yet taken, in bytes; block-fetch pauses above it. What was asked for and comes all the same waits
    /// unread; a peer of which more than 23 MB do so is left, with Errc::queue_full.
    std::size_t events_bytes = 8U << 20;
    std::size_t max_events = 1'024;  ///< events not yet taken; nobody is dialled above it

    Duration dial_timeout = 60s;         ///< resolve and connect, all addresses together
    Duration keep_alive_interval = 10s;  ///< after the last answer

    // Which peers are in use, and when they are tried again. Numbers: ouroboros-network, PeerSelection/Governor.
    Targets targets;
    std::size_t max_known = 10'000;            ///< peers in all, banned ones too
    Duration back_off = 5s;                    ///< after the first failure; doubled up to five times
    Duration back_off_jitter = 2s;             ///< each way
    Duration repromote_delay = 10s;            ///< at least so long after a connection in use that we have ended
    Duration failures_forgotten_after = 120s;  ///< of a hot peer
    std::uint32_t max_failures = 5;            ///< at the next one a peer that is no root is forgotten
    Duration passed_over_delay = 120s;         ///< before a peer that has not our chain is hot again
    Duration rolled_back_delay = 180s;         ///< the same for one that went back further than is remembered
    Duration cooling_time = 300s;              ///< for a hot peer to answer what it owes when it shall be warm
    Duration ban_time = 1h;       ///< for a peer that broke a rule and is no root; zero: nobody is banned by rule
    Duration lonely_after = 30s;  ///< a sync without anybody to follow has stalled
    /// After each such time at the tip without news, a sync asks the peers on standby for an intersection, and
    /// continues with one whose chain is longer than the upstream's. It takes `rules`. Zero: no peer is asked.
    Duration tip_check = 10s;
    /// How long the upstream may take, while it has more, to deliver a header with a new highest number; each such
    /// header adds `header_worth` again, up to this. An upstream that has used it up, or whose answer is half overdue
    /// (`Stalled`), keeps its place only until another hot peer has shown that it has more. It takes `rules`.
    /// Source  ouroboros-consensus, the limit on patience of Genesis: a bucket that only a new highest block fills.
    Duration patience = 60s;
    Duration header_worth = 100ms;  ///< ten headers a second: a tenth of what a slow link brings
    /// Roll-backwards of one upstream without a header with a new highest number in between. At the next one it is
    /// disconnected (`no_progress`). A fork at the tip takes one or two of them.
    std::uint32_t max_rollbacks = 10;
    Discovery discovery;
    std::optional<Churn> churn;  ///< nothing: peers that do well are kept for ever

    std::vector<std::shared_ptr<PeerVisitor>> visitors;  ///< parts of the user's own

    /// What headers and blocks are checked by; `ouro::chain::cardano_rules` has Cardano's. Without rules nothing that a
    /// peer sends is checked, and no other upstream can continue where the last one stopped.
    std::shared_ptr<const ChainRules> rules;
    Checks checks = Checks::blocks;

    /// Follow endorser blocks: notifications of every peer, `FetchEb` and `FetchEbTxs`. Leios is a prototype that no
    /// version tells of: a peer that was not told to speak it ends the connection when it is spoken to.
    bool leios = false;
    /// Notifications requested and not yet taken, of each peer, kept full; 0 to 100, as in the prototype.
    std::uint32_t notify_window = 10;
    std::uint32_t eb_requests_in_flight = 10;    ///< per peer; 1 to 20, whose answers its queue can hold
    std::size_t eb_bytes_in_flight = 5'000'000;  ///< about, per peer
    std::size_t eb_bytes = 50'000'000;           ///< about, in flight and not yet taken, of all peers
    std::size_t max_eb_requests = 1'024;         ///< waiting for a peer
    Duration eb_timeout = 120s;                  ///< how long one waits for a peer to be asked

    /// Transactions submitted and without an outcome, of all origins: see `SubmitTx` for the share of each. Zero:
    /// tx-submission is not spoken.
    std::size_t max_txs = 10'000;
    /// Begin tx-submission with every peer that becomes hot, as the reference does; else with the first transaction.
    /// Nobody can end it at a peer that asks for nothing, and some leave who begins it.
    bool early_txs = false;
    std::size_t tx_bytes = 8U << 20;  ///< of them, with their eras' envelopes
    Duration tx_timeout = 120s;       ///< how long one waits for the hot peers: a node may ask 60 s late

    /// Protocols of the user's own, made with `own`: spoken with the groups of local roots that have `own_protocols`.
    std::vector<std::shared_ptr<OwnProtocol>> protocols;

    std::uint64_t seed = 0x6f75726f;  ///< of jitter and cookies
};

// Commands. Those that own memory have constructors: no aggregate may be made within a `co_await` of g++ 12, which
// docs/coroutines.md explains. A peer that is included is a root of its own: it is dialled, and dialled again after it
// left, until it is demoted, and it is hot whenever it is there.
struct IncludePeer {
    IncludePeer() noexcept = default;
    explicit IncludePeer(PeerId included, bool is_trusted = false, bool speaks_own = false) noexcept
        : peer(std::move(included)), trusted(is_trusted), own_protocols(speaks_own) {}

    PeerId peer;
    bool trusted = false;        ///< one of our own: may say nothing at its tip for as long as it likes
    bool own_protocols = false;  ///< it speaks the protocols of `Config::protocols`
};
/// Takes the peer out, whatever it was. Its connection ends in good order.
struct DemotePeer {
    DemotePeer() noexcept = default;
    explicit DemotePeer(PeerId demoted) noexcept : peer(std::move(demoted)) {}

    PeerId peer;
};
/// Some that may be used as the targets ask for. They are forgotten after failures in a row.
struct KnowPeers {
    KnowPeers() = default;
    explicit KnowPeers(List<PeerId> known, bool advertised = false) noexcept
        : peers(std::move(known).vector()), advertise(advertised) {}

    std::vector<PeerId> peers;
    bool advertise = false;  ///< others may be told of them
};
/// Peers of one kind, of which always some are in use: `hot_valency` of them hot, `warm_valency` warm or hot.
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
    bool trusted = false;
    bool advertise = false;        ///< others may be told of them
    bool initiator_only = false;   ///< a connection that we open to them goes one way
    bool behind_firewall = false;  ///< never dialled: a node uses a connection of theirs, while there is one
    bool own_protocols = false;    ///< they speak the protocols of `Config::protocols`
};
/// The groups of local roots from now on, in place of earlier ones. Who is in none any more is merely known.
struct SetLocalRoots {
    SetLocalRoots() = default;
    explicit SetLocalRoots(List<LocalRoots> all) noexcept : groups(std::move(all).vector()) {}

    std::vector<LocalRoots> groups;
};
struct SetTargets {
    Targets targets;
};
/// The addresses of this node, which are never known as peers: those it listens at, and any others that reach it. They
/// replace earlier ones. `0.0.0.0` stands for IPv4's loopback addresses with that port, and `[::]` for those of both
/// families. What else reaches the node is found by the first dial to it, which ends with Errc::self_connection.
struct SetOwnAddresses {
    SetOwnAddresses() = default;
    explicit SetOwnAddresses(List<PeerId> own) noexcept : addresses(std::move(own).vector()) {}

    std::vector<PeerId> addresses;
};
/// Keeps the address away for `time`, whoever is there. A later ban replaces an earlier one.
struct BanPeer {
    BanPeer() noexcept = default;
    explicit BanPeer(PeerId banned, Duration for_time = 1h) noexcept : peer(std::move(banned)), time(for_time) {}

    PeerId peer;
    Duration time = 1h;
};
struct UnbanPeer {
    UnbanPeer() noexcept = default;
    explicit UnbanPeer(PeerId banned) noexcept : peer(std::move(banned)) {}

    PeerId peer;
};
/// Follow one chain, from the best of `points` (none: from the origin). A subscription: ends with `SyncEnded`.
struct StartSync {
    StartSync() = default;
    explicit StartSync(List<Point> from) noexcept : points(std::move(from).vector()) {}

    std::vector<Point> points;
};
/// Credit for `headers` more, where the sync is not automatic. No more than a window is kept: the rest of it is void.
struct ContinueSync {
    std::uint32_t headers = 1;
};
struct StopSync {};
/// All blocks from `first` to `last`, both included, in order and from one peer at a time. Ends in exactly one of
/// RangeDone, NoBlocks (no hot peer has them, and nothing was delivered), RangeFailed.
///
/// With rules each block is the one after the block before it, and if the peer is lost or breaks a rule, another one
/// delivers the rest: it is requested from the last delivered block on, which comes again and is dropped. Without rules
/// the point of that block is not known, so a request with delivered blocks fails with its peer.
struct RequestBlocks {
    BlockPoint first, last;
};
/// All these blocks, which follow each other on one chain as its headers give them: with a gap between them an honest
/// peer is taken for a liar. They are spread over the hot peers, and asked for again of another where one is slow, has
/// not got them, gives others or is lost. Ends in exactly one of RangeDone, NoBlocks (no hot peer has them, and nothing
/// was delivered), RangeFailed.
struct RequestPoints {
    RequestPoints() = default;
    explicit RequestPoints(List<BlockPoint> blocks, List<std::uint32_t> sizes = {}, bool ordered = true) noexcept
        : points(std::move(blocks).vector()), bytes(std::move(sizes).vector()), in_order(ordered) {}

    std::vector<BlockPoint> points;
    std::vector<std::uint32_t> bytes{};  ///< of each block, about; empty: not known
    bool in_order = true;                ///< else as they come, and BlockReceived::index says which one it is
};
/// An endorser block, by the slot and hash it was offered with. Ends in exactly one of EbFetched, EbFailed.
struct FetchEb {
    FetchEb() noexcept = default;
    explicit FetchEb(BlockPoint wanted, PeerId at = {}) noexcept : block(wanted), from(std::move(at)) {}

    BlockPoint block;
    /// The only peer to ask. Empty: those that offer it; where none has since the request, any. A peer that does not
    /// have it can only disconnect.
    PeerId from{};
};
/// Transactions of an endorser block, by their indices in it. Ends in exactly one of EbTxsFetched, EbFailed.
struct FetchEbTxs {
    FetchEbTxs() = default;
    FetchEbTxs(BlockPoint of, LeiosBitmap which, PeerId at = {}) noexcept
        : block(of), wanted(std::move(which)), from(std::move(at)) {}

    BlockPoint block;
    LeiosBitmap wanted;
    PeerId from{};  ///< as above
};
/// Asks the peer for addresses of others. Ends in exactly one of PeersShared, SharingFailed.
struct AskPeers {
    AskPeers() noexcept = default;
    explicit AskPeers(PeerId asked, std::uint8_t at_most = 255) noexcept : peer(std::move(asked)), amount(at_most) {}

    PeerId peer;
    std::uint8_t amount = 255;  ///< at most so many
};
/// A transaction for all hot peers, and for those that become hot while it waits: each is told its id, and may ask for
/// it or know it already. Ends in exactly one of TxSubmitted, TxFailed: when every hot peer is done with it, or after
/// `Config::tx_timeout`.
///
/// Transactions of one origin are announced in the order of their commands, and those of several origins in turn. Where
/// there is no room for one, the origin that holds most gives up its place, if that is more than its share: the limit
/// divided by the origins that have some waiting. All that it has waiting ends then, with Errc::over_budget, and a node
/// disconnects it.
///
/// Errors  Errc::bad_argument  no item of CBOR, another era than the id's, more than `largest_tx` bytes, or an id that
///                             waits already
///         Errc::queue_full    as many wait, or as many bytes, as may
struct SubmitTx {
    SubmitTx() noexcept = default;
    SubmitTx(TxId of, Tx submitted, PeerId received_from = {}) noexcept
        : id(of), tx(std::move(submitted)), from(std::move(received_from)) {}

    TxId id;  ///< as `ouro::chain::tx_id` finds it; nobody checks it here
    Tx tx;
    PeerId from{};  ///< the peer that it was received from; empty: it is the user's own
};
/// Nobody has to send it: deadlines drive everything.
struct Housekeeping {};

using Command = std::variant<IncludePeer, DemotePeer, KnowPeers, SetLocalRoots, SetTargets, SetOwnAddresses, BanPeer,
                             UnbanPeer, StartSync, ContinueSync, StopSync, RequestBlocks, RequestPoints, FetchEb,
                             FetchEbTxs, AskPeers, SubmitTx, Housekeeping>;

// Events.
struct PeerConnected {
    PeerId peer;
};
struct PeerInitialized {
    PeerId peer;
    Agreement agreement;
};
/// No agreement: the reason in our terms, and as it stands in the refusal.
struct PeerRefused {
    PeerId peer;
    Errc error{};
    RefuseReason reason;
    bool by_peer = false;                     ///< else by this side
    std::vector<Version> offered_versions{};  ///< by a peer that this side refused at a simultaneous open
};
/// One sentence. Where this side refused, it has what the peer offered and what is known here.
[[nodiscard]] std::string to_string(const PeerRefused& event);
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
    /// When the peer may be dialled again, and at which instant one that is wanted is dialled. Nothing: never.
    std::optional<Instant> retry_at;
    std::optional<Point> point{};  ///< the header or block that broke the rule of `violation`, where it has one
};
/// The peer is used otherwise than before.
struct TemperatureChanged {
    PeerId peer;
    Temperature from{}, to{};
};
/// The address is kept away until then: for the rule it broke, or with Errc::banned by command.
struct PeerBanned {
    PeerId peer;
    Errc reason{};
    Instant until{};
};
/// Half of the time that a message may take is gone. Told once a wait, which goes on to its end.
struct Stalled {
    PeerId peer;  ///< nobody: there is no peer to follow
    std::string_view protocol, state;
    Instant since{};
};
struct Intersected {
    CommandId command{};
    PeerId peer;
    Point point;
    Tip tip;
};
/// None of the points is on the peer's chain, nor on that of any other hot one. The sync has ended.
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
    std::optional<HeaderInfo> info{};  ///< what the rules read in the header; nothing without rules
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
/// Without rules a sync that has delivered a header ends with its upstream, for the reason why that one is gone: no
/// other peer can continue where it stopped. With Errc::unknown_era every known peer has sent such a header.
struct SyncEnded {
    CommandId command{};
    Errc reason{};
    Violation violation{};  ///< with Errc::unknown_era, by the last such header: it names the era
};
struct BlockReceived {
    CommandId command{};
    PeerId peer;
    std::uint64_t index = 0;  ///< in its range
    Bytes block;              ///< `[tag, block]`
};
struct RangeDone {
    CommandId command{};
    PeerId peer;  ///< who gave the last one
    std::uint64_t blocks = 0;
};
struct NoBlocks {
    CommandId command{};
    PeerId peer;  ///< who said so last
};
struct RangeFailed {
    CommandId command{};
    Errc reason{};             ///< the last rule that a block broke, where no peer without fault was left
    std::uint64_t blocks = 0;  ///< delivered before
    /// The block that broke the rule in `reason`. Nothing where none did, or where its header cannot be read and it was
    /// not requested by its point.
    std::optional<BlockPoint> point{};
    Violation violation{};  ///< of the rule in `reason`
};
/// What a peer tells of endorser blocks: nobody has checked it.
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
    Bytes cbor;  ///< what is hashed, as it came, for `read_endorser_block`
};
struct EbTxsFetched {
    CommandId command{};
    PeerId peer;
    BlockPoint block;
    LeiosBitmap which;       ///< all that were wanted, or some of them
    std::vector<Bytes> txs;  ///< as many, each one's own bytes
};
struct EbFailed {
    CommandId command{};
    Errc reason{};
};
/// What a peer said of others: nobody has checked it. Who was not known is now, as far as the target goes.
struct PeersShared {
    CommandId command{};  ///< zero: asked of our own accord
    PeerId peer;
    std::vector<PeerId> peers;
    std::size_t fresh = 0;    ///< of them that were not known, and are now
    std::size_t refused = 0;  ///< addresses that a stranger may not name, left out of `peers`: see `Discovery::allowed`
};
struct SharingFailed {
    CommandId command{};
    PeerId peer;
    Errc reason{};
};

/// The peer was told of the transaction. It asks for it or has it already, or leaves.
struct TxOffered {
    CommandId command{};
    PeerId peer;
};
/// The peer asked for the transaction, and it was sent. Told once a peer, however often that asks.
struct TxRequested {
    CommandId command{};
    PeerId peer;
};
/// The peer has what it asked for: it has acknowledged the id. That it found it good, nobody says.
struct TxDelivered {
    CommandId command{};
    PeerId peer;
};
/// The peer has acknowledged the id and did not ask: it had the transaction already, or does not want it.
struct TxKnown {
    CommandId command{};
    PeerId peer;
};
/// The end of a transaction that at least one peer has.
struct TxSubmitted {
    CommandId command{};
    std::uint32_t delivered = 0;  ///< peers it was delivered to
    std::uint32_t known = 0;      ///< peers that did not ask
};
/// The end of a transaction of which nobody has said to have it.
struct TxFailed {
    CommandId command{};
    Errc reason{};              ///< why the last one left to whom it was offered; Errc::no_peer where none has
    std::uint32_t offered = 0;  ///< peers; of some it may have been asked for, and have arrived
};

using Event =
    std::variant<PeerConnected, PeerInitialized, PeerRefused, QueryAnswered, PeerDisconnected, TemperatureChanged,
                 PeerBanned, Stalled, Intersected, NoIntersection, RollForward, RollBackward, AtTip, SyncEnded,
                 BlockReceived, RangeDone, NoBlocks, RangeFailed, EbNotification, EbFetched, EbTxsFetched, EbFailed,
                 PeersShared, SharingFailed, TxOffered, TxRequested, TxDelivered, TxKnown, TxSubmitted, TxFailed>;

enum class Stage : std::uint8_t { waiting, dialling, handshaking, ready, closing };

/// One peer as it is now.
struct PeerState {
    PeerId peer;
    Stage stage{};
    Temperature temperature{};
    bool root = false;                ///< included, or of a group of local roots
    Errc reason{};                    ///< why the last connection ended, or of the ban
    std::uint32_t failures = 0;       ///< in a row
    std::optional<Instant> retry_at;  ///< the end of the back-off, of the ban, or of the wait after a connection
    std::optional<Agreement> agreement;
    std::optional<Duration> round_trip;
};

/// How many peers there are of each kind.
///
/// Source  ouroboros-network, Governor/Types.hs, PeerSelectionView.
struct Counters {
    std::size_t known = 0;       ///< in all, banned ones too
    std::size_t roots = 0;       ///< of them
    std::size_t available = 0;   ///< cold, no roots, and may be dialled now
    std::size_t connecting = 0;  ///< cold, on their way to warm
    std::size_t warm = 0;
    std::size_t cooling = 0;  ///< of them, on their way from hot
    std::size_t hot = 0;
    std::size_t banned = 0;
};

/// The types of `InitiatorBehavior`.
struct Words {
    using Message = n2n::Message;
    using Config = initiator::Config;
    using Command = initiator::Command;
    using Event = initiator::Event;
    using PeerState = initiator::PeerState;
};

/// Read access to the side that requests.
class View {
  public:
    virtual ~View() = default;
    /// Every known peer as it is now, in the order in which they became known.
    [[nodiscard]] virtual std::vector<PeerState> peers() const = 0;
    [[nodiscard]] virtual Counters counters() const noexcept = 0;
    /// Peers that may be shared with others: advertised, with an agreement once, and not failing since. For a
    /// responder's `Config::shareable`.
    [[nodiscard]] virtual std::vector<PeerId> shareable() const = 0;

  protected:
    View() = default;
    View(const View&) = default;
    View& operator=(const View&) = default;
};

}  // namespace ouro::initiator
