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
#include <ouro/behavior/own_protocol.hpp>
#include <ouro/behavior/visitor.hpp>
#include <ouro/n2n/message.hpp>
#include <ouro/protocol/chain_rules.hpp>
#include <ouro/protocol/chain_view.hpp>

/// The config, commands and events of a responder.
namespace ouro::responder {

struct Config {
    /// The accepted versions and data: versions 14 and 15.
    VersionOffer offer{n2n::default_versions(), {mainnet, false, false, false, false}};

    /// The served chain. Without one, each request is an event, and the user answers with a command.
    std::shared_ptr<const ChainView> chain;

    /// Returns the peers that may be shared now; `PeerSource` chooses among them. Without it and `own_address` each
    /// request is an event, and the user answers with a command. Called from the behavior's own calls; an initiator's
    /// `shareable` fits.
    std::function<std::vector<PeerId>()> shareable;
    /// The IP address and port at which peers reach this node; empty: not shared. It is the first one of each answer to
    /// a request for addresses, because a peer that this node has dialled may only know a port that cannot be dialled.
    /// A node never dials it.
    PeerId own_address;

    /// Serve endorser blocks: each request is an event, and the user answers with a command. Leios is a prototype that
    /// no version implies. Enable it on both sides: a segment of it to a node without it ends the connection.
    bool leios = false;

    /// The rules that compute the ids of transactions; those of Cardano are `ouro::chain::cardano_rules`.
    std::shared_ptr<const ChainRules> rules;
    bool pull_txs = false;  ///< request the transactions that peers announce; requires `rules`
    // Numbers: ouroboros-network, TxSubmission/Inbound/V2/Policy.hs, and NodeToNode.hs for the delay.
    Duration tx_delay = 60s;                                       ///< before the first request to a peer
    std::uint16_t tx_ids = 6;                                      ///< requested at once; 1 to 10
    std::size_t tx_bytes_in_flight = std::size_t{6} * largest_tx;  ///< requested from one peer
    std::size_t tx_bytes = 4U << 20;  ///< requested, or received and not taken; 131,080 at least
    Duration tx_patience = 600ms;  ///< before a transaction that a peer does not deliver is requested from another one
    /// Remembered ids of received transactions, which are not requested again. Above it the host that delivered most
    /// of them loses its oldest; hosts without a connection count as one.
    std::size_t txs_remembered = 10'000;

    Duration idle_timeout = 5s;  ///< for a peer with no mini-protocol running; zero: none
    /// Number of inbound connections at which each new one closes the least useful one, with Errc::pruned: an idle
    /// one, else one without use for `unproductive_after`, else one of an address with several, or of a prefix (/24,
    /// /48) with many. A /64 of IPv6 counts as one address. If all are useful, none is closed. Zero: no limit.
    ///
    /// Source  ouroboros-network, framework, Server/RateLimiting.hs: the soft limit of accepted connections.
    std::size_t soft_limit = 384;
    /// Time within which a useful peer gets a header or block that is new to it, waits at the tip, or delivers a
    /// transaction.
    /// Longer than the 20 s between two blocks of the main network.
    Duration unproductive_after = 120s;
    Duration query_linger = 20s;  ///< for a peer to read the answer to its query
    /// Limit on bytes of blocks that were read for one peer and have not left.
    std::size_t blocks_ahead = 1U << 20;
    /// The same for all peers together. Above it a peer gets its next block when none waits for it.
    std::size_t blocks_ahead_in_all = 64U << 20;
    /// Limit on events that are not taken. Above it events of peers are dropped and counted, and new connections are
    /// closed with `Errc::queue_full` and counted as rejected, because each could add requests.
    std::size_t max_events = 4'096;
    std::size_t max_bans = 10'000;                        ///< limit on banned hosts
    std::vector<std::shared_ptr<PeerVisitor>> visitors;   ///< observers of the peers
    std::vector<std::shared_ptr<OwnProtocol>> protocols;  ///< the user's own, made with `own`
    std::uint64_t seed = 0x6f75726f;
};

// Commands. Those that own memory have constructors, as those of an initiator.

/// The answer to a request: any message that the mini-protocol allows now. It answers a request that has arrived; none
/// is kept for a later one. A follower that has everything is answered with AwaitReply, and then with the next header
/// or roll-backward when there is one. A range is answered with `ProvideBlocks`, or block by block between StartBatch
/// and BatchDone. The only answer to a request for an endorser block that does not exist is `DisconnectPeer`.
///
/// Errors  Errc::unknown_peer  there is no such connection
///         Errc::not_our_turn  no such request has arrived, or the chain of `Config::chain` answers it
///         Errc::bad_argument  more addresses than requested, an endorser block or transactions that were not
///                             requested, or a message above the limit of its state; the request remains open
struct Answer {
    Answer() = default;
    Answer(ConnectionId to, n2n::Message answer) noexcept : connection(to), message(std::move(answer)) {}

    ConnectionId connection{};
    n2n::Message message;
};
/// The answer to a request for a range: all its blocks, in order, sent as the peer takes them. None: the range is not
/// on the chain. Errors: those of `Answer`.
struct ProvideBlocks {
    ProvideBlocks() = default;
    explicit ProvideBlocks(ConnectionId to, List<Bytes> range = {}) noexcept
        : connection(to), blocks(std::move(range).vector()) {}

