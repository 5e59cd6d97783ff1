#pragma once

#include <cstdint>

#include <ouro/base/types.hpp>

namespace ouro {

/// A Cardano network: its magic, and how deep its rollbacks may be.
struct Network {
    /// `k` of a public network from its genesis file; of any other network 2,160, as on the main network.
    Network(NetworkMagic of) noexcept;
    /// A network that this library does not know by name.
    Network(NetworkMagic of, std::uint64_t most_rolled_back) noexcept : magic(of), k(most_rolled_back) {}

    NetworkMagic magic;  ///< its number in a handshake
    std::uint64_t k;     ///< blocks: no node takes back more than this
};

}  // namespace ouro
