#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ouro/base/bytes.hpp>

namespace ouro::cbor {

/// Finds the end of an item, however its bytes are split, without looking at a byte twice.
///
/// It checks that the item is well-formed (RFC 8949, appendix C) and ignores its meaning. It never recurses, depth is
/// bounded, and a head that claims a large length costs nothing.
class Scanner {
  public:
    /// Maximum nesting of arrays, maps and tags.
    static constexpr std::size_t max_depth = 256;

    struct Progress {
        /// none: the item has ended. need_more: the chunk is part of it. malformed, depth_exceeded: it is refused.
        Errc status = Errc::need_more;
        /// Bytes of the chunk that belong to the item; after an error those before the wrong byte.
        std::size_t used = 0;
    };

    /// Continues the item. After its end the next call begins a new one; after an error call `reset`.
    Progress scan(BytesView chunk) noexcept;

    /// The minimum number of missing bytes according to the heads seen so far. Saturates.
    [[nodiscard]] std::uint64_t missing() const noexcept;

    /// Whether an item is incomplete.
    [[nodiscard]] bool inside() const noexcept;
    void reset() noexcept;

  private:
    friend class Reader;
    struct Walk;

    /// `scan` of bytes that must contain a whole item: `need_more` is final, and nothing is kept.
    static Progress scan_whole(BytesView bytes) noexcept;
    Progress settle(const Walk& walk, Errc status, std::size_t used) noexcept;

    // Between two chunks of one item; all empty between items.
    std::vector<std::uint64_t> frames_;   // missing items of every open array, map and tag, outermost first
    std::uint64_t skip_ = 0;              // missing bytes of the string in which the chunk ended
    std::array<std::uint8_t, 8> head_{};  // the head in which the chunk ended
    std::uint8_t head_size_ = 0;
    std::uint8_t string_ = 0;  // the indefinite string in which the chunk ended: 0x40, 0x60, or 0
    Errc error_ = Errc::none;
};

}  // namespace ouro::cbor
