#pragma once

#include <string>

#include <ouro/base/list.hpp>
#include <ouro/cbor/integer.hpp>
#include <ouro/protocol/machine.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro {

/// Reads a node's mempool, one snapshot at a time.
///
/// Source  ouroboros-network, Protocol/LocalTxMonitor/{Type,Codec}.hs; limits: cardano-diffusion, NodeToClient.hs.
struct LocalTxMonitor {
    enum class State : std::uint8_t {
        idle,
        acquiring,
        acquired,
        busy_next_tx,
        busy_has_tx,
        busy_get_sizes,
        busy_get_measures,
        done
    };

    /// With an acquired snapshot: waits for the next one that differs from it.
    struct Acquire {
        static constexpr std::string_view name = "Acquire";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Acquire&, const Acquire&) = default;
    };
    struct Acquired {
        static constexpr std::string_view name = "Acquired";
        Slot slot{};
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Acquired&, const Acquired&) = default;
    };
    struct Release {
        static constexpr std::string_view name = "Release";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Release&, const Release&) = default;
    };
    struct NextTx {
        static constexpr std::string_view name = "NextTx";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const NextTx&, const NextTx&) = default;
    };
    struct ReplyNextTx {
        static constexpr std::string_view name = "ReplyNextTx";
        ReplyNextTx() noexcept = default;
        explicit ReplyNextTx(std::optional<Tx> next) noexcept : tx(std::move(next)) {}
        std::optional<Tx> tx;  ///< empty: no more
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReplyNextTx&, const ReplyNextTx&) = default;
    };
    struct HasTx {
        static constexpr std::string_view name = "HasTx";
        TxId id;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const HasTx&, const HasTx&) = default;
    };
    struct ReplyHasTx {
        static constexpr std::string_view name = "ReplyHasTx";
        bool has = false;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReplyHasTx&, const ReplyHasTx&) = default;
    };
    struct GetSizes {
        static constexpr std::string_view name = "GetSizes";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const GetSizes&, const GetSizes&) = default;
    };
    struct ReplyGetSizes {
        static constexpr std::string_view name = "ReplyGetSizes";
        std::uint32_t capacity = 0;  ///< bytes
        std::uint32_t size = 0;      ///< bytes
        std::uint32_t transactions = 0;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReplyGetSizes&, const ReplyGetSizes&) = default;
    };
    /// Since version 20.
    struct GetMeasures {
        static constexpr std::string_view name = "GetMeasures";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const GetMeasures&, const GetMeasures&) = default;
    };
    struct Measure {
        Measure() noexcept = default;
        Measure(std::string of, cbor::Integer used, cbor::Integer limit) noexcept
            : name(std::move(of)), size(std::move(used)), capacity(std::move(limit)) {}
        std::string name;  ///< `transaction_bytes`, `ex_units_steps`, …
        cbor::Integer size;
        cbor::Integer capacity;
        friend bool operator==(const Measure&, const Measure&) = default;
    };
    /// The reference counts only transactions that NextTx has not returned yet.
    struct ReplyGetMeasures {
        static constexpr std::string_view name = "ReplyGetMeasures";
        ReplyGetMeasures() noexcept = default;
        ReplyGetMeasures(std::uint32_t count, List<Measure> all) noexcept
            : transactions(count), measures(std::move(all).vector()) {}
        std::uint32_t transactions = 0;
        std::vector<Measure> measures;  ///< in wire order
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReplyGetMeasures&, const ReplyGetMeasures&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<Acquire, Acquired, Release, NextTx, ReplyNextTx, HasTx, ReplyHasTx, GetSizes,
                                 ReplyGetSizes, GetMeasures, ReplyGetMeasures, Done>;

    static constexpr std::string_view name = "local-tx-monitor";
    static constexpr Channel channel{9};
    static constexpr std::size_t ingress_limit = unbounded_ingress;
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, unbounded_message},
        StateSpec{State::acquiring, "Acquiring", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::acquired, "Acquired", Agency::initiator, no_limit, unbounded_message},
        StateSpec{State::busy_next_tx, "Busy(NextTx)", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::busy_has_tx, "Busy(HasTx)", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::busy_get_sizes, "Busy(GetSizes)", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::busy_get_measures, "Busy(GetMeasures)", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<Acquire>(State::idle, State::acquiring),
        on<Done>(State::idle, State::done),
        on<Acquired>(State::acquiring, State::acquired),
        on<Acquire>(State::acquired, State::acquiring),
        on<Release>(State::acquired, State::idle),
        on<NextTx>(State::acquired, State::busy_next_tx),
        on<HasTx>(State::acquired, State::busy_has_tx),
        on<GetSizes>(State::acquired, State::busy_get_sizes),
        on<GetMeasures>(State::acquired, State::busy_get_measures),
        on<ReplyNextTx>(State::busy_next_tx, State::acquired),
        on<ReplyHasTx>(State::busy_has_tx, State::acquired),
        on<ReplyGetSizes>(State::busy_get_sizes, State::acquired),
        on<ReplyGetMeasures>(State::busy_get_measures, State::acquired),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

}  // namespace ouro
