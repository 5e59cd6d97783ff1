#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ouro/chain/damage.hpp>
#include <ouro/protocol/chain_view.hpp>

namespace ouro::chain {

class Chunk;
class OpenFiles;

/// The immutable part of a node's chain, served from the files as the node stores them.
///
/// Shape      A directory of `NNNNN.chunk`, the blocks one after another, each with its `NNNNN.secondary`, an index of
///            56 bytes a block, big-endian: offset u64 of the block in the chunk, offset u16 and size u16 of the
///            header in the block, CRC-32 u32 of the block, hash of the header, slot u64 (an epoch boundary block:
///            epoch). Numbers may begin anywhere and have gaps; files may be links; other files, primary indexes too,
///            are ignored.
/// Units      Blocks are read from the files into new memory when requested; nothing is mapped. Memory holds three bits
///            per block, the newest index, and the parts of others read last. Up to 32 files are open at once. Opening
///            reads the secondary indexes and, of each chunk, the beginning of its first block.
/// Errors     A header is checked against its hash when it is first served, a block against its CRC-32. If a file
///            shrinks or disappears while the chain is served, its missing blocks give Errc::chunk_damaged or
///            Errc::file_unreadable; all others are still served.
/// Lifetimes  Safe to read from many threads. The next `open` sees what a running node appends to the last chunk.
/// Source     ouroboros-consensus, Storage/ImmutableDB/Impl/Index/Secondary.hs
class ImmutableDb final : public ChainView {
  public:
    struct Opened;

    /// The newest chunk may be incomplete: it is served up to its last whole block, whatever its index says, and
    /// `Opened::note` reports it.
    ///
    /// Errors  Errc::file_unreadable  a directory without chunks, or a file that is missing or cannot be read
    ///         Errc::chunk_damaged    a secondary index that contradicts itself, its chunk or the one before; a chunk
    ///                                whose first block does not follow the last of the chunk before
    [[nodiscard]] static Opened open(const std::filesystem::path& directory);

    ~ImmutableDb() override;
    ImmutableDb(const ImmutableDb&) = delete;
    ImmutableDb& operator=(const ImmutableDb&) = delete;

    [[nodiscard]] Position size() const override { return size_; }
    /// The newest block; the origin if there is none.
    [[nodiscard]] Tip tip() const override { return tip_; }
    [[nodiscard]] std::optional<Position> find(const Point& point) const override;
    /// The origin if the index can no longer be read.
    [[nodiscard]] Point point(Position position) const override;
    [[nodiscard]] Result<Header> header(Position position) const override;
    [[nodiscard]] Result<Bytes> block(Position position) const override;

    /// Reads every block: its CRC-32, its header's hash and slot, and that it follows the one before. Takes as long as
    /// the disk does; returns the first damage.
    [[nodiscard]] std::optional<Damage> verify() const;

  private:
    struct Place;

    /// One bit per block, set once the block was checked.
    class Marks {
      public:
        void resize(Position size) { words_ = std::vector<std::atomic<std::uint64_t>>(size / 64 + 1); }
        [[nodiscard]] bool test(Position position) const noexcept;
        void set(Position position) noexcept;

      private:
        std::vector<std::atomic<std::uint64_t>> words_;
    };

    ImmutableDb();
    std::optional<Damage> load(const std::filesystem::path& directory, std::string& note);
    std::optional<Damage> add(Chunk chunk);
    std::optional<Damage> read_tip();
    [[nodiscard]] Place locate(Position position) const;
    [[nodiscard]] std::optional<Damage> verify(Position position, std::optional<Hash>& previous) const;

    std::vector<Chunk> chunks_;  // those with a block, ascending
    std::unique_ptr<OpenFiles> files_;
    Position size_ = 0;
    Tip tip_;
    mutable Marks good_headers_;
    mutable Marks good_blocks_;
};

/// The chain or the damage.
struct ImmutableDb::Opened {
    std::shared_ptr<ImmutableDb> chain;  ///< null if it is damaged
    Damage damage;                       ///< set if there is no chain
    std::string note;  ///< incompleteness of the newest chunk, in one line that names the file; else empty

    /// Whether there is a chain.
    explicit operator bool() const noexcept { return chain != nullptr; }
};

}  // namespace ouro::chain
