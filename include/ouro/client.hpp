#pragma once

#include <ouro/detail/asio.hpp>

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/detail/client_driver.hpp>
#include <ouro/interface/unix.hpp>
#include <ouro/list.hpp>
#include <ouro/n2c/protocol_parameters.hpp>
#include <ouro/n2c/utxo.hpp>

namespace ouro {

namespace detail {
class ClientCore;
}

/// What a call of a client may take. Where nothing is said, it is what the client's Config says. No aggregate, for
/// those must not be made within a `co_await` of g++ 12.
struct CallOptions {
    CallOptions() noexcept {}
    CallOptions(std::optional<Duration> of_time, std::optional<std::size_t> of_octets = std::nullopt) noexcept
        : time(of_time), octets(of_octets) {}

    std::optional<Duration> time;  ///< for all that the call does; `Duration::max()`: for ever
    /// Bytes of a query's result; a longer one ends the connection. Nothing: `Config::answer_octets`, and 1 MiB for the
    /// questions of a LedgerState whose answers are small on any chain, which is all but `query` and `utxo`. The
    /// interface's own budget is a limit, too.
    std::optional<std::size_t> octets;
};

/// Where a chain is followed from.
struct Intersection {
    Point point;
    Tip tip;
};

/// What happens to a chain that is followed.
using ChainEvent = std::variant<local_initiator::RollForward, local_initiator::RollBackward, local_initiator::AtTip>;
/// What became of a transaction.
using Verdict = std::variant<local_initiator::TxAccepted, local_initiator::TxRejected, local_initiator::TxUnknown>;

/// The ledger's state at one point, until it is released or its connection is gone. A client has one at a time: whoever
/// wants another waits for this one's end.
///
/// Lifetimes  Moves. Its end releases it, on the client's executor. It may outlive its client.
class LedgerState {
  public:
    LedgerState(LedgerState&& other) noexcept = default;
    LedgerState& operator=(LedgerState&& other) noexcept;
    ~LedgerState() { release(); }

    /// The result of any query, of which `n2c::query` makes those that the library knows.
    ///
    /// Errors  Errc::answer_too_large; Errc::state_gone  released, or not acquired again; and those of every call
    [[nodiscard]] asio::awaitable<Result<Bytes>> query(const Bytes& query, CallOptions options = {}) const;
    /// The state at another point in place of this one; Errc::none, or why there is none. Then the old one is gone,
    /// too.
    [[nodiscard]] asio::awaitable<Errc> reacquire(LocalStateQuery::Target target, CallOptions options = {}) const;
    void release() noexcept;

    // Questions in the form of their answers. Errors: Errc::malformed for a result that is something else,
    // Errc::unsupported for what Byron does not have, Errc::era_mismatch, and those of `query`.
    [[nodiscard]] asio::awaitable<Result<Tip>> tip(CallOptions options = {}) const;
    [[nodiscard]] asio::awaitable<Result<Point>> point(CallOptions options = {}) const;
    /// Nothing at the origin.
    [[nodiscard]] asio::awaitable<Result<std::optional<BlockNumber>>> block_number(CallOptions options = {}) const;
    [[nodiscard]] asio::awaitable<Result<Era>> era(CallOptions options = {}) const;
    [[nodiscard]] asio::awaitable<Result<std::vector<n2c::EraSummary>>> era_history(CallOptions options = {}) const;
    [[nodiscard]] asio::awaitable<Result<n2c::SystemStart>> system_start(CallOptions options = {}) const;
    [[nodiscard]] asio::awaitable<Result<std::uint64_t>> epoch(CallOptions options = {}) const;
    [[nodiscard]] asio::awaitable<Result<n2c::ProtocolParameters>> protocol_parameters(CallOptions options = {}) const;
    [[nodiscard]] asio::awaitable<Result<std::vector<n2c::Utxo>>> utxo(List<Bytes> addresses,
                                                                       CallOptions options = {}) const;

  private:
    friend class Client;
    friend class detail::ClientCore;
    LedgerState(std::shared_ptr<detail::ClientCore> core, CommandId id) noexcept : core_(std::move(core)), id_(id) {}

    std::shared_ptr<detail::ClientCore> core_;
    CommandId id_{};
};

/// The mempool as it was at one moment. A client has one snapshot at a time: whoever wants another waits for this one's
/// end.
///
/// Lifetimes  Moves. Its end releases it, on the client's executor. It may outlive its client.
class MempoolSnapshot {
  public:
    MempoolSnapshot(MempoolSnapshot&& other) noexcept = default;
    MempoolSnapshot& operator=(MempoolSnapshot&& other) noexcept;
    ~MempoolSnapshot() { release(); }

    /// Of the block that the mempool is for.
    [[nodiscard]] Slot slot() const noexcept { return slot_; }
    /// One transaction after the other; nothing when that was all.
    [[nodiscard]] asio::awaitable<Result<std::optional<Tx>>> next(CallOptions options = {}) const;
    [[nodiscard]] asio::awaitable<Result<bool>> has(const TxId& id, CallOptions options = {}) const;
    [[nodiscard]] asio::awaitable<Result<LocalTxMonitor::ReplyGetSizes>> sizes(CallOptions options = {}) const;
    /// Since version 20.
    [[nodiscard]] asio::awaitable<Result<LocalTxMonitor::ReplyGetMeasures>> measures(CallOptions options = {}) const;
    /// Waits for a mempool that differs, which then is the one here; Errc::none, or why not. The node cannot be told
    /// that nobody waits any more: after a cancellation other questions wait until the mempool has changed.
    [[nodiscard]] asio::awaitable<Errc> changed(CallOptions options = {});
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

/// A program's own node, asked by plain calls that are awaited, one by one or many at once.
///
/// It works on its interface's executor, where all calls are made. A call ends with what it asks for or with an Errc;
/// it throws nothing but `operation_aborted`.
///
/// Errors        of every call: Errc::deadline_passed, Errc::not_connected, Errc::queue_full, Errc::unsupported for
/// what
///               the negotiated version does not have, Errc::stopped, and what ended the connection
/// Cancellation  All types, of every call: `operation_aborted`, and the connection stays. What the node answers later
/// is
///               discarded.
/// Lifetimes     Neither copied nor moved. Its end resets the connection, and ends what waits with `operation_aborted`.
class Client {
  public:
    using Config = local_initiator::Config;

