#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <system_error>

#include <ouro/base/bytes.hpp>

namespace ouro::chain {

/// A regular file, open for reading at any offset. Contents are read when requested, never mapped: a file that shrinks
/// meanwhile gives an error and no signal.
class RegularFile {
  public:
    struct Opened {
        std::shared_ptr<const RegularFile> file;
        std::error_code error;
    };
    [[nodiscard]] static Opened open(const std::filesystem::path& path);

    RegularFile(const RegularFile&) = delete;
    RegularFile& operator=(const RegularFile&) = delete;
    ~RegularFile();

    /// Size in bytes when the file was opened.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    /// Fills `to` with the bytes from `offset` on.
    /// Errors  Errc::chunk_damaged    the file ends before
    ///         Errc::file_unreadable  the system cannot read it
    [[nodiscard]] Errc read(std::uint64_t offset, std::span<std::uint8_t> to) const noexcept;
    /// Reads into new memory.
    [[nodiscard]] Result<Bytes> read(std::uint64_t offset, std::size_t size) const;

  private:
    RegularFile(int descriptor, std::uint64_t size) noexcept : descriptor_(descriptor), size_(size) {}

    int descriptor_;
    std::uint64_t size_;
};

}  // namespace ouro::chain
