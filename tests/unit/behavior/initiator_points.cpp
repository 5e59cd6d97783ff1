#include <ouro/emulation/vices.hpp>

#include "unit/behavior/spread.hpp"

using namespace cast;

namespace {

Meddler<n2n::Message> (*vice(std::string_view name))() { return find_vice(responder_vices(), name)->make; }

/// How many outcomes a request has had.
std::size_t outcomes(const Initiator& node, CommandId id) {
    std::size_t n = 0;
    for (const auto& event : node.events()) {
        if (const auto* done = std::get_if<ini::RangeDone>(&event)) n += done->command == id ? 1 : 0;
        if (const auto* none = std::get_if<ini::NoBlocks>(&event)) n += none->command == id ? 1 : 0;
        if (const auto* failed = std::get_if<ini::RangeFailed>(&event)) n += failed->command == id ? 1 : 0;
    }
    return n;
}

/// Counts the requests that each connection has not answered.
struct Unanswered final : PeerVisitor {
    void sending(const Peer& peer, Role, const n2n::Message& message, Instant) override {
        const auto* sent = message.as<BlockFetch>();
        if (sent && std::holds_alternative<BlockFetch::RequestRange>(*sent))
            most = std::max(most, ++open[peer.connection]);
    }
    void received(const Peer& peer, Role, const n2n::Message& message, std::size_t, Instant) override {
        const auto* got = message.as<BlockFetch>();
        if (got &&
            (std::holds_alternative<BlockFetch::BatchDone>(*got) || std::holds_alternative<BlockFetch::NoBlocks>(*got)))
            --open[peer.connection];
    }
    std::map<ConnectionId, int> open;
    int most = 0;
};

}  // namespace

