#pragma once

#include <cstdint>

namespace ouro::cbor {

/// What the low five bits of a head have in place of a length: items or chunks follow, up to `the_break`.
constexpr std::uint8_t indefinite = 31;
constexpr std::uint8_t the_break = 0xff;

}  // namespace ouro::cbor
