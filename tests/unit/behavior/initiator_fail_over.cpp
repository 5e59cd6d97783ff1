#include "unit/behavior/cast.hpp"

using namespace cast;

namespace {

/// Two relays with chains of their own; the first one is followed.
struct Two : Pair {
    explicit Two(std::size_t blocks, std::size_t other_blocks, ini::Config config = knowing())
        : Pair(blocks, config),
          other_chain(std::make_shared<TestChain>(other_blocks)),
          other(net.add<ResponderBehavior>(other_id, serving(other_chain))) {
        include();
        REQUIRE(await<ini::PeerInitialized>(net, node));
        include(other_id);
        REQUIRE(await<ini::PeerInitialized>(net, node));
    }
    void lose_relay() {
        net.reach(relay_id, Reach::refuses);
        for (const auto& peer : relay.behavior().peers()) REQUIRE(relay.execute(res::DisconnectPeer{peer.connection}));
    }

    std::shared_ptr<TestChain> other_chain;
    Responder& other;
};

}  // namespace

TEST_CASE("When the upstream disconnects, the next one continues where it stopped", "[unit][behavior][fail_over]") {
    Two two(3'000, 3'100);
    two.sync();
    REQUIRE(two.net.run_until([&] { return count<ini::RollForward>(two.node) > 1'000; }, 60s));
    CHECK(count<ini::PeerInitialized>(two.node) == 2);
    CHECK(two.other.behavior().counters().headers == 0);  // stands by
    two.lose_relay();
    REQUIRE(await<ini::AtTip>(two.net, two.node, 60s));
    CHECK(last<ini::AtTip>(two.node).peer == other_id);
    CHECK(followed(two.node) == points_of(*two.other_chain));
    CHECK(count<ini::RollForward>(two.node) == 3'100);  // none twice
    CHECK(count<ini::RollBackward>(two.node) == 0);
    CHECK(count<ini::Intersected>(two.node) == 1);
}

TEST_CASE("A next upstream on another fork causes one roll-backward", "[unit][behavior][fail_over]") {
    const bool deep = GENERATE(false, true);
    Two two(100, deep ? 70 : 98);
    two.other_chain->extend(40, 1);
    two.sync();
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    two.lose_relay();
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    CHECK(followed(two.node) == points_of(*two.other_chain));
    REQUIRE(count<ini::RollBackward>(two.node) == 1);
    const auto back = *two.other_chain->find(last<ini::RollBackward>(two.node).point);
    CHECK(back <= (deep ? 70 : 98));
    CHECK(back >= (deep ? 45 : 97));  // asked in growing steps
}

TEST_CASE("A next upstream that is behind rolls the user back to its tip", "[unit][behavior][fail_over]") {
    Two two(100, 99);
    two.sync();
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    two.lose_relay();
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    CHECK(followed(two.node) == points_of(*two.other_chain));
    CHECK(count<ini::RollBackward>(two.node) == 1);
}

TEST_CASE("The first upstream returns and is followed again, without repeating a header",
          "[unit][behavior][fail_over]") {
    Pair pair(200);
    pair.include();
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    REQUIRE(pair.relay.execute(res::DisconnectPeer{pair.relay.behavior().peers().at(0).connection}));
    pair.extend(10);
    REQUIRE(await<ini::AtTip>(pair.net, pair.node, 20s));
    CHECK(followed(pair.node) == points_of(*pair.chain));
    CHECK(count<ini::RollForward>(pair.node) == 210);
    CHECK(count<ini::RollBackward>(pair.node) == 0);
}

TEST_CASE("A sync without a delivered header continues from its start", "[unit][behavior][fail_over]") {
    ini::Config config = knowing();
    config.automatic = false;
    Two two(50, 60, config);
    two.sync({two.chain->point(20)});
    REQUIRE(await<ini::Intersected>(two.net, two.node));
    two.lose_relay();
    REQUIRE(two.node.execute(ini::ContinueSync{100}));
    REQUIRE(await<ini::AtTip>(two.net, two.node, 10s));
    CHECK(followed(two.node) == points_of(*two.other_chain, 20));
    CHECK(count<ini::RollBackward>(two.node) == 0);
}

TEST_CASE("With a next upstream that forks before the start, an older point is used", "[unit][behavior][fail_over]") {
    Two two(50, 10);
    two.other_chain->extend(60, 1);
    two.sync({two.chain->point(20), two.chain->point(10)});
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    CHECK(last<ini::Intersected>(two.node).point == two.chain->point(20));
    two.lose_relay();
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    CHECK(followed(two.node) == points_of(*two.other_chain, 10));
    CHECK(count<ini::RollBackward>(two.node) == 1);
}

TEST_CASE("The oldest remembered header is still proposed", "[unit][behavior][fail_over]") {
    ini::Config config = knowing();
    config.history = 100;
    Two two(300, 201, config);  // header 201 is the oldest of the last hundred
    two.other_chain->extend(200, 1);
    two.sync();
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    two.lose_relay();
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    CHECK(followed(two.node) == points_of(*two.other_chain));
    CHECK(last<ini::RollBackward>(two.node).point == two.chain->point(201));
}

TEST_CASE("A peer without our chain is skipped, and the sync waits for peers that may have it",
          "[unit][behavior][fail_over]") {
    Two two(30, 0);
    two.other_chain->extend(30, 1);
    const CommandId id = two.sync({two.chain->point(10)});
    REQUIRE(await<ini::AtTip>(two.net, two.node));

    SECTION("the first one returns") {
        REQUIRE(two.relay.execute(res::DisconnectPeer{two.relay.behavior().peers().at(0).connection}));
        two.extend(5);
        REQUIRE(await<ini::AtTip>(two.net, two.node, 20s));
        CHECK(followed(two.node) == points_of(*two.chain, 10));
        CHECK(count<ini::SyncEnded>(two.node) == 0);
    }
    SECTION("no peer that could have it is left") {
        REQUIRE(two.node.execute(ini::DemotePeer{relay_id}));
        REQUIRE(await<ini::SyncEnded>(two.net, two.node, 10s));
        CHECK(last<ini::SyncEnded>(two.node).command == id);
        CHECK(last<ini::SyncEnded>(two.node).reason == Errc::no_intersection);
        two.net.run_for(60s);
        CHECK(count<ini::SyncEnded>(two.node) == 1);
    }
}

TEST_CASE("Manual credit left with a lost upstream applies to the next one", "[unit][behavior][fail_over]") {
    ini::Config config = knowing();
    config.automatic = false;
    Two two(3, 20, config);
    two.sync();
    REQUIRE(two.node.execute(ini::ContinueSync{10}));
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    CHECK(count<ini::RollForward>(two.node) == 3);
    two.lose_relay();
    two.net.run_for(10s);
    CHECK(count<ini::RollForward>(two.node) == 10);
}

TEST_CASE("Without rules a sync that has delivered a header ends with its upstream", "[unit][behavior][fail_over]") {
    Two two(50, 55, ini::Config{});
    const CommandId id = two.sync({two.chain->point(10)});
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    two.lose_relay();
    two.net.run_for(60s);
    REQUIRE(count<ini::SyncEnded>(two.node) == 1);
    CHECK(last<ini::SyncEnded>(two.node).command == id);
    CHECK(last<ini::SyncEnded>(two.node).reason == Errc::closed_by_peer);
    CHECK(count<ini::RollBackward>(two.node) == 0);
    CHECK(followed(two.node) == points_of(*two.chain, 10));
}

TEST_CASE("Without rules a sync at a known point continues from there", "[unit][behavior][fail_over]") {
    Two two(50, 55, ini::Config{});
    two.sync({two.chain->point(50)});
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    two.lose_relay();
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    CHECK(count<ini::RollBackward>(two.node) == 0);
    CHECK(followed(two.node) == points_of(*two.other_chain, 50));
}

TEST_CASE("The newest header is always remembered", "[unit][behavior][fail_over]") {
    ini::Config config = knowing();
    config.history = 1;
    Two two(50, 55, config);
    two.sync({two.chain->point(10)});
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    two.lose_relay();
    REQUIRE(await<ini::AtTip>(two.net, two.node));
    CHECK(count<ini::RollBackward>(two.node) == 0);
    CHECK(followed(two.node) == points_of(*two.other_chain, 10));
}
