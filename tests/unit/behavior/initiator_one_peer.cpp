// Syncs that follow one peer and no other.

#include "unit/behavior/raw.hpp"
#include "unit/behavior/sync_events.hpp"

using namespace cast;

namespace {

constexpr Duration long_time = 2h;  // longer than every time limit of chain-sync

/// Two relays with the same chain, both hot.
struct Two : Pair {
    explicit Two(std::size_t blocks, const ini::Config& config = knowing())
        : Pair(blocks, config), other(net.add<ResponderBehavior>(other_id, serving(chain))) {
        for (const PeerId& peer : {relay_id, other_id}) {
            include(peer);
            REQUIRE(await<ini::PeerInitialized>(net, node));
        }
    }
    CommandId of(const PeerId& peer, ChainView::Position from = 0, std::optional<bool> automatic = {}) {
        return *node.execute(ini::StartSync{chain->point(from), false, automatic, peer});
    }
    void extend_both(std::size_t blocks) {
        const auto common = chain->size();
        chain->extend(blocks);
        REQUIRE(relay.execute(res::ChainChanged{common}));
        REQUIRE(other.execute(res::ChainChanged{common}));
    }
    void disconnect(Responder& peer) {
        for (const auto& client : peer.behavior().peers())
            REQUIRE(peer.execute(res::DisconnectPeer{client.connection}));
    }

    Responder& other;
};

/// A raw relay from which the node follows a chain of two blocks, and has asked for the first header.
struct RawPair : Pair {
    RawPair() : Pair(2), raw(net, raw_id) {
        include(raw_id);
        REQUIRE(await<ini::PeerInitialized>(net, node));
        sync = *node.execute(ini::StartSync{Point(), false, true, raw_id});
        net.run_for(1s);
    }
    [[nodiscard]] ByteVector tip() const { return raw::tip(chain->point(2), 2); }
    [[nodiscard]] ByteVector header(ChainView::Position position) const {
        return raw::roll_forward(TestChain::header_of(chain->at(position)).cbor, tip());
    }
    void begin() {
        raw.send(2, raw::intersect_found(Point(), tip()));
        net.run_for(1s);
    }

    RawRelay raw;
    CommandId sync{};
};

}  // namespace

TEST_CASE("Syncs of one peer each follow that peer, and a sync of any peer another one", "[unit][behavior][one-peer]") {
    Two two(40);
    Responder& third = two.net.add<ResponderBehavior>(raw_id, serving(two.chain));
    const bool chain_first = GENERATE(true, false);
    CommandId chain{};
    if (chain_first) {
        chain = two.sync();
        two.net.run_for(1s);
        REQUIRE(last_of<ini::AtTip>(two.node, chain).peer == relay_id);
    }
    const CommandId a = two.of(relay_id), b = two.of(other_id, 30);
    if (!chain_first) chain = two.sync();
    two.include(raw_id);
    two.net.run_for(2s);
    two.extend_both(400);  // more than a window
    REQUIRE(third.execute(res::ChainChanged{40}));
    two.net.run_for(1min);
    CHECK(followed(two.node, a) == points_of(*two.chain));
    CHECK(followed(two.node, b) == points_of(*two.chain, 30));
    CHECK(followed(two.node, chain) == points_of(*two.chain));
    CHECK(last_of<ini::AtTip>(two.node, a).peer == relay_id);
    CHECK(last_of<ini::AtTip>(two.node, b).peer == other_id);
    CHECK(last_of<ini::AtTip>(two.node, chain).peer == raw_id);
    CHECK(count_of<ini::RollBackward>(two.node, chain) == 0);
    CHECK(count<ini::PeerDisconnected>(two.node) == 0);
}

