#pragma once

#include <ouro/behavior/initiator_types.hpp>
#include <ouro/behavior/local_initiator_types.hpp>

namespace ouro::chain {

/// A recommended initiator config for a Cardano network: its magic, Cardano's rules, and all checks. With rules a sync
/// continues after the last delivered header when its upstream is lost, and data that breaks them ends the connection.
[[nodiscard]] initiator::Config initiator_config(NetworkMagic network);

/// The same for a client of a node; it continues to follow the chain over a new connection.
[[nodiscard]] local_initiator::Config client_config(NetworkMagic network);

}  // namespace ouro::chain
