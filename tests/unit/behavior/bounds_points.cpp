#include "unit/behavior/spread.hpp"

using namespace cast;

// What is held of blocks that were asked for by their points.

TEST_CASE("No more blocks wait for an earlier one than the config allows", "[unit][behavior][points]") {
    ini::Config config = knowing();
    config.blocks_ahead_bytes = 1'000'000;
    const bool sized = GENERATE(true, false);  // without sizes a tenth of what comes is expected at first
    Spread spread(2, 200, 300'000, {}, config);
    spread.falls_silent_after(0, 0);
    spread.meet();
    const CommandId id = spread.ask(spread.points(1, 200, sized));
    // What was held is told in the moment when the first block is there.
    REQUIRE(spread.net.run_until([&] { return count<ini::BlockReceived>(spread.node) > 0; }, 10s));
    CHECK(count<ini::BlockReceived>(spread.node) <= 1 + 3);
    REQUIRE(spread.ends(120s));
    CHECK(spread.check(id, 1) == 200);
}

TEST_CASE("Without room for blocks ahead they are fetched one after the other", "[unit][behavior][points]") {
    ini::Config config = knowing();
    config.blocks_ahead_bytes = 0;
    Spread spread(2, 50, 20'000, {}, config);
    spread.meet();
    const CommandId id = spread.ask(1, 50);
    REQUIRE(spread.ends(60s));
    CHECK(spread.check(id, 1) == 50);
    CHECK(spread.served(0) + spread.served(1) == 50);
}

TEST_CASE("A user who takes no blocks pauses the peers, and none is blamed", "[unit][behavior][points]") {
    ini::Config config = knowing();
    config.events_bytes = 1'000'000;
    config.blocks_ahead_bytes = 2'000'000;
    const bool in_order = GENERATE(true, false);
    Spread spread(3, 300, 50'000, {}, config);
    spread.meet();
    spread.node.attend(false);
    auto wish = spread.points(1, 300);
    wish.in_order = in_order;
    const CommandId id = spread.ask(std::move(wish));
    const CommandId behind = spread.ask(1, 30);
    spread.net.run_for(1'800s);
    CHECK(spread.node.held() <= 3 * 23'068'694U);
    std::size_t served = 0;
    for (std::size_t relay = 0; relay < 3; ++relay) served += spread.served(relay);
    CHECK(served < 150);  // it did stop

    spread.node.attend(true);
    REQUIRE(spread.net.run_until([&] { return count<ini::RangeDone>(spread.node) == 2; }, 60s));
    CHECK(spread.check(id, 1, in_order) == 300);
    CHECK(spread.check(behind, 1) == 30);
    CHECK(count<ini::PeerDisconnected>(spread.node) == 0);
}

TEST_CASE("Events hold no more blocks than the config allows, however many waited for an earlier one",
          "[unit][behavior][points]") {
    ini::Config config = knowing();
    config.events_bytes = 500'000;
    Spread spread(2, 200, 50'000, {}, config);
    spread.falls_silent_after(0, 0);
    spread.meet();
    spread.node.attend(false);
    const CommandId id = spread.ask(1, 200);
    spread.net.run_for(60s);
    std::size_t waiting = 0;
    std::size_t bytes = 0;
    while (bytes < 400'000) {  // before it asks for more
        const auto event = spread.node.behavior().has_event() ? spread.node.poll_event() : std::nullopt;
        REQUIRE(event);
        if (const auto* block = std::get_if<ini::BlockReceived>(&*event)) {
            CHECK(block->index == waiting++);
            bytes += block->block.size();
        }
    }
    spread.node.attend(true);
    REQUIRE(spread.ends(120s));
    CHECK(count<ini::BlockReceived>(spread.node) + waiting == 200);
    CHECK(last<ini::RangeDone>(spread.node).command == id);
    CHECK(last<ini::RangeDone>(spread.node).blocks == 200);
}

TEST_CASE("Blocks requested by points never overflow a queue, however long the user waits",
          "[unit][behavior][points]") {
    ini::Config config = knowing();
    config.blocks_ahead_bytes = 200'000'000;
    Options options;
    options.latency = 2s;  // as much in flight as may be
    options.send_buffer = 64U << 20;
    Spread spread(2, 60, 2'000'000, options, config);
    for (auto* relay : spread.relays) relay->watch([](const res::Event&) {});
    spread.meet();
    const CommandId id = spread.ask(1, 60);
    std::size_t most = 0;
    bool stopped = false;
    spread.net.run_until(
        [&] {
            most = std::max(most, spread.node.held());
            if (!stopped && count<ini::BlockReceived>(spread.node) >= 30) {
                spread.node.attend(false);
                stopped = true;
            }
            return false;
        },
        120s);
    CHECK(stopped);
    CHECK(most > 2 * 2'000'000U);
    spread.node.attend(true);
    REQUIRE(spread.net.run_until([&] { return count<ini::RangeDone>(spread.node) == 1; }, 120s));
    CHECK(spread.check(id, 1) == 60);
    CHECK(count<ini::PeerDisconnected>(spread.node) == 0);
}

TEST_CASE("Even a limit of zero events leaves room for the next block", "[unit][behavior][points]") {
    ini::Config config = knowing();
    config.events_bytes = 1;
    Spread spread(2, 30, 20'000, {}, config);
    spread.meet();
    const CommandId id = spread.ask(1, 30);
    const auto range = spread.node.execute(ini::RequestBlocks{spread.chain->at(1), spread.chain->at(5)});
    REQUIRE(spread.net.run_until([&] { return count<ini::RangeDone>(spread.node) == 2; }, 60s));
    CHECK(spread.check(id, 1) == 30);
    CHECK(spread.check(*range, 1) == 5);
}

TEST_CASE("Blocks that waited in a request that has failed take no room of a later one", "[unit][behavior][points]") {
    ini::Config config = knowing();
    config.blocks_ahead_bytes = 1'000'000;
    Spread spread(2, 60, 100'000, {}, config);
    spread.meet();
    const auto fetch = [&] {
        const Instant begin = spread.net.now();
        const CommandId id = spread.ask(1, 60);
        REQUIRE(spread.ends(60s));
        CHECK(spread.check(id, 1) == 60);
        return spread.net.now() - begin;
    };
    const Duration before = fetch();
    for (std::size_t failed = 0; failed < 10; ++failed) {
        auto wish = spread.points(1, 60);
        wish.points.front().hash[0] ^= 1;  // no relay has this block, for which the others wait
        spread.ask(std::move(wish));
        REQUIRE(spread.ends<ini::NoBlocks>(60s));
    }
    CHECK(fetch() <= before);
}
