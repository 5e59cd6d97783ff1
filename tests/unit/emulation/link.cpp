#include <ouro/emulation/network.hpp>

#include "support/catch.hpp"
#include "unit/emulation/toy.hpp"

using namespace ouro;
using namespace ouro::emulation;
using namespace std::chrono_literals;
using namespace toy;

namespace {

const PeerId carol = PeerId::from_parts("carol", 3001);

/// Alice has dialled Bob, and both are connected.
struct Pair {
    explicit Pair(const Options& options = {})
        : net(options), a(net.add<toy::Behavior>(alice)), b(net.add<toy::Behavior>(bob)) {
        tell(a, toy::Dial{bob});
        REQUIRE(net.run_until([&] { return heard(a, "connected"); }, 10s));
    }
    /// How long a ping takes there, and its pong back.
    std::pair<Duration, Duration> round_trip(std::uint16_t cookie) {
        const Instant start = net.now();
        tell(a, toy::Ping{cookie});
        const std::string ping = "ping " + std::to_string(cookie), pong = "pong " + std::to_string(cookie);
        REQUIRE(net.run_until([&] { return heard(b, ping); }, 10s));
        const Instant there = net.now();
        REQUIRE(net.run_until([&] { return heard(a, pong); }, 10s));
        return {there - start, net.now() - there};
    }
    SimulatedNetwork net;
    Toy& a;
    Toy& b;
};

Link with_latency(Duration latency) {
    Link link;
    link.latency = latency;
    return link;
}

}  // namespace

TEST_CASE("A link is that of the pair, the sender, the receiver or the network", "[unit][emulation]") {
    Pair pair;
    CHECK(pair.round_trip(1) == std::pair(Duration(20ms), Duration(20ms)));
    pair.net.link(with_latency(30ms));
    CHECK(pair.round_trip(2) == std::pair(Duration(30ms), Duration(30ms)));
    pair.net.link(bob, with_latency(40ms));
    CHECK(pair.round_trip(3) == std::pair(Duration(40ms), Duration(40ms)));
    pair.net.link(alice, with_latency(50ms));
    CHECK(pair.round_trip(4) == std::pair(Duration(50ms), Duration(40ms)));
    pair.net.link(alice, bob, with_latency(60ms));
    CHECK(pair.round_trip(5) == std::pair(Duration(60ms), Duration(40ms)));
    pair.net.link(with_latency(10ms));
    CHECK(pair.round_trip(6) == std::pair(Duration(10ms), Duration(10ms)));
}

TEST_CASE("Bytes in flight are not overtaken when a link becomes faster", "[unit][emulation]") {
    Pair pair;
    pair.net.link(with_latency(500ms));
    tell(pair.a, toy::Ping{1});
    pair.net.run_for(1ms);
    pair.net.link(with_latency(1ms));
    tell(pair.a, toy::Ping{2});
    pair.net.run_for(1s);
    CHECK(heard(pair.b, "ping 2"));
    std::vector<std::string> pings;
    for (const auto& e : pair.b.events())
        if (e.what.starts_with("ping")) pings.push_back(e.what);
    CHECK(pings == std::vector<std::string>{"ping 1", "ping 2"});
}

