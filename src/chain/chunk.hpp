#pragma once

#include <ouro/chain/immutable_db.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ouro::chain {

/// What a secondary index says of one block.
class Entry {
  public:
    static constexpr std::size_t octets = 56;

    explicit Entry(const std::uint8_t* at) noexcept : at_(at) {}

    [[nodiscard]] std::uint64_t offset() const noexcept { return load_be64(at_); }
    [[nodiscard]] std::size_t header_offset() const noexcept { return load_be16(at_ + 8); }
    [[nodiscard]] std::size_t header_octets() const noexcept { return load_be16(at_ + 10); }
    [[nodiscard]] std::uint32_t crc() const noexcept { return load_be32(at_ + 12); }
    [[nodiscard]] Hash hash() const noexcept {
        Hash hash;
        std::copy_n(at_ + 16, hash.size(), hash.begin());
        return hash;
    }
    [[nodiscard]] std::uint64_t slot_or_epoch() const noexcept { return load_be64(at_ + 48); }

  private:
    const std::uint8_t* at_;
};

/// The blocks of one chunk file and their index, both mapped. Blocks are counted from 0.
class Chunk {
  public:
    using Position = ChainView::Position;

    /// Maps `name`.chunk and `name`.secondary, and checks each entry against the entries around it and the chunk's
    /// size.
    [[nodiscard]] std::optional<Damage> open(const std::filesystem::path& directory, std::string_view name);
    /// Takes the last block no further than it goes: a running node writes a block first and its entry afterwards.
    [[nodiscard]] std::optional<Damage> trim();

    [[nodiscard]] std::size_t size() const noexcept { return index_.size() / Entry::octets; }
    [[nodiscard]] bool has_octets() const noexcept { return !octets_.empty(); }
    [[nodiscard]] Entry entry(std::size_t block) const noexcept { return Entry(index_.data() + block * Entry::octets); }
    [[nodiscard]] Slot slot(std::size_t block) const noexcept;
    [[nodiscard]] BlockPoint point(std::size_t block) const noexcept { return {slot(block), entry(block).hash()}; }
    [[nodiscard]] Bytes octets(std::size_t block) const noexcept;
    /// As the index says where it is; its hash is not checked.
    [[nodiscard]] Result<Header> header(std::size_t block) const noexcept;
    [[nodiscard]] std::optional<std::size_t> find(const BlockPoint& point) const noexcept;

    /// `why`, behind the name of the chunk, or of its index, and which of the blocks it is.
    [[nodiscard]] Damage damage(std::size_t block, std::string_view why) const;
    [[nodiscard]] Damage index_damage(std::size_t block, std::string_view why) const;
    [[nodiscard]] Damage index_damage(std::string_view why) const;

    Position first = 0;  ///< where on the chain block 0 is

  private:
    [[nodiscard]] std::optional<Damage> check_entries();
    [[nodiscard]] std::uint64_t end(std::size_t block) const noexcept;

    std::filesystem::path chunk_path_;
    Bytes octets_;
    Bytes index_;
    bool boundary_ = false;  // block 0 is an epoch boundary, and its entry holds an epoch
};

}  // namespace ouro::chain
