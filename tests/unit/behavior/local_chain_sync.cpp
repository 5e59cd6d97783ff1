#include "support/slow_chain.hpp"
#include "unit/behavior/local_cast.hpp"

using namespace cast;

namespace {

/// A client that follows the chain of a node.
struct Following {
    explicit Following(std::size_t blocks, loc::Config config = knowing_blocks(), std::size_t block_bytes = 100)
        : chain(std::make_shared<TestChain>(blocks, block_bytes)), pair(script(), std::move(config)) {}

    [[nodiscard]] MockScript script() const {
        MockScript script;
        script.chain = chain;
        return script;
    }
    CommandId follow(std::vector<Point> points = {}) { return pair.call(loc::Follow{std::move(points)}); }
    void extend(std::size_t blocks = 1) {
        const auto common = chain->size();
        chain->extend(blocks);
        REQUIRE(pair.server.execute(loc_res::ChainChanged{common}));
    }
    void switch_fork(ChainView::Position common, std::size_t blocks, std::uint8_t fork) {
        chain->roll_back(common);
        chain->extend(blocks, fork);
        REQUIRE(pair.server.execute(loc_res::ChainChanged{common}));
    }
    /// Where the user stands: the points of all that he was told, with what was rolled back taken out.
    [[nodiscard]] std::vector<Point> followed() const {
        std::vector<Point> points;
        for (const auto& event : pair.client.events()) {
            if (const auto* at = std::get_if<loc::Intersected>(&event)) points = {at->point};
            if (const auto* forward = std::get_if<loc::RollForward>(&event))
                points.emplace_back(*TestChain::point_in(forward->block));
            if (const auto* back = std::get_if<loc::RollBackward>(&event)) {
                while (!points.empty() && points.back() != back->point) points.pop_back();
                if (points.empty()) points = {back->point};
            }
        }
        return points;
    }

    std::shared_ptr<TestChain> chain;
    MockPair pair;
};

loc::Config reconnecting() {
    loc::Config config = knowing_blocks();
    config.reconnect = loc::Reconnect{};
    return config;
}

}  // namespace

TEST_CASE("Whole blocks are delivered in order as stored, and the tip is reported once",
          "[unit][behavior][local_initiator]") {
    Following f(500);
    const CommandId follow = f.follow({f.chain->point(100)});
    f.pair.net.run_for(1min);
    CHECK(last<loc::Intersected>(f.pair.client).point == f.chain->point(100));
    CHECK(last<loc::Intersected>(f.pair.client).command == follow);
    CHECK(f.followed() == points_of(*f.chain, 100));
    CHECK(told<loc::RollForward>(f.pair.client).at(0).block == *f.chain->block(101));
    CHECK(count<loc::AtTip>(f.pair.client) == 1);
    CHECK(count<loc::RollBackward>(f.pair.client) == 0);  // the one behind the intersection tells nothing
    f.extend(3);
    f.pair.net.run_for(1min);
    CHECK(f.followed() == points_of(*f.chain, 100));
    f.switch_fork(450, 60, 1);
    f.pair.net.run_for(1min);
    CHECK(count<loc::RollBackward>(f.pair.client) == 1);
    CHECK(f.followed() == points_of(*f.chain, 100));
    CHECK(f.pair.refused(loc::Follow{}) == Errc::busy);
}

TEST_CASE("Without a common point no chain is followed, and another try may be made",
          "[unit][behavior][local_initiator]") {
    Following f(5);
    const CommandId follow = f.follow({Point(TestChain::made_up(3, 9))});
    f.pair.net.run_for(1s);
    REQUIRE(outcomes(f.pair.client, follow).size() == 1);
    CHECK(std::get<loc::NoIntersection>(outcomes(f.pair.client, follow)[0]).tip == f.chain->tip());
    CHECK(f.pair.client.behavior().node().calls == 0);
    f.follow();
    f.pair.net.run_for(1s);
    CHECK(f.followed() == points_of(*f.chain));
}

