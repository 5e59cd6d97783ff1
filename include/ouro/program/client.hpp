#pragma once

#include <ouro/async/asio.hpp>

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/base/list.hpp>
#include <ouro/behavior/local_initiator/outcomes.hpp>
#include <ouro/interface/connected_socket.hpp>
#include <ouro/n2c/protocol_parameters.hpp>
#include <ouro/n2c/utxo.hpp>
#include <ouro/program/follower.hpp>
#include <ouro/program/network.hpp>
#include <ouro/program/news.hpp>
#include <ouro/protocol/chain_rules.hpp>
#include <ouro/protocol/local_state_query.hpp>
#include <ouro/protocol/local_tx_monitor.hpp>

namespace ouro {

class LocalInitiatorBehavior;
class Runtime;
struct UnixOptions;
namespace detail {
class ClientCore;
class ClientPlace;
template <class Behavior>
class Driver;
}  // namespace detail
namespace local_initiator {
struct Config;
}

/// Limits of one client call; the client's Config has the defaults. Not an aggregate, because g++ 12 miscompiles
/// aggregates made within a `co_await`.
struct CallOptions {
    CallOptions() noexcept {}
    /// `while_idle`: see `idle`.
    CallOptions(std::optional<Duration> of_time, std::optional<std::size_t> of_bytes = std::nullopt,
                bool while_idle = false) noexcept
        : time(of_time), bytes(of_bytes), idle(while_idle) {}

    std::optional<Duration> time;  ///< for the entire call; `Duration::max()`: no limit
    /// Bytes of the answer to a query: its result and two more. A longer one ends the connection. Empty:
    /// `Config::answer_bytes`, or 1 MiB for the queries of a LedgerState whose answers are small on any chain, which
    /// are all but `query` and `utxo`. The interface's budget is a limit, too.
    std::optional<std::size_t> bytes;
    /// Of a query to a LedgerState: `time` is the longest time without a byte of an answer, not the time of the entire
    /// call. The query fails between one and two of those times after the last byte.
    bool idle = false;
};

/// A change of the connection to the node.
using ConnectionEvent = std::variant<local_initiator::Connected, local_initiator::Disconnected>;
/// The outcome of a submission.
using Verdict = std::variant<local_initiator::TxAccepted, local_initiator::TxRejected, local_initiator::TxUnknown>;

/// The result of a query in an era.
struct EraResult {
    Era era{};     ///< the ledger's, which the parser of the result may need
    Bytes result;  ///< without its envelope
};

/// The ledger's state at one point, until it is released or its connection ends. A client has one at a time: a request
/// for another waits until this one is released.
///
/// Lifetimes  Moves. Its end releases it, on the client's executor. It may outlive its client.
class LedgerState {
  public:
    LedgerState(LedgerState&& other) noexcept = default;
    LedgerState& operator=(LedgerState&& other) noexcept;
    ~LedgerState() { release(); }

    /// Returns the result of any query. `n2c::query` makes the queries that the library knows.
    ///
    /// Errors  Errc::answer_too_large; Errc::state_gone  released, or not acquired again; and those of every call
    [[nodiscard]] asio::awaitable<Result<Bytes>> query(const Bytes& query, CallOptions options = {}) const;
    /// Sends the query that `make` returns for the ledger's era. If the node reports another era, the query is sent
    /// once more, for that one.
    ///
    /// Errors  Errc::unsupported  the negotiated version or the era does not have the query, see `n2c::refusal`;
    ///         Errc::era_mismatch  the node reported another era again; Errc::malformed; and those of `query`
    [[nodiscard]] asio::awaitable<Result<EraResult>> query_in_era(std::function<n2c::query::InEra(Era)> make,
                                                                  CallOptions options = {}) const;
    /// The same for a query for unspent outputs: calls `each` with every output as it arrives, so that an answer of
    /// gigabytes needs little memory. Returns the number of outputs. `CallOptions::idle` is always on, and without
    /// `CallOptions::bytes` there is no limit.
    ///
    /// `each` must not throw. It is not called after the call has ended.
    /// Errors  also those of `n2c::UtxoStream`, which end the connection
    [[nodiscard]] asio::awaitable<Result<std::uint64_t>> each_utxo(std::function<n2c::query::InEra(Era)> make,
                                                                   std::function<void(const n2c::Utxo&)> each,
                                                                   CallOptions options = {}) const;
    /// Replaces this state by the one at another point. Returns Errc::none or the error; after an error the old state
    /// is gone, too.
    [[nodiscard]] asio::awaitable<Errc> reacquire(LocalStateQuery::Target target, CallOptions options = {}) const;
    /// Releases the state now. Idempotent.
    void release() noexcept;

