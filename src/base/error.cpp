#include <ouro/base/error.hpp>

namespace ouro {

namespace {

struct Row {
    std::string_view name;
    std::string_view message;
    Fault fault;
};

Row row(Errc error) noexcept {
    switch (error) {
        case Errc::none: return {"none", "no error", Fault::none};
        case Errc::need_more: return {"need_more", "the item is incomplete: more bytes are needed", Fault::none};
        case Errc::empty_segment: return {"empty_segment", "a segment without payload", Fault::theirs};
        case Errc::unknown_protocol:
            return {"unknown_protocol", "a segment for an unknown mini-protocol number", Fault::theirs};
        case Errc::wrong_direction:
            return {"wrong_direction", "a segment for a known mini-protocol in the wrong direction", Fault::theirs};
        case Errc::ingress_overflow:
            return {"ingress_overflow", "more unread bytes than the mini-protocol's queue may hold", Fault::theirs};
        case Errc::segment_timeout:
            return {"segment_timeout", "a segment that did not arrive completely in time", Fault::theirs};
        case Errc::write_timeout:
            return {"write_timeout", "a peer that did not take the written bytes in time", Fault::theirs};
        case Errc::malformed: return {"malformed", "bytes that are not the item the protocol requires", Fault::theirs};
        case Errc::unknown_era:
            return {"unknown_era", "an era that this library does not know: a newer version may", Fault::ours};
        case Errc::depth_exceeded:
            return {"depth_exceeded", "an item nested deeper than any legal message", Fault::theirs};
        case Errc::message_too_large:
            return {"message_too_large", "an item longer than the limit of the protocol's state", Fault::theirs};
        case Errc::out_of_turn:
            return {"out_of_turn", "a message that is not legal in the state of its protocol", Fault::theirs};
        case Errc::state_timeout:
            return {"state_timeout", "no message within the limit of the present state", Fault::theirs};
        case Errc::version_mismatch: return {"version_mismatch", "no version in common", Fault::none};
        case Errc::magic_mismatch: return {"magic_mismatch", "another network", Fault::theirs};
        case Errc::handshake_refused:
            return {"handshake_refused", "the peer refused for a reason of its own", Fault::none};
        case Errc::version_unoffered:
            return {"version_unoffered", "the peer accepted a version that was not proposed", Fault::theirs};
        case Errc::version_data:
            return {"version_data", "version data of a shape the version does not have", Fault::theirs};
        case Errc::query_answered:
            return {"query_answered", "the handshake was a query, which was answered", Fault::none};
        case Errc::cookie_mismatch:
            return {"cookie_mismatch", "a keep-alive answer with another cookie", Fault::theirs};
        case Errc::unknown_rollback:
            return {"unknown_rollback", "a roll-backward to a point that was never sent", Fault::theirs};
        case Errc::wrong_intersection:
            return {"wrong_intersection", "an intersection at a point that was not proposed", Fault::theirs};
        case Errc::range_short: return {"range_short", "a batch that ended before its last block", Fault::theirs};
        case Errc::range_mismatch: return {"range_mismatch", "a block that is not the one requested", Fault::theirs};
        case Errc::broken_link: return {"broken_link", "a block that does not follow the one before it", Fault::theirs};
        case Errc::body_size:
            return {"body_size", "a block whose body is not as long as its header states", Fault::theirs};
        case Errc::body_mismatch:
            return {"body_mismatch", "a block whose body is not the one that its header states", Fault::theirs};
        case Errc::no_progress: return {"no_progress", "a peer that sends nothing new", Fault::theirs};
        case Errc::over_acknowledged:
            return {"over_acknowledged", "an acknowledgement of more ids than were announced", Fault::theirs};
        case Errc::nothing_requested:
            return {"nothing_requested", "a request for no ids that acknowledges none", Fault::theirs};
        case Errc::blocking_too_early:
            return {"blocking_too_early", "a blocking request for ids while some are not acknowledged", Fault::theirs};
        case Errc::blocking_too_late:
            return {"blocking_too_late", "a non-blocking request for ids although all are acknowledged", Fault::theirs};
        case Errc::window_overflow:
            return {"window_overflow", "a request for more ids than may be announced and not acknowledged",
                    Fault::theirs};
        case Errc::too_many_ids: return {"too_many_ids", "more ids than were requested", Fault::theirs};
        case Errc::empty_reply: return {"empty_reply", "an empty answer to a blocking request", Fault::theirs};
        case Errc::repeated_id: return {"repeated_id", "an id that is announced already", Fault::theirs};
        case Errc::unannounced_id:
            return {"unannounced_id", "a request for an object that is not announced", Fault::theirs};
        case Errc::repeated_request: return {"repeated_request", "a second request for the same object", Fault::theirs};
        case Errc::unrequested: return {"unrequested", "an object that was not requested", Fault::theirs};
        case Errc::wrong_size: return {"wrong_size", "a size other than the announced one", Fault::theirs};
        case Errc::too_many_addresses:
            return {"too_many_addresses", "more peer addresses than were requested", Fault::theirs};
        case Errc::rule_broken: return {"rule_broken", "a rule of the protocol was broken", Fault::theirs};
        case Errc::resolve_failed: return {"resolve_failed", "the host name has no address", Fault::wire};
        case Errc::connect_failed:
            return {"connect_failed", "no address of the host accepted the connection", Fault::wire};
        case Errc::connect_timeout: return {"connect_timeout", "no address of the host answered in time", Fault::wire};
        case Errc::connection_exists:
            return {"connection_exists", "a connection with the address already exists", Fault::ours};
        case Errc::self_connection: return {"self_connection", "a connection of this node with itself", Fault::ours};
        case Errc::address_forbidden:
            return {"address_forbidden", "a learnt address that is not globally reachable", Fault::theirs};
        case Errc::closed_by_peer:
            return {"closed_by_peer", "the peer ended the connection between messages", Fault::wire};
        case Errc::truncated: return {"truncated", "the peer ended the connection inside a message", Fault::wire};
        case Errc::connection_reset: return {"connection_reset", "the connection broke", Fault::wire};
        case Errc::too_many_peers:
            return {"too_many_peers", "the limit of inbound connections is reached", Fault::ours};
        case Errc::too_many_from_address:
            return {"too_many_from_address", "the limit of inbound connections from one address is reached",
                    Fault::ours};
        case Errc::pruned:
            return {"pruned", "an inbound connection was closed to make room for another one", Fault::ours};
        case Errc::over_budget:
            return {"over_budget", "the memory held for all connections reached its limit", Fault::ours};
        case Errc::unread_data: return {"unread_data", "data that will never be read", Fault::theirs};
        case Errc::idle: return {"idle", "an inbound connection was idle for longer than its limit", Fault::none};
        case Errc::bad_address: return {"bad_address", "text that is not `host:port` or `[v6]:port`", Fault::ours};
        case Errc::bad_argument: return {"bad_argument", "a command with invalid arguments", Fault::ours};
        case Errc::unknown_peer: return {"unknown_peer", "a command for a peer that is not included", Fault::ours};
        case Errc::not_our_turn: return {"not_our_turn", "a send while the other side has agency", Fault::ours};
        case Errc::queue_full:
            return {"queue_full", "a bounded queue has no room: take events, or try again later", Fault::ours};
        case Errc::busy: return {"busy", "a second wait while one is pending", Fault::ours};
        case Errc::stopped: return {"stopped", "the node, client or manager was stopped", Fault::ours};
        case Errc::disconnected: return {"disconnected", "this side closed the connection", Fault::ours};
        case Errc::demoted: return {"demoted", "a command removed the peer", Fault::ours};
        case Errc::banned: return {"banned", "the peer is banned, by a rule or by command", Fault::ours};
        case Errc::no_intersection:
            return {"no_intersection", "none of the points is on the peer's chain", Fault::none};
        case Errc::no_blocks: return {"no_blocks", "the peer does not have the range", Fault::none};
        case Errc::no_peer: return {"no_peer", "no peer was available in time", Fault::none};
        case Errc::end_of_range: return {"end_of_range", "every block of the range was delivered", Fault::none};
        case Errc::rolled_back_too_far:
            return {"rolled_back_too_far", "a rollback of blocks that were delivered as settled", Fault::none};
        case Errc::not_connected:
            return {"not_connected", "a call without a connection, while none is being made", Fault::ours};
        case Errc::deadline_passed: return {"deadline_passed", "the time limit of the call has passed", Fault::none};
        case Errc::cancelled: return {"cancelled", "the call was cancelled", Fault::ours};
        case Errc::unsupported:
            return {"unsupported", "not supported by the negotiated version or the ledger's era", Fault::ours};
        case Errc::answer_too_large: return {"answer_too_large", "an answer longer than its limit", Fault::ours};
        case Errc::point_too_old:
            return {"point_too_old", "the node does not keep the state of that point any more", Fault::none};
        case Errc::point_not_on_chain:
            return {"point_not_on_chain", "the node's chain does not have the point", Fault::none};
        case Errc::state_gone:
            return {"state_gone", "the acquired state is gone: it was released, or could not be acquired again",
                    Fault::none};
        case Errc::era_mismatch:
            return {"era_mismatch", "a query about one era while the ledger is in another", Fault::none};
        case Errc::file_unreadable:
            return {"file_unreadable", "a file that cannot be opened, read or mapped", Fault::ours};
        case Errc::file_foreign: return {"file_foreign", "a file that this library did not write", Fault::ours};
        case Errc::file_damaged:
            return {"file_damaged", "a file of this library whose contents do not match their checksums", Fault::ours};
        case Errc::pending:
            return {"pending", "the storage is still reading: call again when it has finished", Fault::ours};
        case Errc::chunk_damaged:
            return {"chunk_damaged", "an ImmutableDB chunk whose bytes and indexes do not agree", Fault::ours};
        case Errc::trailing_bytes: return {"trailing_bytes", "bytes after the end of a block", Fault::theirs};
        case Errc::count_mismatch:
            return {"count_mismatch", "parts of a block that belong to different numbers of transactions",
                    Fault::theirs};
        case Errc::unknown_index:
            return {"unknown_index", "an index of a transaction that the block does not have", Fault::theirs};
        case Errc::repeated_index: return {"repeated_index", "an index or a key that occurs twice", Fault::theirs};
        case Errc::wrong_checksum:
            return {"wrong_checksum", "a text that does not agree with its checksum", Fault::ours};
        case Errc::wrong_prefix: return {"wrong_prefix", "a text with the prefix of another kind", Fault::ours};
        case Errc::beyond_horizon:
            return {"beyond_horizon", "a slot or time whose era is not decided yet", Fault::none};
    }
    // A number from which a user made an error_code directly.
    return {"unknown", "an error without a name", Fault::none};
}

class ErrorCategory final : public std::error_category {
  public:
    [[nodiscard]] const char* name() const noexcept override { return "ouro"; }
    [[nodiscard]] std::string message(int value) const override { return std::string(row(errc(value)).message); }
    /// Makes an error equal to the condition of its fault.
    [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override {
        return make_error_condition(row(errc(value)).fault);
    }

  private:
    static Errc errc(int value) noexcept {
        return value >= 0 && value <= UINT8_MAX ? static_cast<Errc>(value) : static_cast<Errc>(UINT8_MAX);
    }
};

class FaultCategory final : public std::error_category {
  public:
    [[nodiscard]] const char* name() const noexcept override { return "ouro.fault"; }
    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<Fault>(value)) {
            case Fault::none: return "no one's fault";
            case Fault::ours: return "our own fault";
            case Fault::theirs: return "the peer's fault";
            case Fault::wire: return "the transport's fault";
        }
        return "an unknown fault";
    }
};

}  // namespace

Fault fault(Errc error) noexcept { return row(error).fault; }
std::string_view message(Errc error) noexcept { return row(error).message; }
std::string_view name(Errc error) noexcept { return row(error).name; }

const std::error_category& error_category() noexcept {
    static const ErrorCategory category;
    return category;
}

const std::error_category& fault_category() noexcept {
    static const FaultCategory category;
    return category;
}

std::string to_string(const Violation& violation) {
    std::string result(violation.protocol);
    if (violation.channel) result = "mini-protocol " + std::to_string(*violation.channel);
    const auto add = [&result](std::string_view separator, std::string_view part) {
        if (part.empty()) return;
        if (!result.empty()) result += separator;
        result += part;
    };
    add(", ", violation.state);
    if (violation.offset) add(", ", "byte " + std::to_string(*violation.offset));
    add(": ", violation.message);
    add(": ", message(violation.rule));
    return result;
}

}  // namespace ouro
