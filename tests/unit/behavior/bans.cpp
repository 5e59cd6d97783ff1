#include "unit/behavior/crowd.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// A node and a relay that breaks a rule with its first pong: another cookie than it was asked with.
struct Offended {
    explicit Offended(ini::Config config = knowing())
        : relay(net, raw_id), node(net.add<InitiatorBehavior>(node_id, config)) {
        relay.pongs = false;
        relay.then = [](RawRelay& r) {
            if (r.pings() == 1) r.send(8, raw::pong(static_cast<std::uint16_t>(r.last_cookie() + 1)));
        };
    }

    SimulatedNetwork net;
    RawRelay relay;
    Initiator& node;
};

}  // namespace

TEST_CASE("A known peer that breaks a rule is banned for an hour and is then like any other", "[unit][behavior][ban]") {
    Offended o;
    REQUIRE(o.node.execute(ini::KnowPeers{{raw_id}}));
    REQUIRE(await<ini::PeerBanned>(o.net, o.node));
    const Instant start = o.net.now();
    CHECK(last<ini::PeerBanned>(o.node).reason == Errc::cookie_mismatch);
    CHECK(last<ini::PeerBanned>(o.node).until == start + 1h);
    CHECK(state(o.node, raw_id).temperature == Temperature::banned);
    CHECK(state(o.node, raw_id).reason == Errc::cookie_mismatch);
    CHECK(state(o.node, raw_id).retry_at == start + 1h);
    CHECK(o.node.behavior().counters().banned == 1);
    o.net.run_for(1s);
    CHECK(last<ini::PeerDisconnected>(o.node).retry_at == start + 1h);
    CHECK(o.node.execute(ini::IncludePeer{raw_id}).error() == Errc::banned);
    REQUIRE(o.node.execute(ini::KnowPeers{{raw_id}}));  // surviving: no word makes it come back
    o.net.run_for(59min);
    CHECK(o.relay.lives() == 1);
    o.relay.then = nullptr;
    o.relay.pongs = true;
    REQUIRE(await<ini::PeerInitialized>(o.net, o.node, 2min));
    CHECK(o.net.now() >= start + 1h);
    CHECK(state(o.node, raw_id).failures == 0);
}

TEST_CASE("A root that breaks a rule is not banned and waits before it is dialled again", "[unit][behavior][ban]") {
    Offended o;
    SECTION("an included one") { REQUIRE(o.node.execute(ini::IncludePeer{raw_id})); }
    SECTION("a local one") { REQUIRE(o.node.execute(ini::SetLocalRoots{ini::LocalRoots{raw_id}})); }
    REQUIRE(await<ini::PeerDisconnected>(o.net, o.node));
    CHECK(last<ini::PeerDisconnected>(o.node).violation.rule == Errc::cookie_mismatch);
    CHECK(count<ini::PeerBanned>(o.node) == 0);
    CHECK(state(o.node, raw_id).temperature == Temperature::cold);
    o.net.run_for(15s);
    CHECK(o.relay.lives() == 2);
}

TEST_CASE("With a ban time of zero no peer is banned by a rule", "[unit][behavior][ban]") {
    ini::Config config = knowing();
    config.ban_time = 0s;
    Offended o(config);
    REQUIRE(o.node.execute(ini::KnowPeers{{raw_id}}));
    REQUIRE(await<ini::PeerDisconnected>(o.net, o.node));
    CHECK(count<ini::PeerBanned>(o.node) == 0);
    CHECK(state(o.node, raw_id).temperature == Temperature::cold);
}

TEST_CASE("A ban by command disconnects at once and excludes the address until its end", "[unit][behavior][ban]") {
    Crowd crowd(2);
    crowd.know(0, 2);
    REQUIRE(crowd.node.execute(ini::StartSync{}));
    REQUIRE(await<ini::AtTip>(crowd.net, crowd.node));
    const PeerId upstream = crowd.upstream();
    REQUIRE(crowd.node.execute(ini::BanPeer{upstream, 10min}));
    CHECK(crowd.temperature(upstream) == Temperature::banned);
    REQUIRE(count<ini::PeerDisconnected>(crowd.node) == 1);
    CHECK(last<ini::PeerDisconnected>(crowd.node).reason == Errc::banned);
    crowd.net.run_for(1s);
    CHECK(crowd.relay(upstream).behavior().peers().empty());
    CHECK(crowd.counters().hot == 1);

    SECTION("it can be extended") {
        crowd.net.run_for(5min);
        REQUIRE(crowd.node.execute(ini::BanPeer{upstream, 10min}));
        crowd.net.run_for(9min);
        CHECK(crowd.temperature(upstream) == Temperature::banned);
        crowd.net.run_for(2min);
        CHECK(crowd.temperature(upstream) == Temperature::hot);
    }
    SECTION("it can be lifted") {
        REQUIRE(crowd.node.execute(ini::UnbanPeer{upstream}));
        crowd.net.run_for(1s);
        CHECK(crowd.temperature(upstream) == Temperature::hot);
        CHECK(crowd.node.execute(ini::UnbanPeer{upstream}).error() == Errc::unknown_peer);
    }
    SECTION("a root is dialled again by itself") {
        crowd.roots({{{upstream}, 1, 1, false}});
        crowd.net.run_for(9min);
        CHECK(crowd.temperature(upstream) == Temperature::banned);
        crowd.net.run_for(1min);
        CHECK(crowd.temperature(upstream) == Temperature::hot);
    }
    SECTION("it works for a demoted peer too") {
        REQUIRE(crowd.node.execute(ini::DemotePeer{upstream}));
        CHECK(crowd.node.execute(ini::IncludePeer{upstream}).error() == Errc::banned);
        crowd.net.run_for(11min);
        CHECK(crowd.counters().known == 1);
    }
}