TEST_CASE("A narrow link fills the sender's buffer and delivers at its rate", "[unit][emulation]") {
    Options options;
    options.bandwidth = 10'000;
    options.send_buffer = 20'000;
    Pair pair(options);
    const Instant start = pair.net.now();
    tell(pair.a, toy::SendBlock{block_of(100'000)});
    pair.net.run_for(1s);
    CHECK(pair.net.in_flight() > 9'000);
    CHECK(pair.net.in_flight() <= 20'000);
    REQUIRE(pair.net.run_until([&] { return heard(pair.b, "block"); }, 60s));
    CHECK(pair.net.now() - start > 10s);
    CHECK(pair.net.now() - start < 11s);
}

TEST_CASE("A ping overtakes a block that left before it, and pings keep their order", "[unit][emulation]") {
    Options options;
    options.overtaking = 1s;
    options.cut = 1'000;
    std::size_t overtaken = 0, counted = 0;
    for (options.seed = 1; options.seed <= 10; ++options.seed) {
        Pair pair(options);
        tell(pair.a, toy::SendBlock{block_of(20'000)});
        for (std::uint16_t i = 0; i < 10; ++i) tell(pair.a, toy::Ping{i});
        pair.net.run_for(60s);
        REQUIRE(heard(pair.b, "block"));
        std::vector<std::string> pings;
        for (const auto& e : pair.b.events()) {
            if (e.what == "block") overtaken += pings.size();
            if (e.what.starts_with("ping")) pings.push_back(e.what);
        }
        REQUIRE(pings.size() == 10);
        for (std::size_t i = 0; i < 10; ++i) CHECK(pings[i] == "ping " + std::to_string(i));
        counted += pair.net.figures().overtakings;
        CHECK(pair.net.held() == 0);
    }
    CHECK(overtaken > 10);
    CHECK(counted >= overtaken);
}

TEST_CASE("Connections are reset at the mean rate, and both ends are notified", "[unit][emulation]") {
    Options options;
    options.reset_every = 60s;
    std::size_t first_half = 0;
    for (options.seed = 1; options.seed <= 100; ++options.seed) {
        Pair pair(options);
        pair.net.run_for(60s);
        first_half += disconnections(pair.a);
        pair.net.run_for(61s);
        CHECK(last(pair.a).what == "disconnected: connection_reset");
        CHECK(last(pair.b).what == "disconnected: connection_reset");
        CHECK(last(pair.b).at - last(pair.a).at == 20ms);
        CHECK(disconnections(pair.a) == 1);
        CHECK(disconnections(pair.b) == 1);
        CHECK(pair.net.figures().resets == 1);
        CHECK(pair.net.connections() == 0);
    }
    CHECK(first_half > 30);
    CHECK(first_half < 70);
}

TEST_CASE("A link that becomes better cancels the losses that were drawn", "[unit][emulation]") {
    Options options;
    options.reset_every = 60s;
    options.silent_every = 60s;
    Pair pair(options);
    pair.net.link(Link{});
    pair.net.run_for(1h);
    CHECK(pair.net.connections() == 2);
    CHECK(pair.round_trip(1).first == 20ms);
    Link bad;
    bad.reset_every = 60s;
    pair.net.link(bad);
    pair.net.run_for(121s);
    CHECK(pair.net.connections() == 0);
}

TEST_CASE("Neither end is notified of a silent connection, and written bytes stay", "[unit][emulation]") {
    Options options;
    options.send_buffer = 10'000;
    Pair pair(options);
    SECTION("because of the link") {
        Link bad;
        bad.silent_every = 10s;
        pair.net.link(bad);
        pair.net.run_for(21s);
    }
    SECTION("by a call") { CHECK(pair.net.lose(alice, bob, Loss::silent) == 1); }
    CHECK(pair.net.figures().silences == 1);
    CHECK(pair.net.half_open().empty());
    tell(pair.a, toy::SendBlock{block_of(100'000)});
    tell(pair.b, toy::Ping{1});
    pair.net.run_for(1h);
    CHECK(disconnections(pair.a) + disconnections(pair.b) == 0);
    CHECK_FALSE(heard(pair.a, "ping 1"));
    CHECK(pair.net.in_flight() == 10'000 + 11);
    CHECK(pair.net.open_ends().size() == 2);
    CHECK(pair.net.open_ends().front().silent);

    tell(pair.a, toy::HangUp{io::Close::reset});
    pair.net.run_for(1h);
    CHECK(disconnections(pair.a) == 1);
    CHECK(disconnections(pair.b) == 0);
    REQUIRE(pair.net.half_open().size() == 1);
    CHECK(pair.net.half_open().front().home == bob);
    CHECK(pair.net.half_open().front().other == alice);
    CHECK(pair.net.half_open().front().held == 11);
    tell(pair.b, toy::HangUp{io::Close::orderly, 5s});
    pair.net.run_for(1min);
    CHECK(disconnections(pair.b) == 1);
    CHECK(pair.net.half_open().empty());
    CHECK(pair.net.held() == 0);
}

TEST_CASE("Only one end of a half-open connection is notified", "[unit][emulation]") {
    Pair pair;
    tell(pair.b, toy::Ping{7});  // under way
    CHECK(pair.net.lose(alice, bob, Loss::half_open) == 1);
    CHECK(last(pair.a) == toy::Event{pair.net.now(), "disconnected: connection_reset"});
    CHECK(pair.net.lose(alice, bob, Loss::half_open) == 0);
    tell(pair.b, toy::Ping{8});
    pair.net.run_for(1h);
    CHECK_FALSE(heard(pair.a, "ping 7"));
    CHECK(disconnections(pair.b) == 0);
    REQUIRE(pair.net.half_open().size() == 1);
    CHECK(pair.net.half_open().front().held == 22);
    CHECK(pair.net.connections() == 1);
    tell(pair.b, toy::HangUp{io::Close::reset});
    CHECK(pair.net.half_open().empty());
    CHECK(pair.net.held() == 0);
}

TEST_CASE("A call loses the named connection and no other", "[unit][emulation]") {
    Pair pair;
    Toy& c = pair.net.add<toy::Behavior>(carol);
    tell(c, toy::Dial{bob});
    pair.net.run_for(1s);
    CHECK(pair.net.lose(bob, alice, Loss::reset) == 1);
    pair.net.run_for(1s);
    CHECK(last(pair.a).what == "disconnected: connection_reset");
    CHECK(disconnections(pair.b) == 1);
    CHECK(disconnections(c) == 0);
    CHECK(pair.net.connections() == 2);
    CHECK(pair.net.lose(bob, alice, Loss::reset) == 0);
}

TEST_CASE("A slow host reads at its rate, down to single bytes", "[unit][emulation]") {
    Pair pair;
    Capacity slow;
    slow.reads = GENERATE(as<std::uint64_t>{}, 10, 1'000);
    pair.net.capacity(bob, slow);
    const Instant start = pair.net.now();
    const std::size_t bytes = 10 * slow.reads;
    tell(pair.a, toy::SendBlock{block_of(bytes)});
    pair.net.run_for(5s);
    CHECK(pair.net.in_flight() > 4 * slow.reads);
    REQUIRE(pair.net.run_until([&] { return heard(pair.b, "block"); }, 60s));
    CHECK(pair.net.now() - start > 9s);
    CHECK(pair.net.now() - start < 13s);
    pair.net.run_for(1min);
    CHECK(pair.net.held() == 0);
}

TEST_CASE("A host that becomes fast again reads the waiting bytes", "[unit][emulation]") {
    Pair pair;
    Capacity slow;
    slow.reads = 1;
    slow.send_buffer = 1;
    pair.net.capacity(bob, slow);
    pair.net.capacity(alice, slow);
    tell(pair.a, toy::SendBlock{block_of(1'000)});
    pair.net.run_for(30s);
    CHECK_FALSE(heard(pair.b, "block"));
    pair.net.capacity(bob, {});
    pair.net.capacity(alice, {});
    pair.net.run_for(1s);
    CHECK(heard(pair.b, "block"));
}

TEST_CASE("A dial to a host with a full backlog is refused until there is room", "[unit][emulation]") {
    Pair pair;
    Capacity one;
    one.backlog = 1;
    pair.net.capacity(bob, one);
    Toy& c = pair.net.add<toy::Behavior>(carol);
    tell(c, toy::Dial{bob});
    pair.net.run_for(1s);
    CHECK(last(c).what == "disconnected: connect_failed");
    CHECK(pair.net.figures().refused == 1);
    tell(pair.a, toy::HangUp{io::Close::reset});
    pair.net.run_for(1s);
    tell(c, toy::Dial{bob});
    pair.net.run_for(1s);
    CHECK(last(c).what == "connected");
    CHECK(pair.net.figures().accepted == 2);
    CHECK(pair.net.figures().dials == 3);
}

TEST_CASE("Bytes arrive with flipped bits, and the figures count them", "[unit][emulation]") {
    Options options;
    options.flip_every = 1'000;
    options.jitter = 5ms;
    SimulatedNetwork net(options);
    ScriptedPeer& peer = net.script(bob);
    RawConnection& raw = net.script(alice).dial(bob);
    net.run_for(1s);
    const std::vector<std::uint8_t> sent(1'000, 0x5a);
    for (int i = 0; i < 100; ++i) raw.send(sent);
    net.run_for(1s);
    const auto& received = peer.connections().front().received();
    REQUIRE(received.size() == 100'000);
    const auto same = static_cast<std::size_t>(std::count(received.begin(), received.end(), 0x5a));
    CHECK(net.figures().flips == 100'000 - same);
    CHECK(net.figures().flips > 70);
    CHECK(net.figures().flips < 130);
}

TEST_CASE("The digest of a run is the same for the same run only", "[unit][emulation]") {
    struct Story {
        std::uint64_t seed = 1;
        std::uint16_t cookie = 1;
        Duration pause = 3ms;
    };
    const auto digest = [](const Story& story) {
        Options options;
        options.seed = story.seed;
        options.jitter = 100ms;
        options.overtaking = 1s;
        options.bandwidth = 20'000;
        options.flip_every = 1'000'000;
        options.silent_every = 1h;
        Pair pair(options);
        for (std::uint16_t i = 0; i < 20; ++i) {
            tell(pair.a, toy::Ping{static_cast<std::uint16_t>(i * story.cookie)});
            tell(pair.b, toy::SendBlock{block_of(5'000)});
            pair.net.run_for(story.pause);
        }
        tell(pair.a, toy::Alarm{pair.net.now() + 5s});
        pair.net.run_for(60s);
        return pair.net.digest();
    };
    const std::uint64_t first = digest({});
    CHECK(digest({}) == first);
    CHECK(digest({2, 1, 3ms}) != first);
    CHECK(digest({1, 2, 3ms}) != first);
    CHECK(digest({1, 1, 4ms}) != first);
}
