#pragma once

#include <ouro/async/asio.hpp>

#include <memory>

#include <ouro/base/types.hpp>

namespace ouro {

class LocalInitiatorBehavior;
class NodeBehavior;
struct TcpOptions;
namespace local_initiator {
struct Config;
}
namespace node {
struct Config;
}

namespace detail {

template <class Behavior>
class Driver;

/// Makes the managers of nodes and clients: over sockets, or in an emulated network.
class Drivers {
  public:
    virtual ~Drivers() = default;
    virtual std::unique_ptr<Driver<NodeBehavior>> node(const asio::any_io_executor& executor, node::Config config,
                                                       TcpOptions tcp) = 0;
    /// `node`: the path of a socket, or a host and port.
    virtual std::unique_ptr<Driver<LocalInitiatorBehavior>> client(const asio::any_io_executor& executor,
                                                                   local_initiator::Config config,
                                                                   const PeerId& node) = 0;
    /// Whether there are neither sockets nor threads.
    [[nodiscard]] virtual bool emulated() const noexcept { return false; }
};

/// Over sockets.
[[nodiscard]] Drivers& system_drivers() noexcept;

}  // namespace detail
}  // namespace ouro
