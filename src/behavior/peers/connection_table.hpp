#pragma once

#include <array>
#include <cstdint>

#include <ouro/behavior/node_types.hpp>

namespace ouro::node {

/// What happens to a connection.
enum class ConnectionCall : std::uint8_t {
    acquire_outbound,         ///< we want to use a connection with the address
    connected,                ///< the dial was answered
    include_inbound,          ///< the address has connected
    negotiated_uni,           ///< the handshake has ended: one way
    negotiated_dup,           ///< the handshake has ended: both ways
    release_outbound,         ///< we no longer use it
    promoted_to_warm_remote,  ///< the peer has begun to use it
    demoted_to_cold_remote,   ///< the peer has ended everything
    release_inbound,          ///< the peer has not begun in time
    outbound_idle_over,       ///< neither on one that we have given back
    closed,                   ///< it has ended, whatever the reason
    time_wait_over
};

/// What to do about it.
enum class ConnectionAnswer : std::uint8_t {
    none,       ///< nothing
    dial,       ///< dial the address
    reuse,      ///< the connection that is there serves
    wait,       ///< ask again when it has been negotiated, or has gone
    exists,     ///< there is one that we use
    forbidden,  ///< there is one that cannot be used for this
    close,      ///< close it
    illegal     ///< this does not happen in that state
};

struct ConnectionStep {
    ConnectionState to{};
    ConnectionAnswer answer{};

