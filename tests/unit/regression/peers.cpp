#include <optional>

#include "unit/behavior/crowd.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

// Defects of the seed in how peers come into use and stay there: each has its test, under its name.

namespace {

ini::Config aiming_at(std::size_t established, std::size_t active) {
    ini::Config config = knowing();
    config.targets = {established, active};
    return config;
}

}  // namespace

TEST_CASE("A dropped peer is dialled again and its slot is not leaked", "[unit][regression]") {
    Crowd crowd(3, aiming_at(3, 3));
    crowd.know(0, 3);
    const auto all_are_back = [&](Duration after) {
        crowd.net.run_for(after);
        CHECK(crowd.counters().known == 3);
        CHECK(crowd.counters().hot == 3);
        CHECK(crowd.counters().connecting == 0);
        CHECK(crowd.node.connections().size() == 3);
    };
    all_are_back(150s);
    SECTION("the peer closes") {
        for (const PeerId& id : crowd.ids) crowd.disconnect(id);
    }
    SECTION("the connection breaks") {
        for (const PeerId& id : crowd.ids) CHECK(crowd.net.lose(node_id, id, Loss::reset) == 1);
    }
    SECTION("the peer falls silent") {
        for (const PeerId& id : crowd.ids) CHECK(crowd.net.lose(node_id, id, Loss::silent) == 1);
    }
    SECTION("the peer closes and cannot be reached for some time") {
        const Reach reach = GENERATE(Reach::refuses, Reach::unreachable, Reach::silent, Reach::unknown);
        for (const PeerId& id : crowd.ids) {
            crowd.net.reach(id, reach);
            crowd.disconnect(id);
        }
        crowd.net.run_for(45s);
        CHECK(crowd.counters().hot == 0);
        for (const PeerId& id : crowd.ids) crowd.net.reach(id, Reach::answers);
    }
    SECTION("the connection breaks in the middle of the handshake") {
        for (const PeerId& id : crowd.ids) crowd.disconnect(id);
        REQUIRE(crowd.net.run_until([&] { return count<ini::PeerConnected>(crowd.node) == 4; }, 60s));
        CHECK(crowd.net.lose(node_id, last<ini::PeerConnected>(crowd.node).peer, Loss::reset) == 1);
    }
    all_are_back(200s);
}

TEST_CASE("Ban and demote disconnect and do not only set a tag", "[unit][regression]") {
    Pair pair(10);
    pair.include();
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    Errc reason{};
    SECTION("ban") {
        reason = Errc::banned;
        REQUIRE(pair.node.execute(ini::BanPeer{relay_id, 1h}));
        CHECK(state(pair.node, relay_id).temperature == Temperature::banned);
    }
    SECTION("demote") {
        reason = Errc::demoted;
        REQUIRE(pair.node.execute(ini::DemotePeer{relay_id}));
    }
    pair.extend(5);
    pair.net.run_for(1s);
    CHECK(last<ini::PeerDisconnected>(pair.node).reason == reason);
    CHECK(pair.relay.behavior().peers().empty());
    CHECK(pair.net.open_ends().empty());
    CHECK(count<ini::RollForward>(pair.node) == 10);
    pair.net.run_for(30min);
    CHECK(count<ini::PeerConnected>(pair.node) == 1);
    CHECK(count<res::PeerConnected>(pair.relay) == 1);
}

TEST_CASE("Honest peers are not banned for ever after two network errors", "[unit][regression]") {
    SimulatedNetwork net;
    RawRelay relay(net, raw_id);
    auto& node = net.add<InitiatorBehavior>(node_id, aiming_at(5, 5));
    const auto know = [&] { REQUIRE(node.execute(ini::KnowPeers{{raw_id}})); };
    const auto fail_after = [&](auto&& how) {
        know();
        for (std::size_t error = 1; error <= 4; ++error) {
            REQUIRE(await<ini::PeerInitialized>(net, node, 60s));
            net.run_for(1s);
            how();
            REQUIRE(net.run_until([&] { return count<ini::PeerDisconnected>(node) == error; }, 100s));
        }
    };
    SECTION("it cannot be dialled") {
        net.reach(raw_id, GENERATE(Reach::refuses, Reach::unreachable, Reach::silent, Reach::unknown));
        know();
        for (int error = 0; error < 4; ++error) REQUIRE(await<ini::PeerDisconnected>(net, node, 100s));
        net.reach(raw_id, Reach::answers);
    }
    SECTION("the connection breaks") {
        fail_after([&] { CHECK(net.lose(node_id, raw_id, Loss::reset) == 1); });
    }
    SECTION("no bytes pass any more") {
        fail_after([&] { CHECK(net.lose(node_id, raw_id, Loss::silent) == 1); });
    }
    SECTION("it ends inside a message") {
        fail_after([&] {
            relay.send(8, raw::bytes("82"));
            relay.connection().close();
        });
    }
    CHECK(state(node, raw_id).failures == 4);
    REQUIRE(await<ini::PeerInitialized>(net, node, 100s));
    CHECK(state(node, raw_id).temperature == Temperature::hot);
    CHECK(count<ini::PeerBanned>(node) == 0);
}

