#include <algorithm>
#include <map>

#include <ouro/behavior/metrics.hpp>

#include "unit/behavior/cast.hpp"

using namespace cast;

namespace {

/// The outcomes of one request: they end it, and there is one.
std::size_t outcomes(const Initiator& node, CommandId id) {
    std::size_t n = 0;
    for (const auto& event : node.events()) {
        if (const auto* done = std::get_if<ini::RangeDone>(&event)) n += done->command == id ? 1 : 0;
        if (const auto* none = std::get_if<ini::NoBlocks>(&event)) n += none->command == id ? 1 : 0;
        if (const auto* failed = std::get_if<ini::RangeFailed>(&event)) n += failed->command == id ? 1 : 0;
    }
    return n;
}

/// The blocks of a request came in order, each once, and are those of the chain from `first` on.
std::size_t check_blocks(const Pair& pair, CommandId id, ChainView::Position first) {
    std::uint64_t index = 0;
    for (const auto& received : told<ini::BlockReceived>(pair.node)) {
        if (received.command != id) continue;
        CHECK(received.index == index);
        CHECK(received.block == *pair.chain->block(first + index));
        ++index;
    }
    return index;
}

}  // namespace

TEST_CASE("A range of one block is delivered", "[unit][behavior][block_fetch]") {
    Pair pair(10);
    pair.include();
    const CommandId id = pair.fetch(4, 4);
    REQUIRE(await<ini::RangeDone>(pair.net, pair.node));
    CHECK(check_blocks(pair, id, 4) == 1);
    CHECK(last<ini::RangeDone>(pair.node).command == id);
    CHECK(last<ini::RangeDone>(pair.node).blocks == 1);
    CHECK(last<ini::RangeDone>(pair.node).peer == relay_id);
}

