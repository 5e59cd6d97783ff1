#include <algorithm>

#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

constexpr std::size_t soft_limit = 0x3ffff;

/// A relay, and a client that sends requests and reads no answers.
struct Deaf {
    explicit Deaf(std::size_t blocks, std::size_t block_bytes = 100)
        : chain(std::make_shared<TestChain>(blocks, block_bytes)),
          relay(net.add<ResponderBehavior>(relay_id, serving(chain))),
          client(net, relay_id) {
        client.connection().pause(true);
    }
    /// Sends until the relay has had enough, or `times` times. Gives the most the relay held.
    std::size_t flood(std::uint16_t channel, const ByteVector& messages, std::size_t times) {
        std::size_t most = 0;
        for (; times > 0 && relay.behavior().peers().size() == 1; --times) {
            client.send(channel, messages);
            net.run_for(20ms);
            most = std::max(most, relay.held());
        }
        return most;
    }
    void check_ended() {
        net.run_for(1s);
        CHECK(last<res::PeerDisconnected>(relay).reason == Errc::ingress_overflow);
        CHECK(net.connections() == 0);
        CHECK(net.held() == 0);
    }

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain;
    Responder& relay;
    RawClient client;
};

}  // namespace

TEST_CASE("A relay does not answer pings without limit if their answers are not read", "[unit][behavior][bounds]") {
    Deaf d(1);
    const std::size_t most = d.flood(8, raw::repeat(raw::ping(65'535), 280), 10'000);
    CHECK(most > soft_limit / 2);
    CHECK(most <= soft_limit + 8 + 1'408);
    d.check_ended();
}

TEST_CASE("A relay does not serve headers without limit if they are not read", "[unit][behavior][bounds]") {
    Deaf d(20'000);
    const std::size_t most = d.flood(2, raw::repeat(raw::request_next, 1'000), 10'000);
    CHECK(most >= soft_limit);
    CHECK(most <= soft_limit + 300 + 462'000);
    CHECK(d.relay.behavior().counters().headers < 5'000);
    d.check_ended();
}

TEST_CASE("A relay does not search intersections without limit if the answers are not read",
          "[unit][behavior][bounds]") {
    Deaf d(10);
    const std::size_t most = d.flood(2, raw::repeat(raw::find_intersect({}), 1'000), 10'000);
    CHECK(most <= soft_limit + 300 + 462'000);
    d.check_ended();
}

TEST_CASE("A relay does not serve ranges without limit if they are not read", "[unit][behavior][bounds]") {
    Deaf d(1'000, 20'000);
    SECTION("many blocks, or one at a time") {
        const ChainView::Position last = GENERATE(1U, 1'000U);
        const ByteVector requests = raw::repeat(raw::request_range(d.chain->point(1), d.chain->point(last)), 100);
        const std::size_t most = d.flood(3, requests, 100);
        CHECK(d.relay.behavior().counters().blocks < 100);
        CHECK(most <= 100 * requests.size() + (1U << 20) + 21'000);
        CHECK(d.relay.behavior().peers().size() == 1);
    }
    SECTION("no blocks that the relay has") {
        const ByteVector range = raw::request_range(TestChain::made_up(1, 1), d.chain->point(1));
        const std::size_t most = d.flood(3, raw::repeat(range, 800), 600);
        CHECK(most <= soft_limit + 23'068'694);
        d.check_ended();
    }
}

TEST_CASE("The blocks queued for all peers together have a limit", "[unit][behavior][bounds]") {
    constexpr std::size_t peers = 20, block = 20'000;
    SimulatedNetwork net;
    const auto chain = std::make_shared<TestChain>(1'000, block);
    res::Config config = serving(chain);
    config.blocks_ahead_in_all = GENERATE(std::size_t{0}, std::size_t{1} << 20);
    Responder& relay = net.add<ResponderBehavior>(relay_id, config);
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::uint16_t i = 0; i < peers; ++i) {
        clients.push_back(
            std::make_unique<RawClient>(net, relay_id, true, PeerId::from_parts("raw.example", 4000 + i)));
        clients.back()->connection().pause(true);
        clients.back()->send(3, raw::request_range(chain->point(1), chain->point(1'000)));
    }
    net.run_for(1s);
    const std::size_t served = relay.behavior().counters().blocks;
    CHECK(served >= peers);
    // One block for each at least.
    CHECK(relay.held() <= config.blocks_ahead_in_all + (peers + 1) * (block + 100));

    // Peers that leave make room for the others.
    for (std::size_t i = 1; i < peers; ++i) clients[i]->connection().pause(false);
    net.run_for(20s);
    CHECK(relay.behavior().counters().blocks > served);
}

TEST_CASE("A client that resumes reading gets everything", "[unit][behavior][bounds]") {
    Deaf d(10'000);
    d.flood(2, raw::repeat(raw::request_next, 1'000), 10);
    d.flood(8, raw::repeat(raw::ping(3), 100), 1);
    const auto served = d.relay.behavior().counters().headers;
    CHECK(served < 5'000);
    d.client.connection().pause(false);
    d.net.run_for(10s);
    CHECK(d.relay.behavior().counters().headers == 9'999);  // and one roll-backward
    CHECK(raw::cookies(d.client.heard(8)).size() == 100);
    CHECK(d.net.held() == 0);
}

TEST_CASE("A client that does not read slows no other one down", "[unit][behavior][bounds]") {
    Deaf d(5'000);
    d.flood(2, raw::repeat(raw::request_next, 1'000), 10);
    auto& good = d.net.add<InitiatorBehavior>(node_id, knowing());
    REQUIRE(good.execute(ini::IncludePeer{relay_id}));
    REQUIRE(good.execute(ini::StartSync{}));
    CHECK(await<ini::AtTip>(d.net, good, 5s));
    CHECK(followed(good) == points_of(*d.chain));
}

namespace {

/// A relay that is followed by a node, and says what a test says.
struct Followed {
    explicit Followed(ini::Config config = knowing(), std::vector<Point> from = {})
        : relay(net, raw_id), node(net.add<InitiatorBehavior>(node_id, std::move(config))) {
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        REQUIRE(node.execute(ini::StartSync{std::move(from)}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
        net.run_for(100ms);
        searched = relay.heard(2).size();
    }

    void answer(const ByteVector& message) {
        relay.send(2, message);
        ++answered;
    }
    void header(ChainView::Position position, const ByteVector& tip) {
        answer(raw::roll_forward(TestChain::header_of(TestChain::made_up(position)).cbor, tip));
    }
    /// Requests that were not answered.
    std::size_t outstanding() {
        net.run_for(100ms);
        return (relay.heard(2).size() - searched) / 2 - answered;
    }

    SimulatedNetwork net;
    RawRelay relay;
    Initiator& node;
    std::size_t searched = 0;
    std::size_t answered = 0;
};

ByteVector tip_at(ChainView::Position position) { return raw::tip(TestChain::made_up(position), position); }

}  // namespace

TEST_CASE("Far from the tip a node always has exactly a window of requests in flight", "[unit][behavior][bounds]") {
    ini::Config config = knowing();
    config.sync_window = GENERATE(1U, 7U, 300U);
    const std::size_t window = config.sync_window;
    Followed f(config);
    const ByteVector tip = tip_at(2'000);
    f.relay.send(2, raw::intersect_found(Point(), tip));
    CHECK(f.outstanding() == window);
    f.answer(raw::roll_backward(Point(), tip));
    CHECK(f.outstanding() == window);
    for (ChainView::Position p = 1; p <= 20; ++p) {
        f.header(p, tip);
        CHECK(f.outstanding() == window);
    }
    CHECK(count<ini::RollForward>(f.node) == 20);

    // What is not taken counts, too.
    f.node.attend(false);
    const std::size_t more = std::min<std::size_t>(window, 10);
    for (ChainView::Position p = 21; p < 21 + more; ++p) f.header(p, tip);
    CHECK(f.outstanding() == window - more);
    f.node.attend(true);
    CHECK(f.outstanding() == window);
}

TEST_CASE("A node requests no more headers than the relay has, and one at the tip", "[unit][behavior][bounds]") {
    Followed f;
    f.relay.send(2, raw::intersect_found(Point(), tip_at(20)));
    CHECK(f.outstanding() == 20);
    f.answer(raw::roll_backward(Point(), tip_at(20)));
    CHECK(f.outstanding() == 20);
    for (ChainView::Position p = 1; p < 20; ++p) {
        f.header(p, tip_at(20));
        CHECK(f.outstanding() == 20 - p);
    }
    f.header(20, tip_at(20));
    CHECK(f.outstanding() == 1);
    f.relay.send(2, raw::await_reply);
    CHECK(f.outstanding() == 1);
    f.header(21, tip_at(24));  // the chain has grown by more than one
    CHECK(f.outstanding() == 3);
}

TEST_CASE("With an unknown distance to the tip, a node requests one header before it requests a window",
          "[unit][behavior][bounds]") {
    const Point from = TestChain::made_up(500);
    Followed f(knowing(), {from});
    SECTION("behind the tip") {
        f.relay.send(2, raw::intersect_found(from, tip_at(1'000)));
        CHECK(f.outstanding() == 2);
        f.answer(raw::roll_backward(from, tip_at(1'000)));
        CHECK(f.outstanding() == 2);
        f.header(501, tip_at(1'000));
        CHECK(f.outstanding() == 300);
    }
    SECTION("at the tip") {
        f.relay.send(2, raw::intersect_found(from, tip_at(500)));
        CHECK(f.outstanding() == 1);
        f.answer(raw::roll_backward(from, tip_at(500)));
        CHECK(f.outstanding() == 1);
    }
    SECTION("after a roll-backward") {
        f.relay.send(2, raw::intersect_found(from, tip_at(502)));
        f.answer(raw::roll_backward(from, tip_at(502)));
        f.header(501, tip_at(502));
        f.header(502, tip_at(502));
        CHECK(f.outstanding() == 1);
        f.answer(raw::roll_backward(TestChain::made_up(501), tip_at(600)));
        CHECK(f.outstanding() == 2);
        f.header(502, tip_at(600));
        CHECK(f.outstanding() == 98);
    }
}

TEST_CASE("After a header without a readable number, a node requests a full window", "[unit][behavior][bounds]") {
    const Point from = TestChain::made_up(500);
    Followed f(ini::Config{}, {from});
    f.relay.send(2, raw::intersect_found(from, tip_at(600)));
    f.answer(raw::roll_backward(from, tip_at(600)));
    f.answer(raw::roll_forward(ByteVector(80, 0x5a), tip_at(600)));
    CHECK(f.outstanding() == 300);
}

TEST_CASE("A node has at most a hundred ranges in flight with a peer", "[unit][behavior][bounds]") {
    SimulatedNetwork net;
    RawRelay relay(net, raw_id);
    auto& node = net.add<InitiatorBehavior>(node_id, knowing());
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    REQUIRE(await<ini::PeerInitialized>(net, node));
    for (int i = 0; i < 150; ++i)
        REQUIRE(node.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(1)}));
    const std::size_t one = raw::request_range(TestChain::made_up(1), TestChain::made_up(1)).size();
    net.run_for(1s);
    CHECK(relay.heard(3).size() == 100 * one);
    relay.send(3, raw::repeat(raw::no_blocks, 30));
    net.run_for(1s);
    CHECK(relay.heard(3).size() == 130 * one);
    CHECK(count<ini::NoBlocks>(node) == 30);
}

TEST_CASE("One client can make a relay hold a limited number of bytes for it and no more", "[unit][behavior][bounds]") {
    // A user without a chain, who answers nothing: no request but the first is read.
    SimulatedNetwork net;
    res::Config config;
    config.offer.data.peer_sharing = true;
    config.rules = support::test_rules();
    config.pull_txs = true;  // later: without it nothing may come behind the Init
    config.tx_delay = 1h;
    auto& relay = net.add<ResponderBehavior>(relay_id, config);
    RawClient client(net, relay_id, false);
    client.send(0, raw::propose("841a2d964a09f401f4"));
    net.run_for(1s);
    REQUIRE(count<res::PeerInitialized>(relay) == 1);
    client.send(2, raw::join({raw::request_next, ByteVector(462'000, 0x80)}));
    client.send(3, raw::join({raw::request_range(Point(), Point()), ByteVector(23'068'694, 0x80)}));
    client.send(4, raw::join({raw::bytes("8106"), ByteVector(721'424, 0x80)}));
    client.send(10, raw::join({raw::bytes("820001"), ByteVector(5'760, 0x80)}), 5'760);
    // A ping is answered at once, so that there is always credit: it is the message that is never whole.
    client.send(8, raw::join({raw::head(2, 65'532), ByteVector(65'531, 0x80)}), 1'408);
    net.run_for(1s);
    // Of the ping there are 65,535 bytes, in a piece of memory with room for 16,369 more.
    CHECK(relay.held() == 24'323'413 + 16'369);
    REQUIRE(relay.behavior().peers().size() == 1);
    const auto [channel, rule] = GENERATE(table<std::uint16_t, Errc>({{2, Errc::ingress_overflow},
                                                                      {3, Errc::ingress_overflow},
                                                                      {4, Errc::ingress_overflow},
                                                                      {10, Errc::ingress_overflow},
                                                                      {8, Errc::malformed}}));
    client.send(channel, {0x80});
    net.run_for(1s);
    CHECK(last<res::PeerDisconnected>(relay).reason == rule);
    CHECK(relay.held() == 0);
}
