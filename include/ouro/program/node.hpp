#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <ouro/interface/connected_socket.hpp>
#include <ouro/interface/listening.hpp>
#include <ouro/program/follower.hpp>
#include <ouro/program/network.hpp>
#include <ouro/program/news.hpp>
#include <ouro/program/transactions.hpp>
#include <ouro/protocol/chain_rules.hpp>
#include <ouro/protocol/chain_view.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro {

class Runtime;
class Samples;
struct TcpOptions;
struct Topology;
namespace detail {
class NodeCore;
}
namespace node {
struct Config;
}

/// Peers of one kind, of which `hot` are in use at any time, and `warm` connected.
struct PeerGroup {
    PeerGroup() = default;
    /// Peers that were read before.
    PeerGroup(List<PeerId> of, std::size_t in_use = 1, std::size_t connected = 1) noexcept
        : peers(std::move(of).vector()), hot(in_use), warm(connected) {}
    /// Of addresses as `Node::use` takes them. Throws `std::invalid_argument` for a text of another shape.
    PeerGroup(List<std::string_view> addresses, std::size_t in_use = 1, std::size_t connected = 1);

    std::vector<PeerId> peers;     ///< its peers
    std::size_t hot = 1;           ///< number in use
    std::size_t warm = 1;          ///< at least `hot`
    bool trusted = false;          ///< one of our own: may stay at its tip without a message for any time
    bool advertise = false;        ///< its addresses may be shared with other peers
    bool behind_firewall = false;  ///< never dialled: its connections to us are used
};

/// Settings of a node.
struct NodeOptions {
    /// What is checked of headers and blocks before they are delivered. No signature is checked, no leadership, and no
    /// rule of the ledger. Without `Checks::blocks` a block only has the header that was requested, and its user has to
    /// check its body, which costs the time of hashing the block.
    Checks checks = Checks::blocks;
    /// Threads that check the bodies of blocks, for all followers together; 0 to 64. 0: the thread of the executor
    /// does. One thread hashes 80 kB blocks as fast as it can while the executor's thread receives the next ones.
    /// Steps, their order, and what is refused are the same. Not used in an emulated network.
    std::size_t check_threads = 0;
    std::size_t max_followers = 8;  ///< followers, ranges and streams of headers at a time; 1 to 64
    bool share_peers = false;       ///< request addresses of more peers from peers, and share those that are known
    /// Request the transactions that peers announce, for `Node::transactions`. Only a node that serves a chain gets
    /// any. The first request to a peer comes a minute after it is connected (`responder::Config::tx_delay`).
    bool pull_txs = false;
    bool metrics = false;  ///< count messages, their bytes, round trips and ends of connections, for `Node::samples`
    /// Changes any other setting of the node before it starts. Include <ouro/ouro.hpp> for the types.
    std::function<void(node::Config&, TcpOptions&)> configure{};
};

/// One peer as it is now.
struct PeerStatus {
    PeerId peer;                         ///< its address
    bool connected = false;              ///< there is a connection with an agreement
    bool in_use = false;                 ///< hot: its chain is or may be followed, and blocks are requested from it
    Errc reason = Errc::none;            ///< why the last connection ended
    std::uint32_t failures = 0;          ///< in a row
    std::optional<Duration> retry_in;    ///< until it may be dialled again
    std::optional<Duration> round_trip;  ///< of the last keep-alive
};

/// What became of a transaction that was submitted to all peers in use.
struct Submission {
    std::uint32_t delivered = 0;  ///< peers that requested and acknowledged it
    std::uint32_t known = 0;      ///< peers that acknowledged its id without a request: they have it, or do not want it
};

