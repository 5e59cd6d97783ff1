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
    static constexpr std::size_t bytes = 56;

    Entry() = default;
    explicit Entry(const std::uint8_t* at) noexcept { std::copy_n(at, bytes, raw_.begin()); }

    [[nodiscard]] std::uint64_t offset() const noexcept { return load_be64(raw_.data()); }
    [[nodiscard]] std::size_t header_offset() const noexcept { return load_be16(raw_.data() + 8); }
    [[nodiscard]] std::size_t header_bytes() const noexcept { return load_be16(raw_.data() + 10); }
    [[nodiscard]] std::uint32_t crc() const noexcept { return load_be32(raw_.data() + 12); }
    [[nodiscard]] Hash hash() const noexcept {
        Hash hash;
        std::copy_n(raw_.data() + 16, hash.size(), hash.begin());
        return hash;
    }
    [[nodiscard]] std::uint64_t slot_or_epoch() const noexcept { return load_be64(raw_.data() + 48); }

  private:
    std::array<std::uint8_t, bytes> raw_{};
};

/// A secondary index, or a part of one, in memory.
using IndexBytes = std::vector<std::uint8_t>;

[[nodiscard]] inline std::size_t entry_count(const IndexBytes& index) noexcept { return index.size() / Entry::bytes; }
[[nodiscard]] inline Entry entry_of(const IndexBytes& index, std::size_t block) noexcept {
    return Entry(index.data() + block * Entry::bytes);
}

}  // namespace ouro::chain