TEST_CASE("Blocks are requested up to the window, and taking one requests the next",
          "[unit][behavior][local_initiator]") {
    loc::Config config = knowing_blocks();
    config.sync_window = 10;
    Following f(1'000, config);
    const auto served = [&] { return f.pair.server.behavior().counters().blocks; };
    SECTION("automatic") {
        f.pair.client.attend(false);
        f.follow();
        f.pair.net.run_for(1min);
        CHECK(served() == 10);
        for (int taken = 1; taken <= 5; ++taken) {
            while (!std::holds_alternative<loc::RollForward>(*f.pair.client.poll_event())) {
            }
            f.pair.net.run_for(1s);
            CHECK(served() == 10U + static_cast<unsigned>(taken));
        }
        f.pair.client.attend(true);
        f.pair.net.run_for(1min);
        CHECK(served() == 1'000);
    }
    SECTION("by credit") {
        config.automatic = false;
        Following manual(1'000, config);
        manual.follow();
        manual.pair.net.run_for(1min);
        CHECK(count<loc::RollForward>(manual.pair.client) == 0);
        manual.pair.call(loc::ContinueFollowing{3});
        manual.pair.net.run_for(1min);
        CHECK(count<loc::RollForward>(manual.pair.client) == 3);
        manual.pair.call(loc::ContinueFollowing{1'000});  // saturates at the window
        manual.pair.net.run_for(1min);
        CHECK(count<loc::RollForward>(manual.pair.client) == 13);
    }
    SECTION("the bytes not yet taken also have a limit") {
        config.events_bytes = 350;
        Following bounded(1'000, config);
        bounded.pair.client.attend(false);
        bounded.follow();
        bounded.pair.net.run_for(1min);
        CHECK(bounded.pair.server.behavior().counters().blocks <= 10);
        while (!std::holds_alternative<loc::RollForward>(*bounded.pair.client.poll_event())) {
        }
        bounded.pair.net.run_for(1min);
        CHECK(bounded.pair.server.behavior().counters().blocks == 10);  // nine are left, which are more than that
    }
}

TEST_CASE("After a stop outstanding answers are dropped, and another chain can be followed",
          "[unit][behavior][local_initiator]") {
    Following f(20);
    const CommandId first = f.follow();
    f.pair.net.run_for(1s);
    f.pair.call(loc::StopFollowing{});
    CHECK(last<loc::FollowEnded>(f.pair.client).command == first);
    CHECK(last<loc::FollowEnded>(f.pair.client).reason == Errc::none);
    const CommandId second = f.pair.call(loc::Follow{{f.chain->point(5)}, Duration::max()});
    f.pair.net.run_for(1h);
    CHECK(outcomes(f.pair.client, second).empty());  // it waits for the block that was asked for
    f.extend();                                      // at the tip one request is out
    f.pair.net.run_for(1min);
    CHECK(last<loc::Intersected>(f.pair.client).command == second);
    CHECK(f.followed() == points_of(*f.chain, 5));
    CHECK(count<loc::Disconnected>(f.pair.client) == 0);
}

TEST_CASE("After a reconnect the chain continues from the last delivered block", "[unit][behavior][local_initiator]") {
    Following f(500, reconnecting());
    f.follow();
    f.pair.net.run_for(1min);
    f.pair.net.lose(relay_id, node_id, Loss::reset);
    SECTION("the same chain") {
        f.extend(10);
        f.pair.net.run_for(1min);
        CHECK(count<loc::RollBackward>(f.pair.client) == 0);
    }
    SECTION("another one") {
        f.switch_fork(450, 100, 1);
        f.pair.net.run_for(1min);
        CHECK(count<loc::RollBackward>(f.pair.client) == 1);
    }
    CHECK(count<loc::Intersected>(f.pair.client) == 1);
    CHECK(count<loc::FollowEnded>(f.pair.client) == 0);
    CHECK(count<loc::Connected>(f.pair.client) == 2);
    CHECK(f.followed() == points_of(*f.chain));
}

TEST_CASE("A connection lost in the middle of a chain loses no block and repeats none",
          "[unit][behavior][local_initiator]") {
    const bool automatic = GENERATE(true, false);
    loc::Config config = reconnecting();
    config.automatic = automatic;
    Following f(2'000, config);
    f.follow();
    if (!automatic) f.pair.call(loc::ContinueFollowing{100});
    std::size_t losses = 0;
    for (; losses < 20; ++losses) {
        f.pair.net.run_for(70ms);
        f.pair.net.lose(relay_id, node_id, Loss::reset);
        f.pair.net.run_for(3s);
        if (!automatic) f.pair.call(loc::ContinueFollowing{50});
    }
    f.pair.net.run_for(1min);
    const auto blocks = told<loc::RollForward>(f.pair.client);
    for (std::size_t i = 0; i < blocks.size(); ++i) REQUIRE(blocks[i].block == *f.chain->block(i + 1));
    if (automatic) CHECK(f.followed() == points_of(*f.chain));
    CHECK(count<loc::Connected>(f.pair.client) > 5);
}

TEST_CASE("Credit counts delivered blocks: the rest from a lost connection comes over the next one",
          "[unit][behavior][local_initiator]") {
    loc::Config config = reconnecting();
    config.automatic = false;
    Following f(500, config);
    f.follow();
    f.pair.net.run_for(1s);
    f.pair.call(loc::ContinueFollowing{50});
    f.pair.net.lose(relay_id, node_id, Loss::reset);
    f.pair.net.run_for(1min);
    CHECK(count<loc::RollForward>(f.pair.client) == 50);
    CHECK(count<loc::Connected>(f.pair.client) == 2);
}

TEST_CASE("A chain with unknown points cannot continue over another connection", "[unit][behavior][local_initiator]") {
    loc::Config config = reconnecting();
    config.rules = nullptr;
    Following f(50, config);
    f.follow();
    f.pair.net.run_for(1s);
    CHECK(count<loc::RollForward>(f.pair.client) == 50);
    f.pair.net.lose(relay_id, node_id, Loss::reset);
    f.pair.net.run_for(1min);
    CHECK(last<loc::FollowEnded>(f.pair.client).reason == Errc::connection_reset);
    CHECK(count<loc::Connected>(f.pair.client) == 2);
}

TEST_CASE("A node that rolled back beyond the history is still followed", "[unit][behavior][local_initiator]") {
    loc::Config config = knowing_blocks();
    config.history = 10;
    Following f(100, config);
    f.follow();
    f.pair.net.run_for(1min);
    f.switch_fork(50, 60, 1);
    f.pair.net.run_for(1min);
    CHECK(f.followed() == points_of(*f.chain));
    CHECK(count<loc::Disconnected>(f.pair.client) == 0);
}

namespace {

/// A node that is told what to say, to a client that follows it from the fifth block and was given the sixth.
struct Said {
    Said() {
        pair.call(loc::Follow{{TestChain::made_up(5)}});
        pair.net.run_for(1s);
        say(LocalChainSync::IntersectFound{Point(TestChain::made_up(5)), tip});
        say(LocalChainSync::RollBackward{Point(TestChain::made_up(5)), tip});
        say(LocalChainSync::RollForward{TestChain::block_of(TestChain::made_up(6)), tip});
    }
    void say(n2c::Message message) {
        const auto to = last<loc_res::PeerConnected>(pair.server).connection;
        REQUIRE(pair.server.execute(loc_res::Answer{to, std::move(message)}));
        pair.net.run_for(1s);
    }

    ServerPair pair{loc_res::Config{}};
    Tip tip{Point(TestChain::made_up(9)), BlockNumber{9}};
};

}  // namespace

TEST_CASE("A node that rolls back to a point that it never sent is disconnected", "[unit][behavior][local_initiator]") {
    Said said;
    said.say(LocalChainSync::RollBackward{Point(TestChain::made_up(8)), said.tip});
    CHECK(last<loc::Disconnected>(said.pair.client).reason == Errc::unknown_rollback);
    CHECK(last<loc::Disconnected>(said.pair.client).point == Point(TestChain::made_up(8)));
    CHECK(last<loc::FollowEnded>(said.pair.client).reason == Errc::unknown_rollback);
    CHECK(count<loc::RollBackward>(said.pair.client) == 0);
}

TEST_CASE("A node that rolls back to before the starting point is still followed",
          "[unit][behavior][local_initiator]") {
    Said said;
    const Point behind = GENERATE(Point(), Point(TestChain::made_up(4, 1)));
    said.say(LocalChainSync::RollBackward{behind, said.tip});
    CHECK(last<loc::RollBackward>(said.pair.client).point == behind);
    const auto next = TestChain::made_up(behind.is_origin() ? 1 : 7, 1);
    said.say(LocalChainSync::RollForward{TestChain::block_of(next), said.tip});
    CHECK(count<loc::RollForward>(said.pair.client) == 2);
    CHECK(count<loc::Disconnected>(said.pair.client) == 0);
    // And back to there once more: it is where the chain begins now.
    said.say(LocalChainSync::RollBackward{behind, said.tip});
    CHECK(count<loc::RollBackward>(said.pair.client) == 2);
    CHECK(count<loc::Disconnected>(said.pair.client) == 0);
}

TEST_CASE("A client gets a pending block when it has been read, and then waits at the tip",
          "[unit][behavior][local_chain_sync][pending_blocks]") {
    const auto chain = std::make_shared<support::SlowChain>(3, 1'000);
    MockScript script;
    script.chain = chain;
    MockPair pair(std::move(script));
    pair.call(loc::Follow{});
    pair.net.run_for(1s);
    CHECK(count<loc::RollForward>(pair.client) == 0);
    for (std::size_t blocks = 1; blocks <= 3; ++blocks) {
        CHECK(chain->read() == 1);
        REQUIRE(pair.server.execute(loc_res::ChainChanged{3}));
        pair.net.run_for(1s);
        CHECK(count<loc::RollForward>(pair.client) == blocks);
    }
    CHECK(count<loc::AtTip>(pair.client) == 1);
    // What is read for a client at the tip is sent without another wait.
    chain->extend(1);
    REQUIRE(pair.server.execute(loc_res::ChainChanged{3}));
    pair.net.run_for(1s);
    CHECK(chain->read() == 1);
    REQUIRE(pair.server.execute(loc_res::ChainChanged{4}));
    pair.net.run_for(1s);
    CHECK(count<loc::RollForward>(pair.client) == 4);
    CHECK(count<loc::Disconnected>(pair.client) == 0);
}

TEST_CASE("A client that leaves while its block is read gets nothing",
          "[unit][behavior][local_chain_sync][pending_blocks]") {
    const auto chain = std::make_shared<support::SlowChain>(3, 1'000);
    MockScript script;
    script.chain = chain;
    MockPair pair(std::move(script));
    pair.call(loc::Follow{});
    pair.net.run_for(1s);
    pair.call(loc::Disconnect{});
    pair.net.run_for(1min);
    REQUIRE(pair.server.behavior().idle());
    CHECK(chain->read() == 1);
    REQUIRE(pair.server.execute(loc_res::ChainChanged{3}));
    pair.net.run_for(1s);
    CHECK(pair.server.behavior().counters().blocks == 0);
}

TEST_CASE("A client whose block is rolled back while it is read is rolled back too",
          "[unit][behavior][local_chain_sync][pending_blocks]") {
    const auto chain = std::make_shared<support::SlowChain>(3, 1'000);
    MockScript script;
    script.chain = chain;
    MockPair pair(std::move(script));
    const Point second = chain->point(2);
    pair.call(loc::Follow{{second}});
    pair.net.run_for(1s);
    chain->roll_back(2);
    SECTION("to its position") {
        REQUIRE(pair.server.execute(loc_res::ChainChanged{2}));
        pair.net.run_for(1s);
        CHECK(count<loc::AtTip>(pair.client) == 1);
    }
    SECTION("further back") {
        chain->roll_back(1);
        REQUIRE(pair.server.execute(loc_res::ChainChanged{1}));
        pair.net.run_for(1s);
        CHECK(last<loc::RollBackward>(pair.client).point == chain->point(1));
    }
    CHECK(count<loc::RollForward>(pair.client) == 0);
    CHECK(count<loc::Disconnected>(pair.client) == 0);
}

TEST_CASE("A node's block that breaks a rule ends its connection and the chain", "[unit][behavior][local_initiator]") {
    Said said;
    const auto good = TestChain::block_of(TestChain::made_up(7));
    // Where nothing can be read, the point is that of the block before.
    const auto [what, rule, at] =
        GENERATE(table<std::string_view, Errc, std::size_t>({{"nothing", Errc::malformed, 6},
                                                             {"a byte more", Errc::malformed, 7},
                                                             {"a byte less", Errc::malformed, 7},
                                                             {"another body", Errc::body_mismatch, 7},
                                                             {"the same block", Errc::broken_link, 6},
                                                             {"the block after", Errc::broken_link, 8}}));
    INFO(what);
    std::vector<std::uint8_t> bytes(good.data(), good.data() + good.size());
    if (what == "a byte more") bytes.push_back(0);
    if (what == "a byte less") bytes.pop_back();
    if (what == "another body") bytes.back() ^= 1U;
    Bytes block = what == "nothing" ? Bytes() : Bytes::copy(bytes);
    if (what == "the same block") block = TestChain::block_of(TestChain::made_up(6));
    if (what == "the block after") block = TestChain::block_of(TestChain::made_up(8));
    said.say(LocalChainSync::RollForward{block, said.tip});
    CHECK(count<loc::RollForward>(said.pair.client) == 1);
    CHECK(last<loc::Disconnected>(said.pair.client).violation.rule == rule);
    CHECK(last<loc::Disconnected>(said.pair.client).point == Point(TestChain::made_up(at)));
    CHECK(last<loc::FollowEnded>(said.pair.client).reason == rule);
}

TEST_CASE("A node's chain starts with a block that can be the first", "[unit][behavior][local_initiator]") {
    Said said;
    said.say(LocalChainSync::RollBackward{Point(), said.tip});
    said.say(LocalChainSync::RollForward{TestChain::block_of(TestChain::made_up(7)), said.tip});
    CHECK(count<loc::RollForward>(said.pair.client) == 1);
    CHECK(last<loc::Disconnected>(said.pair.client).violation.rule == Errc::broken_link);
    CHECK(last<loc::FollowEnded>(said.pair.client).reason == Errc::broken_link);
}

TEST_CASE("A node's block of an unknown era is named", "[unit][behavior][local_initiator]") {
    Said said;
    static constexpr std::uint8_t bytes[] = {0x82, 0x09, 0x80};
    said.say(LocalChainSync::RollForward{Bytes::copy(bytes), said.tip});
    CHECK(last<loc::FollowEnded>(said.pair.client).reason == Errc::unknown_era);
    CHECK(to_string(last<loc::Disconnected>(said.pair.client).violation) ==
          "local-chain-sync, CanAwait: RollForward of era 8: an era that this library does not know: a newer version "
          "may");
    CHECK(last<loc::Disconnected>(said.pair.client).point == Point(TestChain::made_up(6)));
    CHECK_FALSE(last<loc::Disconnected>(said.pair.client).retry_at);
}
