#include <algorithm>

#include "unit/behavior/cast.hpp"

using namespace cast;

TEST_CASE("An included peer is dialled and reported after the handshake", "[unit][behavior][connection]") {
    Pair pair(1);
    const CommandId id = pair.include();
    CHECK(state(pair.node, relay_id).stage == ini::Stage::dialling);
    REQUIRE(await<ini::PeerConnected>(pair.net, pair.node));
    CHECK(state(pair.node, relay_id).stage == ini::Stage::handshaking);
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    const auto now = state(pair.node, relay_id);
    CHECK(now.stage == ini::Stage::ready);
    CHECK(now.agreement == Agreement{n2n::version_15, {mainnet, true, false, false, false}});
    CHECK(last<ini::PeerInitialized>(pair.node).agreement == now.agreement);
    CHECK(last<res::PeerInitialized>(pair.relay).agreement == now.agreement);
    CHECK(count<res::PeerConnected>(pair.relay) == 1);

    // A second time leaves it alone, and is the same subscription.
    CHECK(pair.include() == id);
    pair.net.run_for(60s);
    CHECK(pair.include() == id);
    CHECK(pair.node.connections().size() == 1);
    CHECK(count<res::PeerConnected>(pair.relay) == 1);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
    CHECK(pair.include(other_id) != id);
    CHECK(pair.node.execute(ini::IncludePeer{PeerId()}).error() == Errc::bad_argument);
}

TEST_CASE("A demoted peer is disconnected in order and not dialled again", "[unit][behavior][connection]") {
    Pair pair(10);
    pair.include();
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    REQUIRE(pair.node.execute(ini::DemotePeer{relay_id}));
    CHECK(state(pair.node, relay_id).stage == ini::Stage::closing);
    REQUIRE(await<ini::PeerDisconnected>(pair.net, pair.node));
    CHECK(last<ini::PeerDisconnected>(pair.node).reason == Errc::demoted);
    CHECK_FALSE(last<ini::PeerDisconnected>(pair.node).retry_at);
    CHECK(pair.node.behavior().peers().empty());
    CHECK(last<res::PeerDisconnected>(pair.relay).reason == Errc::closed_by_peer);
    CHECK(last<res::PeerDisconnected>(pair.relay).violation == Violation{});
    pair.net.run_for(600s);
    CHECK(count<ini::PeerConnected>(pair.node) == 1);
    CHECK(pair.net.connections() == 0);
    CHECK(pair.node.execute(ini::DemotePeer{relay_id}).error() == Errc::unknown_peer);

    SECTION("included again it is new, and the sync continues") {
        pair.extend();
        pair.include();
        REQUIRE(await<ini::AtTip>(pair.net, pair.node));
        CHECK(followed(pair.node) == points_of(*pair.chain));
    }
}

TEST_CASE("A peer can be demoted in every stage", "[unit][behavior][connection]") {
    Pair pair(10);
    SECTION("while it is dialled") {
        pair.net.reach(relay_id, Reach::silent);
        pair.include();
        pair.net.run_for(1s);
        REQUIRE(pair.node.execute(ini::DemotePeer{relay_id}));
    }
    SECTION("in the handshake") {
        pair.include();
        REQUIRE(await<ini::PeerConnected>(pair.net, pair.node));
        REQUIRE(pair.node.execute(ini::DemotePeer{relay_id}));
    }
    SECTION("while it waits for its next dial") {
        pair.net.reach(relay_id, Reach::refuses);
        pair.include();
        pair.net.run_for(1s);
        CHECK(count<ini::PeerDisconnected>(pair.node) == 1);
        REQUIRE(pair.node.execute(ini::DemotePeer{relay_id}));
    }
    SECTION("while it is closing") {
        pair.include();
        REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
        REQUIRE(pair.node.execute(ini::DemotePeer{relay_id}));
        REQUIRE(pair.node.execute(ini::DemotePeer{relay_id}));
        pair.net.run_for(1s);
    }
    CHECK(last<ini::PeerDisconnected>(pair.node).reason == Errc::demoted);
    CHECK(pair.node.behavior().peers().empty());
    CHECK(pair.node.behavior().idle());
    pair.net.run_for(600s);
    CHECK(std::holds_alternative<ini::PeerDisconnected>(pair.node.events().back()));
    CHECK(pair.net.connections() == 0);
}

