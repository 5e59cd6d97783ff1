#include "unit/behavior/local_cast.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

// Published cases in which other implementations failed: docs/scenarios.md.

namespace {

ByteVector tip_of(ChainView::Position number) { return raw::tip(TestChain::made_up(number), number); }

/// A relay with a chain of three blocks.
struct Served {
    void extend() {
        chain->extend();
        REQUIRE(relay.execute(res::ChainChanged{chain->size() - 1}));
        net.run_for(1s);
    }
    [[nodiscard]] ByteVector tip() const { return raw::tip(chain->tip().point, chain->size()); }
    [[nodiscard]] ByteVector forward(ChainView::Position p) const {
        return raw::roll_forward(TestChain::header_of(chain->at(p)).cbor, tip());
    }

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain = std::make_shared<TestChain>(3);
    Responder& relay = net.add<ResponderBehavior>(relay_id, serving(chain));
};

/// A peer that was lost is not dialled again here.
ini::Config patient() {
    ini::Config config = knowing();
    config.back_off = 1h;
    return config;
}

}  // namespace

TEST_CASE("A break where a message is due ends the connection with its place", "[conformance][scenario]") {
    SimulatedNetwork net;
    RawRelay relay(net, raw_id);
    Initiator& node = net.add<InitiatorBehavior>(node_id, patient());
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    REQUIRE(node.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(2)}));
    net.run_for(1s);
    const bool started = GENERATE(false, true);
    if (started) {
        relay.send(3, raw::join({raw::start_batch, raw::block(TestChain::block_of(TestChain::made_up(1)))}));
        net.run_for(1s);
    }
    REQUIRE(count<ini::PeerDisconnected>(node) == 0);
    relay.send(3, raw::bytes("82ff"));
    net.run_for(1s);
    const auto gone = last<ini::PeerDisconnected>(node);
    CHECK(gone.violation ==
          Violation{"block-fetch", started ? "Streaming" : "Busy", {}, Errc::malformed, std::size_t{1}});
}

TEST_CASE("A relay that closes in the middle of a batch ends the request with the blocks that came",
          "[conformance][scenario]") {
    SimulatedNetwork net;
    RawRelay relay(net, raw_id);
    Initiator& node = net.add<InitiatorBehavior>(node_id, patient());
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    REQUIRE(node.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(3)}));
    net.run_for(1s);
    relay.send(3, raw::join({raw::start_batch, raw::block(TestChain::block_of(TestChain::made_up(1))),
                             raw::block(TestChain::block_of(TestChain::made_up(2)))}));
    net.run_for(1s);
    CHECK(count<ini::BlockReceived>(node) == 2);
    relay.connection().close();
    net.run_for(1s);
    CHECK(last<ini::PeerDisconnected>(node).reason == Errc::closed_by_peer);
    // No other peer is known that could have the rest.
    net.run_for(2min);
    CHECK(last<ini::RangeFailed>(node).blocks == 2);
    CHECK(net.held() == 0);
}

TEST_CASE("A relay whose tip is in slot 0 with number 0 is followed without an excess of requests",
          "[conformance][scenario]") {
    SimulatedNetwork net;
    RawRelay relay(net, raw_id);
    ini::Config config = patient();
    config.tip_check = {};
    Initiator& node = net.add<InitiatorBehavior>(node_id, config);
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    REQUIRE(node.execute(ini::StartSync{}));
    net.run_for(1s);
    const bool at_origin = GENERATE(false, true);
    const ByteVector tip = at_origin ? raw::tip(Point(), 0) : tip_of(0);
    relay.send(2, raw::intersect_found(Point(), tip));
    net.run_for(100ms);
    relay.send(2, raw::roll_backward(Point(), tip));
    net.run_for(100ms);
    const ByteVector asked = relay.heard(2);
    const ByteVector search = raw::find_intersect({Point()});
    const std::size_t requests = (asked.size() - search.size()) / raw::request_next.size();
    CHECK(requests >= 2);  // the one that was answered, and one that waits
    CHECK(requests <= 3);
    CHECK(count<ini::PeerDisconnected>(node) == 0);
    relay.send(2, raw::await_reply);
    net.run_for(100ms);
    relay.send(2, raw::roll_forward(TestChain::header_of(TestChain::made_up(1)).cbor, tip_of(1)));
    net.run_for(100ms);
    CHECK(count<ini::RollForward>(node) == 1);
    CHECK(count<ini::PeerDisconnected>(node) == 0);
}

TEST_CASE("A search for an intersection behind unanswered requests is answered in its turn",
          "[conformance][scenario]") {
    Served s;
    RawClient client(s.net, relay_id);
    const std::vector<Point> points{s.chain->point(1), s.chain->point(3), Point()};  // out of order
    client.send(2, raw::find_intersect({s.chain->point(3)}));
    client.send(2, raw::join({raw::repeat(raw::request_next, 6), raw::find_intersect(points), raw::find_intersect({}),
                              raw::find_intersect({Point()})}));
    s.net.run_for(1s);
    const ByteVector at_tip = raw::join({raw::intersect_found(s.chain->point(3), s.tip()),
                                         raw::roll_backward(s.chain->point(3), s.tip()), raw::await_reply});
    CHECK(client.heard(2) == at_tip);
    ByteVector all = at_tip;
    for (ChainView::Position p = 4; p <= 8; ++p) {
        s.extend();
        all = raw::join({all, s.forward(p), p < 8 ? raw::await_reply : ByteVector()});
        if (p < 8) {
            CHECK(client.heard(2) == all);
        }
    }
    all = raw::join({all, raw::intersect_found(s.chain->point(1), s.tip()), raw::intersect_not_found(s.tip()),
                     raw::intersect_found(Point(), s.tip())});
    CHECK(client.heard(2) == all);
    CHECK(client.connection().open());
}

