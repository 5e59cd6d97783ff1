#pragma once

#include <cstdint>

namespace ouro::n2c {

constexpr std::uint64_t picoseconds_in_second = 1'000'000'000'000;

}  // namespace ouro::n2c
