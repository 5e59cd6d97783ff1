#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

struct Watched {
    Watched() : relay(net, raw_id), node(net.add<InitiatorBehavior>(node_id, knowing())) {}
    void include() {
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
    }
    /// The next one told, in which time.
    ini::Stalled stalled(Duration after) {
        REQUIRE(await<ini::Stalled>(net, node, 1'000s));
        const auto stall = last<ini::Stalled>(node);
        CHECK(net.now() - stall.since == after);
        return stall;
    }

    const ByteVector tip = raw::tip(TestChain::made_up(9), 9);
    SimulatedNetwork net;
    RawRelay relay;
    Initiator& node;
};

}  // namespace

TEST_CASE("A peer that owes a message has stalled after half of its time, which is reported once",
          "[unit][behavior][stalled]") {
    Watched w;
    SECTION("in the handshake") {
        w.relay.answer.clear();
        REQUIRE(w.node.execute(ini::IncludePeer{raw_id}));
        const auto stall = w.stalled(5s);
        CHECK(stall.peer == raw_id);
        CHECK(stall.protocol == "handshake");
        CHECK(stall.state == "Confirm");
    }
    SECTION("with a pong") {
        w.relay.pongs = false;
        w.include();
        CHECK(w.stalled(30s).protocol == "keep-alive");
    }
    SECTION("with an intersection") {
        w.include();
        REQUIRE(w.node.execute(ini::StartSync{}));
        CHECK(w.stalled(5s).state == "Intersect");
    }
    SECTION("with a block") {
        w.include();
        REQUIRE(w.node.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(5)}));
        w.net.run_for(1s);
        w.relay.send(3, raw::start_batch);
        CHECK(w.stalled(30s).state == "Streaming");
    }
    REQUIRE(await<ini::PeerDisconnected>(w.net, w.node, 100s));
    CHECK(last<ini::PeerDisconnected>(w.node).reason == Errc::state_timeout);
    CHECK(count<ini::Stalled>(w.node) == 1);
}

TEST_CASE("A relay at its tip has stalled after half its time there, also a trusted one", "[unit][behavior][stalled]") {
    Watched w;
    REQUIRE(w.node.execute(ini::IncludePeer{raw_id, GENERATE(false, true)}));
    REQUIRE(await<ini::PeerInitialized>(w.net, w.node));
    REQUIRE(w.node.execute(ini::StartSync{}));
    w.net.run_for(1s);
    w.relay.send(
        2, raw::join({raw::intersect_found(Point(), w.tip), raw::roll_backward(Point(), w.tip), raw::await_reply}));
    REQUIRE(await<ini::Stalled>(w.net, w.node, 1'000s));
    const auto stall = last<ini::Stalled>(w.node);
    CHECK(stall.protocol == "chain-sync");
    CHECK(stall.state == "MustReply");
    CHECK(w.net.now() - stall.since >= 300s);
    CHECK(w.net.now() - stall.since <= 456s);
    // A new block ends the wait, and the next wait is another one.
    w.relay.send(
        2, raw::join({raw::roll_forward(TestChain::header_of(TestChain::made_up(1)).cbor, w.tip), raw::await_reply}));
    w.net.run_for(250s);
    CHECK(count<ini::Stalled>(w.node) == 1);
    w.net.run_for(250s);
    CHECK(count<ini::Stalled>(w.node) == 2);
}

TEST_CASE("A sync without an upstream has stalled after half a minute", "[unit][behavior][stalled]") {
    Pair pair(10);
    pair.net.reach(relay_id, Reach::refuses);
    const Instant start = pair.net.now();
    SECTION("from its start") {
        pair.sync();
        pair.include();
    }
    SECTION("from the loss of its upstream") {
        pair.net.reach(relay_id, Reach::answers);
        pair.include();
        pair.sync();
        REQUIRE(await<ini::AtTip>(pair.net, pair.node));
        pair.net.reach(relay_id, Reach::refuses);
        REQUIRE(pair.relay.execute(res::DisconnectPeer{pair.relay.behavior().peers().at(0).connection}));
    }
    REQUIRE(await<ini::Stalled>(pair.net, pair.node, 60s));
    const auto stall = last<ini::Stalled>(pair.node);
    CHECK_FALSE(stall.peer);
    CHECK(stall.protocol == "chain-sync");
    CHECK(pair.net.now() - stall.since == 30s);
    CHECK(stall.since - start < 1s);
    pair.net.run_for(10min);
    CHECK(count<ini::Stalled>(pair.node) == 1);
    pair.net.reach(relay_id, Reach::answers);
    REQUIRE(await<ini::AtTip>(pair.net, pair.node, 300s));
}

TEST_CASE("A user who does not take blocks causes no stall", "[unit][behavior][stalled]") {
    ini::Config config = knowing();
    config.events_bytes = 100'000;
    Pair pair(100, config, {}, 10'000);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.fetch(1, 100);
    pair.node.attend(false);
    pair.net.run_for(10min);
    pair.node.attend(true);
    REQUIRE(await<ini::RangeDone>(pair.net, pair.node));
    CHECK(count<ini::Stalled>(pair.node) == 0);
}
