#include <filesystem>

#include "programs/points.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

namespace fs = std::filesystem;

/// A relay that takes the place of one that has left.
class Successor {
  public:
    Successor(const std::string& address, const std::string& chain)
        : program_("relay", {"--listen", address, "--json", "--magic", "1", "--synthetic", chain}) {
        REQUIRE(contains(program_.line(), "listening"));
    }

  private:
    Program program_;
};

void end(Relay& relay) {
    relay.program.interrupt();
    (void)relay.program.wait();
}

}  // namespace

TEST_CASE("A follower of one relay waits for the relay after losing it", "[programs][follow][lost]") {
    Relay relay({"--synthetic", "20"});
    Program follow("follow", {"--magic", "1", "--count", "30", "--timeout", "60", "--json", relay.address()});
    std::string lines, line;
    do lines += (line = follow.line()) + "\n";
    while (!contains(line, "at-tip"));
    end(relay);
    CHECK(contains(follow.note(), "connected"));
    CHECK(contains(follow.note(), "trying again"));
    const Successor successor(relay.address(), "40");
    CHECK(follow.wait() == 0);
    CHECK(points_in(lines + follow.out).size() == 30);
    CHECK(!contains(follow.out, "roll-backward"));
}

TEST_CASE("A fetch from one relay continues when the relay returns", "[programs][fetch][lost]") {
    Relay relay({"--synthetic", "3000x5000"});
    const auto points = points_of(relay, 3'000);
    Program whole("fetch", {"--magic", "1", "--from", points.front(), "--to", points.back(), relay.address()});
    REQUIRE(whole.wait() == 0);
    const support::TemporaryDirectory scratch;
    const fs::path out = scratch.path() / "out";
    Program fetch("fetch", {"--magic", "1", "--from", points.front(), "--to", points.back(), "--timeout", "60",
                            "--json", "--out", out.string(), relay.address()});
    // The program writes no more than its pipe takes while nothing reads it: it is not through when the relay ends.
    const std::string first = fetch.line();
    end(relay);
    const Successor successor(relay.address(), "3000x5000");
    CHECK(fetch.wait() == 0);
    INFO(fetch.err);
    CHECK(contains(fetch.err, "trying again"));
    const auto lines = json_lines(first + "\n" + fetch.out);
    REQUIRE(lines.size() == 3'001);
    for (std::size_t i = 0; i < 3'000; ++i) CHECK(lines[i]["index"] == i);
    CHECK((content(out) == whole.out));
}

TEST_CASE("A run exits with 2 at its time limit if the relay does not return", "[programs][follow][fetch][lost]") {
    Relay relay({"--synthetic", "3000x5000"});
    const auto points = points_of(relay, 3'000);
    std::vector<std::string> arguments{"--magic", "1", "--timeout", "1", "--json", relay.address()};
    const std::string name = GENERATE("follow", "fetch");
    if (name == "fetch") arguments = join(arguments, {"--from", points.front(), "--to", points.back()});
    Program program(name, arguments);
    const std::string first = program.line();
    end(relay);
    CHECK(program.wait() == 2);
    CHECK(contains(program.err, "trying again"));
    CHECK(contains(program.err, "error: " + relay.address()));
    CHECK(json_lines(first + "\n" + program.out).back()["event"] == "error");
}

TEST_CASE("With --retry a run waits for a relay that is not reachable yet", "[programs][follow][fetch][lost]") {
    std::string address;
    std::vector<std::string> points;
    {
        const Relay relay({"--synthetic", "20"});
        address = relay.address();
        points = points_of(relay, 20);
    }
    std::vector<std::string> arguments{"--magic", "1", "--retry", "--timeout", "0.1", "--json", address};
    const std::string name = GENERATE("follow", "fetch");
    if (name == "fetch") arguments = join(arguments, {"--from", points[0], "--to", points[19]});
    if (name == "follow") arguments = join(arguments, {"--count", "20"});
    Program program(name, arguments);
    CHECK(contains(program.note(), "trying again"));
    const Successor successor(address, "20");
    CHECK(program.wait() == 0);
}

TEST_CASE("A fetch from several relays continues with one that has more blocks", "[programs][fetch][lost]") {
    const Relay behind({"--synthetic", "5"}), other({"--synthetic", "7"}), further({"--synthetic", "20"});
    const auto points = points_of(further, 20);
    REQUIRE(points_of(behind, 5).back() == points[4]);
    for (int run = 0; run < 3; ++run) {
        Program fetch("fetch", {"--magic", "1", "--from", points[0], "--to", points[19], "--json", behind.address(),
                                other.address(), further.address()});
        CHECK(fetch.wait() == 0);
        INFO(fetch.err);
        CHECK(json_lines(fetch.out).back()["blocks"] == 20);
    }
    Program fetch("fetch", {"--magic", "1", "--from", points[0], "--to", points[19], "--timeout", "1.5", "--json",
                            behind.address(), other.address()});
    CHECK(fetch.wait() == 6);
    CHECK(contains(fetch.err, "or does not have"));
}

TEST_CASE("A follower prints nothing more after its number of headers", "[programs][follow]") {
    const Relay relay({"--synthetic", "20"});
    for (int run = 0; run < 3; ++run) {
        Program follow("follow", {"--magic", "1", "--count", "2", "--json", relay.address()});
        CHECK(follow.wait() == 0);
        const auto lines = json_lines(follow.out);
        REQUIRE(lines.size() == 4);
        CHECK(lines[0]["event"] == "intersected");
        CHECK(lines[1]["event"] == "roll-forward");
        CHECK(lines[2]["event"] == "roll-forward");
        CHECK(lines[3] == Json{{"event", "done"}, {"headers", 2}});
    }
}

TEST_CASE("A run exits with 6 and the reason if the chains of all relays fork before --from", "[programs][follow]") {
    Relay one({"--synthetic", "20x1000"}), other({"--synthetic", "20x1000"});
    const std::string from = points_of(one, 20).back();
    Program follow("follow",
                   {"--magic", "1", "--from", from, "--timeout", "60", "--json", one.address(), other.address()});
    Json line;
    do line = Json::parse(follow.line(), nullptr, false);
    while (line.is_object() && line["event"] != "at-tip");
    REQUIRE(line.is_object());
    Relay& upstream = line["peer"] == one.address() ? one : other;
    Relay& standing_by = &upstream == &one ? other : one;
    for (int both = 0; both < 2; ++both) CHECK(contains(follow.note(), "connected"));

    // The one that stands by comes back with another chain, and then the upstream does.
    end(standing_by);
    const Successor successor(standing_by.address(), "20x2000");
    while (!contains(follow.note(), "connected to " + standing_by.address())) {
    }
    end(upstream);
    const Successor other_successor(upstream.address(), "20x2000");
    CHECK(follow.wait() == 6);
    INFO(follow.err);
    const auto rest = json_lines(follow.out);
    REQUIRE(!rest.empty());
    CHECK(rest.back()["code"] == "no_intersection");
    CHECK(contains(follow.err, "differs from what was printed"));
    CHECK(contains(follow.err, from));
}

TEST_CASE("After a disconnect during the handshake the program suggests checking the network", "[programs][follow]") {
    const FakeRelay leaving({}, FakePeer::Leaves::at_once);
    Program follow("follow", {"--magic", "1", "--json", leaving.address()});
    CHECK(follow.wait() == 2);
    CHECK(contains(json_lines(follow.out).back()["message"], "is 1 the magic"));

    const support::TemporaryDirectory scratch;
    const std::string socket = (scratch.path() / "node.socket").string();
    const FakeNode node(socket, {}, FakePeer::Leaves::at_once);
    Program local("follow", {"--magic", "1", "--json", socket});
    CHECK(local.wait() == 2);
    CHECK(contains(json_lines(local.out).back()["message"], "is 1 the magic"));
}

TEST_CASE("An IPv4 address written as IPv6 connects", "[programs][follow]") {
    const Relay relay({"--synthetic", "5"});
    const std::string port = relay.address().substr(relay.address().find(':'));
    Program follow("follow", {"--magic", "1", "--count", "5", "[::ffff:127.0.0.1]" + port});
    CHECK(follow.wait() == 0);
}
