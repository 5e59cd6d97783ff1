#include <ouro/program/simulated_runtime.hpp>

#include <ouro/interface/tcp.hpp>
#include <ouro/program/driver.hpp>

namespace ouro::detail {

PeerId SimulatedDrivers::next_address() {
    const auto port = static_cast<std::uint16_t>(address_.port() + made_++);
    return PeerId::from_parts(address_.host(), port);
}

std::unique_ptr<Driver<NodeBehavior>> SimulatedDrivers::node(const asio::any_io_executor&, node::Config config,
                                                             TcpOptions) {
    return std::make_unique<ManagedDriver<emulation::Adapter<n2n::Message>, NodeBehavior>>(std::move(config), clock_,
                                                                                           next_address());
}

std::unique_ptr<Driver<LocalInitiatorBehavior>> SimulatedDrivers::client(const asio::any_io_executor&,
                                                                         local_initiator::Config config,
                                                                         const PeerId&) {
    return std::make_unique<ManagedDriver<emulation::Adapter<n2c::Message>, LocalInitiatorBehavior>>(
        std::move(config), clock_, next_address());
}

}  // namespace ouro::detail
