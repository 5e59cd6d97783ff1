#pragma once

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/test_data.hpp"

/// Bytes written by other implementations, and a table of messages typed from the specification.
namespace vectors {

using namespace ouro;
namespace fs = std::filesystem;

using support::have;

inline const fs::path golden = support::test_data("golden");

inline Bytes bytes_of(const fs::path& path) { return support::read_file(path); }

inline std::string text_of(const fs::path& path) {
    const Bytes bytes = bytes_of(path);
    return {bytes.view().begin(), bytes.view().end()};
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
