#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/protocol/chain.hpp>

namespace ouro::chain {

/// One entry of a secondary index, for one block.
class Entry {
  public:
    static constexpr std::size_t octets = 56;

    Entry() = default;
    explicit Entry(const std::uint8_t* at) noexcept { std::copy_n(at, octets, raw_.begin()); }

    [[nodiscard]] std::uint64_t offset() const noexcept { return load_be64(raw_.data()); }
    [[nodiscard]] std::size_t header_offset() const noexcept { return load_be16(raw_.data() + 8); }
    [[nodiscard]] std::size_t header_octets() const noexcept { return load_be16(raw_.data() + 10); }
    [[nodiscard]] std::uint32_t crc() const noexcept { return load_be32(raw_.data() + 12); }
    [[nodiscard]] Hash hash() const noexcept {
        Hash hash;
        std::copy_n(raw_.data() + 16, hash.size(), hash.begin());
        return hash;
    }
    [[nodiscard]] std::uint64_t slot_or_epoch() const noexcept { return load_be64(raw_.data() + 48); }

  private:
    std::array<std::uint8_t, octets> raw_{};
};

/// A secondary index, or a part of one, in memory.
using IndexOctets = std::vector<std::uint8_t>;

[[nodiscard]] inline std::size_t entry_count(const IndexOctets& index) noexcept { return index.size() / Entry::octets; }
[[nodiscard]] inline Entry entry_of(const IndexOctets& index, std::size_t block) noexcept {
    return Entry(index.data() + block * Entry::octets);
}

}  // namespace ouro::chain
