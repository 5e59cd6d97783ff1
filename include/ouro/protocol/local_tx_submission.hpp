#pragma once

#include <ouro/protocol/submission.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro {

/// Submission of transactions to a node's mempool.
///
/// Source  ouroboros-network, Protocol/LocalTxSubmission/{Type,Codec}.hs; limits: cardano-diffusion, NodeToClient.hs.
struct TxProfile {
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
    using Submit = SubmitTx;
    using Accept = AcceptTx;
    using Reject = RejectTx;

    static constexpr std::string_view name = "local-tx-submission";
    static constexpr Channel channel{6};
};

using LocalTxSubmission = SubmissionOf<TxProfile>;

}  // namespace ouro
