#pragma once

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/id_window.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// Pulls objects of one kind: the initiator requests ids, then objects; the responder has them.
///
/// Ids and objects are opaque whole items. An `IdWindow` tracks what may be requested. Derived protocols define the
/// kind of objects and the channel.
///
/// Source  ouroboros-network, Protocol/ObjectDiffusion/{Type,Codec}.hs.
struct ObjectDiffusion {
    enum class State : std::uint8_t { init, idle, object_ids_blocking, object_ids_non_blocking, objects, done };

    struct Init {
        static constexpr std::string_view name = "Init";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Init&, const Init&) = default;
    };
    /// Waits for new ids.
    struct RequestObjectIdsBlocking {
        static constexpr std::string_view name = "RequestObjectIdsBlocking";
        std::uint16_t acknowledged = 0;  ///< number of oldest ids to acknowledge
        std::uint16_t requested = 0;     ///< maximum number of new ids
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestObjectIdsBlocking&, const RequestObjectIdsBlocking&) = default;
    };
    /// Returns the available ones.
    struct RequestObjectIdsNonBlocking {
        static constexpr std::string_view name = "RequestObjectIdsNonBlocking";
        std::uint16_t acknowledged = 0;
        std::uint16_t requested = 0;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestObjectIdsNonBlocking&, const RequestObjectIdsNonBlocking&) = default;
    };
    struct ReplyObjectIds {
        static constexpr std::string_view name = "ReplyObjectIds";
        std::vector<Bytes> ids;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReplyObjectIds&, const ReplyObjectIds&) = default;
    };
    struct RequestObjects {
        static constexpr std::string_view name = "RequestObjects";
        std::vector<Bytes> ids;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestObjects&, const RequestObjects&) = default;
    };
    struct ReplyObjects {
        static constexpr std::string_view name = "ReplyObjects";
        std::vector<Bytes> objects;  ///< those still available
        void encode(cbor::Writer& out) const;
        friend bool operator==(const ReplyObjects&, const ReplyObjects&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<Init, RequestObjectIdsBlocking, RequestObjectIdsNonBlocking, ReplyObjectIds,
                                 RequestObjects, ReplyObjects, Done>;

    static constexpr std::array states{
        StateSpec{State::init, "Init", Agency::initiator, no_limit, small_message},
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, small_message},
        StateSpec{State::object_ids_blocking, "ObjectIdsBlocking", Agency::responder, no_limit, large_message},
        StateSpec{State::object_ids_non_blocking, "ObjectIdsNonBlocking", Agency::responder, Limit{10s}, large_message},
        StateSpec{State::objects, "Objects", Agency::responder, Limit{10s}, large_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<Init>(State::init, State::idle),
        on<RequestObjectIdsBlocking>(State::idle, State::object_ids_blocking),
        on<RequestObjectIdsNonBlocking>(State::idle, State::object_ids_non_blocking).pipelined(),
        on<RequestObjects>(State::idle, State::objects).pipelined(),
        on<Done>(State::idle, State::done),
        on<ReplyObjectIds>(State::object_ids_blocking, State::idle),
        on<ReplyObjectIds>(State::object_ids_non_blocking, State::idle),
        on<ReplyObjects>(State::objects, State::idle),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

/// Certificates of Peras. Experimental.
///
/// Source  cardano-diffusion, NodeToNode.hs.
struct PerasCertDiffusion : ObjectDiffusion {
    static constexpr std::string_view name = "peras-certificates";
    static constexpr Channel channel{16};
    static constexpr std::size_t ingress_limit = 220'000;  // 10 x 20,000 bytes, plus a tenth
    static constexpr std::uint16_t window = 10;
};

/// Votes of Peras. Experimental.
///
/// Source  cardano-diffusion, NodeToNode.hs.
struct PerasVoteDiffusion : ObjectDiffusion {
    static constexpr std::string_view name = "peras-votes";
    static constexpr Channel channel{17};
    static constexpr std::size_t ingress_limit = 55'000;  // 50 x 1,000 bytes, plus a tenth
    static constexpr std::uint16_t window = 50;
};

}  // namespace ouro
