#pragma once

#include <cstddef>

#include <ouro/bytes.hpp>

namespace ouro::detail {

/// Memory for an owner and the octets behind it. A piece of a block's size is kept when it is given back, for the next
/// block: allocators return such pieces to the system, and each page of the next one is a fault then. What was used
/// last is used first, while it is in the processor's cache.
///
/// Any thread may take and give. Nobody waits: who comes while another is at it goes to the allocator.
///
/// Units  octets, with the owner
class OctetMemory {
  public:
    /// How much one gets when one asks for `size`: a piece that is kept has one of a few sizes, up to a quarter more.
    [[nodiscard]] static std::size_t size_for(std::size_t size) noexcept;
    /// `size` is one of `size_for`.
    /// Errors  throws std::bad_alloc
    [[nodiscard]] static void* take(std::size_t size);
    /// The first `used` octets are in the new piece, and the old one is gone.
    /// Errors  throws std::bad_alloc, and the old one stays
    [[nodiscard]] static void* grow(void* memory, std::size_t size, std::size_t used, std::size_t new_size);
    static void give(void* memory, std::size_t size) noexcept;
    using End = void (*)(Owner*) noexcept;
    /// What ends an owner in such a piece, and gives the piece back.
    [[nodiscard]] static End end_for(std::size_t size) noexcept;

    // Pieces of 4 KiB to 256 KiB are kept, of which these at most, in the whole process: a reader has a block or two in
    // hand, and its user a few.
    static constexpr std::size_t least = 4 * 1024;
    static constexpr std::size_t most = 256 * 1024;
    static constexpr std::size_t most_pieces = 16;
    static constexpr std::size_t most_together = 1024 * 1024;

    struct Kept {
        std::size_t pieces = 0;
        std::size_t octets = 0;
    };
    [[nodiscard]] static Kept kept() noexcept;
};

}  // namespace ouro::detail
