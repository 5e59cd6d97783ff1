#include "unit/behavior/node_cast.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// Two relays with chains of their own; the first one is followed to its tip.
struct Two : Pair {
    explicit Two(std::size_t blocks, std::size_t other_blocks, const ini::Config& config = knowing())
        : Pair(blocks, config),
          other_chain(std::make_shared<TestChain>(other_blocks)),
          other(net.add<ResponderBehavior>(other_id, serving(other_chain))) {
        include();
        REQUIRE(await<ini::PeerInitialized>(net, node));
        sync();
        REQUIRE(await<ini::AtTip>(net, node));
        include(other_id);
        REQUIRE(await<ini::PeerInitialized>(net, node));
    }
    void extend_other(std::size_t blocks) {
        const auto common = other_chain->size();
        other_chain->extend(blocks);
        REQUIRE(other.execute(res::ChainChanged{common}));
    }

    std::shared_ptr<TestChain> other_chain;
    Responder& other;
};

std::string find_intersect(RawRelay& relay) { return to_hex(Bytes::copy(relay.heard(2))).substr(0, 4); }

}  // namespace

TEST_CASE("At the tip a standby is asked for its tip and followed if its chain is longer",
          "[unit][behavior][tip_check]") {
    Two two(50, 50);
    two.net.run_for(1s);
    REQUIRE(state(two.node, relay_id).temperature == Temperature::hot);
    two.extend_other(5);
    two.net.run_for(8s);
    CHECK(count<ini::RollForward>(two.node) == 50);
    two.net.run_for(3s);
    CHECK(count<ini::RollForward>(two.node) == 55);
    CHECK(last<ini::RollForward>(two.node).peer == other_id);
    CHECK(followed(two.node) == points_of(*two.other_chain));
    CHECK(count<ini::RollBackward>(two.node) == 0);
    // The one that was left owes answers, and is there again a moment later.
    CHECK(count<ini::PeerDisconnected>(two.node) == 1);
    two.net.run_for(15s);
    CHECK(state(two.node, relay_id).temperature == Temperature::hot);
    CHECK(state(two.node, relay_id).failures == 0);

    // And the other way round: now that one is further.
    two.chain->extend(10);
    REQUIRE(two.relay.execute(res::ChainChanged{50}));
    two.net.run_for(11s);
    CHECK(followed(two.node) == points_of(*two.chain));
}

TEST_CASE("A new standby is checked at once if there is no progress", "[unit][behavior][tip_check]") {
    Two two(50, 60);
    two.net.run_for(500ms);
    CHECK(followed(two.node) == points_of(*two.other_chain));
}

TEST_CASE("A standby whose chain is not longer stays a standby after any number of checks",
          "[unit][behavior][tip_check]") {
    const std::size_t blocks = GENERATE(50U, 49U, 1U, 0U);
    Two two(50, blocks);
    two.net.run_for(5min);
    CHECK(count<ini::PeerDisconnected>(two.node) == 0);
    CHECK(count<ini::RollBackward>(two.node) == 0);
    two.extend(1);
    two.net.run_for(1s);
    CHECK(last<ini::RollForward>(two.node).peer == relay_id);
    CHECK(followed(two.node) == points_of(*two.chain));
}

TEST_CASE("A longer fork of a standby is followed from where it forks", "[unit][behavior][tip_check]") {
    Two two(50, 40);
    two.other_chain->extend(20, 1);
    REQUIRE(two.other.execute(res::ChainChanged{40}));
    two.net.run_for(11s);
    CHECK(followed(two.node) == points_of(*two.other_chain));
    CHECK(count<ini::RollBackward>(two.node) == 1);
}

TEST_CASE("Before the first header any peer with a block is ahead", "[unit][behavior][tip_check]") {
    Two two(0, 1);
    two.net.run_for(11s);
    CHECK(followed(two.node) == points_of(*two.other_chain));
}

TEST_CASE("Standbys are not checked if that is disabled or there are no rules", "[unit][behavior][tip_check]") {
    ini::Config config = knowing();
    SECTION("disabled") { config.tip_check = {}; }
    SECTION("no rules") { config.rules = nullptr; }
    Two two(50, 60, config);
    two.net.run_for(1min);
    CHECK(count<ini::RollForward>(two.node) == 50);
}

