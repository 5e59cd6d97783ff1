// A node that serves: transactions of its peers, its metrics, and its own addresses.

#include <algorithm>

#include <ouro/behavior/node_types.hpp>
#include <ouro/names/topology.hpp>
#include <ouro/program/samples.hpp>

#include "face.hpp"

using namespace face;

namespace {

const PeerId third_id = PeerId::from_parts("third.example", 3'004);

// A transaction of the reference's own tests.
Tx some_tx() { return {Era::conway, *from_hex("84a300d901028001800200a0f5f6")}; }

NodeOptions pulling() {
    NodeOptions options;
    options.pull_txs = true;
    return options;
}

/// The value of a metric in all its samples.
double sum(const Samples& samples, std::string_view name) {
    double total = 0;
    for (const Sample& sample : samples.all())
        if (sample.metric->name == name) total += sample.value;
    return total;
}

}  // namespace

TEST_CASE("A node delivers the transaction of a peer, and passes it on to all peers but that one", "[unit][node]") {
    Stage stage;
    const auto chain = made_up(3);
    SimulatedRuntime there(stage.clock, other_id), far(stage.clock, third_id);
    Node sender(there, mainnet, pulling()), node(stage.runtime, mainnet, pulling()), last(far, mainnet, pulling());
    sender.listen("127.0.0.1:3003", chain);
    node.listen("127.0.0.1:3001", chain);
    last.listen("127.0.0.1:3004", chain);
    sender.use(node_id);
    node.use(other_id);
    node.use(third_id);
    Transactions back = sender.transactions(), received = node.transactions(), too = node.transactions(),
                 passed = last.transactions();
    Result<Submission> outcome = Errc::stopped;
    std::optional<ReceivedTx> got, got_too, got_last;
    const auto program = [&]() -> asio::awaitable<void> {
        outcome = co_await sender.submit(some_tx());
        auto one = co_await received.next();
        REQUIRE(one);
        got = *one;
        CHECK(node.pass_on(*one) == Errc::none);
        CHECK(node.pass_on(*one) == Errc::bad_argument);  // it waits
        auto same = co_await too.next();
        REQUIRE(same);
        got_too = *same;
        auto on = co_await passed.next();
        REQUIRE(on);
        got_last = *on;
    };
    REQUIRE(stage.run(program()));
    REQUIRE(outcome);
    CHECK(outcome->delivered == 1);
    CHECK(got->tx == some_tx());
    CHECK(got->peer == other_id);
    CHECK(got_too->id == got->id);
    CHECK(got_last->id == got->id);
    CHECK_FALSE(back.try_next());
    CHECK(sum(last.samples(), "ouro.served.transactions") == 1);
    CHECK(sum(sender.samples(), "ouro.served.transactions") == 0);
    node.stop();
    const auto end = [&]() -> asio::awaitable<void> {
        const auto none = co_await received.next();
        CHECK(none.error() == Errc::stopped);
    };
    REQUIRE(stage.run(end()));
    CHECK(node.pass_on(*got) == Errc::stopped);
}

TEST_CASE("Without pull_txs a node has no stream of transactions", "[unit][node]") {
    Stage stage;
    Node node(stage.runtime, mainnet);
    CHECK_THROWS_WITH(node.transactions(), "Node::transactions: NodeOptions::pull_txs is off");
}

TEST_CASE("A node's samples count its peers and what it serves, and messages if that is requested", "[unit][node]") {
    Stage stage;
    const auto chain = made_up(20);
    NodeOptions options;
    options.metrics = GENERATE(false, true);
    Node node(stage.runtime, mainnet, options);
    node.listen("127.0.0.1:3001", chain);
    SimulatedRuntime elsewhere(stage.clock, other_id);
    Node reader(elsewhere, mainnet);
    CHECK(sum(reader.samples(), "ouro.peers.known") == 0);  // it has not started
    reader.use(node_id);
    Follower follower = reader.follow(FollowOptions{.blocks = true});
    std::string taken;
    REQUIRE(stage.run(take(follower, 21, taken)));
    CHECK(sum(reader.samples(), "ouro.peers.known") == 1);
    CHECK(sum(node.samples(), "ouro.served.headers") == 20);
    CHECK(sum(node.samples(), "ouro.served.blocks") == 20);
    CHECK(sum(node.samples(), "ouro.connections.inbound") == 1);
    CHECK((sum(node.samples(), "ouro.messages.sent") > 40) == options.metrics);
    CHECK(sum(node.samples(), "ouro.connections.opened") == (options.metrics ? 1 : 0));
    node.stop();
    CHECK(sum(node.samples(), "ouro.served.blocks") == 20);
}

TEST_CASE("A node uses no address as a peer where it listens", "[unit][node]") {
    Stage stage;
    const auto chain = made_up(1);
    Node node(stage.runtime, mainnet);
    CHECK(node.listen("127.0.0.1:3001", chain).address.port() == 3'001);
    CHECK(node.listen("127.0.0.1:3005", chain).address.port() == 3'005);
    for (const char* own : {"127.0.0.1:3001", "127.0.0.1:3005"})
        CHECK_THROWS_WITH(node.use(own),
                          "Node::use: " + std::string(own) + ": " + std::string(message(Errc::self_connection)));
    CHECK(node.peers().empty());
}

TEST_CASE("A banned peer is disconnected, and dialled again after the time", "[unit][node]") {
    Stage stage;
    stage.relay(relay_id, made_up(3));
    Node node(stage.runtime, mainnet);
    CHECK_THROWS_WITH(node.ban(relay_id, Duration::zero()), "Node::ban: the time is not above zero");
    node.use(relay_id);
    News news = node.news();
    Follower follower = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 4, taken)));
    const Instant start = stage.net.now();
    node.ban(relay_id, 300s);
    std::vector<PeerNews::Kind> kinds;
    const auto program = [&]() -> asio::awaitable<void> {
        for (int connected = 0; connected < 2;) {
            const auto entry = co_await news.next();
            REQUIRE(entry);
            kinds.push_back(entry->kind);
            connected += entry->kind == PeerNews::Kind::connected ? 1 : 0;
        }
    };
    REQUIRE(stage.run(program()));
    CHECK(std::count(kinds.begin(), kinds.end(), PeerNews::Kind::banned) == 1);
    CHECK(stage.net.now() - start >= 300s);
}

