#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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

/// The behavior of a mock node. Everything has a default, so that a test names only what it is about.
struct MockScript {
    /// The accepted versions and network: versions 16 to 23.
    VersionOffer offer{n2c::default_versions(), {mainnet, false, false, false, false}};
    std::shared_ptr<const ChainView> chain;  ///< null: only the origin
    ChainView::Position states = 2'160;      ///< number of states kept behind the tip; older points are too old

    /// Queries, as bytes, with their results. The chain's point and block number are answered without an entry.
    std::vector<std::pair<Bytes, Bytes>> answers;
    /// Returns the result of any other query at the acquired point. Empty: the node does not know the query, and
    /// disconnects.
    std::function<std::optional<Bytes>(const Point& at, const Bytes& query)> answer;

    /// Returns the reason to reject a transaction, or empty to accept it. Null: all are accepted.
    std::function<std::optional<Bytes>(const Tx& tx)> reject;
    /// With it, accepted transactions enter the mempool.
    std::function<TxId(const Tx& tx)> id_of;
    MockMempool mempool;

    /// Whether a request is left to the user, who answers with `local_responder::Answer`. Null: none is.
    std::function<bool(const n2c::Message& request)> holds;
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