TEST_CASE("A sync of one peer waits for that peer, and reports that it does", "[unit][behavior][one-peer]") {
    Two two(20);
    two.net.add<ResponderBehavior>(raw_id, serving(two.chain));
    two.net.reach(raw_id, Reach::refuses);
    two.include(raw_id);
    const CommandId sync = two.of(raw_id);
    two.net.run_for(10min);
    CHECK(count_of<ini::Intersected>(two.node, sync) == 0);
    REQUIRE(count<ini::Stalled>(two.node) == 1);
    CHECK(last<ini::Stalled>(two.node).peer == raw_id);
    CHECK(last<ini::Stalled>(two.node).command == sync);
    two.net.reach(raw_id, Reach::answers);
    REQUIRE(await<ini::AtTip>(two.net, two.node, 10min));
    CHECK(last_of<ini::AtTip>(two.node, sync).peer == raw_id);
}

TEST_CASE("A sync of a peer that is not known is refused, and of one that is forgotten ends",
          "[unit][behavior][one-peer]") {
    Two two(5);
    CHECK(two.node.execute(ini::StartSync{Point(), false, true, raw_id}).error() == Errc::unknown_peer);
    const CommandId known = two.of(relay_id);
    REQUIRE(two.node.execute(ini::KnowPeers{raw_id}));
    two.net.reach(raw_id, Reach::refuses);
    const CommandId waiting = two.of(raw_id);
    two.net.run_for(1s);
    REQUIRE(two.node.execute(ini::DemotePeer{raw_id}));
    REQUIRE(two.node.execute(ini::DemotePeer{relay_id}));
    two.net.run_for(1min);
    CHECK(last_of<ini::SyncEnded>(two.node, waiting).reason == Errc::unknown_peer);
    CHECK(last_of<ini::SyncEnded>(two.node, known).reason == Errc::demoted);
    CHECK(count<ini::SyncEnded>(two.node) == 2);
}

TEST_CASE("A sync of one peer ends with the connection of that peer, and the others go on",
          "[unit][behavior][one-peer]") {
    Two two(20);
    const CommandId a = two.of(relay_id), b = two.of(other_id);
    two.net.run_for(1s);
    two.disconnect(two.relay);
    two.net.run_for(1s);
    CHECK(last_of<ini::SyncEnded>(two.node, a).reason == last<ini::PeerDisconnected>(two.node).reason);
    CHECK(last<ini::PeerDisconnected>(two.node).peer == relay_id);
    two.net.run_for(1min);
    two.extend_both(5);
    two.net.run_for(5s);
    CHECK(count_of<ini::SyncEnded>(two.node, b) == 0);
    CHECK(followed(two.node, b) == points_of(*two.chain));
    CHECK(count_of<ini::RollForward>(two.node, a) == 20);
    // The peer is there again, and free.
    const CommandId again = two.of(relay_id, 20);
    two.net.run_for(1s);
    CHECK(followed(two.node, again) == points_of(*two.chain, 20));
}

TEST_CASE("A peer that breaks a rule ends its own sync with the violation", "[unit][behavior][one-peer]") {
    RawPair pair;
    pair.include(relay_id);
    const CommandId other = *pair.node.execute(ini::StartSync{Point(), false, true, relay_id});
    pair.begin();
    pair.raw.send(2, pair.header(2));  // after the origin
    pair.net.run_for(1s);
    CHECK(last_of<ini::SyncEnded>(pair.node, pair.sync).reason == Errc::broken_link);
    CHECK(last_of<ini::SyncEnded>(pair.node, pair.sync).violation.rule == Errc::broken_link);
    CHECK(count_of<ini::SyncEnded>(pair.node, other) == 0);
    pair.extend(3);
    pair.net.run_for(5s);
    CHECK(followed(pair.node, other) == points_of(*pair.chain));
}

TEST_CASE("A peer without the points of its sync is no reason to ask another one", "[unit][behavior][one-peer]") {
    Two two(10);
    const CommandId sync = *two.node.execute(ini::StartSync{TestChain::made_up(5, 1), false, true, relay_id});
    two.net.run_for(5s);
    CHECK(last_of<ini::NoIntersection>(two.node, sync).peer == relay_id);
    CHECK(two.node.execute(ini::StopSync{sync}).error() == Errc::bad_argument);  // it has ended
    CHECK(count<ini::PeerDisconnected>(two.node) == 0);
}

