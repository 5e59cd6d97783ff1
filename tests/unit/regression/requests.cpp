#include <map>
#include <set>

#include "unit/behavior/raw.hpp"

using namespace cast;

// Defects of the seed in what goes to a peer and comes of it: each has its test, under its name.

namespace {

ByteVector ranges(ChainView::Position first, ChainView::Position last) {
    ByteVector all;
    for (ChainView::Position p = first; p <= last; ++p)
        all = raw::join({all, raw::request_range(TestChain::made_up(p), TestChain::made_up(p))});
    return all;
}

/// How often each request has ended.
std::map<CommandId, std::size_t> outcomes(const Initiator& node) {
    std::map<CommandId, std::size_t> ends;
    for (const auto& done : told<ini::RangeDone>(node)) ++ends[done.command];
    for (const auto& none : told<ini::NoBlocks>(node)) ++ends[none.command];
    for (const auto& failed : told<ini::RangeFailed>(node)) ++ends[failed.command];
    return ends;
}

/// Which block of the chain it is.
ChainView::Position position_of(const TestChain& chain, const Bytes& block) {
    for (ChainView::Position p = 1; p <= chain.size(); ++p)
        if (TestChain::block_matches(block, chain.at(p))) return p;
    FAIL("not a block of the chain");
    return 0;
}

}  // namespace

TEST_CASE("Messages to one peer are not overtaken by later ones", "[unit][regression]") {
    SECTION("requests sent together") {
        SimulatedNetwork net;
        RawRelay relay(net, raw_id);
        auto& node = net.add<InitiatorBehavior>(node_id, knowing());
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        for (ChainView::Position p = 1; p <= 50; ++p)
            REQUIRE(node.execute(ini::RequestBlocks{TestChain::made_up(p), TestChain::made_up(p)}));
        net.run_for(1s);
        CHECK(relay.heard(3) == ranges(1, 50));
    }
    SECTION("answers sent together") {
        const auto chain = std::make_shared<TestChain>(50);
        SimulatedNetwork net;
        net.add<ResponderBehavior>(relay_id, serving(chain));
        RawClient client(net, relay_id);
        ByteVector pings, pongs, batch = raw::start_batch;
        for (std::uint16_t cookie = 0; cookie < 100; ++cookie) {
            pings = raw::join({pings, raw::ping(cookie)});
            pongs = raw::join({pongs, raw::pong(cookie)});
        }
        for (ChainView::Position p = 1; p <= 50; ++p) batch = raw::join({batch, raw::block(*chain->block(p))});
        client.send(8, pings);
        client.send(3, raw::request_range(chain->point(1), chain->point(50)));
        net.run_for(1s);
        CHECK(client.heard(8) == pongs);
        CHECK(client.heard(3) == raw::join({batch, raw::batch_done}));
    }
}

TEST_CASE("A second tick before a write completes changes nothing", "[unit][regression]") {
    Options options;
    options.send_buffer = 4;  // less than any message: no write completes while the relay does not read
    SimulatedNetwork net(options);
    RawRelay relay(net, raw_id);
    auto& node = net.add<InitiatorBehavior>(node_id, knowing());
    const auto tick_for = [&](int seconds) {
        for (; seconds > 0; --seconds) {
            net.run_for(1s);
            node.tick();
            REQUIRE(node.execute(ini::Housekeeping{}));
        }
    };

    relay.then = [](RawRelay& r) { r.connection().pause(true); };
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    tick_for(5);
    CHECK(count<ini::PeerConnected>(node) == 1);
    relay.then = nullptr;
    relay.connection().pause(false);
    REQUIRE(await<ini::PeerInitialized>(net, node, 5s));
    net.run_for(5s);
    CHECK(relay.heard(0) == raw::propose("841a2d964a09f500f4"));  // one way
    CHECK(relay.pings() == 1);

    // The second ping becomes due meanwhile.
    relay.connection().pause(true);
    REQUIRE(node.execute(ini::StartSync{}));
    REQUIRE(node.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(1)}));
    tick_for(9);
    CHECK(relay.heard(2).empty());
    relay.connection().pause(false);
    net.run_for(900ms);
    CHECK(relay.heard(2) == raw::find_intersect({Point()}));
    CHECK(relay.heard(3) == ranges(1, 1));
    CHECK(relay.pings() == 2);
}

