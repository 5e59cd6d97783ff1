#include <ouro/emulation/vices.hpp>
#include <ouro/names/topology.hpp>

#include "face.hpp"

using namespace face;

namespace {

AccessPoint point(const PeerId& peer) { return *AccessPoint::make(peer.host(), peer.port()); }

Topology local_roots(std::vector<AccessPoint> points, std::size_t hot) {
    Topology topology;
    Topology::LocalRoots group;
    group.access_points = std::move(points);
    group.hot_valency = group.warm_valency = hot;
    topology.local_roots.push_back(std::move(group));
    return topology;
}

/// Peers in use.
std::size_t in_use(const Node& node) {
    std::size_t count = 0;
    for (const PeerStatus& peer : node.peers()) count += peer.in_use ? 1 : 0;
    return count;
}

void relay_of(Stage& stage, const PeerId& address, NetworkMagic magic) {
    responder::Config config;
    config.chain = made_up(3);
    config.offer.data.magic = magic;
    stage.net.add<ResponderBehavior>(address, std::move(config));
}

/// Follows two relays, one of which sends forged bodies. Returns the steps, and the news of the forger.
std::string steps_with_a_forger(std::size_t check_threads) {
    Stage stage;
    const auto chain = made_up(300);
    stage.relay(relay_id, chain).meddle(emulation::find_vice(emulation::responder_vices(), "forged_body")->make);
    stage.relay(other_id, chain);
    NodeOptions options;
    options.check_threads = check_threads;
    Node node(stage.runtime, mainnet, options);
    node.use(relay_id);
    node.use(other_id);
    News news = node.news();
    Follower follower = node.follow(FollowOptions{.blocks = true});
    std::string taken;
    REQUIRE(stage.run(take(follower, 301, taken)));
    bool refused = false;
    while (const auto event = news.try_next()) {
        if (event->violation.rule == Errc::none) continue;
        CHECK(event->peer == relay_id);
        CHECK(event->point.has_value());
        refused = true;
        taken += to_string(event->violation) + "; ";
        break;
    }
    CHECK(refused);
    return taken;
}

}  // namespace

TEST_CASE("A node uses the local roots of a topology", "[unit][node]") {
    Stage stage;
    const auto chain = made_up(200);
    stage.relay(relay_id, chain);
    stage.relay(other_id, chain);
    Node node(stage.runtime, mainnet);
    const bool early = GENERATE(true, false);
    if (!early) REQUIRE(stage.run(asio::steady_timer(stage.context, Duration::zero()).async_wait(asio::use_awaitable)));
    node.use(local_roots({point(relay_id), point(other_id)}, 2));
    Follower follower = node.follow(FollowOptions{.blocks = true});
    std::string taken;
    REQUIRE(stage.run(take(follower, 201, taken)));
    CHECK(taken.ends_with("+198 +199 T "));
    CHECK(in_use(node) == 2);
}

TEST_CASE("A node uses the bootstrap peers of a topology", "[unit][node]") {
    Stage stage;
    stage.relay(relay_id, made_up(20));
    Topology topology;
    topology.bootstrap_peers.push_back(point(relay_id));
    Node node(stage.runtime, mainnet);
    node.use(topology);
    Follower follower = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 21, taken)));
    CHECK(taken.ends_with("+19 T "));
}

TEST_CASE("A node uses the ledger peers of a topology", "[unit][node]") {
    Stage stage;
    stage.relay(relay_id, made_up(20));
    Topology topology;
    topology.use_ledger_after_slot = 5;
    LedgerSnapshot& peers = topology.ledger_peers.emplace();
    peers.slot = Slot{5};
    peers.magic = mainnet;
    peers.pools.emplace_back().stake = 1;
    peers.pools[0].relays.push_back(point(relay_id));
    Node node(stage.runtime, mainnet);
    node.use(topology);
    Follower follower = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 21, taken)));
    CHECK(taken.ends_with("+19 T "));

    topology.ledger_peers->magic = preview;
    CHECK_THROWS_WITH(node.use(topology), "Node::use: the snapshot of ledger peers is of another network");
    topology.use_ledger_after_slot = -1;
    topology.ledger_peers->magic.reset();
    CHECK_THROWS_WITH(node.use(topology), "Node::use: the topology names no peers");
}

