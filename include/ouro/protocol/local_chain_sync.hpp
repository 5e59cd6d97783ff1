#pragma once

#include <ouro/protocol/chain_sync.hpp>

namespace ouro {

/// Node-to-client chain-sync: delivers whole blocks in order and roll-backwards, and finds intersections.
///
/// Source  ouroboros-network, Protocol/ChainSync/{Type,Codec}.hs; limits: cardano-diffusion, NodeToClient.hs.
struct LocalChainSync {
    using State = ChainSync::State;

    using RequestNext = ChainSync::RequestNext;
    using AwaitReply = ChainSync::AwaitReply;
    struct RollForward {
        static constexpr std::string_view name = "RollForward";
        RollForward() noexcept = default;
        RollForward(Bytes next, Tip at) noexcept : block(std::move(next)), tip(at) {}
        Bytes block;  ///< `[tag, block]` as received
        Tip tip;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RollForward&, const RollForward&) = default;
    };
    using RollBackward = ChainSync::RollBackward;
    using FindIntersect = ChainSync::FindIntersect;
    using IntersectFound = ChainSync::IntersectFound;
    using IntersectNotFound = ChainSync::IntersectNotFound;
    using Done = ChainSync::Done;
    using Message = std::variant<RequestNext, AwaitReply, RollForward, RollBackward, FindIntersect, IntersectFound,
                                 IntersectNotFound, Done>;

    static constexpr std::string_view name = "local-chain-sync";
    static constexpr Channel channel{5};
    static constexpr std::size_t ingress_limit = unbounded_ingress;
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, unbounded_message},
        StateSpec{State::can_await, "CanAwait", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::must_reply, "MustReply", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::intersect, "Intersect", Agency::responder, no_limit, unbounded_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<RequestNext>(State::idle, State::can_await).pipelined(),
        on<FindIntersect>(State::idle, State::intersect),
        on<Done>(State::idle, State::done),
        on<AwaitReply>(State::can_await, State::must_reply),
        on<RollForward>(State::can_await, State::idle),
        on<RollBackward>(State::can_await, State::idle),
        on<RollForward>(State::must_reply, State::idle),
        on<RollBackward>(State::must_reply, State::idle),
        on<IntersectFound>(State::intersect, State::idle),
        on<IntersectNotFound>(State::intersect, State::idle),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

}  // namespace ouro
