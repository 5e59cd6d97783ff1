#include <ouro/emulation/vices.hpp>

#include "unit/behavior/cast.hpp"

using namespace cast;

namespace {

/// How often the user had to be taken back.
std::size_t rollbacks(const Initiator& node) { return count<ini::RollBackward>(node); }

}  // namespace

TEST_CASE("A node follows a chain from the origin to its tip", "[unit][behavior][chain_sync]") {
    Pair pair(1'000);
    pair.include();
    const CommandId id = pair.sync();
    REQUIRE(pair.net.run_until([&] { return count<ini::AtTip>(pair.node) == 1; }, 60s));

    const auto intersected = told<ini::Intersected>(pair.node);
    REQUIRE(intersected.size() == 1);
    CHECK(intersected[0].command == id);
    CHECK(intersected[0].peer == relay_id);
    CHECK(intersected[0].point == Point());
    CHECK(intersected[0].tip == pair.chain->tip());
    CHECK(followed(pair.node) == points_of(*pair.chain));
    CHECK(rollbacks(pair.node) == 0);  // the first one of every relay is swallowed

    // At the tip is told once, behind all headers.
    REQUIRE(std::holds_alternative<ini::AtTip>(pair.node.events().back()));
    CHECK(last<ini::AtTip>(pair.node).tip == pair.chain->tip());
    const auto headers = told<ini::RollForward>(pair.node);
    REQUIRE(headers.size() == 1'000);
    CHECK(headers[499].header == TestChain::header_of(pair.chain->at(500)));
    CHECK(headers[499].command == id);
}

TEST_CASE("A sync starts after the first point that the relay has", "[unit][behavior][chain_sync]") {
    Pair pair(100);
    pair.include();
    pair.sync({TestChain::made_up(200), pair.chain->point(60), pair.chain->point(30)});
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    CHECK(last<ini::Intersected>(pair.node).point == pair.chain->point(60));
    CHECK(followed(pair.node) == points_of(*pair.chain, 60));
    CHECK(rollbacks(pair.node) == 0);
}

TEST_CASE("A sync without an intersection ends, and another one may start", "[unit][behavior][chain_sync]") {
    Pair pair(10);
    pair.include();
    const CommandId id = pair.sync({TestChain::made_up(5, 1)});
    REQUIRE(await<ini::NoIntersection>(pair.net, pair.node));
    CHECK(last<ini::NoIntersection>(pair.node).command == id);
    CHECK(last<ini::NoIntersection>(pair.node).tip == pair.chain->tip());
    pair.net.run_for(60s);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
    CHECK(count<ini::SyncEnded>(pair.node) == 0);

    const CommandId again = pair.sync();
    CHECK(again != id);
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    CHECK(followed(pair.node) == points_of(*pair.chain));
}

TEST_CASE("No intersection is reported only after all other peers were tried", "[unit][behavior][chain_sync]") {
    Pair pair(10);
    const auto chain = std::make_shared<TestChain>(3);
    pair.net.add<ResponderBehavior>(other_id, serving(chain));
    pair.include(other_id);
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    SECTION("one of them has it") {
        pair.sync({pair.chain->point(8)});
        REQUIRE(await<ini::AtTip>(pair.net, pair.node));
        CHECK(last<ini::Intersected>(pair.node).peer == relay_id);
        CHECK(count<ini::NoIntersection>(pair.node) == 0);
    }
    SECTION("none has it") {
        pair.sync({TestChain::made_up(5, 1)});
        REQUIRE(await<ini::NoIntersection>(pair.net, pair.node));
        CHECK(count<ini::NoIntersection>(pair.node) == 1);
        pair.sync();
        REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    }
}

TEST_CASE("A peer without even the origin breaks a rule", "[unit][behavior][chain_sync]") {
    Pair pair(10);
    pair.relay.meddle(find_vice(responder_vices(), "knows_no_intersection")->make);
    pair.include();
    pair.sync();
    REQUIRE(await<ini::PeerDisconnected>(pair.net, pair.node));
    CHECK(last<ini::PeerDisconnected>(pair.node).violation.rule == Errc::wrong_intersection);
    CHECK(count<ini::NoIntersection>(pair.node) == 0);
}

TEST_CASE("Without a sync there is nothing to continue or to stop", "[unit][behavior][chain_sync]") {
    Pair pair(10);
    CHECK(pair.node.execute(ini::ContinueSync{1}).error() == Errc::bad_argument);
    CHECK(pair.node.execute(ini::StopSync{}).error() == Errc::bad_argument);
}

TEST_CASE("New blocks are delivered as the relay gets them, and the tip is not reported again",
          "[unit][behavior][chain_sync]") {
    Pair pair(20);
    pair.include();
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    for (int i = 0; i < 10; ++i) {
        pair.extend();
        pair.net.run_for(20s);
        CHECK(followed(pair.node) == points_of(*pair.chain));
    }
    CHECK(count<ini::AtTip>(pair.node) == 1);
}

TEST_CASE("The tip is reported again after a follower has fallen behind", "[unit][behavior][chain_sync]") {
    Pair pair(20);
    pair.include();
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    pair.extend(50);
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    CHECK(followed(pair.node) == points_of(*pair.chain));
}

TEST_CASE("Requests beyond the tip are answered later, in order", "[unit][behavior][chain_sync]") {
    Pair pair(0);
    pair.include();
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    pair.extend(700);  // more than a window
    pair.net.run_for(5s);
    CHECK(followed(pair.node) == points_of(*pair.chain));
}

TEST_CASE("Another fork reaches every follower, wherever it stands", "[unit][behavior][chain_sync]") {
    Pair pair(30);
    auto& second = pair.net.add<InitiatorBehavior>(other_id, knowing());
    pair.include();
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    REQUIRE(second.execute(ini::IncludePeer{relay_id}));
    REQUIRE(second.execute(ini::StartSync{{pair.chain->point(28)}}));
    REQUIRE(await<ini::AtTip>(pair.net, second));

    pair.switch_fork(25, 10, 1);
    pair.net.run_for(5s);
    CHECK(followed(pair.node) == points_of(*pair.chain));
    CHECK(rollbacks(pair.node) == 1);
    CHECK(last<ini::RollBackward>(pair.node).point == pair.chain->point(25));
    // The second one began on the fork that is gone: it is taken back to before its beginning.
    CHECK(rollbacks(second) == 1);
    CHECK(followed(second) == points_of(*pair.chain, 25));

    pair.switch_fork(0, 5, 2);
    pair.net.run_for(5s);
    CHECK(followed(pair.node) == points_of(*pair.chain));
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
    CHECK(count<ini::PeerDisconnected>(second) == 0);
}

TEST_CASE("A roll-back among headers in flight loses and repeats none", "[unit][behavior][chain_sync]") {
    Options options;
    options.jitter = 15ms;
    Pair pair(2'000, knowing(), options);
    pair.include();
    pair.sync();
    REQUIRE(pair.net.run_until([&] { return count<ini::RollForward>(pair.node) > 700; }, 60s));
    pair.switch_fork(400, 1'700, 1);
    REQUIRE(await<ini::AtTip>(pair.net, pair.node, 60s));
    CHECK(followed(pair.node) == points_of(*pair.chain));
    CHECK(rollbacks(pair.node) == 1);
}

TEST_CASE("A chain that has grown without a command is announced with the next change",
          "[unit][behavior][chain_sync]") {
    Pair pair(5);
    pair.include();
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    pair.net.run_for(500s);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
    CHECK(count<ini::RollForward>(pair.node) == 5);
}

TEST_CASE("A user who takes no events has at most a window of headers waiting", "[unit][behavior][chain_sync]") {
    ini::Config config = knowing();
    config.sync_window = 40;
    Pair pair(1'000, config);
    pair.include();
    pair.sync();
    pair.node.attend(false);
    pair.net.run_for(300s);
    std::size_t headers = 0;
    while (const auto event = pair.node.poll_event()) {
        headers += std::holds_alternative<ini::RollForward>(*event) ? 1 : 0;
        if (headers == 1) CHECK(pair.relay.behavior().counters().headers <= 40);
    }
    CHECK(headers == 40);
    CHECK(pair.relay.behavior().peers().size() == 1);

    pair.node.attend(true);
    REQUIRE(await<ini::AtTip>(pair.net, pair.node, 60s));
    CHECK(count<ini::RollForward>(pair.node) == 960);
}

TEST_CASE("Manual credit delivers as many headers, and no more than a window at once", "[unit][behavior][chain_sync]") {
    ini::Config config = knowing();
    config.automatic = false;
    config.sync_window = 50;
    Pair pair(500, config);
    pair.include();
    pair.sync();
    pair.net.run_for(30s);
    CHECK(count<ini::Intersected>(pair.node) == 1);
    CHECK(count<ini::RollForward>(pair.node) == 0);

    REQUIRE(pair.node.execute(ini::ContinueSync{5}));
    pair.net.run_for(30s);
    CHECK(count<ini::RollForward>(pair.node) == 5);
    REQUIRE(pair.node.execute(ini::ContinueSync{2}));
    pair.net.run_for(30s);
    CHECK(count<ini::RollForward>(pair.node) == 7);

    REQUIRE(pair.node.execute(ini::ContinueSync{1'000'000}));
    pair.net.run_for(30s);
    CHECK(count<ini::RollForward>(pair.node) == 57);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
}

TEST_CASE("Manual credit given before a peer connects is kept", "[unit][behavior][chain_sync]") {
    ini::Config config = knowing();
    config.automatic = false;
    Pair pair(500, config);
    pair.sync();
    REQUIRE(pair.node.execute(ini::ContinueSync{3}));
    pair.include();
    pair.net.run_for(30s);
    CHECK(count<ini::RollForward>(pair.node) == 3);
}

TEST_CASE("Stopping a sync with outstanding answers ends it and dials the peer again", "[unit][behavior][chain_sync]") {
    Pair pair(10);
    pair.include();
    const CommandId id = pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    REQUIRE(pair.node.execute(ini::StopSync{}));
    CHECK(last<ini::SyncEnded>(pair.node).command == id);
    CHECK(last<ini::SyncEnded>(pair.node).reason == Errc::none);
    const CommandId second = pair.sync();  // waits for the new connection
    pair.extend(5);
    REQUIRE(await<ini::AtTip>(pair.net, pair.node, 20s));
    CHECK(last<ini::PeerDisconnected>(pair.node).reason == Errc::disconnected);
    CHECK(last<ini::Intersected>(pair.node).command == second);
    CHECK(followed(pair.node) == points_of(*pair.chain));
    REQUIRE(pair.node.execute(ini::StopSync{}));
    CHECK(count<ini::SyncEnded>(pair.node) == 2);
    CHECK(pair.node.execute(ini::StopSync{}).error() == Errc::bad_argument);
    CHECK(count<ini::SyncEnded>(pair.node) == 2);
}

TEST_CASE("Stopping a sync without outstanding answers leaves its peer alone", "[unit][behavior][chain_sync]") {
    ini::Config config = knowing();
    config.automatic = false;
    Pair pair(10, config);
    pair.include();
    pair.sync();
    REQUIRE(await<ini::Intersected>(pair.net, pair.node));
    REQUIRE(pair.node.execute(ini::StopSync{}));
    pair.sync();
    REQUIRE(await<ini::Intersected>(pair.net, pair.node));
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
}

TEST_CASE("A sync without rules also works", "[unit][behavior][chain_sync]") {
    Pair pair(100, ini::Config{});
    pair.include();
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    pair.switch_fork(60, 60, 1);
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    CHECK(followed(pair.node) == points_of(*pair.chain));
}
