#pragma once

#include <cstddef>

namespace ouro::detail {

/// From this size on, memory comes directly from the system in pages, and returns there. If many queues grow and end
/// side by side, an allocator's heap has holes between them, a quarter to a half of the memory in use.
inline constexpr std::size_t page_memory_from = 8 * 1024;

/// Allocates `bytes` bytes.
/// Errors  throws std::bad_alloc
[[nodiscard]] void* take_memory(std::size_t bytes);
/// Replaces `memory` of `bytes` by memory of another size with the same first `used` bytes. Moves pages instead of
/// copying.
/// Errors  throws std::bad_alloc, and the old memory stays valid
[[nodiscard]] void* move_memory(void* memory, std::size_t bytes, std::size_t used, std::size_t new_bytes);
/// Frees `memory` of `bytes`, which may be null.
void give_memory(void* memory, std::size_t bytes) noexcept;

}  // namespace ouro::detail