TEST_CASE("News say whether a connection may be used both ways", "[unit][node]") {
    Stage stage;
    const auto chain = made_up(3);
    const bool listens = GENERATE(false, true);
    Node node(stage.runtime, mainnet);
    node.listen("127.0.0.1:3001", chain);
    News news = node.news();
    SimulatedRuntime elsewhere(stage.clock, other_id);
    Node other(elsewhere, mainnet);
    if (listens) other.listen("127.0.0.1:3003", chain);
    other.use(node_id);
    std::optional<PeerNews> first;
    const auto program = [&]() -> asio::awaitable<void> {
        const auto entry = co_await news.next();
        REQUIRE(entry);
        first = *entry;
    };
    REQUIRE(stage.run(program()));
    CHECK(first->kind == PeerNews::Kind::connected);
    CHECK(first->inbound);
    CHECK(first->both_ways == listens);
}

TEST_CASE("A node that serves may have a topology without peers, and keeps the answers for its names", "[unit][node]") {
    Stage stage;
    const auto chain = made_up(3);
    stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    CHECK_THROWS_WITH(node.use(Topology()), Catch::Matchers::Contains("names no peers"));
    node.listen("127.0.0.1:3001", chain);
    node.use(Topology());
    Topology topology;
    Topology::LocalRoots group;
    group.access_points.push_back(*AccessPoint::make(relay_id.host(), relay_id.port()));
    group.hot_valency = group.warm_valency = 1;
    topology.local_roots.push_back(group);
    node.use(topology);
    News news = node.news();
    Follower follower = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 4, taken)));
    CHECK(taken == "+0 +1 +2 T ");
    node.use(topology);  // nothing has changed, and nothing is disconnected
    stage.net.run_for(60s);
    while (const auto entry = news.try_next()) CHECK(entry->kind == PeerNews::Kind::connected);
    node.use(Topology());
    const auto left = [&]() -> asio::awaitable<void> {
        for (;;) {
            const auto entry = co_await news.next();
            REQUIRE(entry);
            if (entry->kind == PeerNews::Kind::disconnected) co_return;
        }
    };
    REQUIRE(stage.run(left()));
}
