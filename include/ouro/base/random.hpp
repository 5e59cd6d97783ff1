#pragma once

#include <cstdint>

namespace ouro::detail {

/// SplitMix64: good pseudo-random numbers from any seed, with eight bytes of state. Not for secrets.
inline std::uint64_t next_random(std::uint64_t& state) noexcept {
    std::uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

}  // namespace ouro::detail
