#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include <ouro/program/client.hpp>
#include <ouro/program/drivers.hpp>

#include "client_follower.hpp"
#include "stop_hook.hpp"

namespace ouro::detail {

/// Where a client finds its node, and its followers there.
class ClientPlace {
  public:
    ClientPlace(const asio::any_io_executor& executor, Drivers& drivers, Network network, ClientOptions options);

    /// A signal that stops the runtime calls `stop`.
    void stop_with(Runtime& runtime, std::function<void()> stop) { hook_.emplace(runtime, std::move(stop)); }

    [[nodiscard]] local_initiator::Config config() const;
    /// Makes a manager for a connection to the node.
    [[nodiscard]] std::unique_ptr<ClientFollower::LocalDriver> dial();
    [[nodiscard]] const std::shared_ptr<ClientNews>& news() const noexcept { return news_; }
    [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return executor_; }
    void use(const PeerId& node);
    void use(ConnectedSocket socket);
    [[nodiscard]] const PeerId& node() const noexcept { return node_; }
    [[nodiscard]] std::shared_ptr<ClientFollower> follow(FollowOptions options);
    [[nodiscard]] const Network& network() const noexcept { return network_; }
    void stop();

  private:
    asio::any_io_executor executor_;
    Drivers& drivers_;
    Network network_;
    ClientOptions options_;
    PeerId node_;                          // of the last dial, if the program makes the connections
    std::deque<ConnectedSocket> sockets_;  // not used yet
    bool by_sockets_ = false;
    std::vector<std::weak_ptr<ClientFollower>> followers_;
    std::shared_ptr<ClientNews> news_ = std::make_shared<ClientNews>();
    std::optional<StopHook> hook_;
    bool stopped_ = false;
};

}  // namespace ouro::detail
