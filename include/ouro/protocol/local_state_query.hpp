#pragma once

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// Queries a node's ledger at one acquired point.
///
/// Source  ouroboros-network, Protocol/LocalStateQuery/{Type,Codec}.hs; limits: cardano-diffusion, NodeToClient.hs.
struct LocalStateQuery {
    enum class State : std::uint8_t { idle, acquiring, acquired, querying, done };

    /// The tip of the chain.
    struct VolatileTip {
        friend bool operator==(const VolatileTip&, const VolatileTip&) = default;
    };
    /// The last block that cannot be rolled back. Since version 16.
    struct ImmutableTip {
        friend bool operator==(const ImmutableTip&, const ImmutableTip&) = default;
    };
    using Target = std::variant<Point, VolatileTip, ImmutableTip>;

    enum class AcquireFailure : std::uint8_t { point_too_old, point_not_on_chain };

    struct Acquire {
        static constexpr std::string_view name = "Acquire";
        Target target = VolatileTip{};
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Acquire&, const Acquire&) = default;
    };
    struct Acquired {
        static constexpr std::string_view name = "Acquired";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Acquired&, const Acquired&) = default;
    };
    /// A previously acquired state is lost, too.
    struct Failure {
        static constexpr std::string_view name = "Failure";
        AcquireFailure reason{};
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Failure&, const Failure&) = default;
    };
    struct Query {
        static constexpr std::string_view name = "Query";
        Query() noexcept = default;
        explicit Query(Bytes item) noexcept : cbor(std::move(item)) {}
        Bytes cbor;  ///< one item; `n2c::query` makes the queries that the library knows
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Query&, const Query&) = default;
    };
    struct Answer {
        static constexpr std::string_view name = "Result";
        Answer() noexcept = default;
        explicit Answer(Bytes item) noexcept : cbor(std::move(item)) {}
        Bytes cbor;  ///< one item, whose shape depends on the query
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Answer&, const Answer&) = default;
    };
    struct Release {
        static constexpr std::string_view name = "Release";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Release&, const Release&) = default;
    };
    struct ReAcquire {
        static constexpr std::string_view name = "ReAcquire";
        Target target = VolatileTip{};
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReAcquire&, const ReAcquire&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<Acquire, Acquired, Failure, Query, Answer, Release, ReAcquire, Done>;

    static constexpr std::string_view name = "local-state-query";
    static constexpr Channel channel{7};
    static constexpr std::size_t ingress_limit = unbounded_ingress;
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, unbounded_message},
        StateSpec{State::acquiring, "Acquiring", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::acquired, "Acquired", Agency::initiator, no_limit, unbounded_message},
        StateSpec{State::querying, "Querying", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<Acquire>(State::idle, State::acquiring),       on<Done>(State::idle, State::done),
        on<Acquired>(State::acquiring, State::acquired),  on<Failure>(State::acquiring, State::idle),
        on<Query>(State::acquired, State::querying),      on<Release>(State::acquired, State::idle),
        on<ReAcquire>(State::acquired, State::acquiring), on<Answer>(State::querying, State::acquired),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

}  // namespace ouro
