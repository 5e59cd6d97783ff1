#include <ouro/emulation/node.hpp>

namespace ouro::emulation {

AnyNode::AnyNode(World& world, const PeerId& address, mux::IngressLimit limit, mux::ProtocolName name)
    : Bearers(world, address, limit, name), turn_(world.turns().add()) {}

void AnyNode::settle() {
    if (std::exchange(settling_, true)) return;
    Event event;
    drain();
    while (poll(event)) {
        handle(event);
        drain();
    }
    settling_ = false;
    world().turns().set(turn_, next_deadline());
}

}  // namespace ouro::emulation
