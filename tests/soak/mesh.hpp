#pragma once

#include <memory>
#include <vector>

#include <asio/ip/tcp.hpp>

#include "node.hpp"

namespace soak {

/// All nodes, each of which follows the next one and some others, and what is done to them.
class Mesh {
  public:
    Mesh(World& world, std::size_t nodes);

    /// A few milliseconds of what may happen.
    void disturb();
    /// Nothing is disturbed any more: what was taken away is put back.
    void calm();
    [[nodiscard]] bool settled() const;
    void print_unsettled() const;

    void stop();
    [[nodiscard]] bool down() const;

    [[nodiscard]] std::uint64_t restarts() const noexcept { return restarts_; }
    [[nodiscard]] std::uint64_t strangers() const noexcept { return strangers_; }

  private:
    Node& any() { return *nodes_[world_.draw(nodes_.size())]; }
    void grow();
    void fork();
    void changed(ouro::ChainView::Position common);
    void visit();
    void leave();

    World& world_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::vector<asio::ip::tcp::socket> visitors_;  // sockets that are no nodes
    std::size_t connections_ = 0;                  // when everything is settled
    std::uint64_t restarts_ = 0;
    std::uint64_t strangers_ = 0;
};

}  // namespace soak
