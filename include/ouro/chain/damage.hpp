#pragma once

#include <string>

#include <ouro/base/error.hpp>

namespace ouro::chain {

/// Damage of a stored chain: one line that names the file, the entry in it, and the reason.
struct Damage {
    Errc code = Errc::none;  ///< the kind of damage
    std::string message;     ///< file, entry and reason
};

}  // namespace ouro::chain
