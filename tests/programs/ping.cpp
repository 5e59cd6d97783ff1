// `ping` against relays, nodes, and servers that misbehave.

#include <algorithm>
#include <cstdlib>

#include "programs/answers.hpp"
#include "programs/black_hole.hpp"
#include "programs/dripping_relay.hpp"
#include "programs/mock_node.hpp"
#include "programs/program.hpp"
#include "support/catch.hpp"

using namespace programs;

namespace {

using Arguments = std::vector<std::string>;

/// A run of `ping` with JSON.
struct Ping {
    explicit Ping(Arguments arguments) {
        arguments.insert(arguments.begin(), {"--magic", "1", "--json", "--interval", "0"});
        Program program("ping", std::move(arguments));
        code = program.wait();
        err = program.err;
        lines = json_lines(program.out);
        REQUIRE_FALSE(lines.empty());
        CHECK(lines.back()["event"] == "done");
        CHECK(program.out.find('\033') == std::string::npos);
        CHECK(err.find('\033') == std::string::npos);
    }
    [[nodiscard]] std::vector<Json> of(const std::string& event) const {
        std::vector<Json> found;
        std::copy_if(lines.begin(), lines.end(), std::back_inserter(found),
                     [&](const Json& line) { return line["event"] == event; });
        return found;
    }
    /// The end of the only target.
    [[nodiscard]] Json target() const {
        const auto all = of("target");
        REQUIRE(all.size() == 1);
        return all[0];
    }

    int code = -1;
    std::string err;
    std::vector<Json> lines;
};

}  // namespace

TEST_CASE("ping measures each step and rounds of keep-alive", "[programs][ping]") {
    const Relay relay({"--synthetic", "5"});
    const Ping ping({"-c", "5", relay.address()});
    CHECK(ping.code == 0);
    const auto opened = ping.of("connected");
    REQUIRE(opened.size() == 1);
    CHECK(opened[0]["target"] == relay.address());
    CHECK(opened[0]["look_up_ms"].is_null());
    CHECK(opened[0]["connect_ms"].get<double>() > 0);
    CHECK(opened[0]["handshake_ms"].get<double>() > 0);
    CHECK(opened[0]["version"] == 15);
    const auto rounds = ping.of("round");
    REQUIRE(rounds.size() == 5);
    std::vector<double> times;
    for (const Json& round : rounds) times.push_back(round["round_trip_ms"].get<double>());
    std::sort(times.begin(), times.end());
    const Json target = ping.target();
    CHECK(target["rounds"] == 5);
    CHECK(target["min_ms"] == times[0]);
    CHECK(target["median_ms"] == times[2]);
    CHECK(target["p90_ms"] == times[4]);
    CHECK(target["max_ms"] == times[4]);
    CHECK(target["deviation_ms"].get<double>() >= 0);
    CHECK_FALSE(target.contains("code"));
    CHECK(ping.lines.back() == Json{{"event", "done"}, {"targets", 1}, {"failed", 0}});
}

TEST_CASE("ping measures many targets at once, and ends with the code of the worst", "[programs][ping]") {
    const Relay relay({"--synthetic", "5"}), other({"--synthetic", "5"}, "2");
    const std::string unused = unused_address();
    const Ping ping({"-c", "1", relay.address(), other.address(), unused});
    CHECK(ping.code == 3);
    CHECK(ping.lines.back() == Json{{"event", "done"}, {"targets", 3}, {"failed", 2}});
    CHECK(ping.of("round").size() == 1);
    for (const Json& target : ping.of("target")) {
        if (target["target"] == unused) CHECK(target["code"] == "connect_failed");
        if (target["target"] == relay.address()) CHECK(target["rounds"] == 1);
    }
    const Ping two({"-c", "1", relay.address(), unused});
    CHECK(two.code == 2);
}

