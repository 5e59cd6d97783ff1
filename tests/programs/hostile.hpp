#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ouro/base/bytes.hpp>

namespace programs {

/// A chain, and what is served in place of its blocks.
struct Forgery {
    struct Served {
        std::size_t index = 0;  ///< of the block that was requested
        ouro::Bytes block;
    };

    /// The blocks as they are.
    explicit Forgery(const std::vector<ouro::Bytes>& blocks);
    /// Serves the blocks of the chain in this order.
    Forgery& in_order(const std::vector<std::size_t>& order);

    std::vector<ouro::Bytes> chain;  ///< its headers are served as they are
    std::vector<Served> served;      ///< a range is answered with those of them that are in it
};

/// A relay that serves a forgery, in this process.
class HostileRelay {
  public:
    explicit HostileRelay(Forgery forgery);
    HostileRelay(const HostileRelay&) = delete;
    HostileRelay& operator=(const HostileRelay&) = delete;
    ~HostileRelay();
    [[nodiscard]] const std::string& address() const { return address_; }

  private:
    struct Server;
    std::unique_ptr<Server> server_;
    std::string address_;
};

/// The same as a node on a Unix socket.
class HostileNode {
  public:
    HostileNode(const std::string& path, Forgery forgery);
    HostileNode(const HostileNode&) = delete;
    HostileNode& operator=(const HostileNode&) = delete;
    ~HostileNode();

  private:
    struct Server;
    std::unique_ptr<Server> server_;
};

}  // namespace programs
