#include <ouro/emulation/vices.hpp>

#include "unit/behavior/cast.hpp"

using namespace cast;

// Defects of the seed where one thing waits for another that it has nothing to do with: each has its test, under its
// name.

TEST_CASE("A slow consumer does not lose its connection for missing keep-alives", "[unit][regression]") {
    ini::Config config = knowing();
    config.events_bytes = 100'000;
    Pair pair(500, config, {}, 10'000);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.node.attend(false);
    pair.sync();
    pair.fetch(1, 500);
    const auto pings = [&] { return pair.relay.behavior().counters().keep_alives; };
    for (int minute = 0; minute < 30; ++minute) {
        const auto before = pings();
        pair.net.run_for(1min);
        CHECK(pings() - before >= 5);
    }
    CHECK(count<res::PeerDisconnected>(pair.relay) == 0);
    // The consumer has lost nothing either.
    pair.node.attend(true);
    REQUIRE(pair.net.run_until(
        [&] { return count<ini::RangeDone>(pair.node) == 1 && count<ini::AtTip>(pair.node) == 1; }, 60s));
    CHECK(count<ini::BlockReceived>(pair.node) == 500);
    CHECK(followed(pair.node) == points_of(*pair.chain));
    CHECK(count<ini::PeerConnected>(pair.node) == 1);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
}

TEST_CASE("A busy sync does not starve deadlines of other peers", "[unit][regression]") {
    const emulation::Vice* mute = find_vice(responder_vices(), "mute_keep_alive");
    REQUIRE(mute);
    ini::Config config = knowing();
    config.sync_window = 2;  // 50 headers a second for longer than the deadline
    Pair pair(5'000, config);
    pair.relay.meddle(mute->make);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    const Instant pinged = pair.net.now();
    pair.sync();
    REQUIRE(await<ini::PeerDisconnected>(pair.net, pair.node, 90s));
    CHECK(pair.net.now() == pinged + 60s);
    CHECK(last<ini::PeerDisconnected>(pair.node).violation ==
          Violation{"keep-alive", "Server", {}, Errc::state_timeout});
    CHECK(count<ini::RollForward>(pair.node) > 2'000);  // it was busy
    CHECK(count<ini::AtTip>(pair.node) == 0);           // to the end
}
