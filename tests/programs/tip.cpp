// `tip` against relays and nodes at different heights, and servers that misbehave.

#include <algorithm>
#include <memory>

#include "programs/mock_node.hpp"
#include "programs/program.hpp"
#include "support/catch.hpp"

using namespace programs;

namespace {

std::vector<Json> of(const std::vector<Json>& lines, const std::string& event) {
    std::vector<Json> found;
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(found),
                 [&](const Json& line) { return line["event"] == event; });
    return found;
}

}  // namespace

TEST_CASE("tip compares relays, the best first", "[programs][tip]") {
    const Relay low({"--synthetic", "5"}), high({"--synthetic", "9"}), same({"--synthetic", "9"});
    Program tip("tip", {"--magic", "1", "--json", low.address(), high.address(), same.address()});
    CHECK(tip.wait() == 0);
    const auto lines = json_lines(tip.out);
    const auto rows = of(lines, "tip");
    REQUIRE(rows.size() == 3);
    CHECK(rows[2]["target"] == low.address());
    CHECK(rows[2]["block"] == 4);  // the first one is 0
    CHECK(rows[2]["blocks_behind"] == 4);
    CHECK(rows[2]["slots_behind"].get<std::uint64_t>() > 0);
    for (int i = 0; i < 2; ++i) {
        CHECK(rows[i]["block"] == 8);
        CHECK(rows[i]["blocks_behind"] == 0);
        CHECK(rows[i]["slots_behind"] == 0);
        CHECK(rows[i]["other_block"] == false);
        CHECK(rows[i]["round_trip_ms"].get<double>() > 0);
    }
    CHECK(lines.back()["event"] == "done");
    CHECK(lines.back()["best"]["block"] == 8);
    CHECK(lines.back()["failed"] == 0);
}

TEST_CASE("tip shows relays that fail behind the others, and ends with the code of the worst", "[programs][tip]") {
    const Relay relay({"--synthetic", "5"}), other({"--synthetic", "5"}, "2");
    const FakeRelay silent({});
    const std::string closed = unused_address();
    Program tip("tip", {"--magic", "1", "--json", "--timeout", "0.3", closed, other.address(), silent.address(),
                        relay.address()});
    CHECK(tip.wait() == 4);
    const auto lines = json_lines(tip.out);
    REQUIRE(lines.size() == 5);
    CHECK(lines[0]["target"] == relay.address());
    CHECK(of(lines, "failed").size() == 3);
    for (const Json& line : of(lines, "failed"))
        if (line["target"] == other.address())
            CHECK(contains(line["message"], "network preview (2), not of preprod (1)"));
    CHECK(lines.back()["failed"] == 3);
    Program text("tip", {"--magic", "1", closed});
    CHECK(text.wait() == 2);
    CHECK(contains(text.out, closed));
    CHECK(text.out.find('\033') == std::string::npos);
}

TEST_CASE("tip works over the socket of a node", "[programs][tip]") {
    const MockNode node;
    Program tip("tip", {"--magic", "42", "--json", node.socket});
    CHECK(tip.wait() == 0);
    const auto rows = of(json_lines(tip.out), "tip");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0]["block"] == 19);
}

TEST_CASE("tip --watch asks over the same connection, and dials again where it was lost", "[programs][tip]") {
    Relay relay({"--synthetic", "5"});
    {
        Program tip("tip", {"--magic", "1", "--json", "--watch", "-c", "3", "--interval", "0.1", relay.address()});
        CHECK(tip.wait() == 0);
        const auto rounds = of(json_lines(tip.out), "done");
        REQUIRE(rounds.size() == 3);
        CHECK(rounds[2]["round"] == 3);
    }
    relay.program.terminate();
    CHECK(relay.program.wait() == 0);
    const auto lines = json_lines(relay.program.out);
    CHECK(lines.back()["connections"] == 1);
}

TEST_CASE("tip --watch notices that a relay is gone, and ends in good order when it is interrupted",
          "[programs][tip]") {
    auto relay = std::make_unique<Relay>(std::vector<std::string>{"--synthetic", "5"});
    Program tip("tip", {"--magic", "1", "--json", "--watch", "--interval", "0.1", relay->address()});
    CHECK(Json::parse(tip.line())["event"] == "tip");
    CHECK(Json::parse(tip.line())["failed"] == 0);
    relay.reset();
    Json line;
    do line = Json::parse(tip.line());
    while (line["event"] != "failed");
    CHECK(line["code"] == "connect_failed");
    tip.interrupt();
    CHECK(tip.wait() == 130);
}

TEST_CASE("tip prints a table for people", "[programs][tip]") {
    const Relay relay({"--synthetic", "5"});
    Program tip("tip", {"--magic", "1", relay.address()});
    CHECK(tip.wait() == 0);
    CHECK(std::count(tip.out.begin(), tip.out.end(), '\n') == 2);
    CHECK(contains(tip.out, "behind"));
    CHECK(contains(tip.out, relay.address()));
}

TEST_CASE("tip --watch on a terminal clears the screen, and leaves what has scrolled away", "[programs][tip]") {
    const Relay relay({"--synthetic", "5"});
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    Program::Options options;
    options.terminal_out = true;
    Program tip("tip", {"--magic", "1", "--watch", "-c", "1", relay.address()}, options);
    CHECK(tip.wait() == 0);
    CHECK(tip.out.starts_with("\033[H\033[2J"));
    CHECK_FALSE(contains(tip.out, "\033[3J"));
}
