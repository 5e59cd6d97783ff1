#pragma once

#include <cstdint>

namespace ouro::cbor {

/// The tag of a set, which it may have since Conway.
inline constexpr std::uint64_t set_tag = 258;

}  // namespace ouro::cbor
