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

/// What a mock node does wrong.
enum class MockFault : std::uint8_t {
    none,
    point_too_old,       ///< no state can be acquired
    point_not_on_chain,  ///< the same with the other reason
    era_mismatch,        ///< queries of an era are answered with an EraMismatch that names another era
    cut_answer,          ///< the second half of each result is missing, and what follows is not understood
    wrong_answer,        ///< each result is `false`
    silent,              ///< queries are not answered
    disconnect           ///< a query ends the connection
};
/// Names of the faults, in their order.
inline constexpr std::array<std::string_view, 8> mock_faults{"none",         "point-too-old", "point-not-on-chain",
                                                             "era-mismatch", "cut-answer",    "wrong-answer",
                                                             "silent",       "disconnect"};

/// What a mock node does with a query that has no answer.
enum class MockUnknown : std::uint8_t {
    drop,   ///< the connection ends, as with a node that does not know the query
    error,  ///< an EraMismatch, which is the only error that an answer can be; without an era, as `drop`
    wait    ///< no answer
};
/// Names of those, in their order.
inline constexpr std::array<std::string_view, 3> mock_unknowns{"drop", "error", "wait"};

/// What a mock node does. Everything has a default, so that a test says only what it is about.
struct MockScript {
    /// What is accepted: versions 16 to 23.
    VersionOffer offer{n2c::default_versions(), {mainnet, false, false, false, false}};
    std::shared_ptr<const ChainView> chain;  ///< null: only the origin
    ChainView::Position states = 2'160;      ///< kept behind the tip; an older point is too old

    /// Queries, as bytes, with their results. The chain's point and its block number need not be among them.
    std::vector<std::pair<Bytes, Bytes>> answers;
    /// Asked about all others, with the point that is acquired; see `MockAnswers`. Nothing: as `unknown` says.
    std::function<std::optional<Bytes>(const Point& at, const Bytes& query)> answer;

    MockUnknown unknown = MockUnknown::drop;
    MockFault fault = MockFault::none;
    Duration latency{};  ///< between a request and its answer

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
