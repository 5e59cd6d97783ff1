#pragma once

#include <ouro/emulation/adapter.hpp>
#include <ouro/program/drivers.hpp>
#include <ouro/program/run.hpp>

namespace ouro {

namespace detail {

/// Makes managers whose interface is in an emulated network.
class SimulatedDrivers : public Drivers {
  public:
    SimulatedDrivers(emulation::Clockwork& clock, const PeerId& address) : clock_(clock), address_(address) {}
    std::unique_ptr<Driver<NodeBehavior>> node(const asio::any_io_executor& executor, node::Config config,
                                               TcpOptions tcp) override;
    std::unique_ptr<Driver<LocalInitiatorBehavior>> client(const asio::any_io_executor& executor,
                                                           local_initiator::Config config, const PeerId& node) override;
    [[nodiscard]] bool emulated() const noexcept override { return true; }

    void forget_addresses() noexcept { made_ = 0; }

  private:
    PeerId next_address();

    emulation::Clockwork& clock_;
    PeerId address_;
    std::uint16_t made_ = 0;
};

}  // namespace detail

/// The environment of a program in an emulated network, in virtual time. The first node or client that is made with it
/// has the runtime's address, and each further one, like each follower of a client, the next port: it dials from there,
/// and a node that listens accepts connections there, whatever address it names.
///
/// Lifetimes  Outlives the nodes and clients made with it; the clockwork outlives it.
class SimulatedRuntime : private detail::SimulatedDrivers, public Runtime {
  public:
    /// `address`: of the program in the network of `clock`.
    SimulatedRuntime(emulation::Clockwork& clock, const PeerId& address)
        : detail::SimulatedDrivers(clock, address),
          Runtime(clock.get_executor(), static_cast<detail::SimulatedDrivers&>(*this)) {}

    /// Does what the first SIGINT does.
    void interrupt() { (void)stop(); }
    /// The next node or client has the runtime's address again, as after a restart of the program. Destroy the earlier
    /// ones first.
    void restart() noexcept { forget_addresses(); }
};

}  // namespace ouro
