#pragma once

#include <ouro/behavior/initiator_types.hpp>
#include <ouro/behavior/local_initiator_types.hpp>

namespace ouro::chain {

/// A good config for an initiator on a network of Cardano: its magic, Cardano's rules, and every check. With the rules
/// a sync goes on from what was delivered when its upstream is lost, and data that breaks them end the connection.
[[nodiscard]] initiator::Config initiator_config(NetworkMagic network);

/// The same for a client of a node, and its chain is followed on over another connection.
[[nodiscard]] local_initiator::Config client_config(NetworkMagic network);

}  // namespace ouro::chain
