#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/base/list.hpp>
#include <ouro/base/time.hpp>
#include <ouro/behavior/visitor.hpp>
#include <ouro/n2n/message.hpp>
#include <ouro/protocol/chain_rules.hpp>
#include <ouro/protocol/chain_view.hpp>

/// What a responder is told and what it tells.
namespace ouro::responder {

struct Config {
    /// What is accepted: versions 14 and 15.
    VersionOffer offer{n2n::default_versions(), {mainnet, false, false, false, false}};

    /// The chain that is served. Without one, each request is an event, to be answered by command.
    std::shared_ptr<const ChainView> chain;

    /// Who may be told of, now, where peers are shared: `PeerSource` chooses among them. Without it each request is an
    /// event, to be answered by command. Called from within the behavior's own calls; an initiator's `shareable` fits.
    std::function<std::vector<PeerId>()> shareable;

    /// Serve endorser blocks: each request is an event, to be answered by command. Leios is a prototype that no version
    /// tells of: it is spoken where both sides were told to, and else a segment of it ends the connection.
    bool leios = false;

    /// Where transactions find their ids; `ouro::chain::cardano_rules` has Cardano's.
    std::shared_ptr<const ChainRules> rules;
    bool pull_txs = false;  ///< request the transactions that peers announce; it takes `rules`
    // Numbers: ouroboros-network, TxSubmission/Inbound/V2/Policy.hs, and NodeToNode.hs for the delay.
    Duration tx_delay = 60s;                                       ///< before a peer is asked for the first time
    std::uint16_t tx_ids = 6;                                      ///< asked for at once; 10 at most
    std::size_t tx_bytes_in_flight = std::size_t{6} * largest_tx;  ///< asked of one peer
    std::size_t tx_bytes = 4U << 20;  ///< asked of all, and not yet taken; 131,080 at least
    Duration tx_patience = 600ms;     ///< before a second peer is asked for what the first does not give
    /// Ids of received transactions, which are not requested again. Above it the host that has given most of them
    /// loses its oldest; hosts without a connection count as one.
    std::size_t txs_remembered = 10'000;

    Duration idle_timeout = 5s;  ///< for a peer with no mini-protocol running; zero: none
    /// Inbound connections from which on each new one makes the least useful one end, with Errc::pruned: an idle one,
    /// else one without use for `unproductive_after`, else one of an address with several or of a prefix with many:
    /// /24, /48. A /64 of IPv6 counts as one address. Where all are useful none ends. Zero: none ends.
    ///
    /// Source  ouroboros-network, framework, Server/RateLimiting.hs: the soft limit of accepted connections.
    std::size_t soft_limit = 384;
    /// Time in which a useful peer gets a header or block it did not have, waits at the tip, or gives a transaction.
    /// Longer than the 20 s between two blocks of the main network.
    Duration unproductive_after = 120s;
    Duration query_linger = 20s;          ///< for a peer to read the answer to its query
    std::size_t blocks_ahead = 1U << 20;  ///< bytes of blocks handed out that have not left
    /// Events not yet taken. Above it news of peers are dropped, and counted; connections that come in are closed with
    /// `Errc::queue_full`, and counted as rejected, because each could add requests.
    std::size_t max_events = 4'096;
    std::size_t max_bans = 10'000;                       ///< hosts that are banned at once
    std::vector<std::shared_ptr<PeerVisitor>> visitors;  ///< parts of the user's own
    std::uint64_t seed = 0x6f75726f;
};

// Commands. What a request asked for, where no chain is served. Errors: Errc::not_our_turn without such a request.
// Those that own memory have constructors, as those of an initiator.
struct ProvideIntersection {
    ConnectionId connection{};
    std::optional<Point> point;  ///< nothing: none of the points is on the chain
    Tip tip;
};
struct ProvideHeader {
    ProvideHeader() noexcept = default;
    ProvideHeader(ConnectionId to, Header next, Tip at) noexcept : connection(to), header(std::move(next)), tip(at) {}

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
    ProvideBlocks() = default;
    explicit ProvideBlocks(ConnectionId to, List<Bytes> range = {}) noexcept
        : connection(to), blocks(std::move(range).vector()) {}

