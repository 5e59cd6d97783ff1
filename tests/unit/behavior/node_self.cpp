#include "unit/behavior/node_cast.hpp"

using namespace cast;

TEST_CASE("A node that dials itself stops that for good, without a ban", "[unit][behavior][node]") {
    TwoNodes pair;
    const bool root = GENERATE(true, false);
    if (root)
        pair.include(*pair.near, node_id);
    else
        REQUIRE(pair.near->execute(ini::KnowPeers{{node_id}}));
    pair.net.run_for(1s);
    CHECK(count<ini::PeerConnected>(*pair.near) == 0);
    REQUIRE(count<ini::PeerDisconnected>(*pair.near) == 1);
    CHECK(last<ini::PeerDisconnected>(*pair.near).reason == Errc::self_connection);
    CHECK_FALSE(last<ini::PeerDisconnected>(*pair.near).retry_at);
    CHECK(count<ini::PeerBanned>(*pair.near) == 0);
    CHECK(pair.near->behavior().initiator().counters().known == 0);
    CHECK(pair.near->behavior().peers().empty());
    CHECK(pair.net.connections() == 0);

    // And it stays away, however it is named.
    CHECK(pair.near->execute(ini::IncludePeer{node_id}).error() == Errc::self_connection);
    REQUIRE(pair.near->execute(ini::KnowPeers{{node_id, relay_id}}));
    REQUIRE(pair.near->execute(ini::SetLocalRoots{{ini::LocalRoots{{node_id, other_id}, 2, 2}}}));
    CHECK(pair.near->behavior().initiator().counters().known == 2);
    pair.net.run_for(1h);
    CHECK(count<ini::PeerInitialized>(*pair.near) == 1);
    for (const auto& end : told<ini::PeerDisconnected>(*pair.near))
        CHECK((end.peer == node_id) == (end.reason == Errc::self_connection));
}

TEST_CASE("A node never learns an address that is set as its own", "[unit][behavior][node]") {
    struct Row {
        const char* own;
        const char* peer;
        bool same;
    };
    const Row row = GENERATE(values<Row>({{"1.2.3.4:3001", "1.2.3.4:3001", true},
                                          {"1.2.3.4:3001", "1.2.3.4:3002", false},
                                          {"1.2.3.4:3001", "1.2.3.5:3001", false},
                                          {"1.2.3.4:3001", "[::ffff:1.2.3.4]:3001", true},
                                          {"[2001:db8::1]:3001", "[2001:db8:0:0::1]:3001", true},
                                          {"me.example:3001", "ME.example:3001", true},
                                          {"0.0.0.0:3001", "127.0.0.2:3001", true},
                                          {"0.0.0.0:3001", "[::1]:3001", false},
                                          {"0.0.0.0:3001", "1.2.3.4:3001", false},
                                          {"[::]:3001", "[::1]:3001", true},
                                          {"[::]:3001", "127.0.0.1:3001", true}}));
    INFO(row.own << " and " << row.peer);
    const PeerId peer = *PeerId::parse(row.peer);
    TwoNodes pair;
    REQUIRE(pair.near->execute(ini::SetOwnAddresses{{*PeerId::parse(row.own)}}));
    const auto included = pair.near->execute(ini::IncludePeer{peer});
    CHECK(included.error() == (row.same ? Errc::self_connection : Errc::none));
    REQUIRE(pair.near->execute(ini::KnowPeers{{peer}}));
    REQUIRE(pair.near->execute(ini::SetLocalRoots{{ini::LocalRoots{{peer}, 1, 1}}}));
    CHECK(pair.near->behavior().initiator().counters().known == (row.same ? 0 : 1));
    pair.net.run_for(1s);
    CHECK(pair.net.figures().dials == (row.same ? 0 : 1));
}

TEST_CASE("A node never dials the address that it shares", "[unit][behavior][node]") {
    TwoNodes pair(20,
                  [](node::Config& config) { config.responder.own_address = PeerId::from_parts("1.2.3.4", 3'001); });
    REQUIRE(pair.near->execute(ini::SetOwnAddresses{}));  // replaces others, not this one
    for (const char* own : {"1.2.3.4:3001", "[::ffff:1.2.3.4]:3001"}) {
        REQUIRE(pair.near->execute(ini::KnowPeers{{*PeerId::parse(own)}}));
        CHECK(pair.near->execute(ini::IncludePeer{*PeerId::parse(own)}).error() == Errc::self_connection);
    }
    CHECK(pair.near->behavior().initiator().counters().known == 0);
    CHECK(pair.near->execute(ini::IncludePeer{PeerId::from_parts("1.2.3.4", 3'002)}));
}

TEST_CASE("A peer that turns out to be the node itself is forgotten", "[unit][behavior][node]") {
    TwoNodes pair;
    pair.include(*pair.near, relay_id);
    pair.net.run_for(1s);
    REQUIRE(pair.near->execute(ini::KnowPeers{{other_id}}));
    REQUIRE(pair.near->execute(ini::SetOwnAddresses{{relay_id, other_id}}));
    pair.net.run_for(2min);
    CHECK(pair.near->behavior().initiator().counters().known == 0);
    CHECK(last<ini::PeerDisconnected>(*pair.near).reason == Errc::self_connection);
    REQUIRE(pair.near->execute(ini::SetOwnAddresses{}));
    CHECK(pair.near->execute(ini::IncludePeer{relay_id}));
    CHECK(pair.near->execute(ini::SetOwnAddresses{{PeerId()}}).error() == Errc::bad_argument);
}
