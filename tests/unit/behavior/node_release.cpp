#include "unit/behavior/node_cast.hpp"

using namespace cast;

namespace {

ConnectionId only_connection(const Both& node) {
    REQUIRE(node.connections().size() == 1);
    return node.connections().front();
}

}  // namespace

TEST_CASE("A connection released by one end stays while the other uses it", "[unit][behavior][node]") {
    TwoNodes pair;
    pair.join();
    REQUIRE(pair.far->execute(ini::StartSync{}));
    pair.net.run_for(1s);
    const ConnectionId connection = only_connection(*pair.near);

    pair.demote(*pair.near, relay_id);
    pair.net.run_for(1s);
    CHECK(count<ini::PeerDisconnected>(*pair.near) == 1);
    CHECK(last<ini::PeerDisconnected>(*pair.near).reason == Errc::demoted);
    CHECK(count<res::PeerDisconnected>(*pair.near) == 0);
    CHECK(state(*pair.near, relay_id) == State::inbound_dup);
    CHECK(state(*pair.far, node_id) == State::outbound_dup_idle);
    pair.net.run_for(10s);
    CHECK(state(*pair.far, node_id) == State::outbound_dup);
    CHECK(count<ini::PeerDisconnected>(*pair.far) == 0);
    pair.extend(3);
    pair.net.run_for(1s);
    CHECK(count<ini::RollForward>(*pair.far) == 23);

    // And it may be taken up again.
    pair.include(*pair.near, relay_id);
    pair.net.run_for(1s);
    CHECK(only_connection(*pair.near) == connection);
    CHECK(state(*pair.near, relay_id) == State::duplex);
    CHECK(count<ini::PeerInitialized>(*pair.near) == 2);
    REQUIRE(pair.near->execute(ini::StartSync{}));
    pair.net.run_for(1s);
    CHECK(count<ini::RollForward>(*pair.near) == 23);
    CHECK(pair.net.figures().dials == 1);
}

TEST_CASE("A connection released by both ends is closed", "[unit][behavior][node]") {
    TwoNodes pair;
    pair.join();
    pair.net.run_for(10s);
    pair.demote(*pair.near, relay_id);
    pair.net.run_for(1s);
    pair.demote(*pair.far, node_id);
    pair.net.run_for(3s);
    CHECK(pair.net.connections() == 2);
    pair.net.run_for(10s);
    CHECK(pair.net.connections() == 0);
    std::size_t waiting = 0;  // the end that has closed it, or both
    for (const Both* node : {pair.near, pair.far}) {
        CHECK(count<ini::PeerDisconnected>(*node) == 1);
        CHECK(count<res::PeerDisconnected>(*node) == 1);
        waiting += node->behavior().counters().terminating;
    }
    CHECK(waiting >= 1);
    pair.net.run_for(1min);
    for (const Both* node : {pair.near, pair.far}) {
        CHECK(node->behavior().counters().terminating == 0);
        CHECK(node->behavior().peers().empty());
    }
}

TEST_CASE("A connection that only we have used is closed if the peer does not start in time",
          "[unit][behavior][node]") {
    TwoNodes pair;
    const bool late = GENERATE(false, true);  // whether the peer's time to begin is over already
    CAPTURE(late);
    pair.include(*pair.near, relay_id);
    pair.net.run_for(late ? 8s : 1s);
    CHECK(state(*pair.near, relay_id) == (late ? State::outbound_dup : State::outbound_dup_idle));
    pair.demote(*pair.near, relay_id);
    pair.net.run_for(1s);
    CHECK(state(*pair.near, relay_id) == (late ? State::outbound_idle_dup : State::inbound_idle_dup));

    SECTION("it does not") {
        pair.net.run_for(15s);
        CHECK(pair.net.connections() == 0);
        const auto end = last<res::PeerDisconnected>(*pair.near);
        CHECK((end.reason == Errc::idle || end.reason == Errc::closed_by_peer));
    }
    SECTION("it does") {
        pair.include(*pair.far, node_id);
        pair.net.run_for(10min);
        CHECK(state(*pair.near, relay_id) == State::inbound_dup);
        CHECK(pair.net.figures().dials == 1);
    }
}

