#pragma once

#include <ouro/chain/immutable_db.hpp>
#include <ouro/protocol/chain_rules.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index_entry.hpp"

namespace ouro::chain {

class OpenFiles;
class RegularFile;

/// The blocks of one chunk file, counted from 0, and its index. Only every 64th slot of an index stays in memory; the
/// newest chunk's index, which may have been completed, stays entirely.
class Chunk {
  public:
    using Position = ChainView::Position;

    /// The place of a block, and its index entry.
    struct Place {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        Entry entry;
    };

    /// Reads `name`.secondary, and checks each entry against the entries around it and the size of `name`.chunk.
    [[nodiscard]] std::optional<Damage> open(const std::filesystem::path& directory, std::string_view name);
    /// The same for the newest chunk, which may be incomplete: takes the whole blocks in the file, whatever the index
    /// says. `note` describes what was incomplete.
    [[nodiscard]] std::optional<Damage> open_newest(const std::filesystem::path& directory, std::string_view name,
                                                    std::string& note);
    /// Finds the end of the last block, if this is the last chunk with blocks: a running node writes a block first and
    /// its entry afterwards.
    [[nodiscard]] std::optional<Damage> trim();

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool has_bytes() const noexcept { return end_ != 0; }
    [[nodiscard]] Slot first_slot() const noexcept { return Slot{slots_.front()}; }
    [[nodiscard]] const BlockPoint& last() const noexcept { return last_; }
    /// The contents of the first block's header; empty if its hash is not the one in the index.
    [[nodiscard]] const std::optional<HeaderInfo>& first_header() const noexcept { return first_header_; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    [[nodiscard]] Result<Place> place(OpenFiles& files, std::size_t block) const;
    [[nodiscard]] Slot slot(std::size_t block, const Entry& entry) const noexcept;
    [[nodiscard]] Result<Bytes> bytes(OpenFiles& files, const Place& place) const;
    /// Reads the header at its place in the index; its hash is not checked.
    [[nodiscard]] Result<Header> header(OpenFiles& files, const Place& place) const;
    /// Errors  those of reading the index
    [[nodiscard]] Result<std::optional<std::size_t>> find(OpenFiles& files, const BlockPoint& point) const;

    /// `why`, after the name of the chunk or of its index and the number of the block.
    [[nodiscard]] Damage damage(std::size_t block, Slot slot, std::string_view why) const;
    [[nodiscard]] Damage damage(std::string_view why) const;
    [[nodiscard]] Damage index_damage(std::size_t block, std::string_view why) const;
    [[nodiscard]] Damage index_damage(std::string_view why) const;

    Position first = 0;  ///< position of block 0 on the chain

  private:
    static constexpr std::size_t group = 64;  // entries of which one slot stays in memory

    [[nodiscard]] std::optional<Damage> check(const RegularFile& chunk, const IndexBytes& index);
    [[nodiscard]] std::optional<Damage> look_at_first(const RegularFile& chunk, const Entry& entry, std::uint64_t end);
    [[nodiscard]] Result<Header> header(const RegularFile& chunk, const Place& place) const;
    [[nodiscard]] Errc read_index(OpenFiles& files, std::size_t block, std::span<std::uint8_t> to) const;

    std::filesystem::path path_, index_path_;
    std::size_t size_ = 0;   // blocks
    std::uint64_t end_ = 0;  // of the last block in the file
    bool boundary_ = false;  // block 0 is an epoch boundary, and its entry contains an epoch
    std::uint64_t last_begin_ = 0;
    BlockPoint last_;
    std::optional<HeaderInfo> first_header_;
    std::vector<std::uint64_t> slots_;  // of every 64th block
    IndexBytes index_;                  // of the newest chunk
};

}  // namespace ouro::chain
