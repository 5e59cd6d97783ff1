#pragma once

#include <string>

#include <ouro/protocol/submission.hpp>

namespace ouro {

/// Submission of signed messages to a DMQ node's queue.
///
/// Source  dmq-node, Protocol/LocalMsgSubmission/{Type,Codec}.hs.
struct SignedMessageProfile {
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
    using Submit = SubmitMsg;
    using Accept = AcceptMsg;
    using Reject = RejectMsg;

    static constexpr std::string_view name = "local-msg-submission";
    static constexpr Channel channel{14};
};

using LocalMsgSubmission = SubmissionOf<SignedMessageProfile>;

}  // namespace ouro
