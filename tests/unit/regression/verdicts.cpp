#include "unit/behavior/raw.hpp"

using namespace cast;

// Defects of the seed in what it makes of what a peer says: each has its test, under its name.

TEST_CASE("Malformed input is not kept for ever", "[unit][regression]") {
    const auto [input, rule] = GENERATE(
        table<std::string, Errc>({{"ff", Errc::malformed},      // an end of nothing
                                  {"1c", Errc::malformed},      // a head that is reserved
                                  {"8201ff", Errc::malformed},  // an end amid an array that has two elements
                                  {"f800", Errc::malformed},    // a simple value in the long form
                                  {"00", Errc::malformed},      // an item, and no message
                                  {"816161", Errc::malformed},  // a tag that is text
                                  {"8163", Errc::need_more},    // nothing is wrong with it yet
                                  {"5b7fffffffffffffff", Errc::message_too_large}})  // what could never be waited for
    );
    const std::size_t most = GENERATE(1U, 100U);
    INFO(input << " in segments of " << most);
    SimulatedNetwork net;
    const auto check_gone = [&] {
        CHECK(net.connections() == 0);
        net.run_for(1s);
        CHECK(net.held() == 0);
    };
    if (GENERATE(false, true)) {
        RawRelay relay(net, raw_id);
        auto& node = net.add<InitiatorBehavior>(node_id, knowing());
        relay.pongs = false;
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
        net.run_for(1s);
        relay.send(8, raw::bytes(input), most);
        net.run_for(rule == Errc::need_more ? 60s : 20ms);
        REQUIRE(count<ini::PeerDisconnected>(node) == 1);
        CHECK(last<ini::PeerDisconnected>(node).reason == (rule == Errc::need_more ? Errc::state_timeout : rule));
        check_gone();
    } else {
        auto& relay = net.add<ResponderBehavior>(relay_id, serving(std::make_shared<TestChain>(5)));
        RawClient client(net, relay_id);
        client.send(2, raw::bytes(input), most);
        net.run_for(rule == Errc::need_more ? 20s : 20ms);
        if (rule == Errc::need_more) {
            CHECK(relay.held() <=
                  2);  // a peer without a due message has no limit; it costs only the bytes that it sent
            return;
        }
        REQUIRE(count<res::PeerDisconnected>(relay) == 1);
        CHECK(last<res::PeerDisconnected>(relay).reason == rule);
        check_gone();
    }
}

TEST_CASE("A Done is not a violation", "[unit][regression]") {
    struct Run {
        std::uint16_t channel;
        ByteVector begin, done;
    };
    const TestChain made(5);
    const Run run = GENERATE_REF(values<Run>({
        {2, raw::join({raw::find_intersect({made.point(2)}), raw::request_next}), raw::chain_sync_done},
        {3, raw::request_range(made.point(1), made.point(2)), raw::client_done},
        {8, raw::ping(7), raw::keep_alive_done},
    }));
    INFO("protocol " << run.channel);
    SimulatedNetwork net;
    auto& relay = net.add<ResponderBehavior>(relay_id, serving(std::make_shared<TestChain>(5)));
    RawClient client(net, relay_id);
    client.send(run.channel, raw::join({run.begin, run.done}));
    net.run_for(1s);
    const ByteVector answer = client.heard(run.channel);
    CHECK_FALSE(answer.empty());
    CHECK(relay.behavior().peers().size() == 1);
    // It may start and end again without a report.
    client.send(run.channel, raw::join({run.begin, run.done}));
    client.send(run.channel, run.done);
    net.run_for(1s);
    CHECK(client.heard(run.channel) == raw::repeat(answer, 2));
    client.connection().close();
    net.run_for(1s);
    REQUIRE(count<res::PeerDisconnected>(relay) == 1);
    CHECK(last<res::PeerDisconnected>(relay).reason == Errc::closed_by_peer);
    CHECK(last<res::PeerDisconnected>(relay).violation == Violation{});
    CHECK(relay.behavior().counters().violations == 0);
    CHECK(relay.behavior().bans().empty());
}

TEST_CASE("A refused handshake is reported", "[unit][regression]") {
    SimulatedNetwork net;
    SECTION("at the initiator") {
        const auto [answer, reason, error, by_peer] = GENERATE(table<ByteVector, RefuseReason, Errc, bool>({
            {raw::bytes("82028200810d"), VersionMismatch{{Version{13}}}, Errc::version_mismatch, true},
            {raw::bytes("820283010f626e6f"), HandshakeDecodeError{Version{15}, "no"}, Errc::version_data, true},
            {raw::bytes("820283020f626e6f"), Refused{Version{15}, "no"}, Errc::handshake_refused, true},
            {raw::accept(13), {}, Errc::version_unoffered, false},
            {raw::accept(15, "8402f400f4"), {}, Errc::magic_mismatch, false},
        }));
        RawRelay relay(net, raw_id);
        relay.answer = answer;
        auto& node = net.add<InitiatorBehavior>(node_id, knowing());
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        net.run_for(1s);
        REQUIRE(count<ini::PeerRefused>(node) == 1);
        const auto refused = last<ini::PeerRefused>(node);
        CHECK(refused.peer == raw_id);
        CHECK(refused.error == error);
        CHECK(refused.by_peer == by_peer);
        if (by_peer) CHECK(refused.reason == reason);
        REQUIRE(count<ini::PeerDisconnected>(node) == 1);
        CHECK(last<ini::PeerDisconnected>(node).reason == error);
        CHECK(last<ini::PeerDisconnected>(node).retry_at);
        CHECK(state(node, raw_id).reason == error);
    }
    SECTION("at the responder, which sends the reason to the initiator") {
        auto& relay = net.add<ResponderBehavior>(relay_id, serving(std::make_shared<TestChain>(5)));
        RawClient client(net, relay_id, false);
        client.send(0, raw::propose("8402f400f4"));
        net.run_for(1s);
        REQUIRE(count<res::PeerRefused>(relay) == 1);
        CHECK(last<res::PeerRefused>(relay).error == Errc::magic_mismatch);
        const ByteVector answer = client.heard(0);
        REQUIRE(answer.size() > 2);
        CHECK(ByteVector(answer.begin(), answer.begin() + 5) == raw::bytes("820283020f"));
    }
}

