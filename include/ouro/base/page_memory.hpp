#pragma once

#include <cstddef>

namespace ouro::detail {

/// From this size on, memory comes from the system in pages of its own, and goes back there. Where many queues grow and
/// end side by side, an allocator's heap has holes between them, of a quarter to a half of what is in use.
inline constexpr std::size_t page_memory_from = 8 * 1024;

/// Memory for `bytes` bytes.
/// Errors  throws std::bad_alloc
[[nodiscard]] void* take_memory(std::size_t bytes);
/// Other memory with the first `used` bytes, which replaces `memory` of `bytes`. Pages are moved and not copied.
/// Errors  throws std::bad_alloc, and the old one stays
[[nodiscard]] void* move_memory(void* memory, std::size_t bytes, std::size_t used, std::size_t new_bytes);
/// `memory` is of `bytes`, or null.
void give_memory(void* memory, std::size_t bytes) noexcept;

}  // namespace ouro::detail
