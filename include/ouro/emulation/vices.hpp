#pragma once

#include <span>
#include <string_view>

#include <ouro/emulation/meddling.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/n2n/message.hpp>

/// Hostile peers, each an honest one with one vice.
namespace ouro::emulation {

/// One way to be hostile between nodes, with a name to list and to draw it by. `node.meddle(vice.make)` gives it to a
/// node.
///
/// The node stays honest, and leaves of itself when it has had enough: a relay that is to be silent for ever has no
/// `idle_timeout`.
struct Vice {
    std::string_view name;
    std::string_view what;  ///< it does, in a few words
    Meddler<n2n::Message> (*make)();
};

/// Those of who is dialled: what a ResponderBehavior may do to an initiator.
[[nodiscard]] std::span<const Vice> responder_vices() noexcept;
/// Those of who dials: what an InitiatorBehavior may do to a responder.
[[nodiscard]] std::span<const Vice> initiator_vices() noexcept;
/// Null: none of `vices` is called so.
[[nodiscard]] const Vice* find_vice(std::span<const Vice> vices, std::string_view name) noexcept;

/// The same of either side of a connection between a node and its client.
struct LocalVice {
    std::string_view name;
    std::string_view what;  ///< it does, in a few words
    Meddler<n2c::Message> (*make)();
};
/// What a LocalInitiatorBehavior may do to a node, and a LocalResponderBehavior or a MockNode to its client.
[[nodiscard]] std::span<const LocalVice> local_vices() noexcept;

}  // namespace ouro::emulation
