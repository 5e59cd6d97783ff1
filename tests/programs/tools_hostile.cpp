// `ping`, `tip` and `crawl` against servers that misbehave: each ends within its time, with a clear message and JSON
// that can be read.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "programs/answers.hpp"
#include "programs/dripping_relay.hpp"
#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

using Arguments = std::vector<std::string>;

/// A way to misbehave, and what the programs say about it.
struct Row {
    const char* vice;
    std::vector<unsigned char> answer;  // none: it drips
    int code;
    const char* name;     // of the error
    const char* message;  // a part of it
};
std::vector<Row> rows() {
    auto peers = handshake("83010f8401f400f4");
    const auto million = million_peers();
    peers.insert(peers.end(), million.begin(), million.end());
    auto keep_alive = handshake("83010f8401f400f4");
    const auto endless = segments(std::vector<unsigned char>(200'000, 0x82), 8);
    keep_alive.insert(keep_alive.end(), endless.begin(), endless.end());
    return {
        {"silent", {}, 4, "deadline_passed", "no answer in the handshake within the time of --timeout"},
        {"silent after the handshake", handshake("83010f8401f400f4"), 4, "deadline_passed", ""},
        {"dripping", {}, 4, "deadline_passed", "no answer in the handshake within the time of --timeout"},
        {"wrong magic", handshake("83010f8402f400f4"), 3, "magic_mismatch", "network preview (2), not of preprod (1)"},
        {"10,000 versions", ten_thousand_versions(), 5, "message_too_large", "handshake"},
        {"escape codes", refusal("\033[2J\033[31mgone\007"), 3, "handshake_refused", "\\x1b[2J\\x1b[31mgone\\x07"},
        {"peers by the million", peers, 5, "", ""},
        {"garbage", std::vector<unsigned char>(100'000, 0xff), 5, "", ""},
        {"an endless message", keep_alive, 5, "", ""},
    };
}

/// The same at the socket of a node.
std::vector<Row> node_rows() {
    return {
        {"silent", {}, 4, "deadline_passed", "no answer in the handshake within the time of --timeout"},
        {"silent after the handshake", handshake("83011980108201f4"), 4, "deadline_passed", ""},
        {"wrong magic", handshake("83011980108202f4"), 3, "magic_mismatch", "network preview (2), not of preprod (1)"},
        {"10,000 versions", ten_thousand_versions(), 5, "", ""},
        {"escape codes", refusal("\033[2J\033[31mgone\007", "198010"), 3, "handshake_refused",
         "\\x1b[2J\\x1b[31mgone\\x07"},
        {"garbage", std::vector<unsigned char>(100'000, 0xff), 5, "", ""},
    };
}

/// All text of a program for people and for programs is free of control characters.
void check_plain(const std::string& text) {
    INFO(text);
    CHECK(std::all_of(text.begin(), text.end(),
                      [](char c) { return c == '\n' || static_cast<unsigned char>(c) >= 0x20; }));
}

/// What a run has to say about a server.
void check(const Row& row, const std::string& program, const std::string& target, bool json) {
    Arguments arguments{"--magic", "1", "--timeout", "0.5", target};
    if (json) arguments.emplace_back("--json");
    Program run(program, arguments);
    const int code = run.wait();
    INFO(program << " with a server that is " << row.vice << " says " << run.out << run.err);
    CHECK(code == row.code);
    check_plain(run.out);
    check_plain(run.err);
    if (!json) {
        CHECK(contains(run.out + run.err, row.message));
        return;
    }
    const auto lines = json_lines(run.out);
    const auto failed = std::find_if(lines.begin(), lines.end(), [](const Json& line) {
        return (line["event"] == "failed" || line["event"] == "target") && line.contains("code");
    });
    REQUIRE(failed != lines.end());
    if (*row.name != 0) CHECK((*failed)["code"] == row.name);
    CHECK(contains((*failed)["message"], row.message));
    CHECK_FALSE((*failed)["message"].get<std::string>().empty());
}

}  // namespace

TEST_CASE("Tools report hostile servers with a clear message", "[programs][hostile][ping][tip][crawl]") {
#ifdef OURO_CRAWL
    const auto program = GENERATE(as<std::string>(), "ping", "tip", "crawl");
#else
    const auto program = GENERATE(as<std::string>(), "ping", "tip");
#endif
    const bool json = GENERATE(false, true);
    const auto all = rows();
    for (const Row& row : all) {
        const bool drips = std::string(row.vice) == "dripping";
        const std::unique_ptr<DrippingRelay> dripping = drips ? std::make_unique<DrippingRelay>() : nullptr;
        const std::unique_ptr<FakeRelay> fake = drips ? nullptr : std::make_unique<FakeRelay>(row.answer);
        const std::string address = drips ? dripping->address() : fake->address();
        check(row, program, address, json);
    }
}

TEST_CASE("ping and tip report hostile nodes at a socket with a clear message", "[programs][hostile][ping][tip]") {
    const auto program = GENERATE(as<std::string>(), "ping", "tip");
    const bool json = GENERATE(false, true);
    const support::TemporaryDirectory directory;
    int number = 0;
    const auto all = node_rows();
    for (const Row& row : all) {
        const std::string path = (directory.path() / ("socket" + std::to_string(++number))).string();
        const FakeNode node(path, row.answer);
        check(row, program, path, json);
    }
}