TEST_CASE("Points are fetched from all hot peers and delivered in order", "[unit][behavior][points]") {
    Spread spread(3, 300, 20'000);
    spread.meet();
    const bool sized = GENERATE(true, false);
    const CommandId id = spread.ask(spread.points(1, 300, sized));
    REQUIRE(spread.ends(60s));
    CHECK(spread.check(id, 1) == 300);
    CHECK(last<ini::RangeDone>(spread.node).command == id);
    CHECK(last<ini::RangeDone>(spread.node).blocks == 300);
    CHECK(std::holds_alternative<ini::RangeDone>(spread.node.events().back()));
    for (std::size_t relay = 0; relay < 3; ++relay) CHECK(spread.served(relay) > 50);
    CHECK(spread.served(0) + spread.served(1) + spread.served(2) == 300);
    CHECK(spread.net.held() == 0);
}

TEST_CASE("With arrival order, blocks are delivered as they come", "[unit][behavior][points]") {
    Spread spread(3, 300, 20'000);
    Link far;
    far.latency = 150ms;
    spread.net.link(spread.ids[1], far);
    spread.meet();
    auto wish = spread.points(1, 300);
    wish.in_order = false;
    const CommandId id = spread.ask(std::move(wish));
    REQUIRE(spread.ends(60s));
    CHECK(spread.check(id, 1, false) == 300);
    const auto blocks = told<ini::BlockReceived>(spread.node);
    CHECK(
        !std::is_sorted(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) { return a.index < b.index; }));
}

TEST_CASE("One point is fetched from one peer", "[unit][behavior][points]") {
    Spread spread(1, 10, 1'000);
    spread.meet();
    const CommandId id = spread.ask(7, 7);
    REQUIRE(spread.ends(2s));
    CHECK(spread.check(id, 7) == 1);
    CHECK(last<ini::RangeDone>(spread.node).peer == spread.ids[0]);
}

TEST_CASE("The blocks of a peer that does not start its answer in time are fetched from another",
          "[unit][behavior][points]") {
    Spread spread(2, 100, 20'000);
    spread.meddle(0, vice("mute_block_fetch"));
    spread.meet();
    const CommandId id = spread.ask(1, 100);
    REQUIRE(spread.ends(5s));  // the state's own time would be a minute
    CHECK(spread.check(id, 1) == 100);
    CHECK(spread.given(spread.ids[0]) == 0);
    CHECK(count<ini::PeerDisconnected>(spread.node) == 0);

    SECTION("it gets no more requests") {
        const CommandId next = spread.ask(1, 100);
        REQUIRE(spread.ends(1s));
        CHECK(spread.check(next, 1) == 100);
    }
}

TEST_CASE("A peer that sends nothing after a block is not waited for", "[unit][behavior][points]") {
    Spread spread(2, 400, 20'000);
    spread.falls_silent_after(0, 30);
    spread.meet();
    const CommandId id = spread.ask(1, 400);
    REQUIRE(spread.ends(10s));
    CHECK(spread.check(id, 1) == 400);
    CHECK(spread.given(spread.ids[0]) > 0);
    CHECK(count<ini::PeerDisconnected>(spread.node) == 0);
}

TEST_CASE("Without another free peer a late one is waited for", "[unit][behavior][points]") {
    Spread spread(1, 20, 20'000);
    spread.relays[0]->meddle([] {
        return Meddler<n2n::Message>{{}, [](Hand<n2n::Message>& hand, io::Send<n2n::Message> send) {
                                         if (send.message.as<BlockFetch>()) return hand.pass_after(8s, std::move(send));
                                         hand.pass(send);
                                     }};
    });
    spread.meet();
    const CommandId id = spread.ask(1, 20);
    REQUIRE(spread.ends(30s));
    CHECK(spread.check(id, 1) == 20);
    CHECK(spread.served(0) == 20);
}

TEST_CASE("A late block is used if it is the first to come", "[unit][behavior][points]") {
    Spread spread(2, 4, 20'000);
    for (auto* relay : spread.relays)
        relay->meddle([wait = relay == spread.relays[0] ? 3s : 10s] {
            return Meddler<n2n::Message>{{}, [wait](Hand<n2n::Message>& hand, io::Send<n2n::Message> send) {
                                             if (send.message.as<BlockFetch>())
                                                 return hand.pass_after(wait, std::move(send));
                                             hand.pass(send);
                                         }};
        });
    spread.meet();
    const CommandId id = spread.ask(1, 3);  // one message's worth: the second peer has nothing to do
    REQUIRE(spread.ends(30s));
    CHECK(spread.served(0) == 3);
    CHECK(spread.served(1) == 3);
    CHECK(spread.given(spread.ids[0]) == 3);
    CHECK(spread.check(id, 1) == 3);
    spread.net.run_for(20s);  // the others' blocks belong to no request
    CHECK(count<ini::BlockReceived>(spread.node) == 3);
    CHECK(count<ini::PeerDisconnected>(spread.node) == 0);
    CHECK(outcomes(spread.node, id) == 1);
}

TEST_CASE("A slow connection gets fewer requests, and its last blocks delay none", "[unit][behavior][points]") {
    const bool in_order = GENERATE(true, false);
    Spread spread(3, 500, 20'000);
    Link slow, fast;
    slow.bandwidth = 20'000;  // a block a second
    fast.bandwidth = 2'000'000;
    spread.net.link(fast);
    spread.net.link(spread.ids[2], slow);
    spread.meet();
    auto wish = spread.points(1, 500);
    wish.in_order = in_order;
    const Instant start = spread.net.now();
    const CommandId id = spread.ask(std::move(wish));
    REQUIRE(spread.ends(60s));
    CHECK(spread.check(id, 1, in_order) == 500);
    CHECK(spread.net.now() - start < 5s);  // the fast ones need two and a half seconds
    CHECK(spread.served(2) < 15);
}

TEST_CASE("A peer that does not have the blocks is not the last to be tried", "[unit][behavior][points]") {
    Spread spread(0, 100, 20'000);
    spread.add(std::make_shared<TestChain>(50, 20'000));
    spread.add(spread.chain);
    spread.add(std::make_shared<TestChain>(0));
    spread.meet();
    const CommandId id = spread.ask(1, 100);
    REQUIRE(spread.ends(10s));
    CHECK(spread.check(id, 1) == 100);
    CHECK(count<ini::PeerDisconnected>(spread.node) == 0);
    CHECK(count<ini::NoBlocks>(spread.node) == 0);
}

TEST_CASE("A request fails with no_blocks once every hot peer has refused", "[unit][behavior][points]") {
    Spread spread(2, 20, 1'000);
    ini::RequestPoints wish;
    for (ChainView::Position p = 15; p <= 18; ++p) wish.points.push_back(TestChain::made_up(p, 1));

    SECTION("at once") {
        spread.meet();
        const CommandId id = spread.ask(wish);
        REQUIRE(spread.ends<ini::NoBlocks>(2s));
        CHECK(last<ini::NoBlocks>(spread.node).command == id);
        CHECK(outcomes(spread.node, id) == 1);
    }
    SECTION("when the last one that could have had them has disconnected") {
        spread.meddle(1, vice("mute_block_fetch"));
        spread.meet();
        const CommandId id = spread.ask(wish);
        spread.net.run_for(30s);
        CHECK(outcomes(spread.node, id) == 0);
        REQUIRE(spread.ends<ini::NoBlocks>(60s));
        CHECK(count<ini::PeerDisconnected>(spread.node) == 1);
        CHECK(last<ini::NoBlocks>(spread.node).command == id);
    }
    SECTION("and if some were delivered before, the request has failed") {
        spread.meet();
        wish = spread.points(1, 20, false);
        wish.points.push_back(TestChain::made_up(21));
        const CommandId id = spread.ask(wish);
        REQUIRE(spread.ends<ini::RangeFailed>(2s));
        CHECK(last<ini::RangeFailed>(spread.node).reason == Errc::no_blocks);
        CHECK(last<ini::RangeFailed>(spread.node).blocks == spread.check(id, 1));
        CHECK(outcomes(spread.node, id) == 1);
    }
}

TEST_CASE("A peer that sends another block is disconnected, and none of its blocks is delivered",
          "[unit][behavior][points]") {
    Spread spread(3, 200, 20'000);
    spread.meddle(1, vice("wrong_block"));
    spread.meet();
    const CommandId id = spread.ask(1, 200);
    REQUIRE(spread.ends(10s));
    CHECK(spread.check(id, 1) == 200);
    CHECK(spread.given(spread.ids[1]) == 0);
    REQUIRE(count<ini::PeerDisconnected>(spread.node) == 1);
    CHECK(last<ini::PeerDisconnected>(spread.node).peer == spread.ids[1]);
    CHECK(last<ini::PeerDisconnected>(spread.node).violation.rule == Errc::range_mismatch);
}

TEST_CASE("A peer that omits a block is disconnected, and its earlier blocks are used", "[unit][behavior][points]") {
    Spread spread(2, 200, 20'000);
    spread.meddle(0, vice("short_range"));
    spread.meet();
    const CommandId id = spread.ask(1, 200);
    REQUIRE(spread.ends(10s));
    CHECK(spread.check(id, 1) == 200);
    CHECK(spread.given(spread.ids[0]) > 0);
    REQUIRE(count<ini::PeerDisconnected>(spread.node) == 1);
    CHECK(last<ini::PeerDisconnected>(spread.node).violation.rule == Errc::range_short);
}

TEST_CASE("After the loss of a peer only its remaining blocks are fetched from others", "[unit][behavior][points]") {
    Options options;
    options.bandwidth = 1'000'000;
    Spread spread(2, 400, 20'000, options);
    spread.meet();
    const CommandId id = spread.ask(1, 400);
    REQUIRE(spread.net.run_until([&] { return count<ini::BlockReceived>(spread.node) >= 100; }, 10s));
    const std::size_t given = spread.given(spread.ids[0]);
    CHECK(given > 30);
    spread.lose(0);
    REQUIRE(spread.ends(8s));  // its back-off is longer
    CHECK(spread.check(id, 1) == 400);
    CHECK(spread.served(1) <= 400 - given);
    CHECK(outcomes(spread.node, id) == 1);
}

TEST_CASE("Without another peer the remaining blocks are fetched from one that returns", "[unit][behavior][points]") {
    Spread spread(1, 200, 20'000);
    Link slow;
    slow.bandwidth = 500'000;
    spread.net.link(slow);
    spread.meet();
    const CommandId id = spread.ask(1, 200);
    REQUIRE(spread.net.run_until([&] { return count<ini::BlockReceived>(spread.node) >= 50; }, 10s));
    spread.lose(0);

    SECTION("in time") {
        REQUIRE(spread.ends(60s));
        CHECK(spread.check(id, 1) == 200);
    }
    SECTION("too late") {
        spread.net.reach(spread.ids[0], Reach::refuses);
        const Instant lost = spread.net.now();
        REQUIRE(spread.ends<ini::RangeFailed>(300s));
        CHECK(spread.net.now() - lost > 119s);
        CHECK(spread.net.now() - lost <= 120s);
        CHECK(last<ini::RangeFailed>(spread.node).reason == Errc::no_peer);
        CHECK(last<ini::RangeFailed>(spread.node).blocks == spread.check(id, 1));
    }
    SECTION("as long as blocks come, and no longer") {
        spread.chain->damaged = 150;
        REQUIRE(spread.ends<ini::RangeFailed>(1'000s));
        const auto told = last<ini::RangeFailed>(spread.node).blocks;
        CHECK(told > 100);  // what was under way when the relay broke off is lost with it
        CHECK(told < 150);
        CHECK(spread.check(id, 1) == told);
    }
    CHECK(outcomes(spread.node, id) == 1);
}

TEST_CASE("Points that cannot be those of consecutive blocks are refused", "[unit][behavior][points]") {
    Spread spread(0, 10, 1'000);
    const auto refused = [&](const ini::RequestPoints& wish) { return spread.node.execute(wish).error(); };
    CHECK(refused(ini::RequestPoints{}) == Errc::bad_argument);
    CHECK(refused(ini::RequestPoints{{spread.chain->at(2), spread.chain->at(1)}}) == Errc::bad_argument);
    CHECK(refused(ini::RequestPoints{{spread.chain->at(2), spread.chain->at(2)}}) == Errc::bad_argument);
    CHECK(refused(ini::RequestPoints{{spread.chain->at(1), spread.chain->at(2)}, {100U}}) == Errc::bad_argument);
    // A boundary block of Byron shares its slot with the next one.
    BlockPoint boundary = spread.chain->at(2);
    boundary.hash.fill(1);
    CHECK(spread.node.execute(ini::RequestPoints{{boundary, spread.chain->at(2)}}));
}

TEST_CASE("The number of waiting points has the configured limit", "[unit][behavior][points]") {
    ini::Config config = knowing();
    config.max_points = 15;
    Spread spread(1, 20, 1'000, {}, config);
    const CommandId id = spread.ask(1, 10);
    CHECK(spread.node.execute(spread.points(11, 20)).error() == Errc::queue_full);
    CHECK(spread.node.execute(spread.points(11, 15)));
    spread.meet();
    REQUIRE(spread.net.run_until([&] { return count<ini::RangeDone>(spread.node) == 2; }, 10s));
    CHECK(spread.check(id, 1) == 10);
    CHECK(spread.node.execute(spread.points(1, 15)));
}

TEST_CASE("Requests are served in the order in which they were made", "[unit][behavior][points]") {
    Spread spread(3, 400, 20'000);
    spread.meet();
    std::vector<CommandId> asked;
    for (ChainView::Position first = 1; first <= 400; first += 100) asked.push_back(spread.ask(first, first + 99));
    asked.push_back(*spread.node.execute(ini::RequestBlocks{spread.chain->at(1), spread.chain->at(5)}));
    REQUIRE(spread.net.run_until([&] { return count<ini::RangeDone>(spread.node) == 5; }, 30s));
    std::vector<CommandId> ended;
    for (const auto& done : told<ini::RangeDone>(spread.node)) ended.push_back(done.command);
    CHECK(ended == asked);
    for (std::size_t i = 0; i < 4; ++i) CHECK(spread.check(asked[i], 1 + 100 * i) == 100);
    // None of the last request's blocks came before one of the first.
    const auto blocks = told<ini::BlockReceived>(spread.node);
    const auto begins =
        std::find_if(blocks.begin(), blocks.end(), [&](const auto& b) { return b.command == asked[3]; });
    CHECK(std::none_of(begins, blocks.end(), [&](const auto& b) { return b.command == asked[0]; }));
}

TEST_CASE("When the node stops, each request fails", "[unit][behavior][points]") {
    Spread spread(2, 400, 20'000);
    spread.meet();
    const CommandId first = spread.ask(1, 200), second = spread.ask(201, 400);
    REQUIRE(spread.net.run_until([&] { return count<ini::BlockReceived>(spread.node) >= 20; }, 10s));
    spread.node.stop();
    spread.net.run_for(10s);
    CHECK(outcomes(spread.node, first) == 1);
    CHECK(outcomes(spread.node, second) == 1);
    CHECK(last<ini::RangeFailed>(spread.node).reason == Errc::stopped);
    CHECK(spread.net.connections() == 0);
}

TEST_CASE("No more messages are in flight than the protocol allows", "[unit][behavior][points]") {
    const auto unanswered = std::make_shared<Unanswered>();
    ini::Config config = knowing();
    config.requests_in_flight = 3;
    config.visitors = {unanswered};
    Options options;
    options.latency = 300ms;
    Spread spread(2, 1'000, 70'000, options, config);
    spread.meet();
    const CommandId id = spread.ask(1, 1'000);
    REQUIRE(spread.ends(600s));
    CHECK(spread.check(id, 1) == 1'000);
    CHECK(unanswered->most == 3);
}
