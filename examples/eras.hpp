#pragma once

// The names of the eras, in every option and line of the examples.

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

#include <ouro/protocol/chain.hpp>

namespace cli {

inline constexpr std::array<std::string_view, 8> era_names{"byron",  "shelley", "allegra", "mary",
                                                           "alonzo", "babbage", "conway",  "dijkstra"};

inline std::string_view era_name(ouro::Era era) { return era_names[static_cast<std::size_t>(era)]; }

/// The era of this name, in any case.
inline std::optional<ouro::Era> era_by_name(std::string_view name) {
    for (std::size_t i = 0; i < era_names.size(); ++i)
        if (std::ranges::equal(name, era_names[i], {}, [](unsigned char c) { return std::tolower(c); }))
            return static_cast<ouro::Era>(i);
    return std::nullopt;
}

}  // namespace cli
