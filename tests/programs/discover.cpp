#include <algorithm>

#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

std::vector<std::string> sharing(const std::vector<std::string>& others) {
    std::vector<std::string> arguments{"--synthetic", "5"};
    for (const auto& other : others) {
        arguments.emplace_back("--share");
        arguments.push_back(other);
    }
    return arguments;
}

std::vector<Json> of(const std::vector<Json>& lines, const std::string& event) {
    std::vector<Json> result;
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(result),
                 [&](const Json& line) { return line["event"] == event; });
    return result;
}

}  // namespace

TEST_CASE("discover visits each node once, the near ones first", "[programs][discover]") {
    const std::string nobody = nobodys_address();
    const Relay last({"--synthetic", "5"});  // shares nothing
    const Relay second(sharing({last.address(), nobody}));
    const Relay first(sharing({second.address(), last.address()}));
    Program discover("discover", {"--magic", "1", "--json", "--at-once", "1", first.address()});
    CHECK(discover.wait() == 0);
    const auto lines = json_lines(discover.out);
    const auto nodes = of(lines, "node");
    REQUIRE(nodes.size() == 3);
    CHECK(nodes[0]["peer"] == first.address());
    CHECK(nodes[0]["told"] == 2);
    CHECK(nodes[0]["depth"] == 0);
    CHECK(nodes[0]["version"] == 15);
    CHECK(nodes[0]["shares"] == true);
    CHECK(nodes[0]["round_trip_ms"].get<double>() > 0);
    for (std::size_t i = 1; i < 3; ++i) {
        const bool shares = nodes[i]["peer"] == second.address();
        CHECK((shares || nodes[i]["peer"] == last.address()));
        CHECK(nodes[i]["shares"] == shares);
        CHECK(nodes[i]["told"] == (shares ? 2 : 0));
        CHECK(nodes[i]["depth"] == 1);
    }
    const auto lost = of(lines, "unreachable");
    REQUIRE(lost.size() == 1);
    CHECK(lost[0]["peer"] == nobody);
    CHECK(lost[0]["reason"] == "connect_failed");
    CHECK(lost[0]["depth"] == 2);
    CHECK(lines.back() == Json{{"event", "done"}, {"nodes", 3}, {"unreachable", 1}, {"unvisited", 0}});
}

TEST_CASE("discover visits no more nodes than it may", "[programs][discover]") {
    const Relay second({"--synthetic", "5"});
    const Relay first(sharing({second.address(), nobodys_address()}));
    Program discover("discover", {"--magic", "1", "--max-nodes", "1", first.address()});
    CHECK(discover.wait() == 0);
    CHECK(discover.out.find(first.address()) != std::string::npos);
    CHECK(discover.out.find(second.address()) == std::string::npos);
    CHECK(discover.err.find("1 nodes, 0 could not be reached, 2 not visited") != std::string::npos);
}

TEST_CASE("discover among nobody ends with the reason", "[programs][discover]") {
    Program discover("discover", {"--magic", "1", "--json", nobodys_address()});
    CHECK(discover.wait() == 2);
    CHECK(json_lines(discover.out).back()["code"] == "connect_failed");
    const Relay relay({"--synthetic", "5"}, "2");
    Program refused("discover", {"--magic", "1", "--json", relay.address()});
    CHECK(refused.wait() == 3);
}

TEST_CASE("discover ends after its time, or when nothing moves", "[programs][discover]") {
    const FakeRelay silent({});
    Program discover("discover", {"--magic", "1", "--seconds", "0.2", "--json", silent.address()});
    CHECK(discover.wait() == 0);
    CHECK(json_lines(discover.out).back() ==
          Json{{"event", "done"}, {"nodes", 0}, {"unreachable", 0}, {"unvisited", 0}});
    const FakeRelay another({});
    Program stuck("discover", {"--magic", "1", "--timeout", "0.2", "--json", another.address()});
    CHECK(stuck.wait() == 4);
}

TEST_CASE("follow takes its relays from a topology file, too", "[programs][follow]") {
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
}
