#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <system_error>

#include <ouro/base/bytes.hpp>
#include <ouro/base/types.hpp>
#include <ouro/chain/damage.hpp>

namespace ouro::chain {

/// The file of a `StoredChain`, which describes its format.
///
/// Errors     Errc::file_damaged     the file does not have the bytes that were written
///            Errc::file_unreadable  the system's error
/// Lifetimes  Locked while it is open. After `open`, calls may come from several threads.
class StoreFile {
  public:
    static constexpr std::size_t head_bytes = 20;
    static constexpr std::size_t entry_head_bytes = 12;

    /// Takes each whole block and the offset of its entry. Error: the block does not extend the one before.
    using Take = std::function<Errc(const Bytes& block, std::uint64_t offset)>;

    struct Found {
        Damage damage;                     ///< set if the file is not open
        std::error_code system;            ///< the system's error, if any
        std::uint64_t end = 0;             ///< offset of the next entry
        std::uint64_t dropped = 0;         ///< bytes cut off the end
        std::uint64_t dropped_blocks = 0;  ///< whole blocks in them
    };

    StoreFile() = default;
    StoreFile(const StoreFile&) = delete;
    StoreFile& operator=(const StoreFile&) = delete;
    ~StoreFile();

    /// Opens the file or creates it, and reads every entry. Changes no file that is not a store of this network.
    Found open(const std::filesystem::path& path, NetworkMagic magic, bool repair, const Take& take);

    [[nodiscard]] std::error_code write(std::uint64_t offset, const Bytes& block) const;
    [[nodiscard]] std::error_code cut(std::uint64_t end) const;
    /// The block of the entry at `offset`, compared with its checksum.
    [[nodiscard]] Result<Bytes> read(std::uint64_t offset, std::size_t block_bytes) const;
    /// The same bytes as `read_bytes` if the system has them in memory; Errc::pending if it would have to wait for
    /// them, or if they are more than 16 KiB. A file system that cannot say is read as by `read_bytes`.
    [[nodiscard]] Result<Bytes> read_cached(std::uint64_t offset, std::size_t size) const;
    /// Any bytes, without a check.
    [[nodiscard]] Result<Bytes> read_bytes(std::uint64_t offset, std::size_t size) const;

  private:
    enum class Kind : std::uint8_t { whole, torn, bad_head, bad_block, unreadable };
    struct Entry {
        Kind kind{};
        std::size_t block_bytes = 0;  // size in its head
        Bytes block;
    };

    std::error_code open_descriptor(const std::filesystem::path& path, Found& found);
    std::error_code read_head(NetworkMagic magic, bool repair, Found& found);
    std::error_code read_entries(bool repair, const Take& take, Found& found);
    [[nodiscard]] bool is_old_store() const;
    [[nodiscard]] Entry entry_at(std::uint64_t offset) const;
    /// Number of whole entries from `offset` on, wherever they begin.
    [[nodiscard]] std::uint64_t count_whole(std::uint64_t offset) const;
    [[nodiscard]] std::error_code write_all(std::uint64_t offset, BytesView first, BytesView second) const;

    std::string name_;
    int number_ = -1;
    std::uint64_t size_ = 0;  // size when it was opened
};

}  // namespace ouro::chain
