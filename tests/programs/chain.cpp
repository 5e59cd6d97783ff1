#include <algorithm>
#include <filesystem>
#include <fstream>

#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_data.hpp"

using namespace programs;

namespace {

namespace fs = std::filesystem;

const fs::path immutable = support::test_data("chain/immutable");

std::string content(const fs::path& file) {
    const ouro::Bytes bytes = support::read_file(file);
    return {bytes.view().begin(), bytes.view().end()};
}

struct Entry {
    std::uint64_t slot;
    std::string hash;
};

/// The blocks of a chunk as its index names them: 56 bytes each, the hash at 16, the slot at 48.
std::vector<Entry> entries(const std::string& secondary) {
    std::vector<Entry> result;
    for (std::size_t at = 0; at + 56 <= secondary.size(); at += 56) {
        Entry entry{};
        for (std::size_t i = 48; i < 56; ++i)
            entry.slot = entry.slot << 8 | static_cast<unsigned char>(secondary[at + i]);
        for (std::size_t i = 16; i < 48; ++i) {
            const auto byte = static_cast<unsigned char>(secondary[at + i]);
            entry.hash += "0123456789abcdef"[byte >> 4];
            entry.hash += "0123456789abcdef"[byte & 15];
        }
        result.push_back(entry);
    }
    return result;
}

std::string point(const Entry& entry) { return std::to_string(entry.slot) + "." + entry.hash; }

}  // namespace

TEST_CASE("fetching a node's whole chunk gives its bytes", "[programs][fetch][relay]") {
    if (!support::have_test_data("chain/immutable")) return;
    const auto index = entries(content(immutable / "01285.secondary"));
    REQUIRE(index.size() == 864);
    const Relay relay({"--immutable", immutable.string()});
    const support::TemporaryDirectory scratch;
    const fs::path out = scratch.path() / "blocks";

    Program fetch("fetch", {"--magic", "1", "--from", point(index.front()), "--to", point(index.back()), "--out",
                            out.string(), "--json", relay.address()});
    CHECK(fetch.wait() == 0);
    CHECK((content(out) == content(immutable / "01285.chunk")));
    CHECK(!fs::exists(out.string() + ".part"));
    const auto lines = json_lines(fetch.out);
    REQUIRE(lines.size() == index.size() + 1);
    CHECK(lines.back()["event"] == "done");
    CHECK(lines.back()["blocks"] == index.size());
    CHECK(lines.back()["bytes"] == fs::file_size(out));
}

TEST_CASE("Several relays give the same bytes as one, and one of them may be unreachable", "[programs][fetch][relay]") {
    if (!support::have_test_data("chain/immutable")) return;
    const auto index = entries(content(immutable / "01285.secondary"));
    const Relay one({"--immutable", immutable.string()}), other({"--immutable", immutable.string()});
    const support::TemporaryDirectory scratch;
    const fs::path out = scratch.path() / "blocks";
    const std::size_t last = GENERATE(0U, 1U, 863U);

    Program fetch("fetch", {"--magic", "1", "--from", point(index.front()), "--to", point(index[last]), "--out",
                            out.string(), "--json", one.address(), unused_address(), other.address()});
    CHECK(fetch.wait() == 0);
    INFO(fetch.err);
    const std::string chunk = content(immutable / "01285.chunk");
    CHECK((content(out) == chunk.substr(0, fs::file_size(out))));
    CHECK((last != 863 || fs::file_size(out) == chunk.size()));
    const auto lines = json_lines(fetch.out);
    REQUIRE(lines.size() == last + 2);
    for (std::size_t i = 0; i <= last; ++i) CHECK(lines[i]["index"] == i);
    CHECK(lines.back()["blocks"] == last + 1);
}

