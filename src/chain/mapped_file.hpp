#pragma once

#include <filesystem>
#include <system_error>

#include <ouro/bytes.hpp>

namespace ouro::chain {

/// A file's octets as they are now, mapped for reading, or why there are none.
struct MappedFile {
    Bytes octets;
    std::error_code error;
};

[[nodiscard]] MappedFile map_file(const std::filesystem::path& path);

}  // namespace ouro::chain