    ConnectionId connection{};
    std::vector<Bytes> blocks;  ///< in order; none: the range is not on the chain
};
/// Errors  Errc::bad_argument  more than were asked for, or than the 5,760 bytes of the answer hold
///         Errc::bad_address   a host that is a name, or no port
///         After both the request is still to be answered.
struct ProvidePeers {
    ProvidePeers() = default;
    explicit ProvidePeers(ConnectionId to, List<PeerId> shared = {}) noexcept
        : connection(to), peers(std::move(shared).vector()) {}

    ConnectionId connection{};
    std::vector<PeerId> peers;  ///< none: there are none to tell of
};
// What Leios asks for. What is provided answers a request that is there: nothing is kept for a later one. Nobody can be
// told that there is no such endorser block: `DisconnectPeer` is the only other answer. Errors: Errc::not_our_turn
// without such a request; Errc::bad_argument for what no message can carry, or the request did not ask for.
struct ProvideEbAnnouncement {
    ProvideEbAnnouncement() noexcept = default;
    ProvideEbAnnouncement(ConnectionId to, Header announcing) noexcept
        : connection(to), header(std::move(announcing)) {}

    ConnectionId connection{};
    Header header;  ///< of the ranking block that announces
};
struct ProvideEbOffer {
    ConnectionId connection{};
    BlockPoint block;
    std::uint32_t bytes = 0;
};
struct ProvideEbTxsOffer {
    ConnectionId connection{};
    BlockPoint block;
};
struct ProvideVotes {
    ProvideVotes() = default;
    ProvideVotes(ConnectionId to, List<LeiosVote> cast) noexcept : connection(to), votes(std::move(cast).vector()) {}

    ConnectionId connection{};
    std::vector<LeiosVote> votes;
};
struct ProvideEb {
    ProvideEb() noexcept = default;
    ProvideEb(ConnectionId to, Bytes block) noexcept : connection(to), cbor(std::move(block)) {}

    ConnectionId connection{};
    Bytes cbor;  ///< as `read_endorser_block` reads it
};
struct ProvideEbTxs {
    ProvideEbTxs() = default;
    ProvideEbTxs(ConnectionId to, LeiosBitmap indices, List<Bytes> transactions) noexcept
        : connection(to), which(std::move(indices)), txs(std::move(transactions).vector()) {}

    ConnectionId connection{};
    LeiosBitmap which;       ///< all that were wanted, or some of them
    std::vector<Bytes> txs;  ///< each one's own bytes, in the order of their indices
};
/// A transaction of this peer's was no good. Each one is a point against it, 900 at most, and in 1,000 s a point is
/// forgotten: for as many seconds as it has points the peer is asked for no further transactions.
struct RejectTx {
    ConnectionId connection{};
};
/// The served chain has grown, or is another one above `common`. To be told at once, in the same turn.
struct ChainChanged {
    ChainView::Position common = 0;
};
struct DisconnectPeer {
    ConnectionId connection{};
};
/// Keeps the host of the address away for `time`, whatever port it comes from, and of IPv6 its whole /64 (`site_of`):
/// its connections are closed, and so is each that it opens meanwhile, without an event. A later ban replaces an
/// earlier one. Only this command bans: a peer that breaks a rule loses its connection.
///
/// Errors  Errc::bad_argument  no peer, or no time
///         Errc::queue_full    as many hosts are banned as may be
struct BanPeer {
    BanPeer() noexcept = default;
    explicit BanPeer(PeerId banned, Duration for_time = 1h, Errc why = Errc::banned) noexcept
        : peer(std::move(banned)), time(for_time), reason(why) {}