/// Uses relays of a Cardano network: follows their chain, fetches their blocks, submits transactions, and serves a
/// chain to other nodes.
///
///     ouro::Node node(runtime, ouro::mainnet);
///     node.use("backbone.cardano.iog.io:3001");
///     ouro::Follower chain = node.follow({.from = ouro::from_tip, .blocks = true});
///
/// It works on one executor, from the turn after its construction on, and keeps its peers also while the program does
/// nothing with it. Make all calls on that executor, or before its context runs; `get_executor` and `network` may be
/// called anywhere. `co_spawn(node.get_executor(), node.submit(tx), token)` makes an awaited call from any thread with
/// any completion token. A call from a wrong thread fails an assertion (docs/threads.md).
///
/// Errors  of plain calls are exceptions, and come from the program: what peers do is in the results of awaited calls,
///         in `end()` of a handle, and in `news`. After `stop`, plain calls do nothing.
///
/// Lifetimes  Neither copied nor moved. The destructor resets the connections; `close` ends them in good order.
class Node {
  public:
    /// A signal that stops the runtime stops the node: its followers end with Errc::stopped.
    /// The first connections are made in the next turn of the executor, with everything that was named until then.
    /// Throws `std::invalid_argument` for options that are out of range.
    Node(Runtime& runtime, Network network, NodeOptions options = {});
    /// On an executor of one thread, or a strand.
    Node(const asio::any_io_executor& executor, Network network, NodeOptions options = {});
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    ~Node();

    [[nodiscard]] asio::any_io_executor get_executor() const noexcept;
    /// The network whose peers it uses.
    [[nodiscard]] const Network& network() const noexcept;

    /// Uses a relay, `host:port` or `[v6]:port`, from now on: it is dialled, and dialled again whenever it is lost.
    /// Throws `std::invalid_argument` for a text of another shape, for an address where the node listens, and for more
    /// peers than can be known.
    void use(std::string_view address);
    /// The same for an address that was read before.
    void use(const PeerId& peer);
    /// Uses groups of relays, in place of earlier groups and of an earlier topology's.
    /// Throws `std::invalid_argument` for a list without groups, for a group that is empty or connects more peers than
    /// it has, and for a peer that is named twice.
    void use(List<PeerGroup> groups);
    /// Uses the peers of a node's topology file, in place of earlier groups and of an earlier topology:
    /// `Topology::load` of `ouro::topology` reads it. Local roots are groups; bootstrap peers and public roots become
    /// known, 60 at most, and some of them are used. Names are looked up, and again when the answers become old; the
    /// answers for names that were in the earlier topology stay. A name without a port is a service, which needs a
    /// resolver of `ouro::cares` (`TcpOptions::resolver`): the system's does not find services. Ledger peers, if the
    /// topology uses them, become known, too, up to those 60 peers.
    /// Throws `std::invalid_argument` for a topology that names no peers, unless the node serves a chain; for a
    /// snapshot of another network; and for more peers than can be known.
    void use(const Topology& topology);
    /// Uses a relay over a connection that the program has made. Returns its name in news. When the connection ends,
    /// the node leaves the peer, because it cannot be dialled. Throws `std::system_error` in an emulated network, which
    /// has no sockets.
    PeerId use(ConnectedSocket socket);
    /// Stops using a peer. Its connection ends in good order. Another peer than a used one is no error.
    void leave(const PeerId& peer);

    /// Accepts connections at `address` (`v4:port` or `[v6]:port`; port 0: any free one) and serves `chain` on them.
    /// Connections to peers that listen, too, are used in both directions. Call it in the turn of the construction; it
    /// may be called again, with the same chain, for further addresses. Returns what was bound, without an error; the
    /// node never uses such an address as a peer. It sets the chain's `on_ready`, so a chain that reads from a file has
    /// one node at a time.
    /// Throws `std::system_error` if the address cannot be taken, and `std::logic_error` if it is too late.
    Listening listen(std::string_view address, std::shared_ptr<ChainView> chain);
    /// Serves `chain` on a connection that the program has accepted, as `listen` does on its own ones. The node may
    /// have no address to listen on. Throws `std::system_error` if the system does not take the socket, and in an
    /// emulated network, which has none; `std::logic_error` as `listen`.
    void serve(ConnectedSocket socket, std::shared_ptr<ChainView> chain);
    /// Announces that the served chain has changed after position `common`. Call it in the turn of the change.
    void chain_changed(ChainView::Position common);

