#pragma once

// Files that are read whole.

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include <ouro/base/bytes.hpp>

namespace cli {

/// Reads a file to its end, or a little more than `most` bytes of it. `name` stands in the error.
///
/// Errors  std::runtime_error
inline std::string read_text(std::FILE* file, const std::string& name, std::size_t most) {
    std::string text;
    std::array<char, 4'096> part{};
    errno = 0;
    while (file != nullptr && text.size() <= most) {
        const auto size = std::fread(part.data(), 1, part.size(), file);
        if (size == 0) break;
        text.append(part.data(), size);
    }
    if (file == nullptr || std::ferror(file) != 0)
        throw std::runtime_error("cannot read " + ouro::printable(name) + ": " +
                                 std::generic_category().message(errno));
    return text;
}

/// The same of the file at a path.
inline std::string read_text(const std::string& path, std::size_t most) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
    return read_text(file.get(), path, most);
}

}  // namespace cli
