#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/hex.hpp"

/// Octets that other implementations wrote, and a table of messages typed from the specification.
namespace vectors {

using namespace ouro;
namespace fs = std::filesystem;

inline const fs::path golden = fs::path(OURO_TEST_DATA) / "golden";

inline bool have(const fs::path& path) {
    if (fs::exists(path)) return true;
    WARN("skipped, for there is no " << path.string());
    return false;
}

inline std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    REQUIRE(in.good());
    return {std::istreambuf_iterator<char>(in), {}};
}

inline Bytes octets_of(const fs::path& path) {
    const std::string text = text_of(path);
    return Bytes::copy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

struct Row {
    std::string protocol, message, digits, note;
};

inline std::vector<Row> rows_of(const fs::path& path) {
    std::vector<Row> rows;
    std::istringstream lines(text_of(path));
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.front() == '#') continue;
        std::istringstream fields(line);
        Row row;
        std::getline(fields, row.protocol, '\t');
        std::getline(fields, row.message, '\t');
        std::getline(fields, row.digits, '\t');
        std::getline(fields, row.note, '\t');
        rows.push_back(row);
    }
    return rows;
}

}  // namespace vectors
