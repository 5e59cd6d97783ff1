#pragma once

// What a refusal says about the other network.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <ouro/base/networks.hpp>

#include "numbers.hpp"

namespace cli {

/// The magic of the peer's network in the text of a refusal: the only number in it besides our own magic. Texts of
/// nodes differ, but those with numbers name both magics and no other number.
inline std::optional<ouro::NetworkMagic> network_in(std::string_view text, ouro::NetworkMagic ours) {
    constexpr std::string_view digits = "0123456789";
    std::optional<ouro::NetworkMagic> theirs;
    for (std::size_t at = text.find_first_of(digits); at != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_not_of(digits, at), text.size());
        const auto number = parse_number<std::uint32_t>(text.substr(at, end - at));
        if (!number) return std::nullopt;
        const ouro::NetworkMagic magic{*number};
        if (magic != ours && theirs && *theirs != magic) return std::nullopt;
        if (magic != ours) theirs = magic;
        at = text.find_first_of(digits, end);
    }
    return theirs;
}

/// "preview (2)", or the magic alone.
inline std::string name_of(ouro::NetworkMagic magic) {
    const std::string number = std::to_string(static_cast<std::uint32_t>(magic));
    const std::string_view name = ouro::network_name(magic);
    return name.empty() ? number : std::string(name) + " (" + number + ")";
}

/// Names both networks.
inline std::string foreign_network(ouro::NetworkMagic ours, std::optional<ouro::NetworkMagic> theirs) {
    const std::string asked = "not of " + name_of(ours);
    if (!theirs) return "it is of another network, " + asked;
    return "it is of the network " + name_of(*theirs) + ", " + asked;
}

}  // namespace cli