TEST_CASE("Events of an old connection do not reach the new one", "[unit][regression]") {
    // No emulation in between: it would keep them back, and the behavior must not need that.
    InitiatorBehavior behavior(knowing());
    Instant now{1h};
    const auto fact = [&](auto event) { behavior.handle_io(InterfaceEvent<n2n::Message>(std::move(event)), now); };
    const auto stage = [&] { return behavior.peers().at(0).stage; };
    const auto dialled = [&] {
        std::optional<ConnectionId> connection;
        while (const auto wish = behavior.poll_command())
            if (const auto* connect = std::get_if<io::Connect>(&*wish)) connection = connect->connection;
        return connection;
    };
    const n2n::Message accepted(
        Handshake::AcceptVersion{Version{15}, encode(Version{15}, {mainnet, true, false, false, false})});
    ini::Command include = ini::IncludePeer{relay_id};
    REQUIRE(behavior.execute(include, now));
    const auto old = dialled();
    REQUIRE(old);
    fact(io::Connected{*old, relay_id});
    fact(io::Disconnected{*old, relay_id, Errc::connection_reset});
    now = *behavior.peers().at(0).retry_at;
    behavior.tick(now);
    const auto fresh = dialled();
    REQUIRE(fresh);
    CHECK(*fresh != *old);

    const auto all_late_news = [&] {
        const auto before = stage();
        while (behavior.poll_event()) {
        }
        fact(io::Connected{*old, relay_id});
        CHECK(stage() == before);
        fact(io::Recv<n2n::Message>{*old, relay_id, Role::initiator, accepted, 10});
        CHECK(stage() == before);
        fact(io::Recv<n2n::Message>{*old, relay_id, Role::initiator, n2n::Message(ChainSync::AwaitReply{}), 2});
        CHECK(stage() == before);
        fact(io::Disconnected{*old, relay_id, Errc::connection_reset});
        CHECK(stage() == before);
        CHECK_FALSE(behavior.poll_command());
        CHECK_FALSE(behavior.has_event());
    };
    CHECK(stage() == ini::Stage::dialling);
    all_late_news();
    fact(io::Connected{*fresh, relay_id});
    CHECK_FALSE(dialled());
    CHECK(stage() == ini::Stage::handshaking);
    all_late_news();
    fact(io::Recv<n2n::Message>{*fresh, relay_id, Role::initiator, accepted, 10});
    CHECK_FALSE(dialled());
    CHECK(stage() == ini::Stage::ready);
    all_late_news();
}

TEST_CASE("Including a connected peer does not reset it", "[unit][regression]") {
    Pair pair(1'000);
    const CommandId id = pair.include();
    const auto include_again = [&] {
        const auto before = state(pair.node, relay_id);
        CHECK(pair.include() == id);
        CHECK(state(pair.node, relay_id).stage == before.stage);
        CHECK(state(pair.node, relay_id).temperature == before.temperature);
        CHECK(state(pair.node, relay_id).agreement == before.agreement);
    };
    include_again();  // dialling
    REQUIRE(await<ini::PeerConnected>(pair.net, pair.node));
    include_again();  // in the handshake
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    include_again();
    pair.sync();
    pair.fetch(1, 500);
    REQUIRE(pair.net.run_until([&] { return count<ini::RollForward>(pair.node) > 100; }, 10s));
    include_again();  // busy
    REQUIRE(await<ini::AtTip>(pair.net, pair.node, 10s));
    include_again();  // at the tip
    pair.net.run_for(60s);
    CHECK(followed(pair.node) == points_of(*pair.chain));
    CHECK(count<ini::RollForward>(pair.node) == 1'000);
    CHECK(last<ini::RangeDone>(pair.node).blocks == 500);
    CHECK(count<res::PeerConnected>(pair.relay) == 1);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
}

TEST_CASE("A silent peer does not hold a slot", "[unit][regression]") {
    // There is one slot, and the silent one has it.
    SimulatedNetwork net;
    RawRelay silent(net, raw_id);
    net.add<ResponderBehavior>(relay_id, serving(std::make_shared<TestChain>(10)));
    auto& node = net.add<InitiatorBehavior>(node_id, aiming_at(1, 1));
    const auto meet = [&] {
        REQUIRE(node.execute(ini::KnowPeers{{raw_id}}));
        net.run_for(1s);
    };
    SECTION("its address does not answer") {
        net.reach(raw_id, Reach::silent);
        meet();
    }
    SECTION("it does not answer the proposal") {
        silent.answer.clear();
        meet();
    }
    SECTION("it does not answer pings") {
        silent.pongs = false;
        meet();
    }
    SECTION("it does not answer the search for an intersection") {
        REQUIRE(node.execute(ini::StartSync{}));
        meet();
    }
    SECTION("it sends no block") {
        REQUIRE(node.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(5)}));
        meet();
    }
    SECTION("it does not acknowledge anything any more") {
        meet();
        CHECK(net.lose(node_id, raw_id, Loss::silent) == 1);
    }
    REQUIRE(node.execute(ini::KnowPeers{{relay_id}}));
    CHECK(state(node, relay_id).stage == ini::Stage::waiting);
    REQUIRE(net.run_until([&] { return state(node, relay_id).temperature == Temperature::hot; }, 90s));
    CHECK(state(node, raw_id).stage == ini::Stage::waiting);
    CHECK(node.connections().size() == 1);
}