    friend bool operator==(const ConnectionStep&, const ConnectionStep&) = default;
};

struct ConnectionRow {
    ConnectionState from;
    ConnectionCall call;
    ConnectionStep step;
};

/// The life of a connection. What has no row does not happen.
///
/// Source  ouroboros-network, framework, ConnectionManager/{Core,State}.hs; docs/network-spec/connection-manager.tex.
inline constexpr auto connection_rows = [] {
    using enum ConnectionState;
    using Call = ConnectionCall;
    using Answer = ConnectionAnswer;
    return std::array{
        ConnectionRow{none, Call::acquire_outbound, {reserved, Answer::dial}},
        ConnectionRow{reserved, Call::acquire_outbound, {reserved, Answer::exists}},
        ConnectionRow{unnegotiated_out, Call::acquire_outbound, {unnegotiated_out, Answer::exists}},
        ConnectionRow{unnegotiated_in, Call::acquire_outbound, {unnegotiated_in, Answer::wait}},
        ConnectionRow{outbound_uni, Call::acquire_outbound, {outbound_uni, Answer::exists}},
        ConnectionRow{outbound_dup_idle, Call::acquire_outbound, {outbound_dup_idle, Answer::exists}},
        ConnectionRow{outbound_dup, Call::acquire_outbound, {outbound_dup, Answer::exists}},
        ConnectionRow{outbound_idle_uni, Call::acquire_outbound, {outbound_idle_uni, Answer::forbidden}},
        ConnectionRow{outbound_idle_dup, Call::acquire_outbound, {outbound_idle_dup, Answer::forbidden}},
        ConnectionRow{inbound_idle_uni, Call::acquire_outbound, {inbound_idle_uni, Answer::forbidden}},
        ConnectionRow{inbound_idle_dup, Call::acquire_outbound, {outbound_dup_idle, Answer::reuse}},
        ConnectionRow{inbound_uni, Call::acquire_outbound, {inbound_uni, Answer::forbidden}},
        ConnectionRow{inbound_dup, Call::acquire_outbound, {duplex, Answer::reuse}},
        ConnectionRow{duplex, Call::acquire_outbound, {duplex, Answer::exists}},
        ConnectionRow{terminating, Call::acquire_outbound, {terminating, Answer::wait}},

        ConnectionRow{reserved, Call::connected, {unnegotiated_out, Answer::none}},

        ConnectionRow{none, Call::include_inbound, {unnegotiated_in, Answer::none}},
        ConnectionRow{reserved, Call::include_inbound, {unnegotiated_in, Answer::none}},
        ConnectionRow{terminating, Call::include_inbound, {unnegotiated_in, Answer::none}},

        ConnectionRow{unnegotiated_out, Call::negotiated_uni, {outbound_uni, Answer::none}},
        ConnectionRow{unnegotiated_in, Call::negotiated_uni, {inbound_idle_uni, Answer::none}},
        ConnectionRow{unnegotiated_out, Call::negotiated_dup, {outbound_dup_idle, Answer::none}},
        ConnectionRow{unnegotiated_in, Call::negotiated_dup, {inbound_idle_dup, Answer::none}},

        ConnectionRow{outbound_uni, Call::release_outbound, {outbound_idle_uni, Answer::close}},
        ConnectionRow{outbound_dup_idle, Call::release_outbound, {inbound_idle_dup, Answer::none}},
        ConnectionRow{outbound_dup, Call::release_outbound, {outbound_idle_dup, Answer::none}},
        ConnectionRow{duplex, Call::release_outbound, {inbound_dup, Answer::none}},
        ConnectionRow{none, Call::release_outbound, {none, Answer::none}},
        ConnectionRow{outbound_idle_uni, Call::release_outbound, {outbound_idle_uni, Answer::none}},
        ConnectionRow{outbound_idle_dup, Call::release_outbound, {outbound_idle_dup, Answer::none}},
        ConnectionRow{inbound_idle_uni, Call::release_outbound, {inbound_idle_uni, Answer::none}},
        ConnectionRow{inbound_idle_dup, Call::release_outbound, {inbound_idle_dup, Answer::none}},
        ConnectionRow{terminating, Call::release_outbound, {terminating, Answer::none}},
        ConnectionRow{inbound_uni, Call::release_outbound, {inbound_uni, Answer::forbidden}},
        ConnectionRow{inbound_dup, Call::release_outbound, {inbound_dup, Answer::forbidden}},
        ConnectionRow{reserved, Call::release_outbound, {reserved, Answer::forbidden}},
        ConnectionRow{unnegotiated_out, Call::release_outbound, {unnegotiated_out, Answer::forbidden}},
        ConnectionRow{unnegotiated_in, Call::release_outbound, {unnegotiated_in, Answer::forbidden}},

        ConnectionRow{outbound_dup_idle, Call::promoted_to_warm_remote, {duplex, Answer::none}},
        ConnectionRow{outbound_dup, Call::promoted_to_warm_remote, {duplex, Answer::none}},
        ConnectionRow{outbound_idle_dup, Call::promoted_to_warm_remote, {inbound_dup, Answer::none}},
        ConnectionRow{inbound_idle_uni, Call::promoted_to_warm_remote, {inbound_uni, Answer::none}},
        ConnectionRow{inbound_idle_dup, Call::promoted_to_warm_remote, {inbound_dup, Answer::none}},

        ConnectionRow{inbound_uni, Call::demoted_to_cold_remote, {inbound_idle_uni, Answer::none}},
        ConnectionRow{inbound_dup, Call::demoted_to_cold_remote, {inbound_idle_dup, Answer::none}},
        ConnectionRow{duplex, Call::demoted_to_cold_remote, {outbound_dup_idle, Answer::none}},

        ConnectionRow{inbound_idle_uni, Call::release_inbound, {terminating, Answer::close}},
        ConnectionRow{inbound_idle_dup, Call::release_inbound, {terminating, Answer::close}},
        ConnectionRow{outbound_dup_idle, Call::release_inbound, {outbound_dup, Answer::none}},

        ConnectionRow{outbound_idle_dup, Call::outbound_idle_over, {terminating, Answer::close}},

        ConnectionRow{reserved, Call::closed, {none, Answer::none}},
        ConnectionRow{unnegotiated_out, Call::closed, {terminating, Answer::none}},
        ConnectionRow{unnegotiated_in, Call::closed, {terminating, Answer::none}},
        ConnectionRow{outbound_uni, Call::closed, {terminating, Answer::none}},
        ConnectionRow{outbound_dup_idle, Call::closed, {terminating, Answer::none}},
        ConnectionRow{outbound_dup, Call::closed, {terminating, Answer::none}},
        ConnectionRow{outbound_idle_uni, Call::closed, {terminating, Answer::none}},
        ConnectionRow{outbound_idle_dup, Call::closed, {terminating, Answer::none}},
        ConnectionRow{inbound_idle_uni, Call::closed, {terminating, Answer::none}},
        ConnectionRow{inbound_idle_dup, Call::closed, {terminating, Answer::none}},
        ConnectionRow{inbound_uni, Call::closed, {terminating, Answer::none}},
        ConnectionRow{inbound_dup, Call::closed, {terminating, Answer::none}},
        ConnectionRow{duplex, Call::closed, {terminating, Answer::none}},
        ConnectionRow{terminating, Call::closed, {terminating, Answer::none}},

        ConnectionRow{terminating, Call::time_wait_over, {none, Answer::none}},
    };
}();

inline constexpr std::size_t connection_states = static_cast<std::size_t>(ConnectionState::terminating) + 1;
inline constexpr std::size_t connection_calls = static_cast<std::size_t>(ConnectionCall::time_wait_over) + 1;

/// What follows from a call in a state. An illegal one changes nothing.
[[nodiscard]] ConnectionStep step(ConnectionState state, ConnectionCall call) noexcept;

/// Whether it counts as one of the peers' own, of which there is a limit.
[[nodiscard]] constexpr bool counts_inbound(ConnectionState state) noexcept {
    switch (state) {
        case ConnectionState::unnegotiated_in:
        case ConnectionState::inbound_idle_uni:
        case ConnectionState::inbound_idle_dup:
        case ConnectionState::inbound_uni:
        case ConnectionState::inbound_dup:
        case ConnectionState::duplex: return true;
        default: return false;
    }
}
/// Whether the peer is waited for, and not for ever.
[[nodiscard]] constexpr bool waits_for_peer(ConnectionState state) noexcept {
    switch (state) {
        case ConnectionState::outbound_dup_idle:
        case ConnectionState::inbound_idle_uni:
        case ConnectionState::inbound_idle_dup: return true;
        default: return false;
    }
}

/// Adds one connection in `state` to the counters.
void count(ConnectionState state, Counters& counters) noexcept;

}  // namespace ouro::node