TEST_CASE("A peer included again while it disconnects is dialled again", "[unit][behavior][connection]") {
    Pair pair(10);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    REQUIRE(pair.node.execute(ini::DemotePeer{relay_id}));
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node, 10s));
    CHECK(last<ini::PeerDisconnected>(pair.node).retry_at);
}

TEST_CASE("The waits after failures are 5, 10, 20, 40, 80 and then 160 seconds, give or take two",
          "[unit][behavior][connection]") {
    const Reach reach = GENERATE(Reach::refuses, Reach::unreachable, Reach::silent, Reach::unknown);
    ini::Config config = knowing();
    config.seed = GENERATE(1U, 2U, 3U);
    Pair pair(10, config);
    pair.net.reach(relay_id, reach);
    pair.include();
    bool fuzzy = false;
    for (const int seconds : {5, 10, 20, 40, 80, 160, 160, 160}) {
        REQUIRE(await<ini::PeerDisconnected>(pair.net, pair.node, 60s));
        const Instant now = pair.net.now();
        const auto retry_at = last<ini::PeerDisconnected>(pair.node).retry_at;
        REQUIRE(retry_at);
        CHECK(state(pair.node, relay_id).retry_at == retry_at);
        CHECK(state(pair.node, relay_id).stage == ini::Stage::waiting);
        CHECK(*retry_at - now >= std::chrono::seconds(seconds - 2));
        CHECK(*retry_at - now <= std::chrono::seconds(seconds + 2));
        fuzzy = fuzzy || *retry_at - now != std::chrono::seconds(seconds);
        REQUIRE(pair.net.run_until([&] { return !pair.node.connections().empty(); }, 300s));
        CHECK(pair.net.now() == *retry_at);  // told, and kept
    }
    CHECK(fuzzy);
    CHECK(state(pair.node, relay_id).failures == 8);
    CHECK(state(pair.node, relay_id).reason == (reach == Reach::silent    ? Errc::connect_timeout
                                                : reach == Reach::unknown ? Errc::resolve_failed
                                                                          : Errc::connect_failed));
}

TEST_CASE("Failures are forgotten after a connection of two minutes", "[unit][behavior][connection]") {
    const bool lasts = GENERATE(false, true);
    Pair pair(10);
    pair.net.reach(relay_id, Reach::refuses);
    pair.include();
    pair.net.run_for(120s);
    const auto failures = state(pair.node, relay_id).failures;
    CHECK(failures == 5);
    pair.net.reach(relay_id, Reach::answers);
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node, 300s));
    pair.net.run_for(lasts ? 120s : 118s);
    CHECK(state(pair.node, relay_id).stage == ini::Stage::ready);
    REQUIRE(pair.relay.execute(res::DisconnectPeer{pair.relay.behavior().peers().at(0).connection}));
    REQUIRE(await<ini::PeerDisconnected>(pair.net, pair.node));
    CHECK(last<ini::PeerDisconnected>(pair.node).reason == Errc::closed_by_peer);
    CHECK(state(pair.node, relay_id).failures == (lasts ? 1 : failures + 1));
    const auto wait = *state(pair.node, relay_id).retry_at - pair.net.now();
    CHECK(wait <= 7s);  // it was there: the first try is due after the least back-off
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node, 300s));
}

TEST_CASE("Including a peer that waits for its next dial dials it at once", "[unit][behavior][connection]") {
    Pair pair(10);
    pair.net.reach(relay_id, Reach::refuses);
    const CommandId id = pair.include();
    pair.net.run_for(200s);
    pair.net.reach(relay_id, Reach::answers);
    REQUIRE(state(pair.node, relay_id).stage == ini::Stage::waiting);
    CHECK(pair.include() == id);
    CHECK(await<ini::PeerInitialized>(pair.net, pair.node));
}

TEST_CASE("A dial that the interface never ends is cancelled", "[unit][behavior][connection]") {
    Options options;
    options.connect_timeout = 1h;
    Pair pair(10, knowing(), options);
    pair.net.reach(relay_id, Reach::silent);
    const Instant start = pair.net.now();
    pair.include();
    REQUIRE(await<ini::PeerDisconnected>(pair.net, pair.node, 1h));
    CHECK(pair.net.now() == start + 60s);
    CHECK(last<ini::PeerDisconnected>(pair.node).reason == Errc::connect_timeout);
}

