#pragma once

#include <cstdint>

namespace ouro::test {

/// What the library has done so far in this program, which is compiled so that it counts: runs of code without a jump,
/// and bytes that were copied or may have been. Only differences mean something, and they are the same every time.
struct Operations {
    std::uint64_t runs = 0;
    std::uint64_t copied = 0;

    [[nodiscard]] std::uint64_t all() const noexcept { return runs + copied; }
    friend Operations operator-(const Operations& a, const Operations& b) noexcept {
        return {a.runs - b.runs, a.copied - b.copied};
    }
};

[[nodiscard]] Operations operations() noexcept;

}  // namespace ouro::test
