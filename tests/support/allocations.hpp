#pragma once

#include <cstddef>

namespace ouro {

/// What this thread has asked the heap for so far; only differences mean something.
struct Allocations {
    std::size_t count = 0;
    std::size_t octets = 0;

    friend bool operator==(const Allocations&, const Allocations&) = default;
};

Allocations allocations() noexcept;

}  // namespace ouro