    // Queries with typed answers. Errors: Errc::malformed for a result of another shape, Errc::unsupported for values
    // that Byron does not have, Errc::era_mismatch, and those of `query`.
    /// The tip of the node's chain.
    [[nodiscard]] asio::awaitable<Result<Tip>> tip(CallOptions options = {}) const;
    /// The point of the acquired state.
    [[nodiscard]] asio::awaitable<Result<Point>> point(CallOptions options = {}) const;
    /// Empty at the origin.
    [[nodiscard]] asio::awaitable<Result<std::optional<BlockNumber>>> block_number(CallOptions options = {}) const;
    /// The ledger's era.
    [[nodiscard]] asio::awaitable<Result<Era>> era(CallOptions options = {}) const;
    /// The eras of the chain, with their slots and times.
    [[nodiscard]] asio::awaitable<Result<std::vector<n2c::EraSummary>>> era_history(CallOptions options = {}) const;
    /// When the chain began.
    [[nodiscard]] asio::awaitable<Result<n2c::SystemStart>> system_start(CallOptions options = {}) const;
    /// The present epoch.
    [[nodiscard]] asio::awaitable<Result<std::uint64_t>> epoch(CallOptions options = {}) const;
    /// The protocol parameters of the ledger's era.
    [[nodiscard]] asio::awaitable<Result<n2c::ProtocolParameters>> protocol_parameters(CallOptions options = {}) const;
    /// The unspent outputs of addresses.
    [[nodiscard]] asio::awaitable<Result<std::vector<n2c::Utxo>>> utxo(List<Bytes> addresses,
                                                                       CallOptions options = {}) const;

  private:
    friend class Client;
    friend class detail::ClientCore;
    LedgerState(std::shared_ptr<detail::ClientCore> core, CommandId id) noexcept : core_(std::move(core)), id_(id) {}

    std::shared_ptr<detail::ClientCore> core_;
    CommandId id_{};
};

/// The mempool as it was at one moment. A client has one snapshot at a time: a request for another waits until this one
/// is released.
///
/// Lifetimes  Moves. Its end releases it, on the client's executor. It may outlive its client.
class MempoolSnapshot {
  public:
    MempoolSnapshot(MempoolSnapshot&& other) noexcept = default;
    MempoolSnapshot& operator=(MempoolSnapshot&& other) noexcept;
    ~MempoolSnapshot() { release(); }

    /// Slot of the block that the mempool is for.
    [[nodiscard]] Slot slot() const noexcept { return slot_; }
    /// Returns the next transaction; empty after the last one.
    [[nodiscard]] asio::awaitable<Result<std::optional<Tx>>> next(CallOptions options = {}) const;
    /// Whether the snapshot has a transaction.
    [[nodiscard]] asio::awaitable<Result<bool>> has(const TxId& id, CallOptions options = {}) const;
    /// The capacity of the mempool, its bytes, and its number of transactions.
    [[nodiscard]] asio::awaitable<Result<LocalTxMonitor::ReplyGetSizes>> sizes(CallOptions options = {}) const;
    /// Since version 20.
    [[nodiscard]] asio::awaitable<Result<LocalTxMonitor::ReplyGetMeasures>> measures(CallOptions options = {}) const;
    /// Waits until the mempool has changed, and takes the new snapshot. Returns Errc::none or the error. A node does
    /// not cancel this request: after a cancellation, other requests wait until the mempool has changed.
    [[nodiscard]] asio::awaitable<Errc> changed(CallOptions options = {});
    /// Releases the snapshot now. Idempotent.
    void release() noexcept;

