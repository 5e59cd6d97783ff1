#pragma once

#include <string>

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// Submits signed messages to a DMQ node's queue, one after the other.
///
/// Source  dmq-node, Protocol/LocalMsgSubmission/{Type,Codec}.hs.
struct LocalMsgSubmission {
    enum class State : std::uint8_t { idle, busy, done };

    struct Invalid {
        std::string text;  ///< the peer's text: print with `printable`
        friend bool operator==(const Invalid&, const Invalid&) = default;
    };
    struct Duplicate {
        friend bool operator==(const Duplicate&, const Duplicate&) = default;
    };
    struct Expired {
        friend bool operator==(const Expired&, const Expired&) = default;
    };
    struct Other {
        std::string text;  ///< the peer's text: print with `printable`
        friend bool operator==(const Other&, const Other&) = default;
    };
    using Reason = std::variant<Invalid, Duplicate, Expired, Other>;

    struct SubmitMsg {
        static constexpr std::string_view name = "SubmitMsg";
        Bytes message;  ///< one item, with its signature
        void encode(cbor::Writer& out) const;
        friend bool operator==(const SubmitMsg&, const SubmitMsg&) = default;
    };
    struct AcceptMsg {
        static constexpr std::string_view name = "AcceptMsg";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const AcceptMsg&, const AcceptMsg&) = default;
    };
    struct RejectMsg {
        static constexpr std::string_view name = "RejectMsg";
        Reason reason;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RejectMsg&, const RejectMsg&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<SubmitMsg, AcceptMsg, RejectMsg, Done>;

    static constexpr std::string_view name = "local-msg-submission";
    static constexpr Channel channel{14};
    static constexpr std::size_t ingress_limit = unbounded_ingress;
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, unbounded_message},
        StateSpec{State::busy, "Busy", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<SubmitMsg>(State::idle, State::busy),
        on<Done>(State::idle, State::done),
        on<AcceptMsg>(State::busy, State::idle),
        on<RejectMsg>(State::busy, State::idle),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

}  // namespace ouro