TEST_CASE("A damaged block ends its range after the blocks before it, and the relay continues to serve",
          "[programs][fetch][relay]") {
    if (!support::have_test_data("chain/immutable")) return;
    const auto index = entries(content(immutable / "01285.secondary"));
    const support::TemporaryDirectory copy, scratch;
    for (const char* file : {"01285.chunk", "01285.primary", "01285.secondary"}) {
        fs::copy_file(immutable / file, copy.path() / file);
        fs::permissions(copy.path() / file, fs::perms::owner_read | fs::perms::owner_write);
    }
    Relay relay({"--immutable", copy.path().string()});
    // The body of a block in the middle of the newest chunk, while it is served.
    constexpr std::size_t damaged = 400;
    const std::string chunk = content(copy.path() / "01285.chunk"),
                      secondary = content(copy.path() / "01285.secondary");
    std::size_t end = 0;  // of the block: where the next one begins
    for (std::size_t i = 0; i < 8; ++i) end = end << 8 | static_cast<unsigned char>(secondary[56 * (damaged + 1) + i]);
    std::fstream file(copy.path() / "01285.chunk", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(end - 1));
    file.put(static_cast<char>(chunk[end - 1] ^ 1));
    file.close();

    const fs::path out = scratch.path() / "blocks";
    Program fetch("fetch", {"--magic", "1", "--from", point(index.front()), "--to", point(index.back()), "--out",
                            out.string(), "--json", "--timeout", "3", relay.address()});
    const int code = fetch.wait();
    CHECK((code == 2 || code == 4));  // its time may be over while the relay is there again
    INFO(fetch.err);
    CHECK(contains(fetch.err, "the peer ended the connection between messages"));
    const std::string part = content(out.string() + ".part");
    std::size_t begin = 0;
    for (std::size_t i = 0; i < 8; ++i) begin = begin << 8 | static_cast<unsigned char>(secondary[56 * damaged + i]);
    constexpr std::size_t mark = 64;  // at the end of an incomplete file
    REQUIRE(part.size() == begin + mark);
    CHECK((part.substr(0, begin) == chunk.substr(0, begin)));

    Program other("fetch", {"--magic", "1", "--from", point(index[damaged + 1]), "--to", point(index.back()), "--json",
                            relay.address()});
    CHECK(other.wait() == 0);
    relay.program.interrupt();
    CHECK(relay.program.wait() == 0);
    CHECK(contains(relay.program.out, "\"reason\":\"chunk_damaged\""));
}

