#include <filesystem>

#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;
using ouro::hex;

namespace {

namespace fs = std::filesystem;

const std::string nowhere = "5." + std::string(64, 'a');
const std::string later = "9." + std::string(64, 'b');

std::vector<unsigned char> bytes(const std::string& digits) {
    const ouro::Bytes raw = hex(digits);
    return {raw.view().begin(), raw.view().end()};
}

// Segments of a responder: time, mode and protocol, length.
const std::string accepts = "00000000 8000 0008 83010e8401f400f4";  // version 14, magic 1

/// The error that a run has told: its only line of that kind, and the last.
Json error_of(const std::string& out) {
    const auto lines = json_lines(out);
    REQUIRE(!lines.empty());
    REQUIRE(lines.back()["event"] == "error");
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) CHECK(lines[i]["event"] != "error");
    return lines.back();
}

}  // namespace

TEST_CASE("An argument that does not parse is named, and the exit code is 1", "[programs]") {
    struct Row {
        const char* program;
        std::vector<std::string> arguments;
        const char* named;
    };
    const std::vector<Row> rows{
        {"follow", {"a:1"}, "network"},
        {"follow", {"--magic", "1"}, "HOST:PORT"},
        {"follow", {"--magic", "1", "--network", "mainnet", "a:1"}, "network"},
        {"follow", {"--magic", "-1", "a:1"}, "--magic"},
        {"follow", {"--magic", "4294967296", "a:1"}, "--magic"},
        {"follow", {"--network", "nonet", "a:1"}, "nonet"},
        {"follow", {"--magic", "1", "relay"}, "relay"},
        {"follow", {"--magic", "1", "relay:0"}, "relay:0"},
        {"follow", {"--magic", "1", "relay:65536"}, "relay:65536"},
        {"follow", {"--magic", "1", "\x1b[2J:1"}, "HOST:PORT"},
        {"follow", {"--magic", "1", "--from", "5", "a:1"}, "--from"},
        {"follow", {"--magic", "1", "--from", "5." + std::string(63, 'a'), "a:1"}, "--from"},
        {"follow", {"--magic", "1", "--count", "0", "a:1"}, "--count"},
        {"follow", {"--magic", "1", "--count", "many", "a:1"}, "--count"},
        {"follow", {"--magic", "1", "--timeout", "0", "a:1"}, "--timeout"},
        {"follow", {"--magic", "1", "--surprise", "a:1"}, "--surprise"},
        {"fetch", {"--magic", "1", "--from", nowhere, "a:1"}, "--to"},
        {"fetch", {"--magic", "1", "--from", "origin", "--to", nowhere, "a:1"}, "--from"},
        {"fetch", {"--magic", "1", "--from", later, "--to", nowhere, "a:1"}, "--to"},
        {"follow", {"--magic", "1", "--topology", "/nonexistent"}, "--topology"},
        {"relay", {"--magic", "1", "--synthetic", "5"}, "--listen"},
        {"relay", {"--magic", "1", "--listen", "127.0.0.1:0", "--synthetic", "5", "--share", "relay:1"}, "--share"},
        {"relay", {"--magic", "1", "--listen", "127.0.0.1:0"}, "--synthetic"},
        {"relay", {"--magic", "1", "--listen", "here:0", "--synthetic", "5"}, "--listen"},
        {"relay", {"--magic", "1", "--listen", "127.0.0.1:0", "--synthetic", "5y"}, "--synthetic"},
        {"relay", {"--magic", "1", "--listen", "127.0.0.1:0", "--synthetic", "5x"}, "--synthetic"},
        {"relay", {"--magic", "1", "--listen", "127.0.0.1:0", "--synthetic", "5x3000000"}, "--synthetic"},
    };
    for (const Row& row : rows) {
        Program program(row.program, row.arguments);
        CHECK(program.wait() == 1);
        INFO(row.program << " says " << program.err);
        CHECK(contains(program.err, row.named));
        CHECK(!contains(program.err, "\x1b"));
        CHECK(program.out.empty());
    }
}

TEST_CASE("A request for help succeeds", "[programs]") {
    for (const char* name : {"relay", "follow", "fetch"}) {
        Program program(name, {"--help"});
        CHECK(program.wait() == 0);
        CHECK(contains(program.out, "--magic"));
    }
}

