#include "unit/behavior/local_cast.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

// What the reference was seen to do when a connection ends and after Done, where no other test has it.

namespace {

/// A responder that shares peers, and a client by hand.
struct Served {
    explicit Served(bool agree = true)
        : relay(net.add<ResponderBehavior>(relay_id, config())), client(net, relay_id, agree) {}

    static res::Config config() {
        res::Config config = serving(std::make_shared<TestChain>(5));
        config.offer.data.peer_sharing = true;
        config.shareable = [] { return std::vector<PeerId>{}; };
        return config;
    }
    /// Runs for at most `most` until the relay has ended its side. Returns how long that took.
    Duration end(Duration most = 300s) {
        const Instant start = net.now();
        REQUIRE(net.run_until([&] { return client.connection().ended() || !client.connection().open(); }, most));
        return net.now() - start;
    }

    SimulatedNetwork net;
    Responder& relay;
    RawClient client;
};

}  // namespace

TEST_CASE("A responder closes a connection at once when the client ends its side", "[conformance][reference][ends]") {
    Served served;
    served.client.send(8, raw::ping(1));
    served.net.run_for(1s);
    served.client.connection().close();
    CHECK(served.end() == 40ms);
    served.net.run_for(1s);
    CHECK(last<res::PeerDisconnected>(served.relay).reason == Errc::closed_by_peer);
}

TEST_CASE("An initiator closes a connection at once when the server ends its side", "[conformance][reference][ends]") {
    SimulatedNetwork net;
    RawRelay relay(net, raw_id);
    auto& node = net.add<InitiatorBehavior>(node_id, ini::Config{});
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    REQUIRE(await<ini::PeerInitialized>(net, node));
    net.run_for(1s);
    auto& connection = relay.connection();
    connection.close();
    net.run_for(20ms);
    CHECK(last<ini::PeerDisconnected>(node).reason == Errc::closed_by_peer);
    net.run_for(20ms);
    CHECK((connection.ended() || !connection.open()));
}

TEST_CASE("A server and its client close at once when the other ends its side", "[conformance][reference][ends]") {
    const bool client_ends = GENERATE(true, false);
    ServerPair pair(loc_res::Config{});
    if (client_ends)
        REQUIRE(pair.client.execute(loc::Disconnect{}));
    else
        pair.server.stop();
    pair.net.run_for(100ms);
    CHECK(pair.net.connections() == 0);
    CHECK(count<loc::Disconnected>(pair.client) == 1);
    CHECK(count<loc_res::PeerDisconnected>(pair.server) == 1);
}

TEST_CASE("A responder ends its side with its refusal, and with its answer to a query",
          "[conformance][reference][ends]") {
    const auto proposal = GENERATE(raw::propose("8403f400f4"),           // another network
                                   raw::bytes("8200a1108503f400f4f4"),   // no common version
                                   raw::propose("841a2d964a09f400f5"));  // a query
    Served served(false);
    served.client.connection().send(0, false, proposal);
    CHECK(served.end() == 40ms);
    CHECK_FALSE(served.client.heard(0).empty());
}

TEST_CASE("A mini-protocol starts again after Done on the same connection, in its first state",
          "[conformance][reference][restart]") {
    struct Run {
        std::uint16_t channel;
        raw::ByteVector request;
        std::size_t answers;  // bytes
        raw::ByteVector done;
    };
    const auto run =
        GENERATE(Run{2, raw::find_intersect({}), 0, raw::chain_sync_done},
                 Run{3, raw::request_range(Point(Slot{1}, {}), Point(Slot{1}, {})), 2, raw::client_done},
                 Run{8, raw::ping(7), 3, raw::keep_alive_done}, Run{10, raw::bytes("82000a"), 3, raw::bytes("8102")});
    CAPTURE(run.channel);
    Served served(false);
    served.client.connection().send(0, false, raw::propose("841a2d964a09f401f4"));
    served.net.run_for(1s);
    std::size_t answered = 0;
    for (int i = 0; i < 3; ++i) {
        served.client.send(run.channel, run.request);
        served.net.run_for(1s);
        const std::size_t bytes = served.client.heard(run.channel).size();
        CHECK(bytes > answered);
        if (run.answers != 0) CHECK(bytes == answered + run.answers);
        answered = bytes;
        served.client.send(run.channel, run.done);
        served.net.run_for(1s);
        CHECK(served.client.connection().open());
    }
    // The connection is idle since the last Done arrived.
    CHECK(served.end() == 4s + 40ms);
    served.net.run_for(6s);
    CHECK(last<res::PeerDisconnected>(served.relay).reason == Errc::idle);
}

TEST_CASE("A peer has sixty seconds to answer a request for addresses", "[conformance][reference][ends]") {
    SimulatedNetwork net;
    RawRelay relay(net, raw_id);
    relay.answer = raw::accept(15, "841a2d964a09f401f4");
    ini::Config config;
    config.offer.data = {mainnet, false, true, false, false};
    auto& node = net.add<InitiatorBehavior>(node_id, config);
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    REQUIRE(await<ini::PeerInitialized>(net, node));
    REQUIRE(node.execute(ini::AskPeers{raw_id, 10}));
    const Instant start = net.now();
    REQUIRE(await<ini::PeerDisconnected>(net, node, 100s));
    CHECK(net.now() - start == 60s);
    CHECK(last<ini::PeerDisconnected>(node).reason == Errc::state_timeout);
    CHECK(last<ini::PeerDisconnected>(node).violation.protocol == "peer-sharing");
}

TEST_CASE("A connection between a node and its client has no time limit after the handshake",
          "[conformance][reference][ends]") {
    ServerPair pair(loc_res::Config{});
    (void)pair.client.execute(loc::AcquireState{LocalStateQuery::VolatileTip{}, Duration::max()});
    (void)pair.client.execute(loc::AcquireMempool{Duration::max()});
    pair.net.run_for(24h);
    CHECK(pair.net.connections() == 2);
    CHECK(count<loc::Disconnected>(pair.client) == 0);
}

TEST_CASE("A peer that was asked to wait for transactions may wait for any time", "[conformance][reference][ends]") {
    SimulatedNetwork net;
    res::Config config = serving(std::make_shared<TestChain>(1));
    config.rules = support::test_rules();
    config.pull_txs = true;
    config.tx_delay = {};
    net.add<ResponderBehavior>(relay_id, config);
    RawClient client(net, relay_id);
    client.send(4, raw::tx_init);
    client.keep_alive();
    net.run_for(3h);
    CHECK(client.heard(4) == raw::ask_tx_ids(true, 0, 6));
    CHECK(client.connection().open());
}
