#include "crc32.hpp"

#include <array>
#include <cstddef>

namespace ouro::chain {
namespace {

using Table = std::array<std::uint32_t, 256>;

// tables[n][x] is the remainder of byte x followed by n zero bytes. Eight bytes are processed at a time: each is looked
// up in the table of its distance from the end.
constexpr std::array<Table, 8> tables = [] {
    std::array<Table, 8> made{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t remainder = byte;
        for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ ((remainder & 1) != 0 ? 0xedb88320U : 0U);
        made[0][byte] = remainder;
    }
    for (std::size_t n = 1; n < made.size(); ++n) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t nearer = made[n - 1][byte];
            made[n][byte] = nearer >> 8 ^ made[0][nearer & 0xff];
        }
    }
    return made;
}();

}  // namespace

std::uint32_t crc32(BytesView bytes) noexcept {
    std::uint32_t state = 0xffffffff;
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        const auto mixed = [&](unsigned n) { return static_cast<std::uint8_t>(state >> 8 * n ^ at[n]); };
        state = tables[7][mixed(0)] ^ tables[6][mixed(1)] ^ tables[5][mixed(2)] ^ tables[4][mixed(3)] ^
                tables[3][at[4]] ^ tables[2][at[5]] ^ tables[1][at[6]] ^ tables[0][at[7]];
    }
    for (; left > 0; --left, ++at) state = state >> 8 ^ tables[0][(state ^ *at) & 0xff];
    return ~state;
}

}  // namespace ouro::chain