TEST_CASE("No peer is dialled while too many events wait", "[unit][behavior][connection]") {
    ini::Config config = knowing();
    config.max_events = 10;
    Pair pair(10, config);
    pair.net.reach(relay_id, Reach::refuses);
    pair.node.attend(false);
    pair.include();
    pair.net.run_for(3h);
    CHECK(pair.node.connections().empty());
    pair.net.reach(relay_id, Reach::answers);
    pair.net.run_for(3h);
    CHECK(pair.node.connections().empty());
    pair.node.attend(true);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 10);
    CHECK(await<ini::PeerInitialized>(pair.net, pair.node, 10s));
}

TEST_CASE("Stopping ends every request, the sync and every connection", "[unit][behavior][connection]") {
    Options options;
    options.send_buffer = 60'000;
    Pair pair(1'000, knowing(), options, 20'000);
    pair.net.reach(other_id, Reach::silent);
    pair.net.reach(raw_id, Reach::refuses);
    pair.include();
    pair.include(other_id);
    pair.include(raw_id);
    const CommandId sync = pair.sync();
    const CommandId begun = pair.fetch(1, 500);
    const CommandId behind = pair.fetch(501, 600);
    REQUIRE(pair.net.run_until([&] { return count<ini::BlockReceived>(pair.node) >= 20; }, 10s));
    const std::size_t delivered = count<ini::BlockReceived>(pair.node);
    pair.node.stop();
    CHECK(last<ini::SyncEnded>(pair.node).command == sync);
    CHECK(last<ini::SyncEnded>(pair.node).reason == Errc::stopped);
    const auto failed = told<ini::RangeFailed>(pair.node);
    REQUIRE(failed.size() == 2);
    CHECK(failed[0].command == begun);
    CHECK(failed[0].reason == Errc::stopped);
    CHECK(failed[0].blocks == delivered);
    CHECK(failed[1].command == behind);
    CHECK(failed[1].reason == Errc::stopped);
    CHECK_FALSE(pair.node.behavior().idle());
    CHECK(pair.node.execute(ini::IncludePeer{raw_id}).error() == Errc::stopped);
    pair.node.stop();  // once is enough

    pair.net.run_for(10s);
    CHECK(pair.node.behavior().idle());
    CHECK(pair.net.connections() == 0);
    CHECK(pair.net.held() == 0);
    const auto gone = told<ini::PeerDisconnected>(pair.node);
    CHECK(std::count_if(gone.begin(), gone.end(), [](const auto& e) { return e.reason == Errc::stopped; }) == 2);
    CHECK(count<ini::RangeFailed>(pair.node) == 2);
    CHECK(count<ini::BlockReceived>(pair.node) == delivered);
    CHECK(count<ini::SyncEnded>(pair.node) == 1);
    const auto told_so_far = pair.node.events().size();
    pair.net.run_for(1h);
    CHECK(pair.node.events().size() == told_so_far);
    CHECK_FALSE(pair.node.behavior().next_deadline());
}

TEST_CASE("A stopped node sends Done where it is its turn", "[unit][behavior][connection]") {
    Pair pair(10);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.net.run_for(1s);
    pair.node.stop();
    const Instant start = pair.net.now();
    REQUIRE(pair.net.run_until([&] { return pair.node.behavior().idle(); }, 10s));
    CHECK(pair.net.now() < start + 1s);  // the relay closes at the end; no linger
    CHECK(pair.relay.behavior().counters().violations == 0);
}

TEST_CASE("An extra tick changes nothing at any time", "[unit][behavior][connection]") {
    const auto run = [](bool extra) {
        Options options;
        options.jitter = 7ms;
        Pair pair(400, knowing(), options, 5'000);
        pair.include();
        pair.sync();
        pair.fetch(1, 300);
        for (int i = 0; i < 30'000 && count<ini::AtTip>(pair.node) + count<ini::RangeDone>(pair.node) < 2; ++i) {
            pair.net.step();
            if (!extra) continue;
            pair.node.tick();
            pair.relay.tick();
            REQUIRE(pair.node.execute(ini::Housekeeping{}));
            REQUIRE(pair.relay.execute(res::Housekeeping{}));
        }
        pair.net.run_for(100s);
        return std::pair(pair.node.events().size(), pair.relay.behavior().counters().keep_alives);
    };
    const auto plain = run(false);
    CHECK(plain.first > 700);
    CHECK(run(true) == plain);
}
