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
#include <ouro/behavior/local_initiator/outcomes.hpp>
#include <ouro/behavior/local_visitor.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/protocol/chain_rules.hpp>
#include <ouro/protocol/vocabulary.hpp>

/// The config, commands and events of a node's client.
namespace ouro::local_initiator {

/// Dials again after a connection was lost or could not be made.
struct Reconnect {
    Duration first = 1s;      ///< before the first try; doubled after each failure
    Duration most = 60s;      ///< the maximum
    std::uint32_t tries = 0;  ///< failures in a row that end the tries; 0: no limit
};

struct Config {
    /// The proposed versions and network: versions 16 to 23.
    VersionOffer offer{n2c::default_versions(), {mainnet, false, false, false, false}};

    Duration dial_timeout = 10s;            ///< for the connection
    Duration handshake_timeout = 10s;       ///< for the node's answer to the proposed versions
    Duration call_timeout = 60s;            ///< of a call without a time of its own
    std::size_t max_calls = 1'024;          ///< limit on pending calls and outcomes that are not taken
    std::size_t answer_bytes = 64U << 20;   ///< limit of the answer to a query without a limit of its own
    std::size_t message_bytes = 2'500'000;  ///< limit of other messages and blocks; as large as between nodes

    std::uint32_t sync_window = 100;      ///< blocks that are requested, or not taken
    std::size_t events_bytes = 8U << 20;  ///< blocks that are not taken; above it none are requested
    bool automatic = true;                ///< request the next block when one is taken; else on `ContinueFollowing`
    std::size_t history = 2'161;          ///< points remembered for another connection; k + 1 of the main network

    /// Empty: pending calls end with a lost connection. Otherwise unsent calls wait for the next connection, and
    /// following continues after the last delivered block.
    std::optional<Reconnect> reconnect;
    /// The rules that check blocks; those of Cardano are `ouro::chain::cardano_rules`. Without rules blocks are not
    /// checked, and following cannot continue over another connection.
    std::shared_ptr<const ChainRules> rules;
    Checks checks = Checks::blocks;

    std::vector<std::shared_ptr<LocalVisitor>> visitors;  ///< observers of the connection
};

// Commands. Those with a time are calls, with exactly one outcome: their own event, or Failed. An empty time means
// `Config::call_timeout`, and `Duration::max()` no limit. Commands that own memory have constructors, because g++ 12
// must not make aggregates inside a `co_await`: see docs/coroutines.md.

/// Connects, and reports Connected for each agreement until a Disconnected without another try.
struct Connect {
    Connect() noexcept = default;
    explicit Connect(PeerId to, std::optional<Duration> for_time = std::nullopt) noexcept
        : node(std::move(to)), time(for_time) {}

    PeerId node;
    std::optional<Duration> time{};  ///< for all tries until the first agreement
};
/// Ends the connection in good order. Pending calls end with Errc::disconnected.
struct Disconnect {};
/// Follows the chain from the best of `points` (none: from the origin). Reports NoIntersection and nothing else, or
/// Intersected, then the chain, and FollowEnded at the end.
struct Follow {
    Follow() = default;
    explicit Follow(List<Point> from, std::optional<Duration> for_time = std::nullopt) noexcept
        : points(std::move(from).vector()), time(for_time) {}

    std::vector<Point> points;
    std::optional<Duration> time{};  ///< for the intersection
};
/// Gives credit for `blocks` more blocks, if that is not automatic. Credit above the window is dropped.
struct ContinueFollowing {
    std::uint32_t blocks = 1;
};
struct StopFollowing {};
/// Ends in TxAccepted, TxRejected or TxUnknown, or in Failed if it was not sent.
struct SubmitTx {
    SubmitTx() noexcept = default;
    explicit SubmitTx(Tx submitted, std::optional<Duration> for_time = std::nullopt) noexcept
        : tx(std::move(submitted)), time(for_time) {}

    Tx tx;
    std::optional<Duration> time{};
};
/// Ends in StateAcquired or Failed. The command's id names the state from then on. One state is held at a time; other
/// commands wait for it.
struct AcquireState {
    LocalStateQuery::Target target = LocalStateQuery::VolatileTip{};
    std::optional<Duration> time{};
};
/// Replaces the held state, before other commands that wait. Ends in StateAcquired or Failed; if the node refuses, the
/// old one is gone, too.
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
    Bytes query;                         ///< one item, made by a function in `n2c::query`
    std::optional<std::size_t> bytes{};  ///< limit of the answer; a longer one ends the connection
    std::optional<Duration> time{};
    /// Sees the message with the answer while it arrives. With it `time` is the longest time without a byte of that
    /// message; the call fails between one and two of those times after the last byte.
    std::shared_ptr<cbor::ItemWatch> watch{};
};
/// Pending queries of the state end with Errc::state_gone.
struct ReleaseState {
    CommandId state{};
};
/// Ends in MempoolAcquired or Failed. The command's id names the snapshot from then on. One is held at a time; other
/// commands wait for it.
struct AcquireMempool {
    std::optional<Duration> time{};
};
/// Acquire requests the next snapshot that differs, and ends in MempoolAcquired; the others end in MempoolAnswered.
struct AskMempool {
    using Question = std::variant<LocalTxMonitor::NextTx, LocalTxMonitor::HasTx, LocalTxMonitor::GetSizes,
                                  LocalTxMonitor::GetMeasures, LocalTxMonitor::Acquire>;
    CommandId mempool{};
    Question question;
    std::optional<Duration> time{};
};
/// Pending questions of the snapshot end with Errc::state_gone.
struct ReleaseMempool {
    CommandId mempool{};
};
/// Cancels a call, which ends at once with Errc::cancelled, or in TxUnknown; a later answer of the node is discarded.
/// No effect on a call that has ended.
struct Cancel {
    CommandId command{};
};

using Command =
    std::variant<Connect, Disconnect, Follow, ContinueFollowing, StopFollowing, SubmitTx, AcquireState, ReacquireState,
                 QueryState, ReleaseState, AcquireMempool, AskMempool, ReleaseMempool, Cancel>;

// Events; those in outcomes.hpp are some more.
/// The node answered a query for its versions; the connection ends.
struct VersionsAnswered {
    CommandId command{};
    PeerId node;
    VersionTable versions;
};
struct Intersected {
    CommandId command{};
    Point point;
    Tip tip;
};
/// None of the points is on the node's chain. Following has ended.
struct NoIntersection {
    CommandId command{};
    Tip tip;
};
struct FollowEnded {
    CommandId command{};
    Errc reason{};
};
struct StateAcquired {
    CommandId command{};
};
struct StateAnswered {
    CommandId command{};
    Bytes result;  ///< one item, whose shape depends on the query
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

/// The types of `LocalInitiatorBehavior`.
struct Words {
    using Message = n2c::Message;
    using Config = local_initiator::Config;
    using Command = local_initiator::Command;
    using Event = local_initiator::Event;
    using PeerState = local_initiator::NodeState;
};

}  // namespace ouro::local_initiator
