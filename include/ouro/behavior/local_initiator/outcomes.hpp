#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

#include <ouro/base/time.hpp>
#include <ouro/n2c/query_result.hpp>
#include <ouro/protocol/chain_rules.hpp>
#include <ouro/protocol/handshake.hpp>

/// The events of a node's client that `Client` passes on, apart from the others so that its header is light.
namespace ouro::local_initiator {

struct Connected {
    CommandId command{};
    PeerId node;
    Agreement agreement;
};
struct Disconnected {
    CommandId command{};
    PeerId node;
    Errc reason{};
    std::error_code system;
    Violation violation;
    std::optional<RefuseReason> refusal;  ///< if there was no agreement
    std::optional<Instant> retry_at;      ///< empty: the node is not dialled again
    /// The block or point with which the node broke the rule of `violation`. For a block whose header cannot be read,
    /// the point before it. Empty if the rule concerns no block.
    std::optional<Point> point{};
};
struct RollForward {
    CommandId command{};
    Bytes block;  ///< `[tag, block]`
    Tip tip;
    std::optional<HeaderInfo> info{};  ///< what the rules read in the block's header; empty without rules
};
struct RollBackward {
    CommandId command{};
    Point point;
    Tip tip;
};
/// All blocks of the node are delivered. Reported once until the node has more.
struct AtTip {
    CommandId command{};
    Tip tip;
};
struct TxAccepted {
    CommandId command{};
};
struct TxRejected {
    CommandId command{};
    Bytes reason;                              ///< one item, as received
    std::optional<n2c::EraMismatch> mismatch;  ///< if that is the reason
    std::string text;                          ///< from `n2c::rejection_text`: print with `printable`
};
/// The transaction was sent, and its outcome is unknown.
struct TxUnknown {
    CommandId command{};
    Errc reason{};
};

/// How far the connection to the node has come.
enum class Stage : std::uint8_t {
    idle,         ///< there is none, and none is wanted
    dialling,     ///< being made
    handshaking,  ///< the versions are being negotiated
    ready,        ///< both sides have agreed on a version
    closing,      ///< being closed in good order
    waiting       ///< lost, or not made: the next attempt comes after a pause
};

/// The node as it is now.
struct NodeState {
    PeerId node;
    Stage stage{};
    Errc reason{};                    ///< of the end of the last connection
    std::optional<Instant> retry_at;  ///< while waiting
    std::optional<Agreement> agreement;
    std::size_t calls = 0;  ///< pending
};

}  // namespace ouro::local_initiator
