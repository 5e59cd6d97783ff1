#pragma once

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/id_window.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// The contents of a signature of the message queue.
///
/// Shape  `[id, [body, KES period, expires at], KES signature, [hot key, number, KES period, signature], cold key]`.
struct SignedMessage {
    Hash id{};
    Bytes body;
    std::uint64_t kes_period = 0;
    std::uint32_t expires_at = 0;  ///< seconds of Unix time
    std::array<std::uint8_t, 448> kes_signature{};
    struct {
        std::array<std::uint8_t, 32> hot_key{};
        std::uint64_t number = 0;
        std::uint64_t kes_period = 0;
        std::array<std::uint8_t, 64> signature{};
    } certificate;  ///< operational
    std::array<std::uint8_t, 32> cold_key{};

    /// Errors  Errc::malformed
    [[nodiscard]] static Result<SignedMessage> decode(const Bytes& signature);
};

/// Pulls signatures of the message queue: the initiator requests ids, then signatures.
///
/// An `IdWindow` tracks what may be requested. This is the form of version 2 of its network.
///
/// Source  dmq-node, Protocol/SigSubmissionV2/{Type,Codec}.hs; window: NodeToNode.hs, _MAX_SIGS_TO_ACK.
struct SigSubmission {
    enum class State : std::uint8_t { idle, sig_ids_blocking, sig_ids_non_blocking, sigs, done };

    /// Waits for new ids, for a limited time.
    struct RequestSigIdsBlocking {
        static constexpr std::string_view name = "RequestSigIdsBlocking";
        std::uint16_t acknowledged = 0;  ///< number of oldest ids to acknowledge
        std::uint16_t requested = 0;     ///< maximum number of new ids
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestSigIdsBlocking&, const RequestSigIdsBlocking&) = default;
    };
    /// Returns the available ones.
    struct RequestSigIdsNonBlocking {
        static constexpr std::string_view name = "RequestSigIdsNonBlocking";
        std::uint16_t acknowledged = 0;
        std::uint16_t requested = 0;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestSigIdsNonBlocking&, const RequestSigIdsNonBlocking&) = default;
    };
    struct ReplySigIds {
        static constexpr std::string_view name = "ReplySigIds";
        std::vector<Named<Hash>> ids;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReplySigIds&, const ReplySigIds&) = default;
    };
    /// No ids arrived in that time.
    struct ReplyNoSigIds {
        static constexpr std::string_view name = "ReplyNoSigIds";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReplyNoSigIds&, const ReplyNoSigIds&) = default;
    };
    struct RequestSigs {
        static constexpr std::string_view name = "RequestSigs";
        std::vector<Hash> ids;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestSigs&, const RequestSigs&) = default;
    };
    struct ReplySigs {
        static constexpr std::string_view name = "ReplySigs";
        std::vector<Bytes> signatures;  ///< whole items, for `SignedMessage::decode`
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReplySigs&, const ReplySigs&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<RequestSigIdsBlocking, RequestSigIdsNonBlocking, ReplySigIds, ReplyNoSigIds,
                                 RequestSigs, ReplySigs, Done>;

    static constexpr std::uint32_t sigs_limit = 98'000;  // 2,800 x (33 + 2)

    static constexpr std::string_view name = "sig-submission";
    static constexpr Channel channel{11};
    static constexpr std::size_t ingress_limit = 107'800;  // the reference has none: the largest message, plus a tenth
    static constexpr std::uint16_t window = 20;
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, small_message},
        StateSpec{State::sig_ids_blocking, "SigIdsBlocking", Agency::responder, Limit{20s}, small_message},
        StateSpec{State::sig_ids_non_blocking, "SigIdsNonBlocking", Agency::responder, Limit{10s}, small_message},
        StateSpec{State::sigs, "Sigs", Agency::responder, Limit{10s}, sigs_limit},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<RequestSigIdsBlocking>(State::idle, State::sig_ids_blocking),
        on<RequestSigIdsNonBlocking>(State::idle, State::sig_ids_non_blocking).pipelined(),
        on<RequestSigs>(State::idle, State::sigs).pipelined(),
        on<Done>(State::idle, State::done),
        on<ReplySigIds>(State::sig_ids_blocking, State::idle),
        on<ReplyNoSigIds>(State::sig_ids_blocking, State::idle),
        on<ReplySigIds>(State::sig_ids_non_blocking, State::idle),
        on<ReplySigs>(State::sigs, State::idle),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

}  // namespace ouro