    /// Follows the chain. Each follower takes one peer in use for itself for headers, and all of them for blocks. A
    /// follower for which none is left waits for one.
    /// Throws `std::invalid_argument` if a cursor is of another network, or there are `max_followers` already.
    [[nodiscard]] Follower follow(FollowOptions options = {});
    /// The same from a stored cursor.
    [[nodiscard]] Follower follow(const Cursor& cursor, FollowOptions options = {});
    /// The headers of one peer's chain, beside the followers, which do not follow this peer meanwhile: one that does
    /// continues with another peer. Use the peer (`use`) so that it is hot, because the stream begins when it is. The
    /// stream counts as a follower. A second one of the same peer waits until the first has ended.
    /// Throws `std::invalid_argument` if there are `max_followers` already.
    [[nodiscard]] Headers headers(const PeerId& peer, const Start& from = from_origin);
    /// The blocks from `first` to `last`, both included, fetched from all peers in use. A range counts as a follower.
    /// Throws as `follow`, and if `last` is before `first`.
    [[nodiscard]] Blocks blocks(const BlockPoint& first, const BlockPoint& last,
                                std::size_t window_bytes = std::size_t{32} << 20);

    /// Bans an address for `time`, and disconnects it: for data that the program finds to be wrong. The peer is not
    /// dialled meanwhile; one that is used is dialled again afterwards. `news` reports it.
    /// Throws `std::invalid_argument` for a time that is not above zero.
    void ban(const PeerId& peer, Duration time);

    /// Submits a transaction to all peers in use, and waits until each of them is done with it.
    ///
    /// Errors        Errc::malformed  not a transaction; Errc::no_peer  no peer was there in two minutes;
    ///               Errc::bad_argument  its id waits already; Errc::queue_full; Errc::stopped; or why the last peer
    ///               that it was offered to left
    /// Cancellation  `operation_aborted`; the transaction is still offered
    [[nodiscard]] asio::awaitable<Result<Submission>> submit(Tx tx);

    /// The transactions that peers send from now on, each once. Each call returns a stream of its own, with all of
    /// them. Throws `std::logic_error` without `NodeOptions::pull_txs`.
    [[nodiscard]] Transactions transactions();
    /// Submits a received transaction to all peers in use but its sender, and does not wait for them.
    ///
    /// Errors  Errc::bad_argument  it is not a transaction, or waits already; Errc::queue_full; Errc::stopped
    Errc pass_on(ReceivedTx tx);

    /// What happens to peers from now on, until the node stops. Each call returns news of its own.
    [[nodiscard]] News news();
    /// The known peers as they are now; none before the node has started.
    [[nodiscard]] std::vector<PeerStatus> peers() const;
    /// The present metrics of the node: its peers, connections and sockets, what it has served, and with
    /// `NodeOptions::metrics` the messages. Include <ouro/program/samples.hpp>.
    [[nodiscard]] Samples samples() const;

    /// Stops in good order: followers end with Errc::stopped, and connections end within two seconds. Idempotent.
    void stop();
    /// Stops, and waits until every connection has ended. It stops when it is awaited.
    ///
    /// Errors        none
    /// Cancellation  `operation_aborted`, also if the node is destroyed; the node stops all the same
    [[nodiscard]] asio::awaitable<void> close();
    /// Waits until the node is stopped and every connection has ended: for programs that only serve.
    ///
    /// Errors        none
    /// Cancellation  `operation_aborted`, also if the node is destroyed; nothing else changes
    [[nodiscard]] asio::awaitable<void> stopped();

  private:
    std::shared_ptr<detail::NodeCore> core_;
};

}  // namespace ouro
