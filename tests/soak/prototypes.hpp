#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <ouro/base/types.hpp>

/// Nodes of the protocols that no example speaks. Each runs until it is interrupted, and returns the exit code.
namespace prototypes {

int leios_relay(const std::string& listen, std::size_t budget, std::size_t txs);
int leios_node(std::size_t budget, const std::vector<ouro::PeerId>& peers);
int dmq_server(const std::string& listen, std::size_t budget);
int dmq_node(std::size_t budget, const std::vector<ouro::PeerId>& peers);

}  // namespace prototypes
