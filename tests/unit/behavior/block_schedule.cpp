#include "behavior/block_fetch/schedule.hpp"

#include <algorithm>
#include <map>

#include "support/catch.hpp"
#include "support/chain.hpp"

using namespace ouro;
using namespace ouro::initiator;
using support::TestChain;

namespace {

/// Hot peers without requests.
struct Hot {
    explicit Hot(std::size_t count) : peers(count) {
        for (std::size_t i = 0; i < count; ++i) {
            peers[i].connection = ConnectionId{2 * (i + 1)};
            hot.push_back(&peers[i]);
            peers[i].estimate.round_trip(100ms);
        }
    }
    std::shared_ptr<BlockRequest> want(std::size_t points, std::uint32_t bytes = 50'000, bool in_order = true) {
        RequestPoints wish;
        for (std::size_t i = 1; i <= points; ++i) wish.points.push_back(TestChain::made_up(i));
        wish.bytes.assign(points, bytes);
        wish.in_order = in_order;
        auto request = std::make_shared<BlockRequest>(CommandId{++commands}, std::move(wish));
        schedule.want(request);
        return request;
    }
    /// Asks as long as somebody is to be asked; how often.
    std::size_t ask_all(std::size_t held = 0) {
        std::size_t asks = 0;
        while (auto grant = schedule.next(held)) {
            schedule.sent(*std::move(grant), now);
            ++asks;
        }
        return asks;
    }
    /// The peer answers its first ask, at its rate.
    void answer(BlockLane& peer, std::uint64_t rate, std::uint32_t bytes = 50'000) {
        schedule.heard(peer, 0, now);
        while (peer.asks.front().span.begin < peer.asks.front().span.end) {
            now += Duration(bytes * 1'000'000'000ULL / rate);
            schedule.heard(peer, bytes, now);
            const auto request = peer.asks.front().request;
            request->came(schedule.arrived(peer));
        }
        schedule.finished(peer, now);
    }
    /// Which peer has which blocks to give: every index once.
    std::map<std::size_t, const BlockLane*> tasks() {
        std::map<std::size_t, const BlockLane*> all;
        for (BlockLane& peer : peers)
            for (std::size_t i = 0; i < peer.asks.size(); ++i) {
                const BlockAsk& ask = peer.asks[i];
                for (auto index = ask.span.begin; index < ask.span.end && !ask.given_away; ++index)
                    CHECK(all.emplace(index, &peer).second);
            }
        return all;
    }

    Config config;
    std::vector<BlockLane> peers;
    std::vector<BlockLane*> hot;
    BlockSchedule schedule{config, hot};
    Instant now{1h};
    std::uint64_t commands = 0;
};

}  // namespace

TEST_CASE("Each block is requested from one peer, and each peer has a full window", "[unit][behavior][schedule]") {
    Hot hot(3);
    const auto request = hot.want(100);
    CHECK(hot.ask_all() == 12);  // of one block each, for two are more than a piece, until 196,608 bytes are reached
    CHECK(hot.tasks().size() == 12);
    for (const BlockLane& peer : hot.peers) CHECK(peer.bytes == 200'000);
    CHECK(request->wants());
    CHECK(request->next().begin == 12);
}

TEST_CASE("Several small blocks are requested in one message", "[unit][behavior][schedule]") {
    Hot hot(1);
    hot.want(1'000, 600);
    CHECK(hot.ask_all() == 4);
    CHECK(hot.tasks().size() == 4 * 109);
}

TEST_CASE("Blocks that an answer leaves out are in flight no more", "[unit][behavior][schedule]") {
    Hot hot(1);
    hot.want(4);
    hot.ask_all();
    REQUIRE(hot.peers[0].bytes == 200'000);
    hot.schedule.finished(hot.peers[0], hot.now);
    CHECK(hot.peers[0].bytes == 150'000);
}

TEST_CASE("A faster peer gets more requests", "[unit][behavior][schedule]") {
    Hot hot(2);
    hot.want(2'000, 50'000, false);
    hot.ask_all();
    for (int i = 0; i < 4; ++i) hot.answer(hot.peers[0], 20'000'000);
    for (int i = 0; i < 4; ++i) hot.answer(hot.peers[1], 2'000'000);
    hot.ask_all();
    CHECK(hot.peers[0].bytes > 5 * hot.peers[1].bytes);
    CHECK(hot.peers[1].bytes > 0);
}

TEST_CASE("An in-order span is not given to a peer so slow that the reorder buffer would fill",
          "[unit][behavior][schedule]") {
    const bool in_order = GENERATE(true, false);
    Hot hot(2);
    hot.want(20, 50'000, false);
    hot.ask_all();
    while (!hot.peers[0].asks.empty()) hot.answer(hot.peers[0], 20'000'000);
    while (!hot.peers[1].asks.empty()) hot.answer(hot.peers[1], 10'000);
    hot.schedule.forget(CommandId{1});
    hot.want(1'000, 50'000, in_order);
    hot.ask_all();
    CHECK(hot.peers[0].bytes > 0);
    CHECK(hot.peers[1].asks.empty() == in_order);
}

TEST_CASE("Blocks that wait for an earlier one have a limit, and above it no more are requested",
          "[unit][behavior][schedule]") {
    Hot hot(4);
    hot.config.blocks_ahead_bytes = 300'000;
    const auto first = hot.want(100);
    CHECK(hot.ask_all() == 6);
    CHECK(hot.tasks().size() == 6);

    SECTION("blocks held by the user count too") {
        hot.answer(hot.peers[0], 1'000'000);
        CHECK(hot.ask_all(50'000) == 0);
        CHECK(hot.ask_all(0) == 1);
    }
    SECTION("requests in arrival order do not count") {
        hot.want(100, 50'000, false);
        CHECK(hot.ask_all() == 10);
    }
    SECTION("the block that is delivered next is always requested") {
        hot.want(1);
        CHECK(hot.ask_all() == 1);
        for (auto asks = hot.schedule.lose(hot.peers[0]); !asks.empty();) {
            BlockAsk ask = asks.pop_front();
            ask.request->give_back(ask.span);
            hot.schedule.want(ask.request);
        }
        CHECK(first->next().begin == 0);
        auto grant = hot.schedule.next(10'000'000);
        REQUIRE(grant);
        CHECK(grant->ask.request == first);
        CHECK(grant->ask.span.begin == 0);
        CHECK(grant->ask.span.end == 1);
    }
}

TEST_CASE("An idle peer takes over a block that another peer would deliver much later", "[unit][behavior][schedule]") {
    Hot hot(2);
    BlockLane& slow = hot.peers[0];
    BlockLane& idle = hot.peers[1];
    idle.paused = true;
    const auto request = hot.want(5, 50'000, false);
    hot.ask_all();
    const std::uint64_t rate = GENERATE(10'000U, 1'000'000U);
    hot.answer(slow, rate);
    hot.ask_all();
    CHECK(!request->wants());
    CHECK(slow.asks.size() == 4);
    idle.paused = false;
    hot.ask_all();
    if (rate > 10'000) {
        CHECK(idle.asks.empty());  // what is about to come is not asked for again
        return;
    }
    // The last ones first, and each of them while it has nothing else to do.
    for (const std::size_t index : {4U, 3U, 2U, 1U}) {
        REQUIRE(idle.asks.size() == 1);
        CHECK(idle.asks.front().span.begin == index);
        CHECK(hot.tasks().at(index) == &idle);
        hot.answer(idle, 20'000'000);
        hot.ask_all();
    }
    CHECK(idle.asks.empty());
    CHECK(hot.tasks().empty());
    CHECK(slow.bytes == 200'000);  // it will all arrive, for no request
}

TEST_CASE("The blocks of a late peer go to a free one, and the late peer gets no new ones",
          "[unit][behavior][schedule]") {
    Hot hot(2);
    BlockLane& late = hot.peers[0];
    BlockLane& other = hot.peers[1];
    other.paused = true;
    const auto request = hot.want(3);
    hot.ask_all();
    CHECK(late.due == hot.now + late.estimate.patience());
    hot.now = late.due;
    CHECK(!hot.schedule.relieve(late, hot.now));  // none is
    CHECK(late.due == hot.now + late.estimate.patience());
    CHECK(!request->wants());

    other.paused = false;
    CHECK(hot.schedule.relieve(late, hot.now));
    CHECK(late.due == Instant::max());
    hot.ask_all();
    CHECK(hot.tasks() == std::map<std::size_t, const BlockLane*>{{0, &other}, {1, &other}, {2, &other}});
    hot.want(100);
    hot.ask_all();
    CHECK(late.asks.size() == 3);

    hot.answer(late, 1'000'000);
    hot.ask_all();
    CHECK(late.asks.size() > 3);
}

TEST_CASE("A request continues with peers that have not refused", "[unit][behavior][schedule]") {
    Hot hot(3);
    const auto request = hot.want(1);
    for (std::size_t refusals = 0; refusals < 3; ++refusals) {
        auto grant = hot.schedule.next(0);
        REQUIRE(grant);
        BlockLane& peer = *grant->lane;
        hot.schedule.sent(*std::move(grant), hot.now);
        BlockAsk ask = hot.schedule.finished(peer, hot.now);
        CHECK(std::count(ask.span.refused.begin(), ask.span.refused.end(), peer.connection) == 0);
        hot.schedule.refused(ask.span, peer);
        CHECK(hot.schedule.refused_by_all(ask.span) == (refusals == 2));
        request->give_back(ask.span);
        hot.schedule.want(request);
    }
    CHECK(!hot.schedule.next(0));
    // Who has left is forgotten, and who comes is asked.
    BlockLane fresh;
    fresh.connection = ConnectionId{100};
    hot.hot = {&hot.peers[1], &fresh};
    CHECK(!hot.schedule.refused_by_all(request->next()));
    auto grant = hot.schedule.next(0);
    REQUIRE(grant);
    CHECK(grant->lane == &fresh);
    hot.schedule.refused(grant->ask.span, fresh);
    CHECK(grant->ask.span.refused == std::vector{hot.peers[1].connection, fresh.connection});
}

TEST_CASE("A request whose blocks came from a late peer ends, even without another peer",
          "[unit][behavior][schedule]") {
    Hot net(1);
    const auto request = net.want(2);
    REQUIRE(net.ask_all() > 0);
    auto asks = net.schedule.lose(net.peers[0]);
    while (!asks.empty()) request->give_back(asks.pop_front().span);
    net.schedule.want(request);
    REQUIRE(net.schedule.waiting().size() == 1);
    for (std::size_t index = 0; index < 2; ++index) request->came(index);
    net.schedule.pause(net.peers[0]);
    CHECK_FALSE(net.schedule.next(0));
    CHECK(net.schedule.waiting().empty());
}