    ConnectionId connection{};
    std::vector<Bytes> blocks;
};
/// Counts a bad transaction against its peer: a point, 900 at most; every 1,000 s one is forgotten. For as many seconds
/// as the peer has points it gets no requests for transactions.
struct RejectTx {
    ConnectionId connection{};
};
/// Reports that the served chain has grown, or is another one above `common`. Send it in the same turn.
struct ChainChanged {
    ChainView::Position common = 0;
};
struct DisconnectPeer {
    ConnectionId connection{};
};
/// Bans the host of the address for `time`, with all its ports, and for IPv6 its whole /64 (`site_of`): closes its
/// connections, and each that it opens meanwhile, without an event. A later ban replaces an earlier one. Only this
/// command bans: a peer that breaks a rule only loses its connection.
///
/// Errors  Errc::bad_argument  no peer, or no time
///         Errc::queue_full    `Config::max_bans` hosts are banned
struct BanPeer {
    BanPeer() noexcept = default;
    explicit BanPeer(PeerId banned, Duration for_time = 1h, Errc why = Errc::banned) noexcept
        : peer(std::move(banned)), time(for_time), reason(why) {}

    PeerId peer;  ///< an address: names are not looked up
    Duration time = 1h;
    Errc reason = Errc::banned;  ///< shown by `bans()`
};
/// Ends a ban.
///
/// Errors  Errc::unknown_peer  its host is not banned
struct UnbanPeer {
    UnbanPeer() noexcept = default;
    explicit UnbanPeer(PeerId banned) noexcept : peer(std::move(banned)) {}

    PeerId peer;
};
/// Calls `tick` at once, for example when a block that was pending has been read.
struct Housekeeping {};

using Command =
    std::variant<Answer, ProvideBlocks, RejectTx, ChainChanged, DisconnectPeer, BanPeer, UnbanPeer, Housekeeping>;

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
/// There is no agreement; the peer got the reason.
struct PeerRefused {
    ConnectionId connection{};
    PeerId peer;
    Errc error{};
    RefuseReason reason;                    ///< as sent to the peer: versions in it are ours
    std::vector<Version> offered_versions;  ///< by the peer
};
/// One sentence with the versions that the peer offered and those known here.
[[nodiscard]] std::string to_string(const PeerRefused& event);
struct PeerDisconnected {
    ConnectionId connection{};
    PeerId peer;
    Errc reason{};
    std::error_code system;
    Violation violation;
};
/// A request of a peer, to be answered with `Answer`: of a follower or for blocks without `Config::chain`, for
/// addresses without `Config::shareable`, and of Leios.
struct Requested {
    Requested() = default;
    Requested(ConnectionId from, PeerId by, n2n::Message request) noexcept
        : connection(from), peer(std::move(by)), message(std::move(request)) {}

    ConnectionId connection{};
    PeerId peer;
    n2n::Message message;
};
/// A transaction whose id is none of the remembered ones. Only its id is checked.
struct TxReceived {
    ConnectionId connection{};
    PeerId peer;
    TxId id;
    Tx tx;
};
/// An error of the interface itself, which continues. With Errc::too_many_from_address connections of one address are
/// closed at once: reported at the first one, and again after all connections of the address have ended.
struct InterfaceTrouble {
    std::error_code error;
    PeerId peer{};  ///< the first one that is closed; empty: the error concerns no peer
};

using Event = std::variant<PeerConnected, PeerInitialized, PeerRefused, PeerDisconnected, Requested, TxReceived,
                           InterfaceTrouble>;

/// One peer as it is now.
struct PeerState {
    ConnectionId connection{};
    PeerId peer;
    std::optional<Agreement> agreement;  ///< nothing: still in the handshake
    std::uint64_t headers = 0;           ///< served
    std::uint64_t blocks = 0;            ///< served
};

/// One banned host.
struct Ban {
    std::string host;  ///< as `site_of` names it
    Errc reason{};
    Instant until;               ///< `Instant::max()`: for ever
    std::uint64_t rejected = 0;  ///< its connections that were closed at once
};

/// Totals since the start.
struct Counters {
    std::uint64_t connections = 0;  ///< without rejected ones
    std::uint64_t rejected = 0;     ///< because the host is banned, or too many events are not taken
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

/// The types of `ResponderBehavior`.
struct Words {
    using Message = n2n::Message;
    using Config = responder::Config;
    using Command = responder::Command;
    using Event = responder::Event;
    using PeerState = responder::PeerState;
};

/// Read access to the side that serves.
class View {
  public:
    virtual ~View() = default;
    /// Every connected peer as it is now.
    [[nodiscard]] virtual std::vector<PeerState> peers() const = 0;
    /// Every banned host, in no order. One whose time has just come may still be listed.
    [[nodiscard]] virtual std::vector<Ban> bans() const = 0;
    [[nodiscard]] virtual const Counters& counters() const noexcept = 0;

  protected:
    View() = default;
    View(const View&) = default;
    View& operator=(const View&) = default;
};

}  // namespace ouro::responder
