#pragma once

#include <memory>

#include <ouro/protocol/chain_rules.hpp>

namespace ouro::chain {

/// The rules of Cardano's chain, Byron to Dijkstra, for the Config of a behavior.
[[nodiscard]] std::shared_ptr<const ChainRules> cardano_rules();

}  // namespace ouro::chain
