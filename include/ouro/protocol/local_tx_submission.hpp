#pragma once

#include <ouro/protocol/machine.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro {

/// Submits transactions to a node's mempool, one after the other.
///
/// Source  ouroboros-network, Protocol/LocalTxSubmission/{Type,Codec}.hs; limits: cardano-diffusion, NodeToClient.hs.
struct LocalTxSubmission {
    enum class State : std::uint8_t { idle, busy, done };

    struct SubmitTx {
        static constexpr std::string_view name = "SubmitTx";
        SubmitTx() noexcept = default;
        explicit SubmitTx(Tx submitted) noexcept : tx(std::move(submitted)) {}
        Tx tx;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const SubmitTx&, const SubmitTx&) = default;
    };
    struct AcceptTx {
        static constexpr std::string_view name = "AcceptTx";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const AcceptTx&, const AcceptTx&) = default;
    };
    struct RejectTx {
        static constexpr std::string_view name = "RejectTx";
        RejectTx() noexcept = default;
        explicit RejectTx(Bytes why) noexcept : reason(std::move(why)) {}
        Bytes reason;  ///< the ledger's own item: `n2c::parse_era_answer` removes the envelope
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RejectTx&, const RejectTx&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<SubmitTx, AcceptTx, RejectTx, Done>;

    static constexpr std::string_view name = "local-tx-submission";
    static constexpr Channel channel{6};
    static constexpr std::size_t ingress_limit = unbounded_ingress;
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, unbounded_message},
        StateSpec{State::busy, "Busy", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<SubmitTx>(State::idle, State::busy),
        on<Done>(State::idle, State::done),
        on<AcceptTx>(State::busy, State::idle),
        on<RejectTx>(State::busy, State::idle),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

}  // namespace ouro