TEST_CASE("A fetch from several relays continues when one of them disconnects", "[programs][fetch][relay]") {
    std::vector<std::string> followed;
    Relay one({"--synthetic", "3000x5000"}), other({"--synthetic", "3000x5000"});
    Program follow("follow", {"--magic", "1", "--count", "3000", "--json", one.address()});
    CHECK(follow.wait() == 0);
    for (const Json& line : json_lines(follow.out))
        if (line["event"] == "roll-forward")
            followed.push_back(std::to_string(line["slot"].get<std::uint64_t>()) + "." +
                               line["hash"].get<std::string>());
    REQUIRE(followed.size() == 3'000);

    Program fetch("fetch", {"--magic", "1", "--from", followed.front(), "--to", followed.back(), "--json",
                            one.address(), other.address()});
    // The program writes no more than its pipe takes while it is not read: it has not finished when a relay ends.
    std::string first = fetch.line();
    (Json::parse(first)["peer"] == one.address() ? one : other).program.interrupt();
    CHECK(fetch.wait() == 0);
    const auto lines = json_lines(first + "\n" + fetch.out);
    REQUIRE(lines.size() == 3'001);
    for (std::size_t i = 0; i < 3'000; ++i) CHECK(lines[i]["index"] == i);
    CHECK(lines.back()["blocks"] == 3'000);
}

TEST_CASE("A follower of several relays continues with another one when one disconnects", "[programs][follow][relay]") {
    Relay one({"--synthetic", "3000x1000"}), other({"--synthetic", "3000x1000"});
    Program follow("follow", {"--magic", "1", "--count", "3000", "--json", one.address(), other.address()});
    Json line;
    do line = Json::parse(follow.line(), nullptr, false);
    while (line.is_object() && line.value("event", "") != "roll-forward");
    REQUIRE(line.is_object());
    (line["peer"] == one.address() ? one : other).program.interrupt();
    CHECK(follow.wait() == 0);
    std::uint64_t block = line["block"];
    for (const Json& next : json_lines(follow.out))
        if (next["event"] == "roll-forward") CHECK(next["block"] == ++block);
    CHECK(json_lines(follow.out).back() == Json{{"event", "done"}, {"headers", 3'000}});
}

TEST_CASE("Without an output file the blocks go to stdout", "[programs][fetch][relay]") {
    if (!support::have_test_data("chain/immutable")) return;
    const auto index = entries(content(immutable / "01285.secondary"));
    const Relay relay({"--immutable", immutable.string()});
    Program fetch("fetch", {"--magic", "1", "--from", point(index.front()), "--to", point(index[9]), relay.address()});
    CHECK(fetch.wait() == 0);
    CHECK(fetch.out.size() > 5'000);
    CHECK((content(immutable / "01285.chunk").substr(0, fetch.out.size()) == fetch.out));
    CHECK(fetch.err.find("10 blocks") != std::string::npos);
}

TEST_CASE("following a node's chain gives every block of its index, in order", "[programs][follow][relay]") {
    if (!support::have_test_data("chain/immutable")) return;
    const auto index = entries(content(immutable / "01285.secondary"));
    const Relay relay({"--immutable", immutable.string()});

    // From the first block on: it is where both chains meet, so the second is the first to come.
    Program follow("follow", {"--magic", "1", "--from", point(index.front()), "--count",
                              std::to_string(index.size() - 1), "--json", relay.address()});
    CHECK(follow.wait() == 0);
    std::size_t next = 1;
    std::size_t number = 910'412;
    for (const Json& line : json_lines(follow.out)) {
        if (line["event"] != "roll-forward") continue;
        REQUIRE(next < index.size());
        CHECK(line["slot"] == index[next].slot);
        CHECK(line["hash"] == index[next].hash);
        CHECK(line["era"] == 6);
        CHECK(line["block"] == ++number);
        CHECK(line["peer"] == relay.address());
        ++next;
    }
    CHECK(next == index.size());
}

TEST_CASE("A synthetic chain is followed to its tip and beyond as it grows", "[programs][follow][relay]") {
    const Relay relay({"--synthetic", "20x1000"});
    Program follow("follow", {"--magic", "1", "--json", relay.address()});
    std::vector<std::string> events;
    do {
        const auto line = Json::parse(follow.line(), nullptr, false);
        REQUIRE(line.is_object());
        events.push_back(line.value("event", ""));
    } while (events.back() != "at-tip");
    CHECK(std::count(events.begin(), events.end(), "roll-forward") == 20);
    CHECK(events.front() == "intersected");

    follow.interrupt();
    CHECK(follow.wait() == 130);
    const auto rest = json_lines(follow.out);
    REQUIRE(rest.size() == 1);
    CHECK(rest.front() == Json{{"event", "done"}, {"headers", 20}});
}

TEST_CASE("A relay reports connections, disconnections and what it has served", "[programs][relay]") {
    Relay relay({"--synthetic", "20"});
    Program follow("follow", {"--magic", "1", "--count", "7", relay.address()});
    CHECK(follow.wait() == 0);
    const Json up = Json::parse(relay.program.line(), nullptr, false);
    CHECK(up.value("event", "") == "peer");
    CHECK(up.value("version", 0) == 15);
    const Json down = Json::parse(relay.program.line(), nullptr, false);
    CHECK(down.value("event", "") == "peer-left");
    CHECK(down.value("peer", "") == up.value("peer", "-"));

    relay.program.interrupt();
    CHECK(relay.program.wait() == 0);
    const auto rest = json_lines(relay.program.out);
    REQUIRE(rest.size() == 1);
    CHECK(rest.front()["event"] == "done");
    CHECK(rest.front()["connections"] == 1);
    CHECK(rest.front()["headers"] >= 7);
}

TEST_CASE("On a terminal the progress of a fetch is shown and then erased", "[programs][fetch]") {
    if (!support::have_test_data("chain/immutable")) return;
    const auto index = entries(content(immutable / "01285.secondary"));
    const Relay relay({"--immutable", immutable.string()});
    Program::Options options;
    options.terminal = true;
    Program fetch("fetch",
                  {"--magic", "1", "--from", point(index.front()), "--to", point(index.back()), relay.address()},
                  options);
    CHECK(fetch.wait() == 0);
    CHECK(fetch.err.find("blocks, ") != std::string::npos);
    CHECK(fetch.err.find("MB/s") != std::string::npos);
    CHECK(fetch.err.find("\r\x1b[K864 blocks") != std::string::npos);
}