TEST_CASE("Credit left with an upstream applies to the standby that replaces it", "[unit][behavior][tip_check]") {
    ini::Config config = knowing();
    config.automatic = false;
    Pair pair(50, config);
    auto longer = std::make_shared<TestChain>(70);
    pair.net.add<ResponderBehavior>(other_id, serving(longer));
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.sync();
    REQUIRE(pair.node.execute(ini::ContinueSync{60}));
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    pair.include(other_id);
    pair.net.run_for(11s);
    CHECK(count<ini::RollForward>(pair.node) == 60);
}

TEST_CASE("An upstream lost during a check is replaced by the checked standby", "[unit][behavior][tip_check]") {
    ini::Config config = knowing();
    Pair pair(50, config);
    RawRelay raw(pair.net, raw_id);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    pair.include(raw_id);
    pair.net.run_for(1s);
    REQUIRE(find_intersect(raw) == "8204");  // asked, and does not answer yet
    pair.net.reach(relay_id, Reach::refuses);
    REQUIRE(pair.relay.execute(res::DisconnectPeer{pair.relay.behavior().peers().at(0).connection}));
    pair.net.run_for(1s);
    SECTION("which has our chain") {
        // The intersection is at the origin, where its tip is, too.
        raw.send(2, raw::bytes("83058082"
                               "80"
                               "00"));
        pair.net.run_for(1s);
        CHECK(last<ini::RollBackward>(pair.node).peer == raw_id);
        CHECK(followed(pair.node) == std::vector{Point()});
    }
    SECTION("which answers with a point that was not proposed") {
        raw.send(2, raw::bytes("8305821901005820" + std::string(64, 'a') + "828000"));
        pair.net.run_for(1s);
        CHECK(last<ini::PeerDisconnected>(pair.node).violation.rule == Errc::wrong_intersection);
    }
    SECTION("which reports not to have even the origin") {
        raw.send(2, raw::bytes("8206828000"));
        pair.net.run_for(1s);
        CHECK(last<ini::PeerDisconnected>(pair.node).violation.rule == Errc::wrong_intersection);
    }
}

TEST_CASE("An answer to a sync that has ended is ignored, and the next sync starts with its peer",
          "[unit][behavior][tip_check]") {
    Pair pair(50);
    RawRelay raw(pair.net, raw_id);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    pair.include(raw_id);
    pair.net.run_for(1s);
    REQUIRE(find_intersect(raw) == "8204");
    REQUIRE(pair.node.execute(ini::StopSync{}));
    pair.net.reach(relay_id, Reach::refuses);
    pair.sync({pair.chain->point(50)});
    const auto asked = raw.heard(2).size();
    raw.send(2, raw::bytes("8305808280"
                           "00"));
    pair.net.run_for(1s);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 1);  // the relay, which owed headers
    CHECK(count<ini::RollBackward>(pair.node) == 0);
    CHECK(raw.heard(2).size() > asked);  // asked anew, for the new sync
}

TEST_CASE("Nodes that follow each other still switch to a longer chain", "[unit][behavior][node][tip_check]") {
    // Near and far follow only each other, at a tip that a third one is beyond.
    TwoNodes pair(20);
    pair.join();
    auto longer = std::make_shared<TestChain>(20);
    node::Config config = both_ways(longer);
    config.seed = config.initiator.seed = config.responder.seed = 3;
    Both& third = pair.net.add<NodeBehavior>(other_id, config);
    for (Both* node : {pair.near, pair.far}) {
        REQUIRE(node->execute(ini::StartSync{}));
        REQUIRE(await<ini::AtTip>(pair.net, *node));
        pair.include(*node, other_id);
    }
    pair.net.run_for(5s);
    longer->extend(3);
    REQUIRE(third.execute(res::ChainChanged{20}));
    pair.net.run_for(11s);
    for (const Both* node : {pair.near, pair.far}) {
        CHECK(followed(*node) == points_of(*longer));
        CHECK(count<ini::RollBackward>(*node) == 0);
    }
    // What they had with each other stays: the connection served both.
    pair.net.run_for(15s);
    CHECK(state(*pair.near, relay_id) != State::none);
}
