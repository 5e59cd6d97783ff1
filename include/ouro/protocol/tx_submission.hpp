#pragma once

#include <ouro/protocol/id_window.hpp>
#include <ouro/protocol/machine.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro {

/// Pulls transactions: the initiator has them, the responder requests ids, then transactions.
///
/// An `IdWindow` tracks the announced and unacknowledged ids, which are those that may be requested.
///
/// Source  ouroboros-network, Protocol/TxSubmission2/{Type,Codec}.hs; ingress limit: cardano-diffusion, NodeToNode.hs.
struct TxSubmission {
    enum class State : std::uint8_t { init, idle, tx_ids_blocking, tx_ids_non_blocking, txs, done };

    struct Init {
        static constexpr std::string_view name = "Init";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Init&, const Init&) = default;
    };
    /// Waits for new ids.
    struct RequestTxIdsBlocking {
        static constexpr std::string_view name = "RequestTxIdsBlocking";
        std::uint16_t acknowledged = 0;  ///< number of oldest ids to acknowledge
        std::uint16_t requested = 0;     ///< maximum number of new ids
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestTxIdsBlocking&, const RequestTxIdsBlocking&) = default;
    };
    /// Returns the available ones.
    struct RequestTxIdsNonBlocking {
        static constexpr std::string_view name = "RequestTxIdsNonBlocking";
        std::uint16_t acknowledged = 0;
        std::uint16_t requested = 0;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestTxIdsNonBlocking&, const RequestTxIdsNonBlocking&) = default;
    };
    struct ReplyTxIds {
        static constexpr std::string_view name = "ReplyTxIds";
        std::vector<Named<TxId>> ids;  ///< with the size of each, `wire_size`
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReplyTxIds&, const ReplyTxIds&) = default;
    };
    struct RequestTxs {
        static constexpr std::string_view name = "RequestTxs";
        std::vector<TxId> ids;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestTxs&, const RequestTxs&) = default;
    };
    struct ReplyTxs {
        static constexpr std::string_view name = "ReplyTxs";
        std::vector<Tx> txs;  ///< those still available
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReplyTxs&, const ReplyTxs&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message =
        std::variant<Init, RequestTxIdsBlocking, RequestTxIdsNonBlocking, ReplyTxIds, RequestTxs, ReplyTxs, Done>;

    static constexpr std::string_view name = "tx-submission";
    static constexpr Channel channel{4};
    static constexpr std::size_t ingress_limit = 721'424;  // 10 x (44 + 65,540) bytes, plus a tenth
    static constexpr std::uint16_t window = 10;            // Inbound/V2/Policy.hs, maxUnacknowledgedTxIds
    static constexpr std::array states{
        StateSpec{State::init, "Init", Agency::initiator, no_limit, small_message},
        StateSpec{State::idle, "Idle", Agency::responder, no_limit, small_message},
        StateSpec{State::tx_ids_blocking, "TxIdsBlocking", Agency::initiator, no_limit, large_message},
        StateSpec{State::tx_ids_non_blocking, "TxIdsNonBlocking", Agency::initiator, Limit{10s}, large_message},
        StateSpec{State::txs, "Txs", Agency::initiator, Limit{10s}, large_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<Init>(State::init, State::idle),
        on<RequestTxIdsBlocking>(State::idle, State::tx_ids_blocking),
        on<RequestTxIdsNonBlocking>(State::idle, State::tx_ids_non_blocking).pipelined(),
        on<RequestTxs>(State::idle, State::txs).pipelined(),
        on<ReplyTxIds>(State::tx_ids_blocking, State::idle),
        on<Done>(State::tx_ids_blocking, State::done),
        on<ReplyTxIds>(State::tx_ids_non_blocking, State::idle),
        on<ReplyTxs>(State::txs, State::idle),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

}  // namespace ouro
