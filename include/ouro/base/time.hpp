#pragma once

#include <chrono>

namespace ouro {

/// A length of time.
using Duration = std::chrono::nanoseconds;
/// A point of the steady clock, always passed in as an argument. Only an interface reads a clock; an emulation has its
/// own and can advance it in jumps.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

using namespace std::chrono_literals;

}  // namespace ouro
