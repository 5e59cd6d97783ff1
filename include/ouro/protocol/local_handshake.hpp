#pragma once

#include <ouro/protocol/handshake.hpp>

namespace ouro {

/// The node-to-client handshake: the same without time limits.
///
/// Source  ouroboros-network, framework, Protocol/Handshake/Codec.hs, noTimeLimitsHandshake.
template <const auto& known>
struct LocalHandshakeOf : HandshakeOf<known> {
    using State = Handshake::State;

    static constexpr std::array states{
        StateSpec{State::propose, "Propose", Agency::initiator, no_limit, Handshake::message_limit},
        StateSpec{State::confirm, "Confirm", Agency::responder, no_limit, Handshake::message_limit},
        StateSpec{State::done, "Done", Agency::nobody, no_limit, 0},
    };
};

}  // namespace ouro