TEST_CASE("Mini-protocols end and start again on one connection in both directions", "[unit][behavior][node]") {
    TwoNodes pair(20, [](node::Config& config) { config.initiator.targets = {1, 1}; });
    REQUIRE(pair.near->execute(ini::KnowPeers{{relay_id}}));
    pair.net.run_for(1s);
    REQUIRE(pair.far->execute(ini::KnowPeers{{node_id}}));
    pair.net.run_for(1s);
    const std::size_t rounds = 3;
    for (Both* node : {pair.near, pair.far}) REQUIRE(node->execute(ini::StartSync{}));
    pair.net.run_for(1s);
    for (std::size_t round = 1; round <= rounds; ++round) {
        for (Both* node : {pair.near, pair.far}) REQUIRE(node->execute(ini::SetTargets{{1, 0}}));
        pair.extend();  // the answer that each owes the other
        pair.net.run_for(1s);
        for (const Both* node : {pair.near, pair.far}) {
            const auto counters = node->behavior().initiator().counters();
            CHECK(counters.warm == 1);
            CHECK(counters.cooling == 0);
            CHECK(count<ini::RollForward>(*node) == 20 + 2 * (round - 1));
        }
        pair.extend();  // no event
        pair.net.run_for(1s);
        for (Both* node : {pair.near, pair.far}) REQUIRE(node->execute(ini::SetTargets{{1, 1}}));
        for (Both* node : {pair.near, pair.far})
            REQUIRE(node->execute(ini::RequestBlocks{pair.chain->at(1), pair.chain->at(10)}));
        pair.net.run_for(1s);
        for (const Both* node : {pair.near, pair.far}) {
            CHECK(count<ini::RollForward>(*node) == 20 + 2 * round);
            CHECK(count<ini::RangeDone>(*node) == round);
            CHECK(count<ini::RollBackward>(*node) == 0);
        }
    }
    for (const Both* node : {pair.near, pair.far}) {
        CHECK(count<ini::PeerDisconnected>(*node) == 0);
        CHECK(followed(*node) == points_of(*pair.chain));
    }
    CHECK(pair.net.figures().dials == 1);
    CHECK(pair.net.connections() == 2);
}

TEST_CASE("A peer with an outstanding answer is released at once, and its connection after the answer",
          "[unit][behavior][node]") {
    TwoNodes pair(20);
    pair.join();
    REQUIRE(pair.near->execute(ini::StartSync{}));  // the other one is content with keeping it alive
    REQUIRE(await<ini::AtTip>(pair.net, *pair.near));
    pair.net.run_for(1s);
    pair.demote(*pair.near, relay_id);
    CHECK(pair.near->behavior().initiator().counters().hot == 0);
    CHECK(pair.near->behavior().initiator().counters().warm == 0);
    pair.net.run_for(100s);
    CHECK(state(*pair.near, relay_id) == State::duplex);

    SECTION("it answers") {
        pair.extend();
        pair.net.run_for(1s);
        CHECK(count<ini::RollForward>(*pair.near) == 20);  // it is no longer wanted
        CHECK(last<ini::PeerDisconnected>(*pair.near).reason == Errc::demoted);
        CHECK(state(*pair.near, relay_id) == State::inbound_dup);
        CHECK(count<ini::PeerDisconnected>(*pair.far) == 0);
        CHECK(pair.near->behavior().initiator().counters().known == 0);
    }
    SECTION("it does not, and the connection is reset after two minutes") {
        pair.net.run_for(25s);
        CHECK(last<ini::PeerDisconnected>(*pair.near).reason == Errc::demoted);
        CHECK(count<res::PeerDisconnected>(*pair.near) == 1);
        CHECK(last<ini::PeerDisconnected>(*pair.far).reason == Errc::connection_reset);
    }
}

TEST_CASE("Stopping a sync at the tip does not cost the peer its connection", "[unit][behavior][node]") {
    TwoNodes pair(20);
    pair.join();
    for (Both* node : {pair.near, pair.far}) REQUIRE(node->execute(ini::StartSync{}));
    pair.net.run_for(1s);
    REQUIRE(pair.near->execute(ini::StopSync{}));
    pair.extend();
    pair.net.run_for(1min);
    CHECK(count<ini::RollForward>(*pair.near) == 20);
    CHECK(count<ini::RollForward>(*pair.far) == 21);
    CHECK(state(*pair.near, relay_id) == State::duplex);  // it is back
    CHECK(count<ini::PeerDisconnected>(*pair.far) == 0);
    CHECK(pair.net.figures().dials == 1);
}

TEST_CASE("An address is not dialled for a minute after its connection was closed in order", "[unit][behavior][node]") {
    const bool waits = GENERATE(true, false);
    const bool orderly = GENERATE(true, false);
    TwoNodes pair(20, [&](node::Config& config) {
        if (!waits) config.time_wait = {};
    });
    pair.include(*pair.near, relay_id);
    pair.net.run_for(1s);
    if (!orderly) {
        pair.near->lose(only_connection(*pair.near), Loss::reset);
        pair.net.run_for(30s);
        CHECK(state(*pair.near, relay_id) == State::outbound_dup);
        CHECK(pair.net.figures().dials == 2);
        return;
    }
    REQUIRE(pair.near->execute(res::DisconnectPeer{only_connection(*pair.near)}));
    pair.net.run_for(30s);
    CHECK(state(*pair.near, relay_id) == (waits ? State::terminating : State::outbound_dup));
    CHECK(pair.net.figures().dials == (waits ? 1 : 2));
    pair.net.run_for(31s);
    CHECK(state(*pair.near, relay_id) == (waits ? State::outbound_dup_idle : State::outbound_dup));
    CHECK(pair.net.figures().dials == 2);
    CHECK(count<ini::PeerDisconnected>(*pair.near) == 1);
}

