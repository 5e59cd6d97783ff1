#include <ouro/program/drivers.hpp>

#include <ouro/interface/tcp.hpp>
#include <ouro/interface/unix.hpp>
#include <ouro/program/driver.hpp>

namespace ouro::detail {

namespace {

class SocketDrivers final : public Drivers {
  public:
    std::unique_ptr<Driver<NodeBehavior>> node(const asio::any_io_executor& executor, node::Config config,
                                               TcpOptions tcp) override {
        return std::make_unique<ManagedDriver<TcpInterface<n2n::Message>, NodeBehavior>>(std::move(config), executor,
                                                                                         std::move(tcp));
    }
    std::unique_ptr<Driver<LocalInitiatorBehavior>> client(const asio::any_io_executor& executor,
                                                           local_initiator::Config config,
                                                           const PeerId& node) override {
        if (node.path().empty())
            return std::make_unique<ManagedDriver<TcpInterface<n2c::Message>, LocalInitiatorBehavior>>(
                std::move(config), executor, TcpOptions());
        return std::make_unique<ManagedDriver<UnixInterface<n2c::Message>, LocalInitiatorBehavior>>(std::move(config),
                                                                                                    executor);
    }
};

}  // namespace

Drivers& system_drivers() noexcept {
    static SocketDrivers drivers;
    return drivers;
}

}  // namespace ouro::detail
