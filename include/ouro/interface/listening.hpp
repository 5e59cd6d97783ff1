#pragma once

#include <system_error>

#include <ouro/base/types.hpp>

namespace ouro {

/// The result of `listen`: the bound address, or the error.
struct Listening {
    PeerId address;
    std::error_code error;
    bool ipv4_too = false;  ///< the address is `[::]`, and connections over IPv4 are accepted too

    explicit operator bool() const noexcept { return !error; }
};

}  // namespace ouro