TEST_CASE("A waiting address accepts a connection of the peer", "[unit][behavior][node]") {
    TwoNodes pair;
    pair.join();
    REQUIRE(pair.near->execute(res::DisconnectPeer{only_connection(*pair.near)}));
    pair.net.run_for(2s);
    // It has closed the connection and waits; the peer has not, and comes back.
    CHECK(state(*pair.near, relay_id) == State::terminating);
    pair.net.run_for(10s);
    CHECK(state(*pair.near, relay_id) == State::inbound_dup);
    pair.net.run_for(1min);
    CHECK(state(*pair.near, relay_id) == State::duplex);
    CHECK(state(*pair.far, node_id) == State::duplex);
    CHECK(pair.net.connections() == 2);
}

TEST_CASE("The number of waiting addresses has a limit", "[unit][behavior][node]") {
    TwoNodes pair(5, [](node::Config& config) { config.max_time_waits = 3; });
    std::vector<Both*> all;
    for (std::uint16_t port = 1; port <= 6; ++port) {
        Both& other = pair.net.add<NodeBehavior>(PeerId::from_parts("other.example", port), both_ways(pair.chain));
        REQUIRE(other.execute(ini::IncludePeer{relay_id}));
        all.push_back(&other);
    }
    pair.net.run_for(1s);
    CHECK(pair.far->behavior().counters().duplex == 6);
    for (const ConnectionId connection : pair.far->connections())
        REQUIRE(pair.far->execute(res::DisconnectPeer{connection}));
    pair.net.run_for(2s);
    CHECK(pair.far->behavior().counters().terminating == 3);
    for (Both* other : all) other->stop();
    pair.net.run_for(1min);
    CHECK(pair.far->behavior().peers().empty());
}

TEST_CASE("A broken rule in either direction ends the connection and is reported once on both sides",
          "[unit][behavior][node]") {
    TwoNodes pair;
    pair.join();
    for (Both* node : {pair.near, pair.far}) REQUIRE(node->execute(ini::StartSync{}));
    pair.include(*pair.near, other_id);  // somebody else, whom it does not concern
    pair.net.add<NodeBehavior>(other_id, both_ways(pair.chain));
    pair.net.run_for(15s);
    REQUIRE(state(*pair.near, other_id) != State::none);
    const ConnectionId connection = pair.far->connections().front();
    const auto [channel, responder, bytes, rule] = GENERATE(table<std::uint16_t, bool, raw::ByteVector, Errc>({
        {3, false, raw::bytes("820000"), Errc::malformed},     // of our serving side
        {3, false, raw::start_batch, Errc::out_of_turn},       // the same
        {2, true, raw::bytes("820000"), Errc::malformed},      // of our following side
        {2, true, raw::bytes("8101"), Errc::out_of_turn},      // the same: a second AwaitReply
        {2, true, raw::find_intersect({}), Errc::out_of_turn}  // the same: not for its end to say
    }));
    INFO(name(rule) << " on " << channel << (responder ? " as responder" : " as initiator"));
    pair.far->inject(connection, segment(channel, responder, bytes));
    pair.net.run_for(1s);
    CHECK(count<ini::PeerDisconnected>(*pair.near) == 1);
    CHECK(count<res::PeerDisconnected>(*pair.near) == 1);
    CHECK(last<ini::PeerDisconnected>(*pair.near).reason == rule);
    CHECK(last<res::PeerDisconnected>(*pair.near).reason == rule);
    CHECK(last<res::PeerDisconnected>(*pair.near).violation.rule == rule);
    CHECK(pair.near->connections().size() == 1);
    CHECK(last<ini::PeerDisconnected>(*pair.far).reason == Errc::connection_reset);
    CHECK(count<ini::PeerDisconnected>(*pair.far) == 1);
    CHECK(count<res::PeerDisconnected>(*pair.far) == 1);
}

TEST_CASE("A peer disconnected by one side is gone for the other", "[unit][behavior][node]") {
    TwoNodes pair;
    pair.join();
    const ConnectionId connection = only_connection(*pair.near);
    const bool ban = GENERATE(false, true);
    if (ban)
        REQUIRE(pair.near->execute(res::BanPeer{relay_id, 1h}));
    else
        REQUIRE(pair.near->execute(res::DisconnectPeer{connection}));
    pair.net.run_for(6s);
    CHECK(last<res::PeerDisconnected>(*pair.near).reason == (ban ? Errc::banned : Errc::demoted));
    CHECK(last<ini::PeerDisconnected>(*pair.near).reason == (ban ? Errc::banned : Errc::disconnected));
    CHECK(last<ini::PeerDisconnected>(*pair.near).retry_at.has_value());
    pair.net.run_for(2min);
    // A host that is banned is not served, also where we dial it.
    CHECK(pair.near->behavior().counters().duplex == (ban ? 0 : 1));
}
