#include <ouro/emulation/network.hpp>

#include <stdexcept>

#include "support/catch.hpp"
#include "unit/emulation/toy.hpp"

using namespace ouro;
using namespace ouro::emulation;
using namespace std::chrono_literals;
using namespace toy;

namespace {

/// Alice has dialled Bob, and both are connected.
struct Pair {
    explicit Pair(const Options& options = {}, toy::Config config = {})
        : net(options), a(net.add<toy::Behavior>(alice, config)), b(net.add<toy::Behavior>(bob, config)) {
        tell(a, toy::Dial{bob});
        REQUIRE(net.run_until([&] { return heard(a, "connected"); }, 1s));
    }
    SimulatedNetwork net;
    Toy& a;
    Toy& b;
};

}  // namespace

TEST_CASE("A message and its answer take two latencies, after two for the dial", "[unit][emulation]") {
    SimulatedNetwork net;
    Toy& a = net.add<toy::Behavior>(alice);
    Toy& b = net.add<toy::Behavior>(bob);
    const Instant start = net.now();
    const auto id = a.execute(toy::Dial{bob});
    REQUIRE(id);
    CHECK(*id == CommandId{1});
    REQUIRE(net.run_until([&] { return heard(a, "connected"); }, 1s));
    CHECK(net.now() == start + 40ms);
    CHECK(b.events().front() == toy::Event{start + 20ms, "connected"});

    tell(a, toy::Ping{7});
    net.run_for(1s);
    CHECK(last(b) == toy::Event{start + 60ms, "sent", 3});
    CHECK(b.events()[1] == toy::Event{start + 60ms, "ping 7"});
    CHECK(last(a) == toy::Event{start + 80ms, "pong 7"});
    CHECK(net.now() == start + 1040ms);
    CHECK(net.connections() == 2);
    CHECK(net.held() == 0);
}

