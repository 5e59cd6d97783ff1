#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "regular_file.hpp"

namespace ouro::chain {

/// Keeps the last files open and the last parts of indexes in memory: a chain has thousands of files, a process few
/// descriptors, and neighbouring blocks are served one after another.
///
/// Lifetimes  Safe to use from many threads. A file stays open while it is in use.
class OpenFiles {
  public:
    static constexpr std::size_t most = 32;

    /// The file at `path`, which `key` names; null if it cannot be opened.
    [[nodiscard]] std::shared_ptr<const RegularFile> get(std::uint64_t key, const std::filesystem::path& path);
    /// A part of a file, which stays in memory for the next call.
    struct Part {
        std::uint64_t offset = 0;
        std::size_t size = 0;
    };
    /// Copies the bytes of `part` from its byte `from` on to `to`.
    /// Errors  those of RegularFile::read; Errc::file_unreadable if the file cannot be opened
    [[nodiscard]] Errc read(std::uint64_t key, const std::filesystem::path& path, Part part, std::size_t from,
                            std::span<std::uint8_t> to);

  private:
    static constexpr std::size_t most_parts = 16;

    struct KeptPart {
        std::uint64_t key = 0;
        std::uint64_t offset = 0;
        std::uint64_t used = 0;  // 0: never
        std::vector<std::uint8_t> bytes;
    };
    struct Place {
        std::uint64_t key = 0;
        std::uint64_t used = 0;  // 0: never
        std::shared_ptr<const RegularFile> file;
    };

    [[nodiscard]] std::shared_ptr<const RegularFile> get_locked(std::uint64_t key, const std::filesystem::path& path);

    std::mutex mutex_;
    std::array<Place, most> places_;
    std::array<KeptPart, most_parts> parts_;
    std::uint64_t uses_ = 0;
};

}  // namespace ouro::chain
