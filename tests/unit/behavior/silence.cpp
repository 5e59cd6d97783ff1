#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// A node whose only relay speaks by hand, and a point in time.
struct Waiting {
    explicit Waiting(bool agree = true, bool trusted = false, const ini::Config& config = knowing())
        : relay(net, raw_id), node(net.add<InitiatorBehavior>(node_id, config)) {
        if (!agree) relay.answer.clear();
        REQUIRE(node.execute(ini::IncludePeer{raw_id, trusted}));
        if (agree)
            REQUIRE(await<ini::PeerInitialized>(net, node));
        else
            REQUIRE(await<ini::PeerConnected>(net, node));
        start = net.now();
    }
    /// Sends, and takes the time when it has arrived.
    void say(std::uint16_t channel, const ByteVector& messages) {
        relay.send(channel, messages);
        net.run_for(20ms);
        start = net.now();
    }
    void sync() {
        REQUIRE(node.execute(ini::StartSync{}));
        start = net.now();
        net.run_for(1s);
    }
    void follow() {
        sync();
        say(2, raw::intersect_found(Point(), tip));
    }
    void fetch() {
        REQUIRE(node.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(6)}));
        start = net.now();
        net.run_for(1s);
    }
    /// The connection has ended, this long after the time that was taken, which is returned.
    Duration ended(std::string_view protocol, std::string_view state) {
        REQUIRE(await<ini::PeerDisconnected>(net, node, 1'000s));
        const Duration waited = net.now() - start;
        CHECK(last<ini::PeerDisconnected>(node).reason == Errc::state_timeout);
        CHECK(last<ini::PeerDisconnected>(node).violation == Violation{protocol, state, {}, Errc::state_timeout});
        net.run_for(1s);
        CHECK(relay.connection().error() == Errc::connection_reset);
        CHECK(net.connections() == 0);
        return waited;
    }

    const ByteVector tip = raw::tip(TestChain::made_up(9), 9);
    SimulatedNetwork net;
    RawRelay relay;
    Initiator& node;
    Instant start;
};

ByteVector header(ChainView::Position p) {
    return raw::roll_forward(TestChain::header_of(TestChain::made_up(p)).cbor, raw::tip(TestChain::made_up(9), 9));
}

}  // namespace

TEST_CASE("A relay that does not answer the proposal has ten seconds", "[unit][behavior][silence]") {
    Waiting w(false);
    CHECK(w.ended("handshake", "Confirm") == 10s);
}

TEST_CASE("A relay that sends its answer slowly has no more time", "[unit][behavior][silence]") {
    Waiting w(false);
    for (const std::uint8_t byte : raw::bytes("83010f841a2d")) {
        w.relay.connection().send(0, true, ByteVector{byte});
        w.net.run_for(1s);
    }
    CHECK(w.ended("handshake", "Confirm") == 10s);
}

TEST_CASE("A relay that does not answer a ping has sixty seconds", "[unit][behavior][silence]") {
    Waiting w;
    w.relay.pongs = false;
    SECTION("the first one") { CHECK(w.ended("keep-alive", "Server") == 60s); }
    SECTION("a later one") {
        w.net.run_for(20ms);
        w.say(8, raw::pong(w.relay.last_cookie()));
        CHECK(w.ended("keep-alive", "Server") == 70s);
    }
}

TEST_CASE("A relay has ten seconds to answer a search for an intersection", "[unit][behavior][silence]") {
    Waiting w;
    w.sync();
    CHECK(w.ended("chain-sync", "Intersect") == 10s);
}

TEST_CASE("A relay that sends neither a header nor AwaitReply has ten seconds", "[unit][behavior][silence]") {
    Waiting w;
    w.follow();
    SECTION("from the intersection on, when the requests are sent") { CHECK(w.ended("chain-sync", "CanAwait") == 10s); }
    SECTION("from each answer on") {
        w.say(2, raw::roll_backward(Point(), w.tip));
        for (ChainView::Position p = 1; p <= 5; ++p) {
            w.net.run_for(9s);
            w.say(2, header(p));
        }
        CHECK(w.ended("chain-sync", "CanAwait") == 10s);
    }
    SECTION("also after a block at the tip") {
        w.say(2, raw::join({raw::roll_backward(Point(), w.tip), raw::await_reply}));
        w.net.run_for(300s);
        w.say(2, header(1));
        CHECK(w.ended("chain-sync", "CanAwait") == 10s);
    }
}

TEST_CASE("A relay at its tip has between 601 and 911 seconds, drawn for each wait", "[unit][behavior][silence]") {
    std::vector<Duration> waited;
    for (int blocks = 0; blocks < 3; ++blocks) {
        Waiting w;
        w.follow();
        w.say(2, raw::join({raw::roll_backward(Point(), w.tip), raw::await_reply}));
        for (ChainView::Position p = 1; p <= static_cast<ChainView::Position>(blocks); ++p) {
            w.net.run_for(600s);
            w.say(2, raw::join({header(p), raw::await_reply}));
        }
        waited.push_back(w.ended("chain-sync", "MustReply"));
        CHECK(waited.back() >= 601s);
        CHECK(waited.back() <= 911s);
    }
    CHECK(waited[0] != waited[1]);
    CHECK(waited[1] != waited[2]);
}

