#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>

#include "regular_file.hpp"

namespace ouro::chain {

/// The files read last, kept open: a chain has thousands of them, and a process few descriptors.
///
/// Lifetimes  Safe to use from many threads. A file stays open while it is in use.
class OpenFiles {
  public:
    static constexpr std::size_t most = 32;

    /// The file at `path`, which `key` names; null if it cannot be opened.
    [[nodiscard]] std::shared_ptr<const RegularFile> get(std::uint64_t key, const std::filesystem::path& path);

  private:
    struct Place {
        std::uint64_t key = 0;
        std::uint64_t used = 0;  // 0: never
        std::shared_ptr<const RegularFile> file;
    };

    std::mutex mutex_;
    std::array<Place, most> places_;
    std::uint64_t uses_ = 0;
};

}  // namespace ouro::chain