TEST_CASE("A sync of one peer keeps a slow peer", "[unit][behavior][one-peer]") {
    RawPair pair;
    pair.include(relay_id);
    pair.begin();
    pair.net.run_for(9s);  // of ten
    CHECK(count<ini::Stalled>(pair.node) == 1);
    pair.raw.send(2, pair.header(1));
    pair.net.run_for(1s);
    CHECK(count_of<ini::RollForward>(pair.node, pair.sync) == 1);
    CHECK(pair.relay.behavior().counters().headers == 0);
}

TEST_CASE("While a sync is paused, the time limits of its peer do not run", "[unit][behavior][one-peer]") {
    RawPair pair;
    const auto pause = [&](bool paused) { REQUIRE(pair.node.execute(ini::PauseSync{paused, pair.sync})); };
    ChainSync::State state{};
    SECTION("for an intersection") {
        pause(true);
        state = ChainSync::State::intersect;
    }
    SECTION("for the next header") {
        pair.begin();
        pause(true);
        state = ChainSync::State::can_await;
    }
    SECTION("for a header that arrives in the pause") {
        pair.begin();
        pause(true);
        pair.raw.send(2, pair.header(1));
        state = ChainSync::State::can_await;  // a second one was requested
    }
    SECTION("at the tip") {
        pair.begin();
        pair.raw.send(2, pair.header(1));
        pair.raw.send(2, pair.header(2));
        pair.raw.send(2, raw::await_reply);
        pair.net.run_for(1s);
        REQUIRE(count_of<ini::AtTip>(pair.node, pair.sync) == 1);
        pause(true);
        state = ChainSync::State::must_reply;
    }
    pair.net.run_for(long_time);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
    CHECK(count<ini::Stalled>(pair.node) == 0);
    CHECK(pair.raw.open());
    pause(true);  // again is nothing
    pair.net.run_for(long_time);
    REQUIRE(pair.raw.open());
    pause(false);  // the limits begin anew
    pair.net.run_for(3s);
    CHECK(pair.raw.open());
    pair.net.run_for(long_time);
    CHECK(last_of<ini::SyncEnded>(pair.node, pair.sync).reason == Errc::state_timeout);
    const Violation& violation = last_of<ini::SyncEnded>(pair.node, pair.sync).violation;
    CHECK(violation.state == ChainSync::states[static_cast<std::size_t>(state)].name);
}

