#pragma once

// [network]
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

#include <ouro/program/network.hpp>

/// A network by its name, or a network of your own by its magic.
inline std::optional<ouro::Network> find_network(std::string_view text) {
    if (const auto known = ouro::network_by_name(text)) return *known;
    std::uint32_t magic = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, magic);
    if (error != std::errc() || rest != end) return std::nullopt;
    return ouro::Network(ouro::NetworkMagic{magic});
}
// [/network]
