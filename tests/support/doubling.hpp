#pragma once

#include <ouro/protocol/machine.hpp>
#include <ouro/protocol/message.hpp>

namespace ouro::test {

/// A user's own protocol: a number as request and its double as answer.
struct Doubling {
    enum class State : std::uint8_t { idle, busy };
    struct Ask {
        static constexpr std::string_view name = "Ask";
        std::uint64_t number = 0;
        void encode(cbor::Writer& out) const { out.array(2).uint(0).uint(number); }
        friend bool operator==(const Ask&, const Ask&) = default;
    };
    struct Tell {
        static constexpr std::string_view name = "Tell";
        std::uint64_t number = 0;
        void encode(cbor::Writer& out) const { out.array(2).uint(1).uint(number); }
        friend bool operator==(const Tell&, const Tell&) = default;
    };
    using Message = std::variant<Ask, Tell>;

    static constexpr std::string_view name = "doubling";
    static constexpr Channel channel{42};
    static constexpr std::size_t ingress_limit = 100;
    static constexpr std::array states{StateSpec{State::idle, "Idle", Agency::initiator, no_limit, 20},
                                       StateSpec{State::busy, "Busy", Agency::responder, Limit{5s}, 20}};
    static constexpr std::array transitions{on<Ask>(State::idle, State::busy), on<Tell>(State::busy, State::idle)};

    static Result<Message> decode(const Item& item) {
        cbor::Reader in(item.bytes);
        in.array_of(2);
        const bool ask = in.uint(1) == 0;
        const std::uint64_t number = in.uint();
        if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
        return ask ? Message(Ask{number}) : Message(Tell{number});
    }
};

}  // namespace ouro::test