TEST_CASE("A trusted relay has no time limit at its tip, but everywhere else", "[unit][behavior][silence]") {
    Waiting w(true, true);
    w.follow();
    w.say(2, raw::join({raw::roll_backward(Point(), w.tip), raw::await_reply}));
    w.net.run_for(10'000s);
    CHECK(count<ini::PeerDisconnected>(w.node) == 0);
    w.say(2, header(1));
    CHECK(w.ended("chain-sync", "CanAwait") == 10s);
}

TEST_CASE("A relay that does not start a batch has sixty seconds", "[unit][behavior][silence]") {
    Waiting w;
    w.fetch();
    CHECK(w.ended("block-fetch", "Busy") == 60s);
    // It had not begun, so it is asked for again; but not for ever.
    CHECK(count<ini::RangeFailed>(w.node) == 0);
    REQUIRE(await<ini::RangeFailed>(w.net, w.node, 120s));
    CHECK(w.relay.lives() == 2);
    CHECK(last<ini::RangeFailed>(w.node).reason == Errc::state_timeout);
}

TEST_CASE("A relay has sixty seconds for each block of a batch", "[unit][behavior][silence]") {
    Waiting w;
    w.fetch();
    w.say(3, raw::start_batch);
    SECTION("for the first") { CHECK(w.ended("block-fetch", "Streaming") == 60s); }
    SECTION("for the next") {
        for (ChainView::Position p = 1; p <= 5; ++p) {
            w.net.run_for(59s);
            w.say(3, raw::block(TestChain::block_of(TestChain::made_up(p))));
        }
        CHECK(w.ended("block-fetch", "Streaming") == 60s);
        // The rest is requested when the relay is back, but not for ever.
        CHECK(count<ini::RangeFailed>(w.node) == 0);
        REQUIRE(await<ini::PeerInitialized>(w.net, w.node, 20s));
        w.net.run_for(1s);
        CHECK(w.relay.heard(3) == raw::request_range(TestChain::made_up(5), TestChain::made_up(6)));
        REQUIRE(await<ini::RangeFailed>(w.net, w.node, 120s));
        CHECK(last<ini::RangeFailed>(w.node).reason == Errc::state_timeout);
        CHECK(last<ini::RangeFailed>(w.node).blocks == 5);
    }
    SECTION("for the whole of a slow one") {
        const ByteVector block = raw::block(TestChain::block_of(TestChain::made_up(1)));
        for (std::size_t i = 0; i < 50; ++i) {
            w.relay.connection().send(3, true, BytesView(block).subspan(i, 1));
            w.net.run_for(1s);
        }
        CHECK(w.ended("block-fetch", "Streaming") == 60s);
    }
}

TEST_CASE("A standby that gets a later request has its own time limit", "[unit][behavior][silence]") {
    // The first relay answers nothing; what it leaves goes to the second, which keeps silent just so.
    Waiting w;
    RawRelay second(w.net, other_id);
    REQUIRE(w.node.execute(ini::IncludePeer{other_id}));
    REQUIRE(await<ini::PeerInitialized>(w.net, w.node));
    second.pongs = w.relay.pongs = false;
    Duration left = 10s;
    SECTION("after silence") {
        w.sync();
        CHECK(await<ini::PeerDisconnected>(w.net, w.node, 20s));
        left = 5s;  // it was asked when the first one stalled
    }
    SECTION("after a violation") {
        w.sync();
        w.say(2, raw::await_reply);
        CHECK(count<ini::PeerDisconnected>(w.node) == 1);
    }
    CHECK(last<ini::PeerDisconnected>(w.node).peer == raw_id);
    const Instant asked = w.net.now();
    REQUIRE(await<ini::PeerDisconnected>(w.net, w.node, 100s));
    CHECK(last<ini::PeerDisconnected>(w.node).peer == other_id);
    CHECK(w.net.now() == asked + left);
}

TEST_CASE("A standby asked because another one has disconnected has its own time limit too",
          "[unit][behavior][silence]") {
    ini::Config config = knowing();
    config.tip_check = {};
    Waiting w(true, false, config);
    RawRelay second(w.net, other_id);
    RawRelay third(w.net, relay_id);
    for (const PeerId& id : {other_id, relay_id}) {
        REQUIRE(w.node.execute(ini::IncludePeer{id}));
        REQUIRE(await<ini::PeerInitialized>(w.net, w.node));
    }
    w.follow();
    w.say(2, raw::join({raw::roll_backward(Point(), w.tip), header(1), raw::await_reply}));
    w.net.run_for(4s);
    second.pongs = third.pongs = false;  // no answer, no next ping: nothing else is due soon
    w.net.run_for(10s);
    REQUIRE(w.node.execute(ini::DemotePeer{raw_id}));
    w.net.run_for(100ms);
    w.relay.connection().close();
    w.net.run_for(100ms);
    second.send(2, raw::intersect_not_found(w.tip));
    w.net.run_for(20ms);
    const Instant asked = w.net.now();
    REQUIRE(await<ini::PeerDisconnected>(w.net, w.node, 100s));
    CHECK(last<ini::PeerDisconnected>(w.node).peer == relay_id);
    CHECK(w.net.now() == asked + 10s);
}

namespace {

/// A relay, and a client that falls silent.
struct Server {
    explicit Server(bool agree = true)
        : relay(net.add<ResponderBehavior>(relay_id, serving(chain))), client(net, relay_id, agree) {
        start = net.now();
    }
    void say(std::uint16_t channel, const ByteVector& messages) {
        client.send(channel, messages);
        net.run_for(20ms);
        start = net.now();
    }
    Duration ended(Duration at_most = 4'000s) {
        REQUIRE(await<res::PeerDisconnected>(net, relay, at_most));
        return net.now() - start;
    }
    [[nodiscard]] Violation violation() const { return last<res::PeerDisconnected>(relay).violation; }

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain = std::make_shared<TestChain>(5);
    Responder& relay;
    RawClient client;
    Instant start;
};

}  // namespace

TEST_CASE("A client that proposes nothing has ten seconds", "[unit][behavior][silence]") {
    Server s(false);
    SECTION("") {}
    SECTION("even if it has started") { s.client.send(0, raw::bytes("8200a20e84")); }
    CHECK(s.ended() == 10s - 20ms);  // the relay accepted before the client heard of it
    CHECK(s.violation() == Violation{"handshake", "Propose", {}, Errc::state_timeout});
    s.net.run_for(1s);
    CHECK(s.client.connection().error() == Errc::connection_reset);
    CHECK(s.relay.behavior().idle());
}

TEST_CASE("A client that starts no mini-protocol is disconnected in order after five seconds",
          "[unit][behavior][silence]") {
    Server s;
    const bool began = GENERATE(false, true);
    if (began) {
        s.say(2, raw::request_next);
        s.say(8, raw::ping(1));
        s.net.run_for(60s);
        s.say(8, raw::keep_alive_done);
        s.net.run_for(60s);
        s.say(2, raw::chain_sync_done);
    }
    REQUIRE(s.net.run_until([&] { return s.client.connection().ended(); }, 60s));
    CHECK(s.net.now() - s.start == 5s + (began ? 20ms : 0ms));
    s.client.connection().close();
    s.net.run_for(1s);
    CHECK(last<res::PeerDisconnected>(s.relay).reason == Errc::idle);
    CHECK(s.violation() == Violation{});
    CHECK(s.net.connections() == 0);
}

TEST_CASE("A relay can be configured to keep idle clients", "[unit][behavior][silence]") {
    SimulatedNetwork net;
    res::Config config;
    config.idle_timeout = Duration::zero();
    auto& relay = net.add<ResponderBehavior>(relay_id, config);
    RawClient client(net, relay_id);
    net.run_for(3h);
    CHECK(relay.behavior().peers().size() == 1);
}

TEST_CASE("A client must send its next ping within 97 seconds", "[unit][behavior][silence]") {
    Server s;
    s.say(8, raw::ping(1));
    s.net.run_for(96s);
    s.say(8, raw::ping(2));
    CHECK(s.ended() == 97s);
    CHECK(s.violation() == Violation{"keep-alive", "Client", {}, Errc::state_timeout});
}

TEST_CASE("A follower must send its next request within 3,373 seconds", "[unit][behavior][silence]") {
    Server s;
    s.client.keep_alive();
    s.say(2, raw::request_next);
    CHECK(s.ended() == 3'373s);
    CHECK(s.violation() == Violation{"chain-sync", "Idle", {}, Errc::state_timeout});
}

TEST_CASE("A follower that waits at the tip has no time limit", "[unit][behavior][silence]") {
    Server s;
    s.client.keep_alive();
    s.say(2, raw::repeat(raw::request_next, 7));
    s.net.run_for(10h);
    s.chain->extend();
    REQUIRE(s.relay.execute(res::ChainChanged{5}));
    s.start = s.net.now();
    CHECK(s.ended() == 3'373s);
}

TEST_CASE("A client that fetches blocks has no time limit", "[unit][behavior][silence]") {
    Server s;
    s.client.keep_alive();
    s.say(3, raw::request_range(s.chain->point(1), s.chain->point(2)));
    s.net.run_for(10h);
    CHECK(count<res::PeerDisconnected>(s.relay) == 0);
}
