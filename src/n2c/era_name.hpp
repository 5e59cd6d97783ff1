#pragma once

#include <array>
#include <string_view>

#include <ouro/protocol/chain.hpp>

namespace ouro::n2c {

/// The reference's name of an era.
constexpr std::string_view name_of(Era era) noexcept {
    constexpr std::array<std::string_view, 8> names{"Byron",  "Shelley", "Allegra", "Mary",
                                                    "Alonzo", "Babbage", "Conway",  "Dijkstra"};
    return names[static_cast<std::size_t>(era)];
}

}  // namespace ouro::n2c