  private:
    friend class Client;
    friend class detail::ClientCore;
    MempoolSnapshot(std::shared_ptr<detail::ClientCore> core, CommandId id, Slot slot) noexcept
        : core_(std::move(core)), id_(id), slot_(slot) {}

    std::shared_ptr<detail::ClientCore> core_;
    CommandId id_{};
    Slot slot_{};
};

/// Settings of a client.
struct ClientOptions {
    Duration call_timeout = 60s;     ///< of a call that names no time of its own
    Checks checks = Checks::blocks;  ///< as `NodeOptions::checks`
    std::size_t max_followers = 8;   ///< at a time, each with a connection of its own; 1 to 64
    /// Changes any other setting before a connection is made. Include <ouro/ouro.hpp> for the type.
    std::function<void(local_initiator::Config&)> configure{};
};

/// A client of a program's own node. Its calls are awaited, one by one or many at once.
///
/// It works on its interface's executor; make all calls there. An awaited call returns its result or an Errc, and
/// throws only `operation_aborted`. `co_spawn(client.get_executor(), client.tip(), token)` makes one from any thread
/// with any completion token. A call from a wrong thread fails an assertion (docs/threads.md).
///
/// Errors        of every call: Errc::deadline_passed, Errc::not_connected, Errc::queue_full, Errc::stopped,
///               Errc::unsupported for requests that the negotiated version does not have,
///               and the reason why the connection ended
/// Cancellation  all types, of every call: `operation_aborted`. The connection stays, and a later answer of the node
///               is discarded.
/// Lifetimes     Neither copied nor moved. The destructor resets the connection, and calls end with
///               `operation_aborted`.
class Client {
  public:
    /// The config of its behavior.
    using Config = local_initiator::Config;

    /// `use` names the node. A signal that stops the runtime stops the client: its followers end with Errc::stopped.
    Client(Runtime& runtime, Network network, ClientOptions options = {});
    /// On an executor of one thread, or a strand.
    Client(const asio::any_io_executor& executor, Network network, ClientOptions options = {});

    // For calls alone, without `use`, `follow` and `news`: `connect` names the node.

    /// Over a Unix socket; the path of the socket names the node. Include <ouro/ouro.hpp> for the types.
    explicit Client(const asio::any_io_executor& executor);
    /// The same with a config.
    Client(const asio::any_io_executor& executor, Config config);
    /// The same with options of the socket.
    Client(const asio::any_io_executor& executor, Config config, const UnixOptions& options);
    /// Over an `Interface` constructed from `args`: see <ouro/program/client_interface.hpp>.
    template <class Interface, class... Args>
    Client(std::in_place_type_t<Interface>, Config config, Args&&... args);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    [[nodiscard]] asio::any_io_executor get_executor() const noexcept;

    /// Uses the node at this socket, or at `host:port` if it serves its clients over TCP. It is dialled at the first
    /// call, and again whenever it is lost. Call it once.
    /// Throws `std::invalid_argument` for a text that is neither, and for a path that is a directory.
    void use(std::string_view address);
    /// The same for an address that was read before.
    void use(const PeerId& node);
    /// Uses the node over a connection that the program has made, in place of an address. The calls use one connection
    /// and each follower another one, in the order in which they begin: call it once for each. A connection that has
    /// ended is not made again: calls then fail with Errc::not_connected, and its follower ends with the reason.
    /// Throws `std::system_error` in an emulated network, which has no sockets, and `std::logic_error` after `use` of
    /// an address.
    void use(ConnectedSocket socket);
    /// Follows the node's chain over a connection of its own, with the steps that relays give: see `Follower`.
    /// Throws `std::invalid_argument` if a cursor is of another network, if there are `max_followers` already, and for
    /// options that are out of range; `std::logic_error` before `use`, and if no connected socket is left for it.
    [[nodiscard]] Follower follow(FollowOptions options = {});
    /// The same from a stored cursor.
    [[nodiscard]] Follower follow(const Cursor& cursor, FollowOptions options = {});
    /// What happens to the connections of this client from now on. Throws `std::logic_error` for a client without a
    /// network.
    [[nodiscard]] News news();

