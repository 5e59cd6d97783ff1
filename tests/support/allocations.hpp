#pragma once

#include <cstddef>

namespace ouro {

/// The heap allocations of this thread so far; only differences are meaningful.
struct Allocations {
    std::size_t count = 0;
    std::size_t bytes = 0;

    friend bool operator==(const Allocations&, const Allocations&) = default;
};

Allocations allocations() noexcept;

/// Bytes that this thread has allocated and not freed, with the spare room of each block; only differences are
/// meaningful.
std::size_t heap_in_use() noexcept;

}  // namespace ouro