TEST_CASE("The same messages arrive for every cut of the bytes", "[unit][emulation]") {
    Options options;
    options.chunk = GENERATE(as<std::size_t>{}, 1, 2, 3, 7, 8, 9, 65'536);
    options.cut = GENERATE(as<std::size_t>{}, 1, 2, 5, 12'288);
    Pair pair(options);
    for (std::uint16_t i = 0; i < 300; ++i) tell(pair.a, toy::Ping{i});
    tell(pair.a, toy::SendBlock{block_of(1'000)});
    pair.net.run_for(1s);
    CHECK(heard(pair.a, "pong 0"));
    CHECK(heard(pair.a, "pong 299"));
    CHECK(pair.b.events().size() > 302);
    CHECK(count(pair.b, "block") == 1);
    CHECK(pair.net.held() == 0);
}

TEST_CASE("A tick comes exactly when it is due, and at once if the deadline has passed", "[unit][emulation]") {
    SimulatedNetwork net;
    Toy& a = net.add<toy::Behavior>(alice);
    const Instant start = net.now();
    tell(a, toy::Alarm{start + 3'373s});
    CHECK(net.step());
    CHECK(last(a) == toy::Event{start + 3'373s, "alarm"});
    tell(a, toy::Alarm{start});
    CHECK(net.step());
    CHECK(last(a) == toy::Event{start + 3'373s, "alarm"});
    CHECK(count(a, "alarm") == 2);
    CHECK_FALSE(net.step());
}

TEST_CASE("Bytes that arrive at the instant of a deadline are read first", "[unit][emulation]") {
    Pair pair;
    tell(pair.a, toy::Ping{1});
    tell(pair.a, toy::Alarm{pair.net.now() + 40ms});
    pair.net.run_for(1s);
    REQUIRE(pair.a.events().size() >= 2);
    CHECK(last(pair.a).what == "alarm");
    CHECK((pair.a.events().end() - 2)->what == "pong 1");
    CHECK((pair.a.events().end() - 2)->at == last(pair.a).at);
}

TEST_CASE("A behavior that never advances its deadline is an error", "[unit][emulation]") {
    SimulatedNetwork net;
    tell(net.add<toy::Behavior>(alice), toy::Boom{});
    bool thrown = false;
    try {
        net.run_for(1s);
    } catch (const std::logic_error&) {
        thrown = true;
    }
    CHECK(thrown);
}

TEST_CASE("A failed dial ends once, with its reason and at its time", "[unit][emulation]") {
    struct Row {
        Reach reach;
        std::string_view what;
        Duration after;
    };
    const Row row = GENERATE(Row{Reach::answers, "disconnected: connect_failed", 40ms},  // no host
                             Row{Reach::refuses, "disconnected: connect_failed", 40ms},
                             Row{Reach::unreachable, "disconnected: connect_failed", 40ms},
                             Row{Reach::silent, "disconnected: connect_timeout", 10s},
                             Row{Reach::unknown, "disconnected: resolve_failed", 40ms});
    SimulatedNetwork net;
    Toy& a = net.add<toy::Behavior>(alice);
    net.reach(bob, row.reach);
    const Instant start = net.now();
    tell(a, toy::Dial{bob});
    CHECK(net.connections() == 1);
    net.run_for(60s);
    REQUIRE(a.events().size() == 1);
    CHECK(last(a) == toy::Event{start + row.after, std::string(row.what)});
    CHECK(net.connections() == 0);
}

TEST_CASE("A cancelled dial ends at once, and the other side never sees it", "[unit][emulation]") {
    SimulatedNetwork net;
    Toy& a = net.add<toy::Behavior>(alice);
    Toy& b = net.add<toy::Behavior>(bob);
    tell(a, toy::Dial{bob});
    tell(a, toy::HangUp{io::Close::orderly});
    CHECK(last(a) == toy::Event{net.now(), "disconnected: disconnected"});
    net.run_for(60s);
    CHECK(a.events().size() == 1);
    CHECK(b.events().empty());
    CHECK(net.connections() == 0);
}

TEST_CASE("Items without credit wait", "[unit][emulation]") {
    Pair pair({}, toy::Config{1});
    for (int i = 0; i < 5; ++i) tell(pair.a, toy::SendBlock{block_of(100)});
    pair.net.run_for(1s);
    CHECK(count(pair.b, "block") == 1);
    CHECK(pair.net.held() == 4 * (100 + 6));  // with array, tag of the message, tag 24 and the head of its string
    tell(pair.b, toy::Credit{3});
    CHECK(count(pair.b, "block") == 4);
    tell(pair.b, toy::Credit{3});
    CHECK(count(pair.b, "block") == 5);
    CHECK(pair.net.held() == 0);
}

TEST_CASE("An orderly close delivers everything, then ends both sides once", "[unit][emulation]") {
    Pair pair;
    const Instant start = pair.net.now();
    for (int i = 0; i < 3; ++i) tell(pair.a, toy::SendBlock{block_of(1'000'000)});
    tell(pair.a, toy::HangUp{io::Close::orderly, 60s});
    tell(pair.a, toy::Ping{1});  // too late
    pair.net.run_for(120s);
    CHECK(count(pair.b, "block") == 3);
    CHECK_FALSE(heard(pair.b, "ping 1"));
    CHECK(last(pair.b).what == "disconnected: closed_by_peer");
    CHECK(last(pair.a).what == "disconnected: disconnected");
    CHECK(last(pair.a).at < start + 60s);
    CHECK(disconnections(pair.a) == 1);
    CHECK(disconnections(pair.b) == 1);
    CHECK(pair.net.connections() == 0);
    CHECK(pair.net.held() == 0);
}

TEST_CASE("An orderly close does not wait for the peer longer than its linger", "[unit][emulation]") {
    SimulatedNetwork net;
    Toy& a = net.add<toy::Behavior>(alice);
    ScriptedPeer& peer = net.script(bob);
    tell(a, toy::Dial{bob});
    net.run_for(1s);
    const Instant start = net.now();
    tell(a, toy::HangUp{io::Close::orderly, 5s});
    net.run_for(60s);
    CHECK(last(a) == toy::Event{start + 5s, "disconnected: disconnected"});
    CHECK(peer.connections().front().error() == Errc::connection_reset);
    CHECK(net.connections() == 0);
}

TEST_CASE("A reset drops bytes in flight", "[unit][emulation]") {
    Pair pair;
    const Instant start = pair.net.now();
    tell(pair.a, toy::Ping{1});
    pair.net.run_for(10ms);
    tell(pair.a, toy::HangUp{io::Close::reset});
    CHECK(last(pair.a) == toy::Event{start + 10ms, "disconnected: disconnected"});
    pair.net.run_for(60s);
    CHECK_FALSE(heard(pair.b, "ping 1"));
    CHECK(last(pair.b) == toy::Event{start + 30ms, "disconnected: connection_reset"});
    CHECK(disconnections(pair.a) == 1);
    CHECK(disconnections(pair.b) == 1);
    CHECK(pair.net.connections() == 0);
    CHECK(pair.net.held() == 0);
}

TEST_CASE("Bytes that a paused node does not read stop the sender at its send buffer", "[unit][emulation]") {
    Pair pair;
    const auto sent = [&] {
        std::size_t bytes = 0;
        for (const auto& e : pair.a.events())
            if (e.what == "sent") bytes += e.bytes;
        return bytes;
    };
    pair.b.pause(pair.b.behavior().newest(), true);
    tell(pair.a, toy::SendBlock{block_of(1'000'000)});
    pair.net.run_for(60s);
    CHECK(sent() > 255'000);
    CHECK(sent() <= 256 * 1'024);
    CHECK_FALSE(heard(pair.b, "block"));
    CHECK(pair.net.held() > 1'000'000);
    pair.b.pause(pair.b.behavior().newest(), false);
    pair.net.run_for(60s);
    CHECK(heard(pair.b, "block"));
    CHECK(sent() == 1'000'000 + 9);
    CHECK(pair.net.held() == 0);
}

TEST_CASE("Events wait for a slow consumer and are polled in order", "[unit][emulation]") {
    Pair pair;
    pair.b.attend(false);
    tell(pair.a, toy::Ping{1});
    tell(pair.a, toy::Ping{2});
    pair.net.run_for(1s);
    REQUIRE(pair.b.events().size() == 1);
    CHECK(pair.b.poll_event()->what == "connected");
    CHECK(pair.b.poll_event()->what == "ping 1");
    CHECK(pair.b.poll_event()->what == "sent");
    CHECK(pair.b.poll_event()->what == "ping 2");
    CHECK(pair.b.events().empty());
}

TEST_CASE("Behaviors of different types share a network", "[unit][emulation]") {
    SimulatedNetwork net;
    Toy& a = net.add<toy::Behavior>(alice);
    SimulatedNode<toy::Mute>& b = net.add<toy::Mute>(bob);
    tell(a, toy::Dial{bob});
    net.run_for(1s);
    tell(a, toy::Ping{1});
    net.run_for(1s);
    CHECK(b.behavior().heard == 1);
    CHECK_FALSE(heard(a, "pong 1"));
}

TEST_CASE("Jitter keeps the order, and a run is the same for the same seed only", "[unit][emulation]") {
    const auto run = [](std::uint64_t seed) {
        Options options;
        options.seed = seed;
        options.jitter = 100ms;
        Pair pair(options);
        for (std::uint16_t i = 0; i < 50; ++i) {
            tell(pair.a, toy::Ping{i});
            pair.net.run_for(3ms);
        }
        pair.net.run_for(10s);
        std::vector<std::string> pongs;
        for (const auto& e : pair.a.events())
            if (e.what.starts_with("pong")) pongs.push_back(e.what);
        REQUIRE(pongs.size() == 50);
        for (std::size_t i = 0; i < pongs.size(); ++i) CHECK(pongs[i] == "pong " + std::to_string(i));
        return std::pair(pair.a.events(), pair.b.events());
    };
    const auto first = run(1);
    CHECK(run(1) == first);
    CHECK_FALSE(run(2) == first);
}

TEST_CASE("run_until stops when its condition holds or its time has passed", "[unit][emulation]") {
    SimulatedNetwork net;
    Toy& a = net.add<toy::Behavior>(alice);
    const Instant start = net.now();
    tell(a, toy::Alarm{start + 5s});
    CHECK_FALSE(net.run_until([&] { return heard(a, "alarm"); }, 4s));
    CHECK(net.now() == start + 4s);
    CHECK(net.run_until([&] { return heard(a, "alarm"); }, 4s));
    CHECK(net.now() == start + 5s);
}
