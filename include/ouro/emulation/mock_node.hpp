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

/// The script of a mock node. Everything has a default, so that a test states only what it tests.
struct MockScript {
    /// Accepted versions: 16 to 23.
    VersionOffer offer{n2c::default_versions(), {mainnet, false, false, false, false}};
    std::shared_ptr<const ChainView> chain;  ///< null: only the origin
    ChainView::Position states = 2'160;      ///< number of states kept behind the tip; older points are too old

    /// Queries as bytes, with their results. The queries for the chain's point and block number need no entry.
    std::vector<std::pair<Bytes, Bytes>> answers;
    /// Answers all other queries at the acquired point. If it returns nothing, the connection ends, as with a node that
    /// does not know the query.
    std::function<std::optional<Bytes>(const Point& at, const Bytes& query)> answer;

    /// Returns the reason for which a transaction is rejected, or nothing to accept it. Null: all are accepted.
    std::function<std::optional<Bytes>(const Tx& tx)> reject;
    /// Returns the id of a transaction. If set, accepted transactions are added to the mempool.
    std::function<TxId(const Tx& tx)> id_of;
    MockMempool mempool;

    /// Selects the requests that the user answers with the command `local_responder::Answer`. Null: none.
    std::function<bool(const n2c::Message& request)> holds;
};

/// Replaces the mempool; clients that wait for a change get an answer.
struct SetMempool {
    SetMempool() = default;
    explicit SetMempool(MockMempool next) noexcept : mempool(std::move(next)) {}

    MockMempool mempool;
};

/// Stands in for a node in tests of its clients. Its script states the chain, the answers to queries, the verdicts on
/// transactions and the mempool. It is a behavior: it works in an emulated network, and under a manager with real
/// sockets.
///
/// Shape   The commands are those of a LocalResponderBehavior and SetMempool. The events are the same; a Requested
///         reports a request that was answered already, or one that the user answers.
/// Errors  Those of a LocalResponderBehavior.
class MockNode {
  public:
    using Message = n2c::Message;
    using Config = MockScript;
    using Command = std::variant<local_responder::Answer, local_responder::ChainChanged,
                                 local_responder::DisconnectPeer, local_responder::Housekeeping, SetMempool>;
    using Event = local_responder::Event;
    using PeerState = local_responder::PeerState;

    explicit MockNode(Config script);
    MockNode(MockNode&&) noexcept;
    MockNode& operator=(MockNode&&) noexcept;
    ~MockNode();

    void handle_io(InterfaceEvent<Message>&& event, Instant now);
    [[nodiscard]] Result<CommandId> execute(Command& command, Instant now);
    void tick(Instant now);
    void stop(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
    std::optional<InterfaceCommand<Message>> poll_command();
    std::optional<Event> poll_event();
    [[nodiscard]] bool has_event() const noexcept;
    [[nodiscard]] bool idle() const noexcept;

    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] const local_responder::Counters& counters() const noexcept;
    /// The current mempool.
    [[nodiscard]] const MockMempool& mempool() const noexcept;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ouro::emulation
