#pragma once

#include <cstdint>

namespace ouro {

/// A protocol version as it stands on the wire. Node-to-client versions have bit 15 set, and those of a DMQ node
/// bit 12.
enum class Version : std::uint64_t {};

}  // namespace ouro