    /// Over a Unix socket: a node's name is the path of its socket.
    explicit Client(const asio::any_io_executor& executor, Config config = {}, const UnixOptions& options = {});
    /// Over an `Interface` that is made of `args`. `Config::automatic` is the client's own to set.
    template <class Interface, class... Args>
    Client(std::in_place_type_t<Interface>, Config config, Args&&... args) : Client(begin(config)) {
        attach(std::make_unique<detail::ManagedDriver<Interface>>(std::move(config), std::forward<Args>(args)...));
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    [[nodiscard]] asio::any_io_executor get_executor() const noexcept;

    /// Dials and agrees. With `Config::reconnect` it tries as often as that says, and goes on doing so afterwards.
    ///
    /// Errors  why there is no connection; `last_end` has the details
    [[nodiscard]] asio::awaitable<Result<Agreement>> connect(const PeerId& node, CallOptions options = {});
    /// The node, and how it is there.
    [[nodiscard]] local_initiator::NodeState node() const;
    /// How the last connection ended, or why there was none.
    [[nodiscard]] const local_initiator::Disconnected& last_end() const noexcept;
    /// Calls `watcher` with each Connected and Disconnected. Null: nobody.
    void watch(std::function<void(const local_initiator::Event&)> watcher);

    /// Follows the chain from the best of `points` that is on it (none: from the origin), in place of one that was
    /// followed so far. At most `Config::sync_window` blocks wait for `next`.
    ///
    /// Shape   `follow(point)`, `follow({a, b})`, `follow(points)` with a vector or a span
    /// Errors  Errc::no_intersection, and those of every call
    [[nodiscard]] asio::awaitable<Result<Intersection>> follow(List<Point> points, CallOptions options = {});
    /// What happens next to the chain, however long that takes. Does not suspend while there is something, but for a
    /// yield to the executor now and then.
    ///
    /// Errors        why the chain is not followed any more; Errc::bad_argument  it never was;
    ///               Errc::busy  another one waits
    /// Cancellation  takes nothing: what was not taken comes with the next call
    [[nodiscard]] asio::awaitable<Result<ChainEvent>> next();
    /// The same, if it is there already.
    [[nodiscard]] std::optional<ChainEvent> try_next();
    void stop_following();

    /// Errors        only of a transaction that was never sent
    /// Cancellation  whether the node has got the transaction is not known then
    [[nodiscard]] asio::awaitable<Result<Verdict>> submit(const Tx& tx, CallOptions options = {});

    /// Errors  Errc::point_too_old, Errc::point_not_on_chain, and those of every call
    [[nodiscard]] asio::awaitable<Result<LedgerState>> acquire(LocalStateQuery::Target target,
                                                               CallOptions options = {});
    [[nodiscard]] asio::awaitable<Result<LedgerState>> acquire(CallOptions options = {}) {
        return acquire(LocalStateQuery::VolatileTip{}, options);
    }
    [[nodiscard]] asio::awaitable<Result<MempoolSnapshot>> mempool(CallOptions options = {});

    // One question to a state of its own, which is acquired and released for it. Where the state goes with its
    // connection, and there is another one, it is asked once more.
    [[nodiscard]] asio::awaitable<Result<Bytes>> query(LocalStateQuery::Target target, const Bytes& query,
                                                       CallOptions options = {});
    // The same at the tip.
    [[nodiscard]] asio::awaitable<Result<Tip>> tip(CallOptions options = {});
    [[nodiscard]] asio::awaitable<Result<std::optional<BlockNumber>>> block_number(CallOptions options = {});
    [[nodiscard]] asio::awaitable<Result<Era>> era(CallOptions options = {});
    [[nodiscard]] asio::awaitable<Result<std::vector<n2c::EraSummary>>> era_history(CallOptions options = {});
    [[nodiscard]] asio::awaitable<Result<n2c::SystemStart>> system_start(CallOptions options = {});
    [[nodiscard]] asio::awaitable<Result<std::uint64_t>> epoch(CallOptions options = {});
    [[nodiscard]] asio::awaitable<Result<n2c::ProtocolParameters>> protocol_parameters(CallOptions options = {});
    [[nodiscard]] asio::awaitable<Result<std::vector<n2c::Utxo>>> utxo(List<Bytes> addresses, CallOptions options = {});

    /// Ends in good order: pending calls end with Errc::stopped. Idempotent.
    void stop();
    /// The same, and waits for the end.
    [[nodiscard]] asio::awaitable<void> close();

  private:
    explicit Client(std::shared_ptr<detail::ClientCore> core) noexcept : core_(std::move(core)) {}
    static std::shared_ptr<detail::ClientCore> begin(Config& config);
    void attach(std::unique_ptr<detail::ClientDriver> driver);

    std::shared_ptr<detail::ClientCore> core_;
};

}  // namespace ouro
