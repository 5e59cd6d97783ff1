#pragma once

#include <cstdint>

namespace ouro::emulation {

/// A second as the count of a Duration.
constexpr std::uint64_t second = 1'000'000'000;

}  // namespace ouro::emulation