TEST_CASE("No intersection is not a violation", "[unit][regression]") {
    Pair pair(10);
    REQUIRE(pair.node.execute(ini::KnowPeers{{relay_id}}));  // no root: an offence would be a ban
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    SECTION("the user's points") {
        pair.sync({TestChain::made_up(5, 1), TestChain::made_up(3, 1)});
        pair.net.run_for(1s);
        CHECK(count<ini::NoIntersection>(pair.node) == 1);
    }
    SECTION("those of another upstream that is gone") {
        const auto other_chain = std::make_shared<TestChain>();
        other_chain->extend(20, 1);
        auto& other = pair.net.add<ResponderBehavior>(other_id, serving(other_chain));
        REQUIRE(pair.node.execute(ini::DemotePeer{relay_id}));
        pair.net.run_for(10s);
        REQUIRE(pair.node.execute(ini::IncludePeer{other_id}));
        pair.sync({other_chain->point(10)});
        REQUIRE(await<ini::AtTip>(pair.net, pair.node));
        REQUIRE(pair.node.execute(ini::KnowPeers{{relay_id}}));
        REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node, 20s));
        pair.net.reach(other_id, Reach::refuses);
        REQUIRE(other.execute(res::DisconnectPeer{other.behavior().peers().at(0).connection}));
        pair.net.run_for(2s);
        CHECK(count<ini::SyncEnded>(pair.node) == 0);
        REQUIRE(pair.node.execute(ini::StopSync{}));
        pair.net.run_for(3min);  // it was passed over for two
    }
    CHECK(count<ini::PeerBanned>(pair.node) == 0);
    for (const auto& gone : told<ini::PeerDisconnected>(pair.node)) CHECK(gone.violation == Violation{});
    CHECK(state(pair.node, relay_id).stage == ini::Stage::ready);
    CHECK(state(pair.node, relay_id).failures == 0);
    const std::size_t connections = count<ini::PeerConnected>(pair.node);
    pair.sync();
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    CHECK(last<ini::AtTip>(pair.node).peer == relay_id);
    CHECK(count<ini::PeerConnected>(pair.node) == connections);
}

TEST_CASE("A half-closed socket is not kept", "[unit][regression]") {
    SimulatedNetwork net;
    SECTION("by the side that dialled") {
        RawRelay relay(net, raw_id);
        auto& node = net.add<InitiatorBehavior>(node_id, knowing());
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
        net.reach(raw_id, Reach::refuses);
        relay.connection().close();  // its side; it still reads
        CHECK(relay.open());
        net.run_for(50ms);
        REQUIRE(count<ini::PeerDisconnected>(node) == 1);
        CHECK(last<ini::PeerDisconnected>(node).reason == Errc::closed_by_peer);
        CHECK(relay.connection().ended());
    }
    SECTION("by the side that was dialled") {
        auto& relay = net.add<ResponderBehavior>(relay_id, serving(std::make_shared<TestChain>(5)));
        RawClient client(net, relay_id);
        client.connection().close();
        CHECK(client.connection().open());
        net.run_for(50ms);
        REQUIRE(count<res::PeerDisconnected>(relay) == 1);
        CHECK(last<res::PeerDisconnected>(relay).reason == Errc::closed_by_peer);
        CHECK(client.connection().ended());
    }
    CHECK(net.connections() == 0);
    CHECK(net.half_open().empty());
}

TEST_CASE("Peer addresses do not have reversed bytes", "[unit][regression]") {
    // An IPv4 address is one number, its first byte the lowest; an IPv6 address is four, the first byte the highest.
    const ByteVector shared = raw::bytes("82019f83001a0201a8c0190bb986011a20010db8000001190bb9ff");
    const PeerId v4 = PeerId::from_parts("192.168.1.2", 3'001), v6 = PeerId::from_parts("2001:db8::1", 3'001);
    SimulatedNetwork net;
    res::Config config;
    config.offer.data.peer_sharing = true;
    auto& relay = net.add<ResponderBehavior>(relay_id, config);
    RawClient client(net, relay_id, false);
    client.send(0, raw::propose("841a2d964a09f401f4"));
    client.send(10, raw::bytes("820002"));
    net.run_for(1s);
    REQUIRE(requests<PeerSharing::ShareRequest>(relay) == 1);
    const PeerSharing::SharePeers both{{*PeerAddress::from(v4), *PeerAddress::from(v6)}};
    REQUIRE(relay.execute(res::Answer{last_request<PeerSharing::ShareRequest>(relay).connection, both}));
    net.run_for(1s);
    CHECK(client.heard(10) == shared);

    const Bytes item = Bytes::copy(shared);
    const auto message = n2n::Message::decode(PeerSharing::channel, Item{item, &item});
    REQUIRE(message);
    const auto* sharing = message->as<PeerSharing>();
    REQUIRE(sharing);
    const auto& peers = std::get<PeerSharing::SharePeers>(*sharing).peers;
    REQUIRE(peers.size() == 2);
    CHECK(peers[0].peer() == v4);
    CHECK(peers[1].peer() == v6);
}
