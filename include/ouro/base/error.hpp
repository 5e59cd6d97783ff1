#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace ouro {

/// All errors of the library, each with one meaning. `fault` returns whose fault it is.
enum class Errc : std::uint8_t {
    none,

    // Not an error: the bytes so far are the beginning of a valid item.
    need_more,

    // The multiplexer.
    empty_segment,     ///< a segment without payload
    unknown_protocol,  ///< a segment for a mini-protocol number that is not registered
    wrong_direction,   ///< a segment for a known number in a direction that is not registered
    ingress_overflow,  ///< more unread bytes than the mini-protocol's queue may hold
    segment_timeout,   ///< a segment that did not arrive completely in time
    write_timeout,     ///< a peer that did not take the written bytes in time

    // Codecs.
    malformed,          ///< bytes that are not the item that the protocol expects
    unknown_era,        ///< an era that this library does not know: a newer version may
    depth_exceeded,     ///< an item nested deeper than any legal message
    message_too_large,  ///< an item longer than the limit of the protocol's state

    // State machines.
    out_of_turn,    ///< a message that is not legal in the state of its protocol
    state_timeout,  ///< no message within the limit of the present state

    // Rules that no table can express.
    version_mismatch,    ///< no version in common
    magic_mismatch,      ///< another network
    handshake_refused,   ///< the peer refused for a reason of its own
    version_unoffered,   ///< the peer accepted a version that was not proposed
    version_data,        ///< version data of a shape the version does not have
    query_answered,      ///< the handshake was a query, which was answered
    cookie_mismatch,     ///< a keep-alive answer with another cookie
    unknown_rollback,    ///< a roll-backward to a point that was never sent
    wrong_intersection,  ///< an intersection at a point that was not proposed
    range_short,         ///< a batch that ended before its last block
    range_mismatch,      ///< a block that is not the requested one
    broken_link,         ///< a block that does not follow the one before it
    body_size,           ///< a block whose body is not as long as its header states
    body_mismatch,       ///< a block whose body is not the one that its header states
    no_progress,         ///< a peer that sends nothing new
    over_acknowledged,   ///< an acknowledgement of more ids than were announced
    nothing_requested,   ///< a request for ids that requests none and acknowledges none
    blocking_too_early,  ///< a blocking request for ids while some are not acknowledged
    blocking_too_late,   ///< a non-blocking request for ids although all are acknowledged
    window_overflow,     ///< a request for more ids than may be announced and not acknowledged
    too_many_ids,        ///< more ids than were requested
    empty_reply,         ///< an empty answer to a blocking request
    repeated_id,         ///< an id that is announced already
    unannounced_id,      ///< a request for an object that is not announced
    repeated_request,    ///< a second request for the same object
    unrequested,         ///< an object that was not requested
    wrong_size,          ///< a size other than the announced one
    too_many_addresses,  ///< more addresses of peers than were requested
    rule_broken,         ///< a message that breaks another rule of its protocol: for protocols of a user

    // Connections.
    resolve_failed,         ///< the host name has no address
    connect_failed,         ///< no address of the host accepted the connection
    connect_timeout,        ///< no address of the host answered in time
    connection_exists,      ///< a connection with the address exists, but cannot be used for this purpose
    self_connection,        ///< a connection of this node with itself
    address_forbidden,      ///< a learnt address that is not globally reachable
    closed_by_peer,         ///< the peer ended the connection between messages
    truncated,              ///< the peer ended the connection inside a message
    connection_reset,       ///< the connection broke
    too_many_peers,         ///< the limit of inbound connections is reached
    too_many_from_address,  ///< the limit of inbound connections from one address is reached
    pruned,                 ///< an inbound connection was closed to make room for another one
    over_budget,            ///< the memory held for all connections reached its limit
    unread_data,            ///< data that will never be read
    idle,                   ///< an inbound connection was idle for longer than its limit

