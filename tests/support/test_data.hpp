#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <ouro/base/bytes.hpp>

#include "support/catch.hpp"

namespace support {

inline std::filesystem::path test_data(const char* what) { return std::filesystem::path(OURO_TEST_DATA) / what; }

/// The folder of conversations recorded with the reference, next to the other data.
inline std::filesystem::path recorded_conversations() { return test_data("../conformance/transcripts"); }

/// Whether the real data exist; prints a message if not.
inline bool have(const std::filesystem::path& path) {
    if (std::filesystem::exists(path)) return true;
    WARN("skipped, for there is no " << path.string());
    return false;
}
inline bool have_test_data(const char* what) { return have(test_data(what)); }

inline ouro::Bytes read_file(const std::filesystem::path& path) {
    INFO(path.string());
    std::ifstream in(path, std::ios::binary);
    REQUIRE(in.good());
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
    return ouro::Bytes::copy({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace support
