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

}  // namespace ouro
