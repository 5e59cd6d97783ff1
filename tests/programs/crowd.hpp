#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ouro/chain/synthetic.hpp>
#include <ouro/emulation/mock_node.hpp>
#include <ouro/emulation/vices.hpp>

#include "programs/bridge.hpp"

/// Hostile peers of ouro::testing for programs: each is a host of an emulated network behind a bridge.
namespace programs {

/// The digits of a transaction without any inputs and outputs.
inline constexpr const char* some_tx = "84a0a0f5f6";

/// The chain of all hostile peers, and its number of blocks.
inline constexpr std::uint64_t blocks_of_crowds = 50;
[[nodiscard]] std::shared_ptr<const ouro::chain::SyntheticChain> some_chain();

/// Relays of magic 1 that serve the chain, one with each vice of a relay.
class HostileRelays {
  public:
    HostileRelays();

    std::vector<std::string> names;      ///< of the vices
    std::vector<std::string> addresses;  ///< of the relays, in the same order
    Bridge bridge;
};

/// Initiators that dial a program of magic 1 until they end, one with each vice of an initiator.
class HostileInitiators {
  public:
    explicit HostileInitiators(const std::string& address);
    /// Waits until each of them has had its turn.
    [[nodiscard]] bool await_turns() { return bridge.await_turns(count); }

    std::size_t count = 0;
    Bridge bridge;
};

/// Nodes of magic 42 with sockets in a folder, one with each vice of a node's socket.
class HostileNodes {
  public:
    explicit HostileNodes(const std::string& folder);

    std::vector<std::string> names;  ///< of the vices
    std::vector<std::string> paths;  ///< of the sockets, in the same order
    Bridge bridge;
};

/// Clients that connect to a program's socket, one with each of the same vices.
class HostileClients {
  public:
    explicit HostileClients(const std::string& path);
    [[nodiscard]] bool await_turns() { return bridge.await_turns(count); }

    std::size_t count = 0;
    Bridge bridge;
};

}  // namespace programs