TEST_CASE("ping names both networks of a mismatch", "[programs][ping]") {
    const Relay relay({"--synthetic", "5"}, "2");
    const Ping ours({relay.address()});
    CHECK(ours.target()["code"] == "magic_mismatch");
    CHECK(contains(ours.target()["message"], "network preview (2), not of preprod (1)"));

    const FakeRelay reference(
        refusal("version data mismatch: NodeToNodeVersionData {networkMagic = NetworkMagic {unNetworkMagic = 4}, "
                "query = False} /= NodeToNodeVersionData {networkMagic = NetworkMagic {unNetworkMagic = 1}}"));
    const Ping theirs({reference.address()});
    CHECK(theirs.code == 3);
    CHECK(contains(theirs.target()["message"], "network sanchonet (4), not of preprod (1)"));

    const FakeRelay vague(refusal("version data mismatch: magic"));
    const Ping unnamed({vague.address()});
    CHECK(contains(unnamed.target()["message"], "another network, not of preprod (1)"));

    const FakeRelay accepts(handshake("83010f8402f400f4"));  // version 15 with its own data
    const Ping accepted({accepts.address()});
    CHECK(accepted.code == 3);
    CHECK(contains(accepted.target()["message"], "network preview (2), not of preprod (1)"));
}

TEST_CASE("ping asks for the versions of a relay and of a node", "[programs][ping]") {
    const Relay relay({"--synthetic", "5"});
    const MockNode node;
    const Ping ping({"--versions", relay.address()});
    CHECK(ping.code == 0);
    const auto versions = ping.of("versions");
    REQUIRE(versions.size() == 1);
    REQUIRE(versions[0]["versions"].size() >= 2);
    CHECK(versions[0]["versions"][0]["version"] == 14);
    CHECK(versions[0]["versions"][0]["magic"] == 1);
    CHECK(versions[0]["versions"][0]["peer_sharing"] == false);
    CHECK(ping.of("round").empty());
    Program local("ping", {"--magic", "42", "--versions", node.socket});
    CHECK(local.wait() == 0);
    CHECK(contains(local.out, "version 16, network 42"));
    CHECK(contains(local.out, "version 23, network 42"));

    const FakeRelay old(handshake("83010e8401f400f4"));  // accepts: it does not know the query
    const Ping accepted({"--versions", old.address()});
    CHECK(accepted.code == 0);
    REQUIRE(accepted.of("versions").size() == 1);
    CHECK(accepted.of("versions")[0]["versions"].size() == 1);
}

TEST_CASE("ping --handshake ends after the handshake", "[programs][ping]") {
    const Relay relay({"--synthetic", "5"});
    const Ping ping({"--handshake", relay.address()});
    CHECK(ping.code == 0);
    CHECK(ping.of("connected").size() == 1);
    CHECK(ping.of("round").empty());
    CHECK(ping.target()["rounds"] == 0);
}

TEST_CASE("ping asks for the tip of a relay, and of a node over its socket", "[programs][ping]") {
    const Relay relay({"--synthetic", "7"});
    const Ping ping({"--tip", "-c", "2", relay.address()});
    CHECK(ping.code == 0);
    const auto tips = ping.of("tip");
    REQUIRE(tips.size() == 2);
    CHECK(tips[1]["block"] == 6);  // the first one is 0
    CHECK(tips[1]["hash"].get<std::string>().size() == 64);

    const MockNode node;
    Program local("ping", {"--magic", "42", "--json", "--interval", "0", "-c", "3", node.socket});
    CHECK(local.wait() == 0);
    const auto lines = json_lines(local.out);
    CHECK(std::count_if(lines.begin(), lines.end(), [](const Json& line) { return line["event"] == "tip"; }) == 3);
}

TEST_CASE("ping times the look-up of a name", "[programs][ping]") {
    const Relay relay({"--synthetic", "5"});
    const std::string port = relay.address().substr(relay.address().rfind(':'));
    const Ping ping({"-c", "1", "localhost" + port});
    CHECK(ping.code == 0);
    REQUIRE(ping.of("connected").size() == 1);
    CHECK(ping.of("connected")[0]["look_up_ms"].get<double>() > 0);
    CHECK(ping.of("connected")[0]["address"] == relay.address());
}

TEST_CASE("ping -q prints only the summary, and no colors where stdout is no terminal", "[programs][ping]") {
    const Relay relay({"--synthetic", "5"});
    Program quiet("ping", {"--magic", "1", "-q", "--interval", "0", relay.address()});
    CHECK(quiet.wait() == 0);
    CHECK(std::count(quiet.out.begin(), quiet.out.end(), '\n') == 2);
    CHECK(contains(quiet.out, "median"));
    CHECK(quiet.out.find('\033') == std::string::npos);
    // The rows have the order of the targets, whichever ends first.
    const std::string unused = unused_address();
    Program two("ping", {"--magic", "1", "-q", "--interval", "0", relay.address(), unused});
    CHECK(two.wait() == 2);
    CHECK(two.out.find(relay.address()) < two.out.find(unused));
    const Ping json({"-q", relay.address()});
    CHECK(json.lines.size() == 2);
}

