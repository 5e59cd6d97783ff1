#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/base/list.hpp>
#include <ouro/base/time.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/n2c/query_result.hpp>
#include <ouro/protocol/chain_rules.hpp>
#include <ouro/protocol/vocabulary.hpp>

/// What a client of a node is told and what it tells.
namespace ouro::local_initiator {

/// Dials again after a connection that was lost, or could not be made.
struct Reconnect {
    Duration first = 1s;      ///< before the first try; doubled after each that fails
    Duration most = 60s;      ///< never longer than this
    std::uint32_t tries = 0;  ///< that may fail in a row; 0: any number
};

struct Config {
    /// What is proposed. Versions 16 to 23.
    VersionOffer offer{n2c::default_versions(), {mainnet, false, false, false, false}};

    Duration dial_timeout = 10s;
    Duration handshake_timeout = 10s;
    Duration call_timeout = 60s;            ///< of a call that names no time of its own
    std::size_t max_calls = 1'024;          ///< that have not ended, and outcomes that are not taken
    std::size_t answer_bytes = 64U << 20;   ///< of a query that names no limit of its own
    std::size_t message_bytes = 2'500'000;  ///< of any other message, blocks too; as large as a block between nodes

    std::uint32_t sync_window = 100;      ///< blocks asked for and not yet taken
    std::size_t events_bytes = 8U << 20;  ///< blocks not yet taken; no more are asked for above it
    bool automatic = true;                ///< ask for the next block when one is taken; else on `ContinueFollowing`
    std::size_t history = 2'160;          ///< points remembered for another connection; k of the main network

    /// Nothing: a connection that is lost is reported, and what was pending ends with it. Else what was not sent waits
    /// for the next one, and a chain is followed on from what was delivered.
    std::optional<Reconnect> reconnect;
    /// What blocks are checked by; `ouro::chain::cardano_rules` has Cardano's. Without rules nothing that the node
    /// sends is checked, and no chain can be followed on over another connection.
    std::shared_ptr<const ChainRules> rules;
    Checks checks = Checks::blocks;
};

// Commands. Those with a time are calls, with exactly one outcome: their own, or Failed. Nothing for the time is
// `Config::call_timeout`, and `Duration::max()` for ever. Commands that own memory have constructors: no aggregate may
// be made within a `co_await` of g++ 12, which docs/coroutines.md explains.

/// A subscription: Connected as often as there is agreement, until a Disconnected without another try.
struct Connect {
    Connect() noexcept = default;
    explicit Connect(PeerId to, std::optional<Duration> for_time = std::nullopt) noexcept
        : node(std::move(to)), time(for_time) {}

    PeerId node;
    std::optional<Duration> time{};  ///< for the first agreement, all tries together
};
/// Ends the connection in good order; what is pending ends with Errc::disconnected.
struct Disconnect {};
/// Follow the chain from the best of `points` (none: from the origin). A subscription: Intersected, or NoIntersection
/// and nothing else; ends with FollowEnded.
struct Follow {
    Follow() = default;
    explicit Follow(List<Point> from, std::optional<Duration> for_time = std::nullopt) noexcept
        : points(std::move(from).vector()), time(for_time) {}

    std::vector<Point> points;
    std::optional<Duration> time{};  ///< for the intersection
};
/// Credit for `blocks` more, where it is not automatic. No more than a window is kept: the rest of it is void.
struct ContinueFollowing {
    std::uint32_t blocks = 1;
};
struct StopFollowing {};
/// Ends in exactly one of TxAccepted, TxRejected, TxUnknown, or in Failed, where it was never sent.
struct SubmitTx {
    SubmitTx() noexcept = default;
    explicit SubmitTx(Tx submitted, std::optional<Duration> for_time = std::nullopt) noexcept
        : tx(std::move(submitted)), time(for_time) {}

    Tx tx;
    std::optional<Duration> time{};
};
/// Ends in StateAcquired or Failed. The command's id names the state from then on. There is one at a time: others wait
/// for their turn.
struct AcquireState {
    LocalStateQuery::Target target = LocalStateQuery::VolatileTip{};
    std::optional<Duration> time{};
};
/// Another state in place of this one, without giving up the turn. Ends in StateAcquired or Failed; where the node
/// refuses, the old one is gone, too.
struct ReacquireState {
    CommandId state{};
    LocalStateQuery::Target target = LocalStateQuery::VolatileTip{};
    std::optional<Duration> time{};
};
/// Ends in StateAnswered or Failed.
struct QueryState {
    QueryState() noexcept = default;
    QueryState(CommandId of, Bytes asked, std::optional<std::size_t> at_most = std::nullopt,
               std::optional<Duration> for_time = std::nullopt, std::shared_ptr<cbor::ItemWatch> by = {}) noexcept
        : state(of), query(std::move(asked)), bytes(at_most), time(for_time), watch(std::move(by)) {}