    // Ours.
    bad_address,      ///< text that is not `host:port` or `[v6]:port`
    bad_argument,     ///< a command with invalid arguments
    unknown_peer,     ///< a command for a peer that is not included
    not_our_turn,     ///< a send while the other side has agency
    queue_full,       ///< a bounded queue has no room: take events, or try again later
    busy,             ///< a second wait while one is pending
    stopped,          ///< the manager was stopped
    disconnected,     ///< we closed the connection
    demoted,          ///< the peer was demoted by command
    banned,           ///< the peer is banned, by a rule or by command
    no_intersection,  ///< none of the points is on the peer's chain
    no_blocks,        ///< the peer does not have the range
    no_peer,          ///< no peer was available in time

    // The end of a stream.
    end_of_range,         ///< every block of the range was delivered: not a failure
    rolled_back_too_far,  ///< a rollback of blocks that were delivered as settled

    // A node and its client.
    not_connected,       ///< a call without a connection, and without a dial in progress
    deadline_passed,     ///< the deadline of a call has passed
    cancelled,           ///< the call was cancelled
    unsupported,         ///< not supported by the negotiated version or the ledger's era
    answer_too_large,    ///< an answer longer than its limit
    point_too_old,       ///< the node does not keep the state of that point any more
    point_not_on_chain,  ///< the node's chain does not have the point
    state_gone,          ///< the acquired state is gone: it was released, or could not be acquired again
    era_mismatch,        ///< a query about one era while the ledger is in another

    // Files.
    file_unreadable,  ///< a file that cannot be opened, read or mapped
    file_foreign,     ///< a file that this library did not write
    file_damaged,     ///< a file of ours whose contents do not agree with their checksums
    pending,          ///< the storage is still reading: call again when it has finished
    chunk_damaged,    ///< an ImmutableDB chunk whose bytes and indexes do not agree

    // The contents of blocks, names as text, and times.
    trailing_bytes,  ///< bytes after the end of a block
    count_mismatch,  ///< parts of a block that belong to different numbers of transactions
    unknown_index,   ///< an index of a transaction that the block does not have
    repeated_index,  ///< an index or a key that occurs twice
    wrong_checksum,  ///< a text that does not agree with its checksum
    wrong_prefix,    ///< a text with the prefix of another kind
    beyond_horizon,  ///< a slot or time whose era is not decided yet
};

/// Whose fault an error is.
enum class Fault : std::uint8_t { none = 1, ours, theirs, wire };

/// Whose fault `error` is.
[[nodiscard]] Fault fault(Errc error) noexcept;

/// One sentence, without a full stop.
[[nodiscard]] std::string_view message(Errc error) noexcept;
/// The enumerator's name, for logs and JSON.
[[nodiscard]] std::string_view name(Errc error) noexcept;

/// The category of `Errc`, "ouro".
[[nodiscard]] const std::error_category& error_category() noexcept;
/// The category of `Fault`, "ouro.fault".
[[nodiscard]] const std::error_category& fault_category() noexcept;
/// Makes a `std::error_code` of an `Errc`.
[[nodiscard]] inline std::error_code make_error_code(Errc error) noexcept {
    return {static_cast<int>(error), error_category()};
}
/// Makes a `std::error_condition` of a `Fault`.
[[nodiscard]] inline std::error_condition make_error_condition(Fault fault) noexcept {
    return {static_cast<int>(fault), fault_category()};
}

/// The rule that a peer broke, and the place. The names are static text of the protocol's table.
struct Violation {
    std::string_view protocol;  ///< "chain-sync"; empty if unknown
    std::string_view state;     ///< the protocol's state; empty if there is none
    std::string_view message;   ///< the message's name; empty if it was not recognised
    Errc rule = Errc::none;     ///< the broken rule
    /// Bytes of the item before the refused part; empty if the rule is not about the bytes of an item.
    std::optional<std::size_t> offset{};
    /// The mini-protocol's number, if its name is not known.
    std::optional<std::uint16_t> channel{};

    friend bool operator==(const Violation&, const Violation&) = default;
};

/// "chain-sync, MustReply: AwaitReply: a message that is not legal in the state of its protocol", or
/// "block-fetch, Busy, byte 4: bytes that are not the item the protocol requires".
[[nodiscard]] std::string to_string(const Violation& violation);

}  // namespace ouro

template <>
struct std::is_error_code_enum<ouro::Errc> : std::true_type {};
template <>
struct std::is_error_condition_enum<ouro::Fault> : std::true_type {};
