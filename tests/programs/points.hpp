#pragma once

#include <filesystem>

#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/test_data.hpp"

namespace programs {

inline std::string content(const std::filesystem::path& file) {
    const ouro::Bytes bytes = support::read_file(file);
    return {bytes.view().begin(), bytes.view().end()};
}

/// The points of the headers that a run of `follow --json` has printed.
inline std::vector<std::string> points_in(const std::string& lines) {
    std::vector<std::string> points;
    for (const Json& line : json_lines(lines))
        if (line["event"] == "roll-forward")
            points.push_back(std::to_string(line["slot"].get<std::uint64_t>()) + "." + line["hash"].get<std::string>());
    return points;
}

/// The points of a relay's first blocks.
inline std::vector<std::string> points_of(const Relay& relay, std::size_t count) {
    Program follow("follow", {"--magic", "1", "--count", std::to_string(count), "--json", relay.address()});
    REQUIRE(follow.wait() == 0);
    auto points = points_in(follow.out);
    REQUIRE(points.size() == count);
    return points;
}

inline std::vector<std::string> join(std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

}  // namespace programs
