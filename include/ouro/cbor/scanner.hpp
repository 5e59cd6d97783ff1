#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ouro/bytes.hpp>

namespace ouro::cbor {

/// Finds where an item ends, however its octets are cut, without looking at one of them twice.
///
/// It checks that the item is well-formed (RFC 8949, appendix C) and says nothing about what it means. Never recursive;
/// depth is bounded; a head that claims a large length costs nothing.
class Scanner {
  public:
    /// Arrays, maps and tags inside one another.
    static constexpr std::size_t max_depth = 256;

    struct Progress {
        /// none: the item ended. need_more: all of the chunk belongs to it. malformed, depth_exceeded: it never will.
        Errc status = Errc::need_more;
        /// Octets of the chunk that belong to the item; after an error those before the one that is wrong.
        std::size_t used = 0;
    };

    /// Goes on with the item. After its end the next call begins a new one; after an error only `reset` helps.
    Progress scan(BytesView chunk) noexcept;

    /// The least number of octets that must still come, as far as the heads seen so far say. Saturates.
    [[nodiscard]] std::uint64_t missing() const noexcept;

    /// Whether an item has begun and not ended.
    [[nodiscard]] bool inside() const noexcept;
    void reset() noexcept;

  private:
    friend class Reader;
    struct Walk;

    /// `scan` of octets that must hold a whole item: `need_more` is the end of the matter, and nothing is kept.
    static Progress scan_whole(BytesView octets) noexcept;
    Progress settle(const Walk& walk, Errc status, std::size_t used) noexcept;

    // Between two chunks of one item; all empty between items.
    std::vector<std::uint64_t> frames_;   // what every open array, map and tag still owes, outermost first
    std::uint64_t skip_ = 0;              // octets left of the string the chunk ended in
    std::array<std::uint8_t, 8> head_{};  // the head the chunk ended in
    std::uint8_t head_size_ = 0;
    std::uint8_t string_ = 0;  // the indefinite string the chunk ended in: 0x40, 0x60, or none
    Errc error_ = Errc::none;
};

}  // namespace ouro::cbor
