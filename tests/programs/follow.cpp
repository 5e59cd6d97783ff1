#include <fstream>

#include <ouro/program/cursor.hpp>

#include "black_hole.hpp"
#include "points.hpp"
#include "program.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;
namespace fs = std::filesystem;

TEST_CASE("follow --blocks prints the size and the transactions of each block", "[programs][follow]") {
    const Relay relay({"--synthetic", "20x1000"}), other({"--synthetic", "20x1000"});
    Program follow("follow", {"--magic", "1", "--json", "--blocks", "--count", "20", relay.address(), other.address()});
    CHECK(follow.wait() == 0);
    const auto lines = json_lines(follow.out);
    REQUIRE(lines.size() == 22);
    for (std::size_t i = 1; i <= 20; ++i) {
        CHECK(lines[i]["block"] == i - 1);
        CHECK(lines[i]["bytes"] == 1'000);
        CHECK(lines[i]["transactions"] == 1);
    }
}

TEST_CASE("follow --txs prints each transaction after its block", "[programs][follow]") {
    const Relay relay({"--synthetic", "5x1000"});
    Program follow("follow", {"--magic", "1", "--json", "--blocks", "--txs", "--count", "5", relay.address()});
    CHECK(follow.wait() == 0);
    const auto lines = json_lines(follow.out);
    REQUIRE(lines.size() == 12);
    for (std::size_t i = 1; i <= 9; i += 2) {
        CHECK(lines[i]["event"] == "roll-forward");
        CHECK(lines[i + 1]["event"] == "transaction");
    }
    Program alone("follow", {"--magic", "1", "--txs", relay.address()});
    CHECK(alone.wait() == 1);
    CHECK(contains(alone.err, "--blocks"));
}

TEST_CASE("follow --from tip begins after the last block", "[programs][follow]") {
    const Relay relay({"--synthetic", "20x1000"});
    Program follow("follow", {"--magic", "1", "--json", "--from", "tip", "--timeout", "0.3", relay.address()});
    CHECK(follow.wait() == 4);
    const auto lines = json_lines(follow.out);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0]["event"] == "intersected");
    CHECK(lines[1]["event"] == "at-tip");
    CHECK(lines[0]["hash"] == lines[1]["hash"]);
}

TEST_CASE("follow --depth leaves out the newest blocks", "[programs][follow]") {
    const Relay relay({"--synthetic", "20x1000"});
    Program follow("follow", {"--magic", "1", "--json", "--depth", "5", "--timeout", "0.3", relay.address()});
    CHECK(follow.wait() == 4);
    const auto lines = json_lines(follow.out);
    REQUIRE(lines.size() == 18);
    CHECK(lines[15]["block"] == 14);
    CHECK(lines[16]["event"] == "at-tip");
}

TEST_CASE("follow --cursor continues where the last run stopped", "[programs][follow]") {
    const Relay relay({"--synthetic", "20x1000"});
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "cursor").string();
    const auto run = [&](const std::string& count) {
        Program follow("follow", {"--magic", "1", "--json", "--cursor", file, "--count", count, relay.address()});
        CHECK(follow.wait() == 0);
        INFO(follow.err);
        return json_lines(follow.out);
    };
    const auto first = run("7");
    const auto second = run("13");
    REQUIRE(second.size() == 15);
    CHECK(second[0]["hash"] == first[7]["hash"]);
    CHECK(second[1]["block"] == 7);
    CHECK(second[13]["block"] == 19);
    CHECK(ouro::CursorFile(file).load().has_value());

    Program foreign("follow", {"--magic", "2", "--json", "--cursor", file, relay.address()});
    CHECK(foreign.wait() == 7);
    CHECK(contains(foreign.err, "the cursor is of network 1, and this is network 2"));
}

TEST_CASE("follow refuses a file that is not a cursor, and leaves it as it is", "[programs][follow]") {
    const support::TemporaryDirectory scratch;
    const fs::path file = scratch.path() / "notes";
    std::ofstream(file) << "not a cursor\n";
    Program follow("follow", {"--magic", "1", "--cursor", file.string(), "127.0.0.1:1"});
    CHECK(follow.wait() == 1);
    CHECK(contains(follow.err, "notes"));
    CHECK(fs::file_size(file) == 13);
}

TEST_CASE("follow takes points in the notations of other tools, and several of them", "[programs][follow]") {
    const Relay relay({"--synthetic", "20x1000"});
    const auto points = points_of(relay, 20);
    std::string unknown = points[15];
    unknown.back() = unknown.back() == '0' ? '1' : '0';
    std::string known = points[10];
    known[known.find('.')] = GENERATE('.', ',', '/');
    Program follow("follow",
                   {"--magic", "1", "--json", "--from", unknown, "--from", known, "--count", "1", relay.address()});
    CHECK(follow.wait() == 0);
    const auto lines = json_lines(follow.out);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0]["event"] == "intersected");
    CHECK(lines[1]["block"] == 11);
}

TEST_CASE("follow names a socket path that is a directory", "[programs][follow]") {
    const support::TemporaryDirectory scratch;
    Program follow("follow", {"--magic", "1", scratch.path().string()});
    CHECK(follow.wait() == 2);
    CHECK(contains(follow.err, "it is a directory"));
}

TEST_CASE("follow reports that its relay is not reachable yet", "[programs][follow]") {
    const BlackHole hole;
    Program follow("follow", {"--magic", "1", "--retry", hole.address()});
    CHECK(contains(follow.note(), "no relay to follow"));
    follow.interrupt();
    CHECK(follow.wait() == 130);
}

TEST_CASE("follow also reads its relays from a topology file", "[programs][follow]") {
    const Relay relay({"--synthetic", "5"});
    const support::TemporaryDirectory scratch;
    const auto colon = relay.address().rfind(':');
    const auto write = [&](const std::string& text) {
        scratch.write("topology.json", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        return (scratch.path() / "topology.json").string();
    };
    const auto file =
        write(R"({"localRoots": [{"valency": 1, "accessPoints": [{"address": ")" + relay.address().substr(0, colon) +
              R"(", "port": )" + relay.address().substr(colon + 1) + "}]}], \"publicRoots\": []}");
    Program follow("follow", {"--magic", "1", "--count", "5", "--topology", file});
    CHECK(follow.wait() == 0);
    (void)write(R"({"localRoots": [{"valency": 1}], "publicRoots": []})");
    Program damaged("follow", {"--magic", "1", "--topology", file});
    CHECK(damaged.wait() == 1);
    CHECK(damaged.err.find("localRoots[0].accessPoints: missing") != std::string::npos);
    for (const auto& [text, said] :
         {std::pair(R"({"localRoots": [{"valency": 1e999}]})", "valency: a number out of range"),
          std::pair(R"({"localRoots": [{"valency": )", "line 1: not JSON, in or after the field valency")}) {
        (void)write(text);
        Program wrong("follow", {"--magic", "1", "--topology", file});
        CHECK(wrong.wait() == 1);
        INFO(wrong.err);
        CHECK(contains(wrong.err, said));
        CHECK(!contains(wrong.err, "json.exception"));
    }
}
