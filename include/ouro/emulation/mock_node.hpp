#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/behavior/local_responder.hpp>

namespace ouro::emulation {

/// The mempool of a mock node.
struct MockMempool {
    struct Entry {
        TxId id;
        Tx tx;
    };
    Slot slot{};
    std::uint32_t capacity = 178'176;  ///< bytes; two blocks of the main network
    std::vector<Entry> entries;
    std::vector<LocalTxMonitor::Measure> measures;  ///< empty: one measure of the bytes
};

/// The faults of a mock node.
enum class MockFault : std::uint8_t {
    none,
    point_too_old,       ///< no state can be acquired
    point_not_on_chain,  ///< the same with the other reason
    era_mismatch,        ///< queries of an era are answered with an EraMismatch that names another era
    cut_answer,          ///< the second half of each result is missing, so that what follows cannot be read
    wrong_answer,        ///< each result is `false`
    silent,              ///< queries are not answered
    disconnect           ///< a query ends the connection
};
/// Names of the faults, in their order.
inline constexpr std::array<std::string_view, 8> mock_faults{"none",         "point-too-old", "point-not-on-chain",
                                                             "era-mismatch", "cut-answer",    "wrong-answer",
                                                             "silent",       "disconnect"};

/// How a mock node handles a query that has no answer.
enum class MockUnknown : std::uint8_t {
    drop,   ///< it ends the connection, as a node that does not know the query
    error,  ///< an EraMismatch, which is the only error that an answer can be; without an era, as `drop`
    wait    ///< it does not answer
};
/// Names of those, in their order.
inline constexpr std::array<std::string_view, 3> mock_unknowns{"drop", "error", "wait"};

/// The behavior of a mock node. Everything has a default, so that a test names only what it is about.
struct MockScript {
    /// The accepted versions and network: versions 16 to 23.
    VersionOffer offer{n2c::default_versions(), {mainnet, false, false, false, false}};
    std::shared_ptr<const ChainView> chain;  ///< null: only the origin
    ChainView::Position states = 2'160;      ///< number of states kept behind the tip; older points are too old

    /// Queries, as bytes, with their results. The chain's point and block number are answered without an entry.
    std::vector<std::pair<Bytes, Bytes>> answers;
    /// Returns the result of any other query at the acquired point: see `MockAnswers`. Empty: as `unknown` says.
    std::function<std::optional<Bytes>(const Point& at, const Bytes& query)> answer;

    MockUnknown unknown = MockUnknown::drop;
    MockFault fault = MockFault::none;
    Duration latency{};  ///< between a request and its answer

    /// Returns the reason to reject a transaction, or empty to accept it. Null: all are accepted.
    std::function<std::optional<Bytes>(const Tx& tx)> reject;
    /// With it, accepted transactions enter the mempool.
    std::function<TxId(const Tx& tx)> id_of;
    MockMempool mempool;

    /// Whether a request is left to the user, who answers with `local_responder::Answer`. Null: none is.
    std::function<bool(const n2c::Message& request)> holds;

    std::vector<std::shared_ptr<LocalVisitor>> visitors{};  ///< observers of the clients' connections
};

/// Replaces the mempool. Clients that wait for a change get their snapshot.
struct SetMempool {
    SetMempool() = default;
    explicit SetMempool(MockMempool next) noexcept : mempool(std::move(next)) {}

    MockMempool mempool;
};

/// The types of `MockNode`.
struct MockWords {
    using Message = n2c::Message;
    using Config = MockScript;
    using Command = std::variant<local_responder::Answer, local_responder::ChainChanged,
                                 local_responder::DisconnectPeer, SetMempool>;
    using Event = local_responder::Event;
    using PeerState = local_responder::PeerState;
};

/// Stands in for a node in the tests of its clients: serves a chain, answers queries, and has verdicts on transactions
/// and a mempool, as its script says. It is a behavior, for an emulated network as well as for a manager and a socket.
///
/// Shape   Commands are those of a LocalResponderBehavior, and SetMempool; events are the same, but most requests are
///         already answered when their Requested is reported.
/// Errors  those of a LocalResponderBehavior
class MockNode : public BehaviorFacade<MockWords> {
  public:
    using BehaviorFacade::BehaviorFacade;

    /// Every connected client as it is now.
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] const local_responder::Counters& counters() const noexcept;
    /// The current mempool.
    [[nodiscard]] const MockMempool& mempool() const noexcept;
};

}  // namespace ouro::emulation