TEST_CASE("An unknown address can be banned and is forgotten with the ban", "[unit][behavior][ban]") {
    Crowd crowd(1);
    REQUIRE(crowd.node.execute(ini::BanPeer{crowd.ids[0], 1min}));
    CHECK(crowd.counters().banned == 1);
    crowd.net.run_for(59s);
    CHECK(crowd.node.execute(ini::IncludePeer{crowd.ids[0]}).error() == Errc::banned);
    crowd.net.run_for(1s);
    CHECK(crowd.counters().known == 0);
    CHECK(crowd.node.execute(ini::IncludePeer{crowd.ids[0]}));
    CHECK(crowd.node.execute(ini::BanPeer{PeerId(), 1min}).error() == Errc::bad_argument);
    CHECK(crowd.node.execute(ini::BanPeer{crowd.ids[0], 0s}).error() == Errc::bad_argument);
}

TEST_CASE("A peer can be banned in every stage", "[unit][behavior][ban]") {
    Crowd crowd(1);
    const PeerId& id = crowd.ids[0];
    SECTION("dialling") {
        crowd.net.reach(id, Reach::silent);
        crowd.know(0, 1);
    }
    SECTION("in the handshake") {
        crowd.know(0, 1);
        REQUIRE(await<ini::PeerConnected>(crowd.net, crowd.node));
    }
    SECTION("closing") {
        crowd.know(0, 1);
        REQUIRE(await<ini::PeerInitialized>(crowd.net, crowd.node));
        crowd.targets(0, 0);
        CHECK(state(crowd.node, id).stage == ini::Stage::closing);
    }
    SECTION("waiting") {
        crowd.net.reach(id, Reach::refuses);
        crowd.know(0, 1);
        REQUIRE(await<ini::PeerDisconnected>(crowd.net, crowd.node));
    }
    REQUIRE(crowd.node.execute(ini::BanPeer{id, 1h}));
    crowd.net.reach(id, Reach::answers);
    crowd.targets(5, 5);
    crowd.net.run_for(59min);
    CHECK(crowd.temperature(id) == Temperature::banned);
    CHECK(crowd.node.connections().empty());
    crowd.net.run_for(2min);
    CHECK(crowd.temperature(id) == Temperature::hot);
}

TEST_CASE("A peer whose block the program rejects is disconnected for the rule that it broke",
          "[unit][behavior][ban]") {
    Crowd crowd(1);
    crowd.know(0, 1);
    REQUIRE(crowd.node.execute(ini::StartSync{}));
    REQUIRE(await<ini::AtTip>(crowd.net, crowd.node));
    const PeerId peer = crowd.ids[0];
    const BlockPoint block{Slot{7}, {}};
    CHECK(crowd.node.execute(ini::RejectBlock{peer, block, Errc::none}).error() == Errc::bad_argument);
    CHECK(crowd.node.execute(ini::RejectBlock{peer, block, Errc::cookie_mismatch}).error() == Errc::bad_argument);
    CHECK(crowd.node.execute(ini::RejectBlock{raw_id, block, Errc::body_mismatch}).error() == Errc::unknown_peer);
    REQUIRE(crowd.node.execute(ini::RejectBlock{peer, block, Errc::body_mismatch}));
    REQUIRE(count<ini::PeerDisconnected>(crowd.node) == 1);
    const auto& end = last<ini::PeerDisconnected>(crowd.node);
    CHECK(end.reason == Errc::body_mismatch);
    CHECK(end.violation == Violation{"block-fetch", "Streaming", "Block", Errc::body_mismatch});
    CHECK(end.point == Point(block));
    CHECK(state(crowd.node, peer).temperature == Temperature::banned);
    CHECK(crowd.node.execute(ini::RejectBlock{peer, block, Errc::body_mismatch}).error() == Errc::unknown_peer);
}
