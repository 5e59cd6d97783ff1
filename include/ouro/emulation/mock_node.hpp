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

/// What a mock node has in its mempool.
struct MockMempool {
    struct Entry {
        TxId id;
        Tx tx;
    };
    Slot slot{};
    std::uint32_t capacity = 178'176;  ///< bytes; two blocks of the main network
    std::vector<Entry> entries;
    std::vector<LocalTxMonitor::Measure> measures;  ///< none: those of the bytes
};

/// What a mock node does. Everything has a default, so that a test says only what it is about.
struct MockScript {
    /// What is accepted: versions 16 to 23.
    VersionOffer offer{n2c::default_versions(), {mainnet, false, false, false, false}};
    std::shared_ptr<const ChainView> chain;  ///< null: only the origin
    ChainView::Position states = 2'160;      ///< kept behind the tip; an older point is too old

    /// Queries, as bytes, with their results. The chain's point and its block number need not be among them.
    std::vector<std::pair<Bytes, Bytes>> answers;
    /// Asked about all others, with the point that is acquired. Nothing: the connection ends, as with a node that does
    /// not know the query.
    std::function<std::optional<Bytes>(const Point& at, const Bytes& query)> answer;

    /// The reason for which a transaction is rejected; nothing: it is accepted. Null: all are.
    std::function<std::optional<Bytes>(const Tx& tx)> reject;
    /// With it, what is accepted is in the mempool from then on.
    std::function<TxId(const Tx& tx)> id_of;
    MockMempool mempool;

    /// Requests that are left to the user: their answer is a command, `local_responder::Answer`. Null: none.
    std::function<bool(const n2c::Message& request)> holds;
};

/// Another mempool from now on: whoever waits for a change is told.
struct SetMempool {
    SetMempool() = default;
    explicit SetMempool(MockMempool next) noexcept : mempool(std::move(next)) {}

    MockMempool mempool;
};

/// Stands in for a node in the tests of its clients: a chain, answers to queries, verdicts on transactions and a
/// mempool, as its script says. It is a behavior: it lives in an emulated network as well as behind a socket, under a
/// manager.
///
/// Shape   Commands are those of a LocalResponderBehavior, and SetMempool; events are the same, where a Requested tells
///         of what was answered already, or is left to the user.
/// Errors  those of a LocalResponderBehavior
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
    /// As it is now.
    [[nodiscard]] const MockMempool& mempool() const noexcept;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ouro::emulation
