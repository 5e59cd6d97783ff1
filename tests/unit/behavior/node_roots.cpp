#include "support/rules.hpp"
#include "unit/behavior/node_cast.hpp"

using namespace cast;

namespace {

ini::SetLocalRoots group(const PeerId& peer, bool initiator_only, bool behind_firewall) {
    ini::LocalRoots roots{{peer}};
    roots.initiator_only = initiator_only;
    roots.behind_firewall = behind_firewall;
    return ini::SetLocalRoots{roots};
}

}  // namespace

TEST_CASE("A connection to a group with initiator_only is one-way", "[unit][behavior][node][roots]") {
    TwoNodes pair;
    REQUIRE(pair.near->execute(group(relay_id, true, false)));
    pair.net.run_for(1s);
    CHECK(state(*pair.near, relay_id) == State::outbound_uni);
    CHECK(last<ini::PeerInitialized>(*pair.near).agreement.data.initiator_only);
    CHECK(count<res::PeerInitialized>(*pair.near) == 0);
    // It does not come from our listening address, so it is not a way to reach us.
    CHECK(state(*pair.far, node_id) == State::none);
    REQUIRE(pair.near->execute(ini::StartSync{}));
    pair.net.run_for(1s);
    CHECK(count<ini::RollForward>(*pair.near) == 20);

    // In a group of another kind, from its next connection on, it goes both ways.
    pair.near->lose(pair.near->connections().front(), Loss::reset);
    REQUIRE(pair.near->execute(group(relay_id, false, false)));
    pair.net.run_for(90s);
    CHECK(state(*pair.near, relay_id) == State::outbound_dup);
}

TEST_CASE("A root behind a firewall is never dialled, and is used when it has connected",
          "[unit][behavior][node][roots]") {
    TwoNodes pair;
    SECTION("it connects after it became a root") {
        REQUIRE(pair.near->execute(group(relay_id, false, true)));
        pair.net.run_for(1h);
        CHECK(pair.net.figures().dials == 0);
        CHECK(count<ini::PeerDisconnected>(*pair.near) == 0);
        pair.include(*pair.far, node_id);
        pair.net.run_for(1s);
    }
    SECTION("it has connected before") {
        pair.include(*pair.far, node_id);
        pair.net.run_for(1s);
        CHECK(state(*pair.near, relay_id) == State::inbound_dup);
        REQUIRE(pair.near->execute(group(relay_id, false, true)));
        pair.net.run_for(1s);
    }
    CHECK(state(*pair.near, relay_id) == State::duplex);
    CHECK(pair.net.figures().dials == 1);
    REQUIRE(pair.near->execute(ini::StartSync{}));
    pair.net.run_for(1s);
    CHECK(count<ini::RollForward>(*pair.near) == 20);

    // It leaves and is not dialled again; it comes back by itself.
    pair.far->lose(pair.far->connections().front(), Loss::reset);
    pair.net.run_for(1s);
    CHECK(state(*pair.near, relay_id) == State::none);
    CHECK_FALSE(last<ini::PeerDisconnected>(*pair.near).retry_at);
    CHECK(pair.near->behavior().initiator().counters().connecting == 0);
    pair.net.run_for(10s);
    CHECK(pair.net.figures().dials == 2);
    CHECK(state(*pair.near, relay_id) == State::duplex);
}

TEST_CASE("A root behind a firewall that connects from another port is neither recognised nor dialled",
          "[unit][behavior][node][roots]") {
    TwoNodes pair;
    REQUIRE(pair.near->execute(group(relay_id, false, true)));
    REQUIRE(pair.far->execute(group(node_id, true, false)));
    pair.net.run_for(10min);
    CHECK(pair.net.figures().dials == 1);
    CHECK(pair.near->behavior().counters().outbound == 0);
    CHECK(pair.near->behavior().counters().inbound == 1);
}

