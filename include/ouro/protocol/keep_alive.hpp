#pragma once

#include <ouro/protocol/chain.hpp>
#include <ouro/protocol/machine.hpp>

namespace ouro {

/// Sends a cookie and gets it back: shows that the peer is alive, and its round trip.
///
/// Source  ouroboros-network, Protocol/KeepAlive/{Type,Codec}.hs; ingress limit: cardano-diffusion, NodeToNode.hs.
struct KeepAliveMessages {
    enum class State : std::uint8_t { client, server, done };

    struct Ping {
        static constexpr std::string_view name = "KeepAlive";
        std::uint16_t cookie = 0;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Ping&, const Ping&) = default;
    };
    struct Pong {
        static constexpr std::string_view name = "KeepAliveResponse";
        std::uint16_t cookie = 0;
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Pong&, const Pong&) = default;
    };
    struct Done {
        static constexpr std::string_view name = "Done";
        void encode(cbor::Writer& out) const;
        friend bool operator==(const Done&, const Done&) = default;
    };
    using Message = std::variant<Ping, Pong, Done>;

    static constexpr std::string_view name = "keep-alive";
    static constexpr std::size_t ingress_limit = 1'408;  // 1,280, plus a tenth
    static constexpr std::array states{
        StateSpec{State::client, "Client", Agency::initiator, Limit{97s}, small_message},
        StateSpec{State::server, "Server", Agency::responder, Limit{60s}, small_message},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
    static constexpr std::array transitions{
        on<Ping>(State::client, State::server),
        on<Pong>(State::server, State::client),
        on<Done>(State::client, State::done),
    };

    /// Errors  Errc::malformed
    static Result<Message> decode(const Item& item);
};

/// Keep-alive under the protocol number of its network.
template <Channel number>
struct KeepAliveOf : KeepAliveMessages {
    static constexpr Channel channel = number;
};

using KeepAlive = KeepAliveOf<Channel{8}>;

/// Errc::none if the answer has the cookie that was sent, else Errc::cookie_mismatch.
[[nodiscard]] inline Errc check(const KeepAlive::Ping& sent, const KeepAlive::Pong& got) noexcept {
    return sent.cookie == got.cookie ? Errc::none : Errc::cookie_mismatch;
}

}  // namespace ouro