    CommandId state{};
    Bytes query;                         ///< one item, as of `n2c::query`
    std::optional<std::size_t> bytes{};  ///< of the answer; a longer one ends the connection
    std::optional<Duration> time{};
    /// Sees the message with the answer while it arrives. With it `time` is the longest time without a byte of that
    /// message; the call fails between one and two of those times after the last byte.
    std::shared_ptr<cbor::ItemWatch> watch{};
};
/// What is pending of it ends with Errc::state_gone.
struct ReleaseState {
    CommandId state{};
};
/// Ends in MempoolAcquired or Failed. The command's id names the snapshot from then on. There is one at a time: others
/// wait for their turn.
struct AcquireMempool {
    std::optional<Duration> time{};
};
/// Acquire asks for the next snapshot that differs, and ends in MempoolAcquired; all others end in MempoolAnswered.
struct AskMempool {
    using Question = std::variant<LocalTxMonitor::NextTx, LocalTxMonitor::HasTx, LocalTxMonitor::GetSizes,
                                  LocalTxMonitor::GetMeasures, LocalTxMonitor::Acquire>;
    CommandId mempool{};
    Question question;
    std::optional<Duration> time{};
};
/// What is pending of it ends with Errc::state_gone.
struct ReleaseMempool {
    CommandId mempool{};
};
/// Takes a call back, which ends at once with Errc::cancelled, or in TxUnknown; what the node answers to it later is
/// discarded. Of a call that has ended: nothing happens.
struct Cancel {
    CommandId command{};
};
/// Nobody has to send it: deadlines drive everything.
struct Housekeeping {};

using Command =
    std::variant<Connect, Disconnect, Follow, ContinueFollowing, StopFollowing, SubmitTx, AcquireState, ReacquireState,
                 QueryState, ReleaseState, AcquireMempool, AskMempool, ReleaseMempool, Cancel, Housekeeping>;

// Events.
struct Connected {
    CommandId command{};
    PeerId node;
    Agreement agreement;
};
/// The node answered a query for its versions; the connection ends.
struct VersionsAnswered {
    CommandId command{};
    PeerId node;
    VersionTable versions;
};
struct Disconnected {
    CommandId command{};
    PeerId node;
    Errc reason{};
    std::error_code system;
    Violation violation;
    std::optional<RefuseReason> refusal;  ///< where there was no agreement
    std::optional<Instant> retry_at;      ///< nothing: the node is not dialled again
    /// Where the node broke the rule of `violation`: its block or the point it went to. Of a block whose header cannot
    /// be read, the point it should have followed. Nothing where the rule is of no block.
    std::optional<Point> point{};
};
struct Intersected {
    CommandId command{};
    Point point;
    Tip tip;
};
/// None of the points is on the node's chain. It is not followed.
struct NoIntersection {
    CommandId command{};
    Tip tip;
};
struct RollForward {
    CommandId command{};
    Bytes block;  ///< `[tag, block]`
    Tip tip;
};
struct RollBackward {
    CommandId command{};
    Point point;
    Tip tip;
};
/// Everything the node has was told. Once, until it has fallen behind again.
struct AtTip {
    CommandId command{};
    Tip tip;
};
struct FollowEnded {
    CommandId command{};
    Errc reason{};
};
struct TxAccepted {
    CommandId command{};
};
struct TxRejected {
    CommandId command{};
    Bytes reason;                              ///< one item, as it came
    std::optional<n2c::EraMismatch> mismatch;  ///< where that is the reason
    std::string text;                          ///< what `n2c::rejection_text` makes of it: print with `printable`
};
/// It was sent, and nobody knows what became of it.
struct TxUnknown {
    CommandId command{};
    Errc reason{};
};
struct StateAcquired {
    CommandId command{};
};
struct StateAnswered {
    CommandId command{};
    Bytes result;  ///< one item, which only the query tells how to read
};
struct MempoolAcquired {
    CommandId command{};
    Slot slot{};
};
struct MempoolAnswered {
    using Answer = std::variant<LocalTxMonitor::ReplyNextTx, LocalTxMonitor::ReplyHasTx, LocalTxMonitor::ReplyGetSizes,
                                LocalTxMonitor::ReplyGetMeasures>;
    CommandId command{};
    Answer answer;
};
struct Failed {
    CommandId command{};
    Errc reason{};
};

using Event = std::variant<Connected, VersionsAnswered, Disconnected, Intersected, NoIntersection, RollForward,
                           RollBackward, AtTip, FollowEnded, TxAccepted, TxRejected, TxUnknown, StateAcquired,
                           StateAnswered, MempoolAcquired, MempoolAnswered, Failed>;

enum class Stage : std::uint8_t { idle, dialling, handshaking, ready, closing, waiting };

/// The node as it is now.
struct NodeState {
    PeerId node;
    Stage stage{};
    Errc reason{};                    ///< why the last connection ended
    std::optional<Instant> retry_at;  ///< while waiting
    std::optional<Agreement> agreement;
    std::size_t calls = 0;  ///< that have not ended
};

/// The types of `LocalInitiatorBehavior`.
struct Words {
    using Message = n2c::Message;
    using Config = local_initiator::Config;
    using Command = local_initiator::Command;
    using Event = local_initiator::Event;
    using PeerState = local_initiator::NodeState;
};

}  // namespace ouro::local_initiator