TEST_CASE("A run exits with 2 if its relay cannot be reached", "[programs][follow]") {
    SECTION("no listener") {
        const std::string address = unused_address();
        Program follow("follow", {"--magic", "1", "--json", address});
        CHECK(follow.wait() == 2);
        CHECK(error_of(follow.out)["code"] == "connect_failed");
        CHECK(contains(follow.err, address));
        CHECK(contains(follow.err, "refused"));
    }
    SECTION("an unknown host name") {
        Program follow("follow", {"--magic", "1", "--json", "relay..example:3001"});
        CHECK(follow.wait() == 2);
        CHECK(error_of(follow.out)["code"] == "resolve_failed");
    }
    SECTION("one of two can be reached") {
        const Relay relay({"--synthetic", "5"});
        Program follow("follow", {"--magic", "1", "--count", "5", unused_address(), relay.address()});
        CHECK(follow.wait() == 0);
    }
}

TEST_CASE("A relay cannot listen at an address that is in use", "[programs][relay]") {
    const Relay relay({"--synthetic", "5"});
    Program second("relay", {"--magic", "1", "--synthetic", "5", "--json", "--listen", relay.address()});
    CHECK(second.wait() == 2);
    CHECK(error_of(second.out)["code"] == "listen");
    CHECK(contains(second.err, relay.address()));
}

TEST_CASE("A run exits with 3 for a relay of another network and names both magics", "[programs][follow]") {
    const Relay relay({"--synthetic", "5"}, "764824073");
    Program follow("follow", {"--magic", "3735928559", "--json", relay.address()});
    CHECK(follow.wait() == 3);
    CHECK(error_of(follow.out)["code"] == "magic_mismatch");
    CHECK(contains(follow.err, "764824073"));
    CHECK(contains(follow.err, "3735928559"));
}

TEST_CASE("Control characters in a refusal are escaped, in text and in JSON", "[programs][follow]") {
    // Erase the screen, a quote, a line's end, half of a character and a byte that is none.
    const FakeRelay relay(bytes("00000000 8000 0013 8202 83020e 6d 1b5b324a 22 0a 7b e280ae 00 c3ff"));
    Program follow("follow", {"--magic", "1", "--json", relay.address()});
    const int code = follow.wait();
    INFO(follow.err);
    CHECK((code == 3 || code == 5));  // the words may also be too broken to be text
    (void)error_of(follow.out);
    CHECK(!contains(follow.err, "\x1b"));
    CHECK(!contains(follow.err, "\xe2\x80\xae"));
}

TEST_CASE("A run exits with 4 after its time limit if the relay sends nothing", "[programs]") {
    const FakeRelay silent({});
    Program follow("follow", {"--magic", "1", "--timeout", "0.2", "--json", silent.address()});
    CHECK(follow.wait() == 4);
    CHECK(error_of(follow.out)["code"] == "timed-out");
}

TEST_CASE("A wait at the tip exits with 4 after its time limit", "[programs][follow]") {
    const Relay relay({"--synthetic", "5"});
    Program follow("follow", {"--magic", "1", "--timeout", "0.2", "--count", "6", "--json", relay.address()});
    CHECK(follow.wait() == 4);
    CHECK(json_lines(follow.out).size() == 8);  // the intersection, five headers, the tip, the error
}

TEST_CASE("A run exits with 5 and names the rule if the relay breaks the protocol", "[programs]") {
    struct Row {
        const char* segments;
        const char* code;
    };
    const std::vector<Row> rows{
        {"00000000 8002 0001 ff", "malformed"},
        {"00000000 8002 0000", "empty_segment"},
        {"00000000 8063 0001 00", "unknown_protocol"},
        {"00000000 8002 0002 8101", "out_of_turn"},  // AwaitReply where an intersection is asked for
        {"00000000 0002 0002 8100", "wrong_direction"},
    };
    for (const Row& row : rows) {
        INFO(row.code);
        const FakeRelay relay(bytes(accepts + row.segments));
        Program follow("follow", {"--magic", "1", "--json", relay.address()});
        CHECK(follow.wait() == 5);
        CHECK(error_of(follow.out)["code"] == row.code);
        CHECK(contains(follow.err, relay.address()));
    }
}

