#pragma once

#include <cstddef>

#include <ouro/base/bytes.hpp>

namespace ouro::detail {

/// Memory for an owner and the bytes after it. A returned piece of a block's size is kept for the next block: an
/// allocator would return it to the system, and each page of the next piece would cause a fault. The piece used last is
/// reused first, while it is in the processor's cache.
///
/// Any thread may allocate and free. No thread waits: while another one is inside, it uses the allocator.
///
/// Units  bytes, including the owner
class ByteMemory {
  public:
    /// Size of the piece returned for `size`: kept pieces have one of a few sizes, up to a quarter larger.
    [[nodiscard]] static std::size_t size_for(std::size_t size) noexcept;
    /// `size` is one of `size_for`.
    /// Errors  throws std::bad_alloc
    [[nodiscard]] static void* take(std::size_t size);
    /// Copies the first `used` bytes to the new piece and frees the old one.
    /// Errors  throws std::bad_alloc, and the old piece stays valid
    [[nodiscard]] static void* grow(void* memory, std::size_t size, std::size_t used, std::size_t new_size);
    static void give(void* memory, std::size_t size) noexcept;
    using End = void (*)(Owner*) noexcept;
    /// Destroys an owner in such a piece and returns the piece.
    [[nodiscard]] static End end_for(std::size_t size) noexcept;

    // Pieces of 4 KiB to 256 KiB are kept, up to these limits in the whole process: a reader uses a block or two at a
    // time, and its user a few.
    static constexpr std::size_t least = 4 * 1024;
    static constexpr std::size_t most = 256 * 1024;
    static constexpr std::size_t most_pieces = 16;
    static constexpr std::size_t most_together = 1024 * 1024;

    struct Kept {
        std::size_t pieces = 0;
        std::size_t bytes = 0;
    };
    [[nodiscard]] static Kept kept() noexcept;
};

}  // namespace ouro::detail
