#include <ouro/emulation/node.hpp>

namespace ouro::emulation {

AnyNode::AnyNode(World& world, const PeerId& address, mux::IngressLimit limit, mux::ProtocolName name)
    : Bearers(world, address, limit, name), number_(world.deadlines().add()) {}

void AnyNode::settle() {
    if (std::exchange(settling_, true)) return;
    Event event;
    drain();
    while (poll(event)) {
        handle(event);
        drain();
    }
    settling_ = false;
    world().deadlines().set(number_, next_deadline());
}

}  // namespace ouro::emulation
