#pragma once

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// The messages of chain-sync that are the same in each profile.
struct ChainSyncMessages {
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
};

/// Delivers a chain in order, with roll-backwards, and finds intersections. The profile says what a RollForward
/// carries, and the name, channel and limits.
///
/// Source  ouroboros-network, Protocol/ChainSync/{Type,Codec}.hs.
template <class Profile>
struct ChainSyncOf : ChainSyncMessages, Profile {
    using RollForward = typename Profile::RollForward;
    using Message = std::variant<RequestNext, AwaitReply, RollForward, RollBackward, FindIntersect, IntersectFound,
                                 IntersectNotFound, Done>;

    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, Profile::idle_limit, Profile::message_limit},
        StateSpec{State::can_await, "CanAwait", Agency::responder, Profile::answer_limit, Profile::message_limit},
        StateSpec{State::must_reply, "MustReply", Agency::responder, Profile::growth_limit, Profile::message_limit},
        StateSpec{State::intersect, "Intersect", Agency::responder, Profile::answer_limit, Profile::message_limit},
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

/// Chain-sync of headers, between nodes.
///
/// Source  ingress limit: cardano-diffusion, NodeToNode.hs.
struct HeaderProfile {
    struct RollForward {
        static constexpr std::string_view name = "RollForward";
        RollForward() noexcept = default;
        RollForward(Header next, Tip at) noexcept : header(std::move(next)), tip(at) {}
        Header header;
        Tip tip;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RollForward&, const RollForward&) = default;
    };

    static constexpr std::string_view name = "chain-sync";
    static constexpr Channel channel{2};
    static constexpr std::size_t ingress_limit = 462'000;  // 300 headers of 1,400 bytes, plus a tenth
    static constexpr std::uint32_t message_limit = small_message;
    static constexpr Limit idle_limit{3373s};
    static constexpr Limit answer_limit{10s};
    static constexpr Limit growth_limit{601s, 911s, true};  ///< of a peer at its tip
};

/// Chain-sync of whole blocks, between a node and its client.
///
/// Source  limits: cardano-diffusion, NodeToClient.hs.
struct BlockProfile {
    struct RollForward {
        static constexpr std::string_view name = "RollForward";
        RollForward() noexcept = default;
        RollForward(Bytes next, Tip at) noexcept : block(std::move(next)), tip(at) {}
        Bytes block;  ///< `[tag, block]` as received
        Tip tip;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RollForward&, const RollForward&) = default;
    };

    static constexpr std::string_view name = "local-chain-sync";
    static constexpr Channel channel{5};
    static constexpr std::size_t ingress_limit = unbounded_ingress;
    static constexpr std::uint32_t message_limit = unbounded_message;
    static constexpr Limit idle_limit{};
    static constexpr Limit answer_limit{};
    static constexpr Limit growth_limit{};
};

using ChainSync = ChainSyncOf<HeaderProfile>;
using LocalChainSync = ChainSyncOf<BlockProfile>;

}  // namespace ouro
