#include <algorithm>

#include "unit/behavior/cast.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

TEST_CASE("The first ping is sent at once, each further one ten seconds after an answer",
          "[unit][behavior][keep_alive]") {
    SimulatedNetwork net;
    RawRelay relay(net, raw_id);
    auto& node = net.add<InitiatorBehavior>(node_id, ini::Config{});
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    REQUIRE(await<ini::PeerInitialized>(net, node));
    const Instant start = net.now();
    CHECK_FALSE(state(node, raw_id).round_trip);
    const auto next_ping_at = [&] {
        const std::size_t before = relay.pings();
        REQUIRE(net.run_until([&] { return relay.pings() > before; }, 100s));
        return net.now() - start;
    };
    CHECK(next_ping_at() == 20ms);
    CHECK(next_ping_at() == 10s + 60ms);
    CHECK(state(node, raw_id).round_trip == 40ms);
    relay.pongs = false;
    CHECK(next_ping_at() == 20s + 100ms);
    net.run_for(3s);
    relay.send(8, raw::pong(relay.last_cookie()));
    relay.pongs = true;
    CHECK(next_ping_at() == 33s + 140ms);
    CHECK(state(node, raw_id).round_trip == 3s + 40ms);
    const auto cookies = raw::cookies(relay.heard(8));
    REQUIRE(cookies.size() == 4);
    CHECK(cookies[0] != cookies[1]);
    CHECK(cookies[1] != cookies[2]);
}

TEST_CASE("Pings keep an idle connection open for hours", "[unit][behavior][keep_alive]") {
    Pair pair(1);
    pair.include();
    pair.net.run_for(3h);
    CHECK(count<ini::PeerConnected>(pair.node) == 1);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
    CHECK(pair.relay.behavior().counters().keep_alives > 1'070);
    CHECK(pair.relay.behavior().counters().keep_alives <= 1'080);
    CHECK(state(pair.node, relay_id).round_trip == 40ms);
}

TEST_CASE("Cookies differ from seed to seed, and a run repeats them", "[unit][behavior][keep_alive]") {
    const auto cookies = [](std::uint64_t seed) {
        SimulatedNetwork net;
        RawRelay relay(net, raw_id);
        ini::Config config;
        config.seed = seed;
        auto& node = net.add<InitiatorBehavior>(node_id, config);
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        net.run_for(60s);
        return raw::cookies(relay.heard(8));
    };
    const auto first = cookies(1);
    CHECK(first.size() == 6);
    CHECK(cookies(1) == first);
    CHECK(cookies(2) != first);
}

TEST_CASE("A relay echoes any cookie", "[unit][behavior][keep_alive]") {
    SimulatedNetwork net;
    auto& relay = net.add<ResponderBehavior>(relay_id, serving(std::make_shared<TestChain>(1)));
    RawClient client(net, relay_id);
    const std::vector<std::uint16_t> cookies{0, 23, 24, 255, 256, 65'535};
    for (const auto cookie : cookies) {
        client.send(8, raw::ping(cookie));
        net.run_for(10s);
    }
    CHECK(raw::cookies(client.heard(8)) == cookies);
    CHECK(relay.behavior().counters().keep_alives == cookies.size());
}
