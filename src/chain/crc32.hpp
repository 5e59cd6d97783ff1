#pragma once

#include <cstdint>

#include <ouro/base/bytes.hpp>

namespace ouro::chain {

/// The CRC-32 of IEEE 802.3, as in zlib.
[[nodiscard]] std::uint32_t crc32(BytesView bytes) noexcept;

}  // namespace ouro::chain
