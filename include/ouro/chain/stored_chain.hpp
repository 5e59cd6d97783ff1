#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <system_error>

#include <ouro/chain/damage.hpp>
#include <ouro/protocol/chain_rules.hpp>
#include <ouro/protocol/chain_view.hpp>

namespace ouro::chain {

class StoreFile;
class StoreWorker;

/// Cardano's chain as a node follows it, which grows and is rolled back block by block: in memory, or in a file that
/// outlives the process.
///
/// Shape      The file begins with 20 bytes: the mark `8f 6f 75 72 6f 0d 0a 1a`, the version of the format (1) u32, the
///            network's magic u32, and the CRC-32 u32 of these 16. An entry for each block follows: the size of the
///            block u32, its CRC-32 u32, the CRC-32 u32 of these 8 bytes, and the block, `[tag, block]`. All numbers
///            are big-endian. Blocks that are rolled back are cut off the end.
/// Units      In memory there are 77 bytes for each block, and blocks up to the limits in the options. Without a
///            file all blocks are in memory. Opening reads the whole file.
///            Nothing is forced to the disk: the file survives the process at any instant, but not the machine.
/// Errors     Of `append` and `roll_back`: Errc::broken_link for a block that does not extend the tip; those of
///            `ChainRules::inspect` for bytes that are not a block; Errc::bad_argument for a position after the tip;
///            and `error()`, which all later calls return.
/// Lifetimes  The file is locked: only one chain at a time has it open. Used by one thread. A thread of its own reads
///            and writes the file, and the destructor waits for its writes.
class StoredChain final : public ChainView {
  public:
    /// Settings of a chain in a file.
    struct Options {
        NetworkMagic magic{};  ///< of the network; a file of another one is refused
        bool repair = false;   ///< cut the file at a damaged entry instead of refusing it
        /// Bytes of blocks that wait to be written. `append` waits above it.
        std::size_t write_bytes = std::size_t{32} << 20;
        /// Bytes of blocks that wait to be read, and again of blocks that were read or written last and stay in memory.
        std::size_t read_bytes = std::size_t{16} << 20;
    };
    struct Opened;

    /// A chain only in memory.
    StoredChain();
    StoredChain(const StoredChain&) = delete;
    StoredChain& operator=(const StoredChain&) = delete;
    ~StoredChain() override;

    /// Reads the file, or creates it. An empty file counts as new. The last entry is cut off if it is incomplete or
    /// does not have its checksum.
    ///
    /// Errors  Errc::file_foreign     not a store, or one of another version: it is left unchanged
    ///         Errc::magic_mismatch   the store of another network
    ///         Errc::file_damaged     a damaged entry with others after it, or a block that does not extend the one
    ///                                before it; with `repair` the file is cut there
    ///         Errc::file_unreadable  the system's error, also where another chain has the file open
    [[nodiscard]] static Opened open(const std::filesystem::path& file, const Options& options);

    [[nodiscard]] Position size() const override { return index_.size(); }
    /// The newest block; the origin if there is none.
    [[nodiscard]] Tip tip() const override;
    [[nodiscard]] std::optional<Position> find(const Point& point) const override;
    [[nodiscard]] Point point(Position position) const override;
    /// The contents of the header of the block at `position`, 1 to `size()`. The first block has no predecessor.
    [[nodiscard]] HeaderInfo info(Position position) const;
    /// Reads the header from the file if the system has that part of it in memory, else Errc::pending. If the file
    /// system cannot say, the header is read at once. Errc::file_damaged if it is not the one that was written.
    [[nodiscard]] Result<Header> header(Position position) const override;
    /// Errc::pending if the block is only in the file.
    [[nodiscard]] Result<Bytes> block(Position position) const override;
    void on_ready(std::function<void()> ready) override;
    /// `block` for a caller that may wait: never Errc::pending.
    [[nodiscard]] Result<Bytes> read(Position position) const;

    /// `checks` as for `ChainRules::inspect`: fewer for a block that was already checked.
    std::error_code append(const Bytes& block, Checks checks = Checks::blocks);
    /// Drops all blocks after `position`.
    std::error_code roll_back(Position position);
    /// Waits until everything is written, and returns `error()`.
    std::error_code flush();
    /// The system's error that ended all writing to the file. `on_ready`'s function is called when it occurs.
    [[nodiscard]] std::error_code error() const;

  private:
    struct Entry {
        Hash hash{};
        Slot slot{};
        BlockNumber number{};
        std::uint64_t offset = 0;  // of the entry in the file
        std::uint32_t block_bytes = 0;
        std::uint32_t header_bytes = 0;
        std::uint8_t header_offset = 0;  // in the block, after at most three heads of CBOR items
        BlockTag tag{};
    };

    [[nodiscard]] const Entry& at(Position position) const { return index_[position - 1]; }
    [[nodiscard]] Header header_from(const Entry& entry, Bytes cbor) const;
    /// Adds the block to the index; its entry in the file begins at `offset`.
    Errc add(const Bytes& block, Checks checks, std::uint64_t offset);

    std::deque<Entry> index_;
    std::deque<Bytes> blocks_;  // without a file
    std::uint64_t end_ = 0;     // of the file
    std::unique_ptr<StoreFile> file_;
    std::unique_ptr<StoreWorker> worker_;  // ends before the file
};

/// The chain or the damage.
struct StoredChain::Opened {
    std::shared_ptr<StoredChain> chain;  ///< null if it is damaged
    Damage damage;                       ///< set if there is no chain
    std::error_code system;              ///< the system's error, if any
    std::uint64_t dropped = 0;           ///< bytes cut off the end of the file
    std::uint64_t dropped_blocks = 0;    ///< whole blocks in them: zero without `repair`
    /// Whether there is a chain.
    explicit operator bool() const noexcept { return chain != nullptr; }
};

}  // namespace ouro::chain