TEST_CASE("A peer that connects itself ends the wait for its next dial", "[unit][behavior][node][roots]") {
    TwoNodes pair;
    pair.net.reach(relay_id, Reach::refuses);
    pair.include(*pair.near, relay_id);
    pair.net.run_for(10min);  // the next try is more than two minutes away
    REQUIRE(count<ini::PeerDisconnected>(*pair.near) > 5);
    pair.net.run_for(1s);
    pair.include(*pair.far, node_id);
    pair.net.run_for(1s);
    CHECK(state(*pair.near, relay_id) == State::duplex);
    CHECK(state(*pair.far, node_id) == State::duplex);
    CHECK(count<ini::PeerInitialized>(*pair.near) == 1);
}

namespace {

struct NoBlockIsGood final : support::TestRules {
    [[nodiscard]] Result<HeaderInfo> inspect(const Bytes&, Checks) const override { return Errc::malformed; }
    using TestRules::inspect;
};

}  // namespace

TEST_CASE("A peer that broke a rule waits even if it connects itself", "[unit][behavior][node][roots]") {
    TwoNodes pair(20, [](node::Config& config) {
        config.initiator.repromote_delay = 100s;
        config.initiator.request_timeout = 10s;
        config.initiator.rules = std::make_shared<const NoBlockIsGood>();
        config.time_wait = {};
    });
    pair.include(*pair.near, relay_id);
    pair.net.run_for(1s);
    REQUIRE(pair.near->execute(ini::RequestBlocks{pair.chain->at(1), pair.chain->at(1)}));
    pair.net.run_for(1s);
    REQUIRE(last<ini::PeerDisconnected>(*pair.near).reason == Errc::malformed);
    pair.include(*pair.far, node_id);
    pair.net.run_for(1s);
    CHECK(state(*pair.near, relay_id) == State::inbound_dup);
    pair.net.run_for(2min);
    CHECK(state(*pair.near, relay_id) == State::duplex);
}

TEST_CASE("An inbound peer becomes known in time if peers are shared", "[unit][behavior][node][roots]") {
    const bool shares = GENERATE(true, false);
    TwoNodes pair(20, [&](node::Config& config) { config.offer.data.peer_sharing = shares; });
    pair.include(*pair.far, node_id);
    pair.net.run_for(14min);
    CHECK(pair.near->behavior().initiator().counters().known == 0);
    pair.net.run_for(3min);
    CHECK(pair.near->behavior().initiator().counters().known == (shares ? 1 : 0));
    CHECK(state(*pair.near, relay_id) == (shares ? State::duplex : State::inbound_dup));
    CHECK(pair.net.figures().dials == 1);
}

TEST_CASE("A one-way or disconnected inbound peer does not become known", "[unit][behavior][node][roots]") {
    TwoNodes pair(20, [](node::Config& config) { config.offer.data.peer_sharing = true; });
    SECTION("one-way") { REQUIRE(pair.far->execute(group(node_id, true, false))); }
    SECTION("disconnected") {
        pair.include(*pair.far, node_id);
        pair.net.run_for(14min);
        pair.demote(*pair.far, node_id);
    }
    pair.net.run_for(1h);
    CHECK(pair.near->behavior().initiator().counters().known == 0);
}

TEST_CASE("A node that shares peers answers with known ones without asking the user", "[unit][behavior][node][roots]") {
    TwoNodes pair(20, [](node::Config& config) {
        config.offer.data.peer_sharing = true;
        config.initiator.discovery.allowed = {*AddressRange::parse("10.0.0.0/8")};
    });
    pair.net.add<NodeBehavior>(PeerId::from_parts("10.0.0.3", 3'001), both_ways(pair.chain));
    ini::LocalRoots known{{PeerId::from_parts("10.0.0.3", 3'001)}};
    known.advertise = true;
    REQUIRE(pair.far->execute(ini::SetLocalRoots{{known}}));
    pair.include(*pair.near, relay_id);
    pair.net.run_for(1s);
    REQUIRE(pair.near->execute(ini::AskPeers{relay_id, 5}));
    pair.net.run_for(1s);
    CHECK(last<ini::PeersShared>(*pair.near).peers == known.peers);
    CHECK(count<res::Requested>(*pair.far) == 0);
}
