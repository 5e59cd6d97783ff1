#pragma once

#include <ouro/protocol/id_window.hpp>
#include <ouro/protocol/machine.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro {

/// Transactions, pulled: the initiator has them, the responder asks for their ids and then for those it wants.
///
/// What was announced and not acknowledged, and so what may be asked for, is kept count of by an `IdWindow`.
///
/// Source  ouroboros-network, Protocol/TxSubmission2/{Type,Codec}.hs; ingress limit: cardano-diffusion, NodeToNode.hs.
struct TxSubmission {
    enum class State : std::uint8_t { init, idle, tx_ids_blocking, tx_ids_non_blocking, txs, done };

    struct Init {
        static constexpr std::string_view name = "Init";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Init&, const Init&) = default;
    };
    /// Waits until there are new ones.
    struct RequestTxIdsBlocking {
        static constexpr std::string_view name = "RequestTxIdsBlocking";
        std::uint16_t acknowledged = 0;  ///< so many of the oldest ids are done with
        std::uint16_t requested = 0;     ///< so many new ones are wanted
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestTxIdsBlocking&, const RequestTxIdsBlocking&) = default;
    };
    /// Takes what is there.
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
        std::vector<Tx> txs;  ///< those that are still there
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
    static constexpr std::size_t ingress_limit = 721'424;  // 10 x (44 + 65,540) octets, and a tenth
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