TEST_CASE("A thousand blocks come in order with the end of the range last, while few bytes are held",
          "[unit][behavior][block_fetch]") {
    Pair pair(1'000, knowing(), {}, 20'000);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    const CommandId id = pair.fetch(1, 1'000);
    std::size_t most = 0;
    REQUIRE(pair.net.run_until(
        [&] {
            most = std::max(most, pair.relay.held());
            return count<ini::RangeDone>(pair.node) == 1;
        },
        60s));
    CHECK(check_blocks(pair, id, 1) == 1'000);
    CHECK(std::holds_alternative<ini::RangeDone>(pair.node.events().back()));
    CHECK(most > 500'000);               // pulled ahead,
    CHECK(most <= (1U << 20) + 21'000);  // but not further than the bound and one block
    CHECK(pair.relay.behavior().counters().blocks == 1'000);
    CHECK(pair.net.held() == 0);
}

TEST_CASE("A range that the relay does not have is not a violation", "[unit][behavior][block_fetch]") {
    Pair pair(10);
    pair.include();
    const auto [first, last_one] = GENERATE(table<BlockPoint, BlockPoint>(
        {{TestChain::made_up(5), TestChain::made_up(11)}, {TestChain::made_up(2, 1), TestChain::made_up(5)}}));
    const auto id = pair.node.execute(ini::RequestBlocks{first, last_one});
    REQUIRE(id);
    REQUIRE(await<ini::NoBlocks>(pair.net, pair.node));
    CHECK(last<ini::NoBlocks>(pair.node).command == *id);
    const CommandId next = pair.fetch(2, 5);
    REQUIRE(await<ini::RangeDone>(pair.net, pair.node));
    CHECK(check_blocks(pair, next, 2) == 4);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
}

TEST_CASE("A range whose end is before its start is refused at once", "[unit][behavior][block_fetch]") {
    Pair pair(10);
    CHECK(pair.node.execute(ini::RequestBlocks{pair.chain->at(5), pair.chain->at(4)}).error() == Errc::bad_argument);
}

TEST_CASE("Each of many requests in flight has exactly one outcome, in order", "[unit][behavior][block_fetch]") {
    Pair pair(600, knowing(), {}, 1'000);
    pair.include();
    std::vector<std::pair<CommandId, ChainView::Position>> asked;
    for (ChainView::Position p = 1; p <= 600; p += 3) asked.emplace_back(pair.fetch(p, p + 2), p);
    const auto none = pair.node.execute(ini::RequestBlocks{TestChain::made_up(7, 1), TestChain::made_up(8, 1)});
    REQUIRE(pair.net.run_until([&] { return count<ini::NoBlocks>(pair.node) == 1; }, 60s));
    for (const auto& [id, first] : asked) {
        CHECK(outcomes(pair.node, id) == 1);
        CHECK(check_blocks(pair, id, first) == 3);
    }
    CHECK(outcomes(pair.node, *none) == 1);
    const auto done = told<ini::RangeDone>(pair.node);
    CHECK(done.size() == asked.size());
    CHECK(std::is_sorted(done.begin(), done.end(), [](const auto& a, const auto& b) { return a.command < b.command; }));
}

TEST_CASE("Requests are spread over the hot peers", "[unit][behavior][block_fetch]") {
    Pair pair(100);
    auto& other = pair.net.add<ResponderBehavior>(other_id, serving(pair.chain));
    pair.include();
    pair.include(other_id);
    pair.net.run_for(1s);
    for (ChainView::Position p = 1; p <= 100; ++p) pair.fetch(p, p);
    REQUIRE(pair.net.run_until([&] { return count<ini::RangeDone>(pair.node) == 100; }, 60s));
    CHECK(pair.relay.behavior().counters().blocks == 50);
    CHECK(other.behavior().counters().blocks == 50);
}

TEST_CASE("A user who takes no blocks stops them, and no peer is blamed", "[unit][behavior][block_fetch]") {
    ini::Config config = knowing();
    config.events_bytes = 1U << 20;
    Pair pair(300, config, {}, 50'000);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.node.attend(false);
    const CommandId id = pair.fetch(1, 200);
    pair.fetch(201, 300);
    pair.net.run_for(1'800s);

    CHECK(state(pair.node, relay_id).stage == ini::Stage::ready);
    CHECK(pair.relay.behavior().counters().keep_alives >= 175);  // they went on all the time
    const std::size_t unread = pair.node.held();
    CHECK(unread > 13'000'000);  // all but what fits into the events

    // When half of it is taken, it goes on.
    std::size_t taken = 0;
    const auto take_block = [&] {
        while (!std::holds_alternative<ini::BlockReceived>(*pair.node.poll_event())) {
        }
        ++taken;
    };
    while (taken < 10) take_block();
    pair.net.run_for(10s);
    CHECK(pair.node.held() == unread);
    take_block();
    pair.net.run_for(10s);
    CHECK(pair.node.held() < unread - 500'000);

    // So does the rest, after more than any limit of a state.
    pair.net.run_for(300s);
    pair.node.attend(true);
    REQUIRE(pair.net.run_until([&] { return count<ini::RangeDone>(pair.node) == 2; }, 60s));
    CHECK(outcomes(pair.node, id) == 1);
    CHECK(count<ini::BlockReceived>(pair.node) + taken == 300);
    CHECK(count<ini::PeerDisconnected>(pair.node) == 0);
}

TEST_CASE("A peer that sends more than may wait unread is disconnected without a ban",
          "[unit][behavior][block_fetch]") {
    Pair pair(300, knowing(), {}, 200'000);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.node.attend(false);
    const CommandId begun = pair.fetch(1, 300);
    const CommandId behind = pair.fetch(1, 10);
    REQUIRE(pair.net.run_until([&] { return pair.node.connections().empty(); }, 60s));
    pair.net.run_for(1s);
    CHECK(pair.net.held() == 0);
    pair.node.attend(true);
    CHECK(last<ini::PeerDisconnected>(pair.node).reason == Errc::queue_full);
    CHECK(last<ini::PeerDisconnected>(pair.node).violation == Violation{});
    const std::size_t delivered = count<ini::BlockReceived>(pair.node);
    CHECK(delivered > 20);
    CHECK(delivered < 100);
    REQUIRE(pair.net.run_until([&] { return count<ini::RangeDone>(pair.node) == 2; }, 20s));
    CHECK(check_blocks(pair, begun, 1) == 300);
    CHECK(check_blocks(pair, behind, 1) == 10);
}

TEST_CASE("Small blocks count for more than their bytes", "[unit][behavior][block_fetch]") {
    ini::Config config;
    config.events_bytes = 100'000;
    Pair pair(5'000, config, {}, 47);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.node.attend(false);
    pair.fetch(1, 5'000);
    pair.net.run_for(60s);
    std::size_t waiting = 0;
    while (!pair.node.behavior().has_event()) pair.net.step();
    {
        // All that waits now, before any of it is taken.
        pair.net.reach(relay_id, Reach::refuses);
        for (const auto id : pair.relay.connections()) REQUIRE(pair.relay.execute(res::DisconnectPeer{id}));
        pair.net.run_for(20s);
        while (const auto event = pair.node.poll_event()) waiting += std::holds_alternative<ini::BlockReceived>(*event);
    }
    CHECK(waiting > 100);
    CHECK(waiting < 1'000);
}

TEST_CASE("More requests than may wait are refused, and the others are served", "[unit][behavior][block_fetch]") {
    ini::Config config = knowing();
    config.max_requests = 3;
    Pair pair(10, config);
    for (int i = 0; i < 3; ++i) pair.fetch(1, 2);
    CHECK(pair.node.execute(ini::RequestBlocks{pair.chain->at(1), pair.chain->at(2)}).error() == Errc::queue_full);
    pair.include();
    REQUIRE(pair.net.run_until([&] { return count<ini::RangeDone>(pair.node) == 3; }, 10s));
    pair.fetch(1, 2);
    CHECK(await<ini::RangeDone>(pair.net, pair.node));
}

TEST_CASE("A request that no peer takes in time fails", "[unit][behavior][block_fetch]") {
    Pair pair(10);
    pair.net.reach(relay_id, Reach::refuses);
    pair.include();
    const Instant start = pair.net.now();
    const CommandId id = pair.fetch(1, 2);
    pair.net.run_for(30s);
    const CommandId later = pair.fetch(3, 4);
    REQUIRE(await<ini::RangeFailed>(pair.net, pair.node, 300s));
    CHECK(pair.net.now() == start + 120s);
    CHECK(last<ini::RangeFailed>(pair.node).command == id);
    CHECK(last<ini::RangeFailed>(pair.node).reason == Errc::no_peer);
    REQUIRE(await<ini::RangeFailed>(pair.net, pair.node, 300s));
    CHECK(pair.net.now() == start + 150s);
    CHECK(last<ini::RangeFailed>(pair.node).command == later);
    CHECK(outcomes(pair.node, id) == 1);
}

TEST_CASE("A request waits without limit behind others of a connected peer", "[unit][behavior][block_fetch]") {
    ini::Config config = knowing();
    config.requests_in_flight = 1;
    config.events_bytes = 10'000;
    Pair pair(100, config, {}, 1'000);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.node.attend(false);
    pair.fetch(1, 50);
    const CommandId behind = pair.fetch(51, 100);
    pair.net.run_for(600s);
    SECTION("until its turn comes") {}
    SECTION("even if the peer is lost meanwhile and returns") {
        REQUIRE(pair.relay.execute(res::DisconnectPeer{pair.relay.behavior().peers().at(0).connection}));
    }
    SECTION("even if the peer is lost for some time") {
        REQUIRE(pair.relay.execute(res::DisconnectPeer{pair.relay.behavior().peers().at(0).connection}));
        pair.net.run_for(10s);
    }
    pair.node.attend(true);
    REQUIRE(await<ini::RangeDone>(pair.net, pair.node, 20s));
    pair.net.run_for(20s);
    CHECK(check_blocks(pair, behind, 51) == 50);
    CHECK(outcomes(pair.node, behind) == 1);
}

TEST_CASE("The rest of a lost peer's range goes to another peer, after the last delivered block",
          "[unit][behavior][block_fetch]") {
    ini::Config config = knowing();
    const bool rules = GENERATE(true, false);
    if (!rules) config.rules = nullptr;
    Options options;
    options.send_buffer = 60'000;
    Pair pair(200, config, options, 20'000);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    const CommandId begun = pair.fetch(1, 100);
    const CommandId behind = pair.fetch(101, 200);
    REQUIRE(pair.net.run_until([&] { return count<ini::BlockReceived>(pair.node) >= 20; }, 10s));
    const auto& other = pair.net.add<ResponderBehavior>(other_id, serving(pair.chain));
    pair.include(other_id);
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    const std::size_t delivered = count<ini::BlockReceived>(pair.node);
    REQUIRE(pair.node.execute(ini::DemotePeer{relay_id}));
    REQUIRE(pair.net.run_until([&] { return outcomes(pair.node, begun) + outcomes(pair.node, behind) == 2; }, 60s));
    CHECK(outcomes(pair.node, begun) == 1);
    CHECK(check_blocks(pair, behind, 101) == 100);
    CHECK(last<ini::RangeDone>(pair.node).peer == other_id);
    if (rules) {
        CHECK(check_blocks(pair, begun, 1) == 100);
        CHECK(told<ini::RangeDone>(pair.node).front().blocks == 100);
        CHECK(other.behavior().counters().blocks == 201 - delivered);  // one of them once more
    } else {                                                           // where the rest begins is not known
        REQUIRE(count<ini::RangeFailed>(pair.node) == 1);
        CHECK(last<ini::RangeFailed>(pair.node).command == begun);
        CHECK(last<ini::RangeFailed>(pair.node).reason == Errc::demoted);
        CHECK(last<ini::RangeFailed>(pair.node).blocks == delivered);
    }
}

TEST_CASE("A range goes from a peer that does not have it to one that does", "[unit][behavior][block_fetch]") {
    Pair pair(50);
    const auto longer = std::make_shared<TestChain>(100);
    pair.net.add<ResponderBehavior>(other_id, serving(longer));
    pair.include();
    pair.include(other_id);
    pair.net.run_for(1s);
    const auto id = pair.node.execute(ini::RequestBlocks{longer->at(40), longer->at(60)});
    const auto none = pair.node.execute(ini::RequestBlocks{longer->at(40), TestChain::made_up(101)});
    REQUIRE(pair.net.run_until([&] { return outcomes(pair.node, *id) + outcomes(pair.node, *none) == 2; }, 10s));
    CHECK(last<ini::RangeDone>(pair.node).command == *id);
    CHECK(last<ini::RangeDone>(pair.node).peer == other_id);
    CHECK(last<ini::RangeDone>(pair.node).blocks == 21);
    CHECK(last<ini::NoBlocks>(pair.node).command == *none);
    CHECK(pair.relay.behavior().counters().blocks == 0);
}

TEST_CASE("A range whose end was lost to another fork does not continue", "[unit][behavior][block_fetch]") {
    Options options;
    options.send_buffer = 60'000;
    Pair pair(200, knowing(), options, 20'000);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    const CommandId id = pair.fetch(1, 200);
    REQUIRE(pair.net.run_until([&] { return count<ini::BlockReceived>(pair.node) >= 20; }, 10s));
    pair.switch_fork(150, 100, 1);
    REQUIRE(await<ini::RangeFailed>(pair.net, pair.node, 60s));
    CHECK(last<ini::RangeFailed>(pair.node).command == id);
    CHECK(last<ini::RangeFailed>(pair.node).reason == Errc::no_blocks);
    CHECK(last<ini::RangeFailed>(pair.node).blocks == check_blocks(pair, id, 1));
    CHECK(outcomes(pair.node, id) == 1);
    CHECK(last<res::PeerDisconnected>(pair.relay).reason == Errc::no_blocks);

    SECTION("one before the fork does") {
        const CommandId whole = pair.fetch(1, 150);
        pair.net.run_for(200ms);
        pair.switch_fork(150, 200, 2);
        REQUIRE(await<ini::RangeDone>(pair.net, pair.node, 60s));
        CHECK(check_blocks(pair, whole, 1) == 150);
    }
}

TEST_CASE("An unreadable block ends the connection, not the relay", "[unit][behavior][block_fetch]") {
    Pair pair(10);
    pair.chain->damaged = 5;
    pair.include();
    const CommandId id = pair.fetch(1, 10);
    // Nothing was delivered, so it is tried again; but not for ever.
    REQUIRE(await<ini::RangeFailed>(pair.net, pair.node, 300s));
    CHECK(last<ini::RangeFailed>(pair.node).command == id);
    CHECK(last<ini::RangeFailed>(pair.node).reason == Errc::no_peer);
    CHECK(count<res::PeerDisconnected>(pair.relay) > 3);
    CHECK(last<res::PeerDisconnected>(pair.relay).reason == Errc::chunk_damaged);
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node, 200s));
    pair.fetch(6, 10);
    CHECK(await<ini::RangeDone>(pair.net, pair.node));
}

TEST_CASE("A request made while blocks are not taken causes no further reads", "[unit][behavior][block_fetch]") {
    const auto metrics = std::make_shared<Metrics>();
    ini::Config config = knowing();
    config.events_bytes = 50'000;
    config.visitors = {metrics};
    Pair pair(100, config, {}, 10'000);
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    pair.node.attend(false);
    const auto arrived = [&] { return metrics->figures().received.at({"block-fetch", "Block"}).messages; };
    pair.fetch(1, 50);
    pair.net.run_for(10s);
    const auto before = arrived();
    CHECK(before < 10);
    pair.fetch(51, 100);
    pair.net.run_for(10s);
    CHECK(arrived() == before);
    pair.node.attend(true);
    pair.net.run_for(10s);
    CHECK(count<ini::RangeDone>(pair.node) == 2);
}