TEST_CASE("ping has colors on a terminal", "[programs][ping]") {
    const Relay relay({"--synthetic", "5"});
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    Program::Options options;
    options.terminal_out = true;
    Program ping("ping", {"--magic", "1", "-c", "1", relay.address()}, options);
    CHECK(ping.wait() == 0);
    CHECK(contains(ping.out, "\033[32m"));
    ::setenv("NO_COLOR", "1", 1);
    Program plain("ping", {"--magic", "1", "-c", "1", relay.address()}, options);
    CHECK(plain.wait() == 0);
    CHECK(plain.out.find('\033') == std::string::npos);
    ::unsetenv("NO_COLOR");
}

TEST_CASE("ping prints its summary when it is interrupted", "[programs][ping]") {
    const Relay relay({"--synthetic", "5"});
    Program ping("ping", {"--magic", "1", "--json", "-c", "0", "--interval", "90", relay.address()});
    REQUIRE(Json::parse(ping.line())["event"] == "connected");
    REQUIRE(Json::parse(ping.line())["event"] == "round");
    ping.interrupt();
    CHECK(ping.wait() == 130);
    const auto lines = json_lines(ping.out);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0]["rounds"] == 1);
    CHECK(lines[1]["failed"] == 0);
}

TEST_CASE("ping gives up a target that does not answer in time", "[programs][ping]") {
    const Relay relay({"--synthetic", "5"});
    const BlackHole hole;
    const FakeRelay silent({});
    const DrippingRelay dripping;
    const FakeRelay falls_silent(handshake("83010f8401f400f4"));
    const Ping ping({"--timeout", "0.3", "-c", "1", hole.address(), silent.address(), dripping.address(),
                     falls_silent.address(), relay.address()});
    CHECK(ping.code == 4);
    CHECK(ping.lines.back()["failed"] == 4);
    for (const Json& target : ping.of("target")) {
        INFO(target.dump());
        if (target["target"] == relay.address())
            CHECK_FALSE(target.contains("code"));
        else if (target["target"] == hole.address())
            CHECK(target["code"] == "connect_timeout");
        else
            CHECK(target["code"] == "deadline_passed");
    }
}

TEST_CASE("ping refuses an endless list of versions", "[programs][ping]") {
    const FakeRelay relay(ten_thousand_versions());
    const Ping ping({"--versions", relay.address()});
    CHECK(ping.code == 5);
    CHECK(ping.of("versions").empty());
}

TEST_CASE("ping escapes the text of a refusal", "[programs][ping]") {
    const FakeRelay relay(refusal("\033[2J\033[31mgone\007"));
    const Ping ping({relay.address()});  // checks that there is no escape code
    CHECK(ping.code == 3);
    CHECK(ping.target()["code"] == "handshake_refused");
    CHECK(contains(ping.target()["message"], "gone"));
}

TEST_CASE("ping reports the violation of a relay", "[programs][ping]") {
    auto answer = handshake("83010f8401f400f4");
    const auto wrong = bytes("00000000 8008 0005 8201 19abcd");  // a keep-alive that was not asked for
    answer.insert(answer.end(), wrong.begin(), wrong.end());
    const FakeRelay relay(answer);
    const Ping ping({relay.address()});
    CHECK(ping.code == 5);
    CHECK(ping.target()["code"] == "cookie_mismatch");
}

TEST_CASE("ping refuses targets that it cannot read", "[programs][ping]") {
    const Arguments bad{"https://relay.example", "127.0.0.1", "::1", "relay.example:99999", "0.0.0.0:3001"};
    for (const std::string& target : bad) {
        Program ping("ping", {"--magic", "1", target});
        CHECK(ping.wait() == 1);
        CHECK(contains(ping.err, "TARGET"));
    }
    Program none("ping", {"--magic", "1"});
    CHECK(none.wait() == 1);
    Program both("ping", {"--magic", "1", "--tip", "--versions", "127.0.0.1:1"});
    CHECK(both.wait() == 1);
}
