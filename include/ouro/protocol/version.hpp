#pragma once

#include <cstdint>

namespace ouro {

/// A protocol version as on the wire. Node-to-client versions have bit 15 set, and those of a DMQ node bit
/// 12.
enum class Version : std::uint64_t {};

/// The number of a version as in documents: 23 for node-to-client version 23, which is 32,791 on the wire.
[[nodiscard]] constexpr std::uint64_t number_of(Version version) noexcept {
    return static_cast<std::uint64_t>(version) & ~std::uint64_t{0x9000};
}

}  // namespace ouro
