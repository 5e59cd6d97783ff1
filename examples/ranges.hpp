#pragma once

// The option of programs that learn addresses from peers.

#include <vector>

#include "cli.hpp"

namespace cli {

/// Addresses of these ranges are learnt from peers although they are not globally reachable.
inline void range_option(CLI::App& app, std::vector<ouro::AddressRange>& ranges) {
    const auto take = [&ranges](const std::vector<std::string>& texts) {
        for (const std::string& text : texts) {
            const auto range = ouro::AddressRange::parse(text);
            if (!range) throw CLI::ValidationError("--allow-range", ouro::printable(text) + " is not address/bits");
            ranges.push_back(*range);
        }
    };
    app.add_option_function<std::vector<std::string>>(
           "--allow-range", take,
           "also use addresses of this range from peers although they are not globally reachable, as 10.0.0.0/8 or "
           "fd00::/8")
        ->allow_extra_args(false);
}

}  // namespace cli