TEST_CASE("A search names as many points as its message may hold", "[conformance][scenario]") {
    Served s;
    RawClient client(s.net, relay_id);
    std::vector<Point> points(1'500, Point(Slot{1'000'000}, Hash{9}));
    SECTION("1,500 points") {
        points.push_back(s.chain->point(2));
        client.send(2, raw::find_intersect(points), 12'288);
        s.net.run_for(1s);
        CHECK(client.heard(2) == raw::intersect_found(s.chain->point(2), s.tip()));
    }
    SECTION("3,000 points") {
        points.resize(3'000, points.front());
        client.send(2, raw::find_intersect(points), 12'288);
        s.net.run_for(1s);
        CHECK(last<res::PeerDisconnected>(s.relay).reason == Errc::message_too_large);
    }
}

TEST_CASE("A follower whose request waits in MustReply is answered when the chain grows and when it is rolled back",
          "[conformance][scenario]") {
    Served s;
    RawClient client(s.net, relay_id);
    client.keep_alive();
    client.send(2, raw::find_intersect({s.chain->point(3)}));
    client.send(2, raw::repeat(raw::request_next, 2));
    s.net.run_for(10min);
    ByteVector all = raw::join({raw::intersect_found(s.chain->point(3), s.tip()),
                                raw::roll_backward(s.chain->point(3), s.tip()), raw::await_reply});
    CHECK(client.heard(2) == all);
    s.extend();
    all = raw::join({all, s.forward(4)});
    CHECK(client.heard(2) == all);
    client.send(2, raw::request_next);
    s.net.run_for(1s);
    s.chain->roll_back(2);
    s.chain->extend(1, 7);
    REQUIRE(s.relay.execute(res::ChainChanged{2}));
    s.net.run_for(1s);
    all = raw::join({all, raw::await_reply, raw::roll_backward(s.chain->point(2), s.tip())});
    CHECK(client.heard(2) == all);
}

TEST_CASE("An array of another length than its message's is malformed", "[conformance][scenario]") {
    SimulatedNetwork net;
    res::Config config;
    config.offer.data.peer_sharing = true;
    Responder& relay = net.add<ResponderBehavior>(relay_id, config);
    RawClient client(net, relay_id, false);
    client.send(0, raw::propose("841a2d964a09f401f4"));
    net.run_for(1s);
    client.send(10, raw::bytes(GENERATE("8902", "830005", "8100", "830180")));
    client.send(10, raw::bytes("00000000000000000000"));
    net.run_for(1s);
    CHECK(last<res::PeerDisconnected>(relay).violation.rule == Errc::malformed);
    CHECK(last<res::PeerDisconnected>(relay).violation.protocol == "peer-sharing");
}

TEST_CASE("A program that only pings a relay leaves nothing behind and breaks no rule", "[conformance][scenario]") {
    Served s;
    SECTION("it closes before the answer to its proposal") {
        RawClient client(s.net, relay_id, false);
        client.send(0, raw::propose());
        client.connection().close();
        s.net.run_for(1s);
    }
    SECTION("it pings twice and closes") {
        RawClient client(s.net, relay_id);
        client.send(8, raw::join({raw::ping(1), raw::ping(2), raw::keep_alive_done}));
        s.net.run_for(1s);
        CHECK(client.heard(8) == raw::join({raw::pong(1), raw::pong(2)}));
        client.connection().close();
        s.net.run_for(2s);
    }
    SECTION("it pings twice and resets") {
        RawClient client(s.net, relay_id);
        client.send(8, raw::join({raw::ping(1), raw::ping(2), raw::keep_alive_done}));
        s.net.run_for(1s);
        client.connection().reset();
        s.net.run_for(2s);
    }
    CHECK(count<res::PeerDisconnected>(s.relay) == 1);
    CHECK(s.relay.behavior().peers().empty());
    CHECK(s.relay.behavior().counters().violations == 0);
    CHECK(s.net.connections() == 0);
    CHECK(s.net.held() == 0);
}

TEST_CASE("A query is answered from the acquired state after the chain has grown", "[conformance][scenario]") {
    MockScript script;
    const auto chain = std::make_shared<TestChain>(5);
    script.chain = chain;
    SimulatedNetwork net;
    net.add<MockNode>(relay_id, script);
    RawClient client(net, relay_id, false);
    client.send(0, raw::bytes("8200a1198017821a2d964a09f4"));
    net.run_for(1s);
    // A state below the tip, and its point.
    client.send(7, raw::join({raw::bytes("8200"), raw::point(chain->point(4)), raw::bytes("82038103")}));
    net.run_for(1s);
    const ByteVector pinned = raw::join({raw::bytes("8101"), raw::bytes("8204"), raw::point(chain->point(4))});
    CHECK(client.heard(7) == pinned);
    chain->extend(2);
    client.send(7, raw::bytes("82038103"));
    net.run_for(1s);
    CHECK(client.heard(7) == raw::join({pinned, raw::bytes("8204"), raw::point(chain->point(4))}));
    // A state that the node does not keep, and a point of another chain.
    client.send(7, raw::join({raw::bytes("8206"), raw::point(TestChain::made_up(4, 9))}));
    net.run_for(1s);
    CHECK(client.heard(7) ==
          raw::join({pinned, raw::bytes("8204"), raw::point(chain->point(4)), raw::bytes("820201")}));
    CHECK(client.connection().open());
}
