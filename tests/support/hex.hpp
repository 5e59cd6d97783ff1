#pragma once

#include <string>
#include <string_view>

#include <ouro/base/bytes.hpp>

#include "support/catch.hpp"

namespace ouro {

/// Bytes from hexadecimal digits; spaces are ignored.
inline Bytes hex(std::string_view digits) {
    std::string packed;
    for (const char c : digits) {
        if (c != ' ') packed += c;
    }
    Result<Bytes> bytes = from_hex(packed);
    INFO(digits);
    REQUIRE(bytes.has_value());
    return *std::move(bytes);
}

}  // namespace ouro
