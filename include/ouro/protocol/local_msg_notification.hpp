#pragma once

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// Delivers the signed messages that reach a DMQ node.
///
/// A request waits for messages, or returns those available. These are two message types here, although only a flag
/// distinguishes them on the wire, because they lead to different answers.
///
/// Source  dmq-node, Protocol/LocalMsgNotification/{Type,Codec}.hs; its text says that the blocking reply has three
///         elements: follow its code.
struct LocalMsgNotification {
    enum class State : std::uint8_t { idle, busy_non_blocking, busy_blocking, done };

    struct Request {
        static constexpr std::string_view name = "Request";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Request&, const Request&) = default;
    };
    struct BlockingRequest {
        static constexpr std::string_view name = "BlockingRequest";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const BlockingRequest&, const BlockingRequest&) = default;
    };
    struct Reply {
        static constexpr std::string_view name = "Reply";
        std::vector<Bytes> messages;  ///< one item each, with its signature
        bool more = false;            ///< more messages are available
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Reply&, const Reply&) = default;
    };
    struct BlockingReply {
        static constexpr std::string_view name = "BlockingReply";
        std::vector<Bytes> messages;  ///< at least one
        void encode(cbor::Writer& out) const;
        friend bool operator==(const BlockingReply&, const BlockingReply&) = default;
    };
    struct ClientDone {
        static constexpr std::string_view name = "ClientDone";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ClientDone&, const ClientDone&) = default;
    };
    using Message = std::variant<Request, BlockingRequest, Reply, BlockingReply, ClientDone>;

    static constexpr std::string_view name = "local-msg-notification";
    static constexpr Channel channel{15};
    static constexpr std::size_t ingress_limit = unbounded_ingress;
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, unbounded_message},
        StateSpec{State::busy_non_blocking, "Busy(NonBlocking)", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::busy_blocking, "Busy(Blocking)", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<Request>(State::idle, State::busy_non_blocking),
        on<BlockingRequest>(State::idle, State::busy_blocking),
        on<ClientDone>(State::idle, State::done),
        on<Reply>(State::busy_non_blocking, State::idle),
        on<BlockingReply>(State::busy_blocking, State::idle),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

/// Errc::none if a blocking reply has at least one message, else Errc::empty_reply.
[[nodiscard]] inline Errc check(const LocalMsgNotification::BlockingReply& got) noexcept {
    return got.messages.empty() ? Errc::empty_reply : Errc::none;
}

}  // namespace ouro