TEST_CASE("A continue is neither lost nor doubled", "[unit][regression]") {
    ini::Config config = knowing();
    config.automatic = false;
    Options options;
    options.reads = 2'000;  // bytes a second: headers come one by one
    Pair pair(500, config, options);
    std::size_t credit = 0;
    const auto go_on = [&](std::uint32_t headers) {
        REQUIRE(pair.node.execute(ini::ContinueSync{headers}));
        credit += headers;
    };
    const auto check = [&] {
        pair.net.run_for(30s);
        CHECK(count<ini::RollForward>(pair.node) == credit);
        CHECK(followed(pair.node).size() == credit + 1);
        CHECK(followed(pair.node).back() == pair.chain->point(credit));
    };
    pair.sync();
    go_on(3);  // before there is a peer
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    go_on(2);  // while the intersection is searched for
    REQUIRE(await<ini::Intersected>(pair.net, pair.node));
    go_on(4);  // while headers are under way
    check();
    for (int i = 0; i < 10; ++i) go_on(1);  // while the peer is busy with the one before
    check();
    go_on(20);  // and the connection is lost before they arrive
    CHECK(pair.net.lose(node_id, relay_id, Loss::reset) == 1);
    check();
    go_on(7);  // lost after some of them
    REQUIRE(pair.net.run_until([&] { return count<ini::RollForward>(pair.node) == credit - 5; }, 5s));
    CHECK(pair.net.lose(node_id, relay_id, Loss::reset) == 1);
    check();
}

TEST_CASE("A block range is not lost", "[unit][regression]") {
    const auto chain = std::make_shared<TestChain>(60);
    SimulatedNetwork net;
    RawRelay mute(net, raw_id);
    auto& node = net.add<InitiatorBehavior>(node_id, knowing());
    std::vector<CommandId> asked;
    const auto ask = [&](ChainView::Position first, ChainView::Position last) {
        asked.push_back(*node.execute(ini::RequestBlocks{chain->at(first), chain->at(last)}));
    };
    for (ChainView::Position p = 1; p <= 20; ++p) ask(p, p);  // before there is a peer
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    REQUIRE(await<ini::PeerInitialized>(net, node));
    for (ChainView::Position p = 21; p <= 40; ++p) ask(p, p);  // while the peer owes the others
    net.run_for(1s);
    CHECK(mute.heard(3).size() == ranges(1, 40).size());

    // It disconnects without answering any of them, while there is no other peer.
    net.reach(raw_id, Reach::refuses);
    mute.connection().reset();
    REQUIRE(await<ini::PeerDisconnected>(net, node));
    for (ChainView::Position p = 41; p <= 60; ++p) ask(p, p);
    asked.push_back(*node.execute(ini::RequestBlocks{TestChain::made_up(1, 1), TestChain::made_up(2, 1)}));
    net.add<ResponderBehavior>(relay_id, serving(chain));
    REQUIRE(node.execute(ini::IncludePeer{relay_id}));
    net.run_for(30s);
    const auto ends = outcomes(node);
    CHECK(ends.size() == asked.size());
    for (const CommandId id : asked) {
        INFO("request " << static_cast<std::uint64_t>(id));
        CHECK((ends.contains(id) && ends.at(id) == 1));
    }
    CHECK(count<ini::RangeDone>(node) == 60);
    CHECK(count<ini::NoBlocks>(node) == 1);
}

TEST_CASE("A block is not reported twice", "[unit][regression]") {
    Options options;
    options.send_buffer = 60'000;
    Pair pair(200, knowing(), options, 20'000);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.fetch(1, 100);
    pair.fetch(101, 150);
    REQUIRE(pair.net.run_until([&] { return count<ini::BlockReceived>(pair.node) >= 20; }, 10s));
    CHECK(pair.net.lose(node_id, relay_id, Loss::reset) == 1);
    // What was delivered is not delivered again, and the rest comes.
    REQUIRE(pair.net.run_until([&] { return count<ini::RangeDone>(pair.node) == 2; }, 60s));
    pair.net.run_for(60s);
    std::set<ChainView::Position> told_of;
    for (const auto& received : told<ini::BlockReceived>(pair.node)) {
        const ChainView::Position position = position_of(*pair.chain, received.block);
        INFO("block " << position);
        CHECK(told_of.insert(position).second);
    }
    CHECK(told_of.size() == 150);
    CHECK(outcomes(pair.node).size() == 2);
}
