#pragma once

#include <span>
#include <string_view>

#include <ouro/emulation/meddling.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/n2n/message.hpp>

/// Hostile peers: honest nodes with one vice each.
namespace ouro::emulation {

/// One way in which a node is hostile to another, with a name for lists and random choice. `node.meddle(vice.make)`
/// gives the vice to a node.
///
/// The behavior of the node stays honest and ends connections as usual: a relay that must stay silent for ever needs a
/// config without `idle_timeout`.
struct Vice {
    std::string_view name;
    std::string_view what;  ///< a short description: "sends garbage"
    Meddler<n2n::Message> (*make)();
};

/// Vices of a dialled node, a ResponderBehavior, towards an initiator.
[[nodiscard]] std::span<const Vice> responder_vices() noexcept;
/// Vices of a dialling node, an InitiatorBehavior, towards a responder.
[[nodiscard]] std::span<const Vice> initiator_vices() noexcept;
/// Returns the vice called `name`, or null.
[[nodiscard]] const Vice* find_vice(std::span<const Vice> vices, std::string_view name) noexcept;

/// One way in which a node is hostile to its client, or the client to the node.
struct LocalVice {
    std::string_view name;
    std::string_view what;  ///< a short description
    Meddler<n2c::Message> (*make)();
};
/// Vices of a LocalInitiatorBehavior towards its node, and of a LocalResponderBehavior or MockNode towards its client.
[[nodiscard]] std::span<const LocalVice> local_vices() noexcept;

}  // namespace ouro::emulation
