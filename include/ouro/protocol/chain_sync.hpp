#pragma once

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// Delivers headers in order and roll-backwards, and finds intersections.
///
/// Source  ouroboros-network, Protocol/ChainSync/{Type,Codec}.hs; ingress limit: cardano-diffusion, NodeToNode.hs.
struct ChainSync {
    enum class State : std::uint8_t { idle, can_await, must_reply, intersect, done };

    struct RequestNext {
        static constexpr std::string_view name = "RequestNext";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestNext&, const RequestNext&) = default;
    };
    struct AwaitReply {
        static constexpr std::string_view name = "AwaitReply";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const AwaitReply&, const AwaitReply&) = default;
    };
    struct RollForward {
        static constexpr std::string_view name = "RollForward";
        RollForward() noexcept = default;
        RollForward(Header next, Tip at) noexcept : header(std::move(next)), tip(at) {}
        Header header;
        Tip tip;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RollForward&, const RollForward&) = default;
    };
    struct RollBackward {
        static constexpr std::string_view name = "RollBackward";
        Point point;
        Tip tip;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RollBackward&, const RollBackward&) = default;
    };
    struct FindIntersect {
        static constexpr std::string_view name = "FindIntersect";
        std::vector<Point> points;  ///< best first
        void encode(cbor::Writer& out) const;
        friend bool operator==(const FindIntersect&, const FindIntersect&) = default;
    };
    struct IntersectFound {
        static constexpr std::string_view name = "IntersectFound";
        Point point;
        Tip tip;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const IntersectFound&, const IntersectFound&) = default;
    };
    struct IntersectNotFound {
        static constexpr std::string_view name = "IntersectNotFound";
        Tip tip;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const IntersectNotFound&, const IntersectNotFound&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<RequestNext, AwaitReply, RollForward, RollBackward, FindIntersect, IntersectFound,
                                 IntersectNotFound, Done>;

    static constexpr std::string_view name = "chain-sync";
    static constexpr Channel channel{2};
    static constexpr std::size_t ingress_limit = 462'000;  // 300 headers of 1,400 bytes, plus a tenth
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, Limit{3373s}, small_message},
        StateSpec{State::can_await, "CanAwait", Agency::responder, Limit{10s}, small_message},
        StateSpec{State::must_reply, "MustReply", Agency::responder, Limit{601s, 911s, true}, small_message},
        StateSpec{State::intersect, "Intersect", Agency::responder, Limit{10s}, small_message},
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