    PeerId peer;  ///< a name is not looked up, and over TCP nobody has one
    Duration time = 1h;
    Errc reason = Errc::banned;  ///< for whoever reads the list
};
/// Errors  Errc::unknown_peer  its host is not banned
struct UnbanPeer {
    UnbanPeer() noexcept = default;
    explicit UnbanPeer(PeerId banned) noexcept : peer(std::move(banned)) {}

    PeerId peer;
};
struct Housekeeping {};

using Command =
    std::variant<ProvideIntersection, ProvideHeader, ProvideRollback, ProvideAwait, ProvideBlocks, ProvidePeers,
                 ProvideEbAnnouncement, ProvideEbOffer, ProvideEbTxsOffer, ProvideVotes, ProvideEb, ProvideEbTxs,
                 RejectTx, ChainChanged, DisconnectPeer, BanPeer, UnbanPeer, Housekeeping>;

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
    RefuseReason reason;                    ///< as it was sent to the peer: versions in it are ours
    std::vector<Version> offered_versions;  ///< by the peer
};
/// One sentence with what the peer offered and what is known here.
[[nodiscard]] std::string to_string(const PeerRefused& event);
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
/// At most so many. Only where nobody was configured who may be told of, and the agreement is to share peers.
struct PeersRequested {
    ConnectionId connection{};
    PeerId peer;
    std::uint8_t amount = 0;
};
/// The peer waits for the next announcement, offer or votes.
struct EbNotificationRequested {
    ConnectionId connection{};
    PeerId peer;
};
struct EbRequested {
    ConnectionId connection{};
    PeerId peer;
    BlockPoint block;
};
struct EbTxsRequested {
    ConnectionId connection{};
    PeerId peer;
    BlockPoint block;
    LeiosBitmap wanted;
};
/// A transaction that a peer has and this node had not seen, of all that it remembers. Nobody has checked more than its
/// id.
struct TxReceived {
    ConnectionId connection{};
    PeerId peer;
    TxId id;
    Tx tx;
};
/// The interface has a trouble of its own, and goes on. With Errc::too_many_from_address connections of one address are
/// closed at once: reported at the first one, and again after all connections of the address have ended.
struct InterfaceTrouble {
    std::error_code error;
    PeerId peer{};  ///< the first one that is turned away; empty: the trouble is not one of a peer
};

using Event = std::variant<PeerConnected, PeerInitialized, PeerRefused, PeerDisconnected, IntersectionRequested,
                           NextHeaderRequested, BlockRangeRequested, PeersRequested, EbNotificationRequested,
                           EbRequested, EbTxsRequested, TxReceived, InterfaceTrouble>;

/// One peer as it is now.
struct PeerState {
    ConnectionId connection{};
    PeerId peer;
    std::optional<Agreement> agreement;  ///< nothing: still in the handshake
    std::uint64_t headers = 0;           ///< served
    std::uint64_t blocks = 0;            ///< served
};

/// One host that is kept away.
struct Ban {
    std::string host;  ///< as `site_of` says it
    Errc reason{};
    Instant until;               ///< `Instant::max()`: for ever
    std::uint64_t rejected = 0;  ///< connections of it that were closed at once
};

/// Since the beginning.
struct Counters {
    std::uint64_t connections = 0;  ///< but for those that were rejected
    std::uint64_t rejected = 0;     ///< because their host is banned, or events are not taken
    std::uint64_t handshakes = 0;
    std::uint64_t refusals = 0;
    std::uint64_t violations = 0;
    std::uint64_t headers = 0;
    std::uint64_t blocks = 0;
    std::uint64_t keep_alives = 0;
    std::uint64_t peer_requests = 0;
    std::uint64_t txs = 0;  ///< received, each once
    std::uint64_t bans = 0;
    std::uint64_t pruned = 0;  ///< connections closed for `Config::soft_limit`
    std::uint64_t events_dropped = 0;
};

}  // namespace ouro::responder