TEST_CASE("A topology replaces the groups before it", "[unit][node]") {
    Stage stage;
    relay_of(stage, relay_id, preview);
    stage.relay(other_id, made_up(3));
    Node node(stage.runtime, mainnet);
    node.use(List<PeerGroup>(PeerGroup("relay.example:3002")));
    node.use(local_roots({point(other_id)}, 1));
    Follower follower = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 4, taken)));
    CHECK(taken == "+0 +1 +2 T ");
}

TEST_CASE("A group is made of addresses, and its follower ends when all of them refuse the connection",
          "[unit][node]") {
    Stage stage;
    relay_of(stage, relay_id, preview);
    relay_of(stage, other_id, preview);
    Node node(stage.runtime, mainnet);
    SECTION("a group") { node.use(List<PeerGroup>(PeerGroup({"relay.example:3002", "other.example:3003"}, 2, 2))); }
    SECTION("a topology") { node.use(local_roots({point(relay_id), point(other_id)}, 2)); }
    Follower follower = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 1, taken)));
    CHECK(taken == "magic_mismatch");
}

TEST_CASE("A follower that continues on a chain of another network undoes nothing", "[unit][node]") {
    Stage stage;
    const auto chain = made_up(20);
    const Cursor cursor(mainnet, {chain->point(20), chain->point(10)});
    Node node(stage.runtime, mainnet);
    std::string expected;
    SECTION("the relay says so") {
        relay_of(stage, relay_id, preview);
        expected = "magic_mismatch";
    }
    SECTION("only its blocks say so") {
        chain::SyntheticChain::Options other;
        other.blocks = 30;
        other.block_bytes = 1'000;  // other blocks from the first one on
        stage.relay(relay_id, std::make_shared<SyntheticChain>(other));
        expected = "no_intersection";
    }
    node.use(relay_id);
    Follower follower = node.follow(cursor);
    std::string taken;
    REQUIRE(stage.run(take(follower, 1, taken)));
    CHECK(taken == expected);
    CHECK(follower.cursor()->point() == chain->point(20));
}

TEST_CASE("Sources without peers are refused with their name", "[unit][node]") {
    Stage stage;
    Node node(stage.runtime, mainnet);
    CHECK_THROWS_WITH(node.use(""), Catch::Matchers::Contains("is not host:port"));
    CHECK_THROWS_WITH(node.use(List<PeerGroup>()), Catch::Matchers::Contains("the list of groups is empty"));
    CHECK_THROWS_WITH(PeerGroup("relay.example"), Catch::Matchers::Contains("relay.example is not host:port"));
    CHECK_THROWS_WITH(node.use(Topology()), Catch::Matchers::Contains("the topology names no peers"));
    CHECK_THROWS_WITH(node.use(local_roots({}, 1)), Catch::Matchers::Contains("the topology names no peers"));
    NodeOptions options;
    options.check_threads = 65;
    CHECK_THROWS_WITH(Node(stage.runtime, mainnet, options), Catch::Matchers::Contains("NodeOptions::check_threads"));
}

TEST_CASE("Steps and refusals do not depend on the thread that checks blocks", "[unit][node]") {
    const std::string here = steps_with_a_forger(0);
    CHECK(here == steps_with_a_forger(1));
    CHECK(here.find("+299 T block-fetch, Streaming: Block: ") != std::string::npos);
}

TEST_CASE("A follower with checking threads goes through roll-backs, and ends while blocks are checked",
          "[unit][node]") {
    Stage stage;
    const auto chain = made_up(400);
    Relay& relay = stage.relay(relay_id, chain);
    NodeOptions options;
    options.check_threads = 2;
    Node node(stage.runtime, mainnet, options);
    node.use(relay_id);
    Follower follower = node.follow(FollowOptions{.blocks = true});
    Follower stopped = node.follow(FollowOptions{.blocks = true});
    std::string taken;
    REQUIRE(stage.run(take(follower, 401, taken)));
    stopped.stop();
    chain->roll_back(390);
    chain->extend(20);
    stage.changed(relay, 390);
    taken.clear();
    REQUIRE(stage.run(take(follower, 22, taken)));
    CHECK(taken.starts_with("-"));
    CHECK(taken.ends_with(" +408 +409 T "));
    Follower again = node.follow(FollowOptions{.from = chain->point(400), .blocks = true});
    node.stop();
    taken.clear();
    REQUIRE(stage.run(take(again, 1, taken)));
    CHECK(taken == "stopped");
}
