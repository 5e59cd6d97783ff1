#pragma once

#include <string_view>

#include <ouro/base/types.hpp>

namespace ouro {

/// A network with a name.
struct KnownNetwork {
    std::string_view name;  ///< such as "mainnet"
    NetworkMagic magic;     ///< its number in a handshake
};

/// The magic of the DMQ network of the nodes of `cardano`.
[[nodiscard]] constexpr NetworkMagic dmq_network(NetworkMagic cardano) noexcept {
    return NetworkMagic{static_cast<std::uint32_t>(cardano) | std::uint32_t{1} << 31};
}

/// The networks that `network_by_name` knows.
inline constexpr KnownNetwork known_networks[] = {
    {"mainnet", mainnet},
    {"preprod", preprod},
    {"preview", preview},
    {"sanchonet", sanchonet},
    {"musashi", NetworkMagic{164}},
    {"dmq-mainnet", dmq_network(mainnet)},
    {"dmq-preprod", dmq_network(preprod)},
    {"dmq-preview", dmq_network(preview)},
};

/// The name of a network, such as `preview`; empty if it has none here.
[[nodiscard]] constexpr std::string_view network_name(NetworkMagic magic) noexcept {
    for (const KnownNetwork& network : known_networks)
        if (network.magic == magic) return network.name;
    return {};
}

}  // namespace ouro