    /// Dials and negotiates. `Config::reconnect` controls retries, also after the connection is lost.
    ///
    /// Errors  the reason why there is no connection; `last_end` has the details
    [[nodiscard]] asio::awaitable<Result<Agreement>> connect(const PeerId& node, CallOptions options = {});
    /// The state of the connection to the node.
    [[nodiscard]] local_initiator::NodeState node() const;
    /// How the last connection ended, or why none was established.
    [[nodiscard]] const local_initiator::Disconnected& last_end() const noexcept;
    /// The last answer to a query that could not be read, and why; with Errc::none, each one could. The connection
    /// stays.
    [[nodiscard]] const Violation& last_unreadable() const noexcept;
    /// Calls `watcher` with each change of the connection. Null: none.
    void watch(std::function<void(const ConnectionEvent&)> watcher);

    /// Errors        only for a transaction that was never sent
    /// Cancellation  it is then unknown whether the node has the transaction
    [[nodiscard]] asio::awaitable<Result<Verdict>> submit(const Tx& tx, CallOptions options = {});

    /// Errors  Errc::point_too_old, Errc::point_not_on_chain, and those of every call
    [[nodiscard]] asio::awaitable<Result<LedgerState>> acquire(LocalStateQuery::Target target,
                                                               CallOptions options = {});
    /// The same at the tip.
    [[nodiscard]] asio::awaitable<Result<LedgerState>> acquire(CallOptions options = {}) {
        return acquire(LocalStateQuery::VolatileTip{}, options);
    }
    /// Acquires a snapshot of the mempool.
    [[nodiscard]] asio::awaitable<Result<MempoolSnapshot>> mempool(CallOptions options = {});

    // One query to a state that is acquired and released for it. If the connection ends during the query and there is a
    // new one, the query is repeated once.
    /// Any query, at any point.
    [[nodiscard]] asio::awaitable<Result<Bytes>> query(LocalStateQuery::Target target, const Bytes& query,
                                                       CallOptions options = {});
    // The same at the tip.
    /// The tip of the node's chain.
    [[nodiscard]] asio::awaitable<Result<Tip>> tip(CallOptions options = {});
    /// The number of the newest block; empty at the origin.
    [[nodiscard]] asio::awaitable<Result<std::optional<BlockNumber>>> block_number(CallOptions options = {});
    /// The ledger's era.
    [[nodiscard]] asio::awaitable<Result<Era>> era(CallOptions options = {});
    /// The eras of the chain, with their slots and times.
    [[nodiscard]] asio::awaitable<Result<std::vector<n2c::EraSummary>>> era_history(CallOptions options = {});
    /// When the chain began.
    [[nodiscard]] asio::awaitable<Result<n2c::SystemStart>> system_start(CallOptions options = {});
    /// The present epoch.
    [[nodiscard]] asio::awaitable<Result<std::uint64_t>> epoch(CallOptions options = {});
    /// The protocol parameters of the ledger's era.
    [[nodiscard]] asio::awaitable<Result<n2c::ProtocolParameters>> protocol_parameters(CallOptions options = {});
    /// The unspent outputs of addresses.
    [[nodiscard]] asio::awaitable<Result<std::vector<n2c::Utxo>>> utxo(List<Bytes> addresses, CallOptions options = {});

    /// Stops in good order: pending calls end with Errc::stopped. Idempotent.
    void stop();
    /// Stops, and waits until everything has ended.
    [[nodiscard]] asio::awaitable<void> close();

  private:
    explicit Client(std::shared_ptr<detail::ClientCore> core) noexcept : core_(std::move(core)) {}
    explicit Client(std::shared_ptr<detail::ClientPlace> place);
    static std::shared_ptr<detail::ClientCore> begin(const Config& config);
    void attach(std::unique_ptr<detail::Driver<LocalInitiatorBehavior>> driver);
    void dial_at_first_call();

    std::shared_ptr<detail::ClientCore> core_;
    std::shared_ptr<detail::ClientPlace> place_;  // of a client that is made with a network
};

}  // namespace ouro