TEST_CASE("A run exits with 6 if the relay does not have the requested data", "[programs]") {
    const Relay relay({"--synthetic", "5"});
    Program follow("follow", {"--magic", "1", "--from", nowhere, "--json", relay.address()});
    CHECK(follow.wait() == 6);
    CHECK(error_of(follow.out)["code"] == "no_intersection");

    const support::TemporaryDirectory scratch;
    Program fetch("fetch", {"--magic", "1", "--from", nowhere, "--to", later, "--json", "--out",
                            (scratch.path() / "blocks").string(), relay.address()});
    CHECK(fetch.wait() == 6);
    CHECK(error_of(fetch.out)["code"] == "no_blocks");
    CHECK(fs::is_empty(scratch.path()));

    const Relay another({"--synthetic", "5"});
    Program several("fetch", {"--magic", "1", "--from", nowhere, "--to", later, "--json", "--out",
                              (scratch.path() / "blocks").string(), relay.address(), another.address()});
    CHECK(several.wait() == 6);
    CHECK(error_of(several.out)["code"] == "no_blocks");
    CHECK(fs::is_empty(scratch.path()));
}

TEST_CASE("A run exits with 7 if its output cannot be written, and leaves no file of that name", "[programs]") {
    const Relay relay({"--synthetic", "100x2000"});
    std::vector<Json> headers;
    {
        Program follow("follow", {"--magic", "1", "--count", "100", "--json", relay.address()});
        REQUIRE(follow.wait() == 0);
        headers = json_lines(follow.out);
    }
    const auto point = [](const Json& line) {
        return std::to_string(line["slot"].get<std::uint64_t>()) + "." + line["hash"].get<std::string>();
    };
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "blocks").string();
    std::vector<std::string> fetching{
        "--magic", "1", "--json", relay.address(), "--from", point(headers[1]), "--to", point(headers[100]), "--out"};
    Program::Options options;

    SECTION("a disk that fills up during the run") {
        options.largest_file = 50'000;
        fetching.push_back(file);
        Program fetch("fetch", fetching, options);
        CHECK(fetch.wait() == 7);
        CHECK(error_of(fetch.out)["code"] == "failed");
        CHECK(contains(fetch.err, file));
        CHECK(!fs::exists(file));
        CHECK(fs::exists(file + ".part"));
    }
    SECTION("a missing directory") {
        fetching.push_back((scratch.path() / "none" / "blocks").string());
        Program fetch("fetch", fetching);
        CHECK(fetch.wait() == 7);
        CHECK(contains(fetch.err, "none/blocks"));
    }
    SECTION("a directory in the file's place") {
        fetching.push_back(scratch.path().string());
        Program fetch("fetch", fetching);
        CHECK(fetch.wait() == 7);
        CHECK(!fs::exists(scratch.path().string() + ".part"));
    }
    SECTION("a device that is always full") {
        options.out = "/dev/full";
        Program follow("follow", {"--magic", "1", relay.address()}, options);
        CHECK(follow.wait() == 7);
        CHECK(contains(follow.err, "No space left"));
    }
}

TEST_CASE("An interrupted fetch exits with 130 and leaves no file behind", "[programs][fetch]") {
    const FakeRelay silent(bytes(accepts));
    const support::TemporaryDirectory scratch;
    Program fetch("fetch", {"--magic", "1", "--from", nowhere, "--to", later, "--json", "--out",
                            (scratch.path() / "blocks").string(), silent.address()});
    CHECK(contains(fetch.note(), "connected"));
    CHECK(fs::exists(scratch.path() / "blocks.part"));
    fetch.interrupt();
    CHECK(fetch.wait() == 130);
    CHECK(json_lines(fetch.out).back()["event"] == "done");
    CHECK(fs::is_empty(scratch.path()));
}

TEST_CASE("A damaged chain is not served", "[programs][relay]") {
    const support::TemporaryDirectory scratch;
    const std::vector<std::uint8_t> nonsense(100, 0x55);
    scratch.write("00000.chunk", nonsense);
    scratch.write("00000.secondary", nonsense);
    Program relay("relay",
                  {"--magic", "1", "--listen", "127.0.0.1:0", "--json", "--immutable", scratch.path().string()});
    CHECK(relay.wait() == 7);
    CHECK(contains(error_of(relay.out)["message"].get<std::string>(), "00000"));
}
