#pragma once

#include <ouro/protocol/leios.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// Notifications about endorser blocks: announcements, offers and votes, one per request. Prototype.
///
/// Source  ouroboros-consensus, branch leios-prototype, LeiosDemoOnlyTestNotify.hs; ingress limit: its NodeToNode.hs.
struct LeiosNotify {
    enum class State : std::uint8_t { idle, busy, done };

    struct RequestNext {
        static constexpr std::string_view name = "RequestNext";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const RequestNext&, const RequestNext&) = default;
    };
    struct BlockAnnouncement {
        static constexpr std::string_view name = "BlockAnnouncement";
        Header header;  ///< of the announcing ranking block
        void encode(cbor::Writer& out) const;
        friend bool operator==(const BlockAnnouncement&, const BlockAnnouncement&) = default;
    };
    struct BlockOffer {
        static constexpr std::string_view name = "BlockOffer";
        BlockPoint block;
        std::uint32_t bytes = 0;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const BlockOffer&, const BlockOffer&) = default;
    };
    struct BlockTxsOffer {
        static constexpr std::string_view name = "BlockTxsOffer";
        BlockPoint block;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const BlockTxsOffer&, const BlockTxsOffer&) = default;
    };
    struct Votes {
        static constexpr std::string_view name = "Votes";
        std::vector<LeiosVote> votes;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Votes&, const Votes&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<RequestNext, BlockAnnouncement, BlockOffer, BlockTxsOffer, Votes, Done>;

    static constexpr std::string_view name = "leios-notify";
    static constexpr Channel channel{18};
    static constexpr std::size_t ingress_limit = 1'153'433;  // 2^20, plus a tenth
    static constexpr std::array states{
        StateSpec{State::idle, "Idle", Agency::initiator, no_limit, small_message},
        StateSpec{State::busy, "Busy", Agency::responder, no_limit, small_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<RequestNext>(State::idle, State::busy).pipelined(), on<Done>(State::idle, State::done),
        on<BlockAnnouncement>(State::busy, State::idle),       on<BlockOffer>(State::busy, State::idle),
        on<BlockTxsOffer>(State::busy, State::idle),           on<Votes>(State::busy, State::idle),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

}  // namespace ouro
