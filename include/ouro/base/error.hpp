#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace ouro {

/// Everything that can go wrong, each with one meaning. `fault` says whose it is.
enum class Errc : std::uint8_t {
    none,

    // Not an error: the bytes so far are the beginning of a valid item.
    need_more,

    // The multiplexer.
    empty_segment,     ///< a segment without payload
    unknown_protocol,  ///< a segment for a mini-protocol number nobody registered
    wrong_direction,   ///< a segment for a known number in a direction nobody registered
    ingress_overflow,  ///< more unread bytes than the mini-protocol's queue may hold
    segment_timeout,   ///< a segment that did not arrive whole in time
    write_timeout,     ///< a peer that did not take what was written in time

    // Codecs.
    malformed,          ///< bytes that are not the item that the protocol expects
    unknown_era,        ///< an era that this library does not know: a newer version may
    depth_exceeded,     ///< an item nested deeper than any legal message
    message_too_large,  ///< an item longer than the limit of the state it came in

    // State machines.
    out_of_turn,    ///< a message that is not legal in the state of its protocol
    state_timeout,  ///< no message within the limit of the present state

    // Rules that no table can say.
    version_mismatch,    ///< no version in common
    magic_mismatch,      ///< another network
    handshake_refused,   ///< the peer refused for a reason of its own
    version_unoffered,   ///< the peer accepted a version that was not proposed
    version_data,        ///< version data of a shape the version does not have
    query_answered,      ///< the handshake was a query, and it has been answered
    cookie_mismatch,     ///< a keep-alive answer with another cookie
    unknown_rollback,    ///< a roll-backward to a point that was never given
    wrong_intersection,  ///< an intersection at a point that was not proposed
    range_short,         ///< a batch that ended before its last block
    range_mismatch,      ///< a block that is not the one asked for
    broken_link,         ///< a block that does not follow the one before it
    body_size,           ///< a block whose body is not as long as its header states
    body_mismatch,       ///< a block whose body is not the one that its header states
    no_progress,         ///< a peer that sends nothing new
    over_acknowledged,   ///< an acknowledgement of more ids than were announced
    nothing_requested,   ///< a request for ids that asks for none and acknowledges none
    blocking_too_early,  ///< a wait for ids while some are not acknowledged
    blocking_too_late,   ///< a request for ids that does not wait though all are acknowledged
    window_overflow,     ///< a request for more ids than may be announced and not acknowledged
    too_many_ids,        ///< more ids than were asked for
    empty_reply,         ///< an answer with nothing in it to a request that waits for something
    repeated_id,         ///< an id that is announced already
    unannounced_id,      ///< a request for something that is not announced
    repeated_request,    ///< a second request for the same thing
    unrequested,         ///< something that was not asked for
    wrong_size,          ///< a size that is not the one announced
    too_many_addresses,  ///< more addresses of peers than were asked for

    // Connections.
    resolve_failed,         ///< the host name has no address
    connect_failed,         ///< no address of the host took the connection
    connect_timeout,        ///< no address of the host answered in time
    connection_exists,      ///< a connection with the address is there, and is no use for what this one is for
    self_connection,        ///< a connection of this node with itself
    address_forbidden,      ///< an address from a stranger that is not globally reachable
    closed_by_peer,         ///< the peer ended the connection between messages
    truncated,              ///< the peer ended the connection inside a message
    connection_reset,       ///< the transport broke
    too_many_peers,         ///< the limit of inbound connections is reached
    too_many_from_address,  ///< the limit of inbound connections from one address is reached
    pruned,                 ///< an inbound connection that made room for another one
    over_budget,            ///< the memory held for all connections reached its limit
    unread_data,            ///< data that will never be read
    idle,                   ///< nothing for longer than an inbound connection may idle

    // Ours.
    bad_address,      ///< text that is not `host:port` or `[v6]:port`
    bad_argument,     ///< a command whose parts do not make sense
    unknown_peer,     ///< a command for a peer that is not included
    not_our_turn,     ///< a send while the other side has agency
    queue_full,       ///< a bounded queue has no room: take events, or try again later
    busy,             ///< a second wait while one is pending
    stopped,          ///< the manager was stopped
    disconnected,     ///< the connection was closed on our own wish
    demoted,          ///< the peer was taken out by command
    banned,           ///< the peer is banned, by a rule or by command
    no_intersection,  ///< none of the points is on the peer's chain
    no_blocks,        ///< the peer does not have the range
    no_peer,          ///< no peer was there to ask in time

    // The end of a stream.
    end_of_range,         ///< every block of the range was delivered: not a failure
    rolled_back_too_far,  ///< a rollback of blocks that were delivered as settled

    // A node and its client.
    not_connected,       ///< a call while there is no connection, and nobody makes one
    deadline_passed,     ///< the time that was given for a call is over
    cancelled,           ///< the call was taken back
    unsupported,         ///< nothing that the negotiated version or the ledger's era has
    answer_too_large,    ///< an answer longer than the limit that was set for it
    point_too_old,       ///< the node does not keep the state of that point any more
    point_not_on_chain,  ///< the node's chain does not have the point
    state_gone,          ///< the acquired state is gone: it was released, or could not be acquired again
    era_mismatch,        ///< a question about one era while the ledger is in another

    // Files.
    file_unreadable,  ///< a file that cannot be opened, read or mapped
    file_foreign,     ///< a file that this library did not write
    file_damaged,     ///< a file of ours whose contents do not agree with their checksums
    pending,          ///< the storage is still reading: ask again when it has
    chunk_damaged,    ///< an ImmutableDB chunk whose bytes and indexes do not agree

    // The contents of blocks, names as text, and times.
    trailing_bytes,  ///< bytes after the end of a block
    count_mismatch,  ///< parts of a block that belong to different numbers of transactions
    unknown_index,   ///< an index of a transaction that the block does not have
    repeated_index,  ///< an index or a key that occurs twice
    wrong_checksum,  ///< a text that does not agree with its checksum
    wrong_prefix,    ///< a text that is the name of another kind of thing
    beyond_horizon,  ///< a slot or time whose era is not decided yet
};

/// Whose fault an error is.
enum class Fault : std::uint8_t { nobody = 1, ours, theirs, wire };

[[nodiscard]] Fault fault(Errc error) noexcept;

/// One sentence, without a full stop.
[[nodiscard]] std::string_view message(Errc error) noexcept;
/// The enumerator's name, for logs and JSON.
[[nodiscard]] std::string_view name(Errc error) noexcept;

[[nodiscard]] const std::error_category& error_category() noexcept;
[[nodiscard]] const std::error_category& fault_category() noexcept;
[[nodiscard]] inline std::error_code make_error_code(Errc error) noexcept {
    return {static_cast<int>(error), error_category()};
}
[[nodiscard]] inline std::error_condition make_error_condition(Fault fault) noexcept {
    return {static_cast<int>(fault), fault_category()};
}

/// Which rule a peer broke, and where. The names are static text of the protocol's own table.
struct Violation {
    std::string_view protocol;  ///< "chain-sync"; empty where none is known
    std::string_view state;     ///< the state it came in; empty where nothing has one
    std::string_view message;   ///< the message's name; empty where none was recognised
    Errc rule = Errc::none;
    /// Bytes of the item before the refused part; nothing if the rule is not about the bytes of an item.
    std::optional<std::size_t> offset{};
    /// The mini-protocol's number, where its name is not known.
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