TEST_CASE("A paused sync requests nothing, and goes on where it stood", "[unit][behavior][one-peer]") {
    ini::Config config = knowing();
    config.automatic = GENERATE(true, false);
    Two two(1'000, config);
    const CommandId sync = two.of(relay_id, 0);
    if (!config.automatic) REQUIRE(two.node.execute(ini::ContinueSync{300, sync}));
    REQUIRE(two.net.run_until([&] { return count_of<ini::RollForward>(two.node, sync) >= 50; }, 5s));
    const std::size_t before = count_of<ini::RollForward>(two.node, sync);
    REQUIRE(two.node.execute(ini::PauseSync{true, sync}));
    two.net.run_for(5s);
    const std::size_t held = count_of<ini::RollForward>(two.node, sync);
    CHECK(held <= before + config.sync_window);
    if (!config.automatic) REQUIRE(two.node.execute(ini::ContinueSync{300, sync}));
    two.extend_both(10);
    two.net.run_for(long_time);
    CHECK(count_of<ini::RollForward>(two.node, sync) == held);
    CHECK(two.relay.behavior().counters().headers == held);
    CHECK(count<ini::PeerDisconnected>(two.node) == 0);
    REQUIRE(two.node.execute(ini::PauseSync{false, sync}));
    for (int more = 0; more < 4 && !config.automatic; ++more) {
        two.net.run_for(5s);
        REQUIRE(two.node.execute(ini::ContinueSync{300, sync}));
    }
    two.net.run_for(10s);
    CHECK(followed(two.node, sync) == points_of(*two.chain));
}

TEST_CASE("A peer that rolls back during a pause says so, and one that is on another chain ends its sync",
          "[unit][behavior][one-peer]") {
    Pair pair(1'000);
    pair.include();
    const bool all = GENERATE(false, true);
    const CommandId sync = *pair.node.execute(ini::StartSync{pair.chain->point(500), false, false, relay_id});
    REQUIRE(pair.node.execute(ini::ContinueSync{100, sync}));
    pair.net.run_for(1s);
    REQUIRE(count_of<ini::RollForward>(pair.node, sync) == 100);
    REQUIRE(pair.node.execute(ini::PauseSync{true, sync}));
    pair.switch_fork(all ? 400 : 550, 500, 1);
    pair.net.run_for(40min);  // half of the peer's limit is over
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
    if (all) {
        CHECK(last_of<ini::SyncEnded>(pair.node, sync).reason == Errc::no_intersection);
        return;
    }
    // As far back as the points that a node asks for lie apart.
    REQUIRE(count_of<ini::RollBackward>(pair.node, sync) == 1);
    const Point back = last_of<ini::RollBackward>(pair.node, sync).point;
    CHECK(pair.chain->find(back));
    REQUIRE(pair.node.execute(ini::PauseSync{false, sync}));
    for (int more = 0; more < 4; ++more) {
        REQUIRE(pair.node.execute(ini::ContinueSync{300, sync}));
        pair.net.run_for(5s);
    }
    CHECK(followed(pair.node, sync) == points_of(*pair.chain, 500));
}

TEST_CASE("A sync of one peer whose window stays full keeps its peer", "[unit][behavior][one-peer]") {
    Two two(1'000);
    two.node.attend(false);
    const CommandId sync = two.of(relay_id);
    two.net.run_for(5 * long_time);
    CHECK(state(two.node, relay_id).stage == ini::Stage::ready);
    two.node.attend(true);
    two.net.run_for(10s);
    CHECK(followed(two.node, sync) == points_of(*two.chain));
    CHECK(count<ini::PeerDisconnected>(two.node) == 0);
}

TEST_CASE("A paused sync that ends leaves a peer whose time limits run again", "[unit][behavior][one-peer]") {
    RawPair pair;
    pair.begin();
    REQUIRE(pair.node.execute(ini::PauseSync{true, pair.sync}));
    pair.net.run_for(long_time);
    REQUIRE(pair.node.execute(ini::StopSync{pair.sync}));
    CHECK(pair.raw.open());
    pair.net.run_for(15s);
    CHECK(last<ini::PeerDisconnected>(pair.node).violation.rule == Errc::state_timeout);
}

TEST_CASE("A sync of any peer is not paused", "[unit][behavior][one-peer]") {
    Two two(5);
    const CommandId sync = two.sync();
    CHECK(two.node.execute(ini::PauseSync{true, sync}).error() == Errc::bad_argument);
    CHECK(two.node.execute(ini::PauseSync{true, CommandId{1'000}}).error() == Errc::bad_argument);
}

TEST_CASE("A sync of one peer that is stopped leaves the connection, and the next one begins on it",
          "[unit][behavior][one-peer]") {
    Two two(1'000);
    const CommandId first = two.of(relay_id);
    REQUIRE(two.net.run_until([&] { return count_of<ini::RollForward>(two.node, first) >= 20; }, 5s));
    SECTION("stopped before the next one begins") { REQUIRE(two.node.execute(ini::StopSync{first})); }
    const CommandId second = two.of(relay_id, 990);
    if (count<ini::SyncEnded>(two.node) == 0) {
        two.net.run_for(10s);
        CHECK(count_of<ini::Intersected>(two.node, second) == 0);  // it waits for the first
        REQUIRE(two.node.execute(ini::StopSync{first}));
        two.extend_both(1);  // the first one's last request is answered
    }
    two.net.run_for(10s);
    CHECK(followed(two.node, second) == points_of(*two.chain, 990));
    CHECK(count<ini::PeerDisconnected>(two.node) == 0);
}
