#include <ouro/behavior/node_types.hpp>
#include <ouro/chain/header.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/emulation/vices.hpp>

#include "face.hpp"

template class ouro::emulation::SimulatedNode<ouro::ResponderBehavior>;

using namespace face;

namespace {

/// Follows `chain` to its tip, and compares every block with `expected`. Returns the blocks.
asio::awaitable<std::uint64_t> compare(Follower& chain, const ChainView& expected, ChainView::Position from = 0) {
    ChainView::Position position = from;
    for (;;) {
        auto step = co_await chain.next();
        if (!step || std::holds_alternative<AtTip>(*step)) co_return position - from;
        const auto* next = std::get_if<Forward>(&*step);
        REQUIRE(next);
        ++position;
        REQUIRE(Point(next->point) == expected.point(position));
        REQUIRE(next->header == *expected.header(position));
        if (!next->block.empty()) REQUIRE(next->block == *expected.block(position));
    }
}

FollowOptions blocks(Start from = from_origin) {
    FollowOptions options;
    options.from = std::move(from);
    options.blocks = true;
    return options;
}

}  // namespace

TEST_CASE("A follower delivers every header from the origin to the tip") {
    Stage stage;
    const auto chain = made_up(1'000);
    stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower follower = node.follow();
    std::uint64_t count = 0;
    const auto program = [&]() -> asio::awaitable<void> { count = co_await compare(follower, *chain); };
    REQUIRE(stage.run(program()));
    CHECK(count == 1'000);
    CHECK(follower.end() == Errc::none);
}

TEST_CASE("A follower delivers every block, from two relays, in order") {
    Stage stage;
    const auto chain = made_up(3'000);
    stage.relay(relay_id, chain);
    stage.relay(other_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    node.use(other_id);
    Follower follower = node.follow(blocks());
    std::uint64_t count = 0;
    const auto program = [&]() -> asio::awaitable<void> { count = co_await compare(follower, *chain); };
    REQUIRE(stage.run(program()));
    CHECK(count == 3'000);
}

TEST_CASE("A follower delivers every block of a chain, however short the chain and whatever k is") {
    const std::uint64_t k = GENERATE(1U, 2U, 20U, 301U);
    const bool settled = GENERATE(false, true);
    for (const ChainView::Position size : {1U, 2U, 20U, 21U, 64U, 300U, 301U}) {
        INFO("k " << k << ", " << size << " blocks, settled " << settled);
        Stage stage;
        const auto chain = made_up(size);
        stage.relay(relay_id, chain);
        Node node(stage.runtime, Network(mainnet, k));
        node.use(relay_id);
        FollowOptions options = blocks();
        options.depth = settled ? k : 0;
        options.window_bytes = 20'000;
        Follower follower = node.follow(options);
        std::uint64_t count = 0;
        const auto program = [&]() -> asio::awaitable<void> { count = co_await compare(follower, *chain); };
        REQUIRE(stage.run(program()));
        CHECK(count == size - std::min(size, options.depth));
    }
}

TEST_CASE("A node's follower hashes each header once when it is announced, and each block once when it arrives") {
    Stage stage;
    const auto chain = made_up(50);
    stage.relay(relay_id, chain);
    const auto rules = std::make_shared<CountingRules>();
    NodeOptions options;
    options.configure = [&](node::Config& config, TcpOptions&) { config.initiator.rules = rules; };
    Node node(stage.runtime, mainnet, options);
    node.use(relay_id);
    Follower follower = node.follow(FollowOptions{.from = chain->point(10), .blocks = true});
    std::string taken;
    REQUIRE(stage.run(take(follower, 40, taken)));
    CHECK(taken.ends_with("+1000049 "));
    CHECK(rules->headers == 40);
    CHECK(rules->blocks == 40);
}

TEST_CASE("A coroutine that takes steps lets others run after 64 of them") {
    Stage stage;
    const auto chain = made_up(300);
    stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower follower = node.follow();
    std::string first;
    REQUIRE(stage.run(take(follower, 1, first)));
    for (int most = 0; most < 100'000; ++most)  // until all steps are there
        if (stage.context.poll_one() == 0 && !stage.net.step()) break;
    std::size_t turns = 0, most_between = 0;
    const auto taker = [&]() -> asio::awaitable<void> {
        std::size_t between = 0, turn = turns;
        for (int steps = 0; steps < 250; ++steps) {
            const auto step = co_await follower.next();
            REQUIRE(step);
            between = std::exchange(turn, turns) == turns ? between + 1 : 0;
            most_between = std::max(most_between, between);
        }
    };
    bool done = false;
    asio::co_spawn(stage.context, taker(), [&](std::exception_ptr) { done = true; });
    for (stage.context.restart(); turns < 10'000 && !done; ++turns) stage.context.poll_one();
    CHECK(done);
    CHECK(most_between == 63);
}

TEST_CASE("A follower from the tip delivers what comes after it") {
    Stage stage;
    const auto chain = made_up(50);
    Relay& relay = stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower follower = node.follow(blocks(from_tip));
    std::string taken;
    REQUIRE(stage.run(take(follower, 1, taken)));
    CHECK(taken == "T ");
    chain->extend(2);
    stage.changed(relay, 50);
    REQUIRE(stage.run(take(follower, 3, taken)));
    CHECK(taken == "T +50 +51 T ");
    CHECK(follower.cursor()->point() == chain->point(52));
}

TEST_CASE("A follower whose newest point was rolled back begins with a roll-back") {
    Stage stage;
    const auto old = made_up(20);
    const auto chain = made_up(20);
    chain->roll_back(15);
    chain->extend(5);
    stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower follower = node.follow(blocks(Start(old->point(20), old->point(12))));
    std::string taken;
    REQUIRE(stage.run(take(follower, 3, taken)));
    CHECK(taken == "-" + std::to_string(static_cast<std::uint64_t>(chain->point(12).slot()) / 20) + " +12 +13 ");
}

TEST_CASE("A cursor continues after the last step") {
    Stage stage;
    const auto chain = made_up(100);
    stage.relay(relay_id, chain);
    std::optional<Cursor> cursor;
    std::string taken;
    {
        Node node(stage.runtime, mainnet);
        node.use(relay_id);
        Follower follower = node.follow(blocks());
        REQUIRE(stage.run(take(follower, 40, taken)));
        cursor = Cursor::parse(to_string(*follower.cursor())).value_or(Cursor(mainnet, {Point()}));
    }
    CHECK(cursor->point() == chain->point(40));
    taken.clear();
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower follower = node.follow(*cursor, blocks());
    REQUIRE(stage.run(take(follower, 2, taken)));
    CHECK(taken == "+40 +41 ");
}

TEST_CASE("A cursor of another network is refused before anything is dialled") {
    Stage stage;
    Node node(stage.runtime, mainnet);
    CHECK_THROWS_AS(node.follow(Cursor(preview, {Point()})), std::invalid_argument);
}

TEST_CASE("A follower none of whose points is on the chain ends, and undoes nothing") {
    Stage stage;
    const auto chain = made_up(20);
    SyntheticChain::Options options;
    options.blocks = 20;
    options.seed = 9;
    const SyntheticChain foreign(options);
    stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower follower = node.follow(blocks(Start(foreign.point(20))));
    std::string taken;
    REQUIRE(stage.run(take(follower, 3, taken)));
    CHECK(taken == "no_intersection");
}

TEST_CASE("A follower continues with another relay when its own is lost") {
    Stage stage;
    const auto chain = made_up(2'000);
    stage.relay(relay_id, chain);
    stage.relay(other_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    node.use(other_id);
    Follower follower = node.follow(blocks());
    std::string taken;
    REQUIRE(stage.run(take(follower, 500, taken)));
    for (const PeerId& relay : {relay_id, other_id}) {
        stage.net.lose(node_id, relay, emulation::Loss::reset);
        std::uint64_t before = 0;
        const auto program = [&]() -> asio::awaitable<void> {
            for (; before < 400; ++before) {
                auto step = co_await follower.next();
                REQUIRE(step);
                REQUIRE(std::holds_alternative<Forward>(*step));
            }
        };
        REQUIRE(stage.run(program()));
    }
    CHECK(follower.cursor()->point() == chain->point(1'300));
}

TEST_CASE("A follower reports a roll-back and the blocks of the new fork") {
    Stage stage;
    const auto chain = made_up(30);
    Relay& relay = stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower follower = node.follow(blocks());
    std::string taken;
    REQUIRE(stage.run(take(follower, 31, taken)));
    chain->roll_back(28);
    chain->extend(4);
    stage.changed(relay, 28);
    taken.clear();
    REQUIRE(stage.run(take(follower, 6, taken)));
    CHECK(taken ==
          "-" + std::to_string(static_cast<std::uint64_t>(chain->point(28).slot()) / 20) + " +28 +29 +30 +31 T ");
}

TEST_CASE("A follower goes on after a roll-back of k blocks") {
    const std::uint64_t k = GENERATE(1U, 2U, 20U);
    Stage stage;
    const auto chain = made_up(30);
    Relay& relay = stage.relay(relay_id, chain);
    Node node(stage.runtime, Network(mainnet, k));
    node.use(relay_id);
    FollowOptions options = blocks();
    SECTION("of delivered ones") {}
    SECTION("that its depth holds back") { options.depth = k; }
    Follower follower = node.follow(options);
    std::string taken;
    REQUIRE(stage.run(take(follower, 31 - options.depth, taken)));
    SECTION("while it is connected") {}
    SECTION("while it is not connected") { stage.net.lose(node_id, relay_id, emulation::Loss::reset); }
    chain->roll_back(30 - k);
    chain->extend(k + 1);
    stage.changed(relay, 30 - k);
    const std::size_t steps = options.depth == 0 ? k + 3 : 2;
    const Instant since = stage.net.now();
    taken.clear();
    REQUIRE(stage.run(take(follower, steps, taken)));
    CHECK(taken.starts_with("-") == (options.depth == 0));
    CHECK(taken.ends_with("+" + std::to_string(30 - options.depth) + " T "));
    CHECK(stage.net.now() - since < 60s);  // no peer was refused
}

TEST_CASE("A follower with a depth delivers no block that is rolled back later") {
    Stage stage;
    const auto chain = made_up(30);
    Relay& relay = stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    FollowOptions options = blocks();
    options.depth = 5;
    Follower follower = node.follow(options);
    std::string taken;
    REQUIRE(stage.run(take(follower, 26, taken)));
    CHECK(taken.ends_with("+23 +24 T "));
    chain->roll_back(26);
    chain->extend(6);
    stage.changed(relay, 26);
    taken.clear();
    REQUIRE(stage.run(take(follower, 3, taken)));
    CHECK(taken == "+25 +26 T ");
}

TEST_CASE("Two followers of one node follow independently, each from a relay of its own") {
    Stage stage;
    const auto chain = made_up(600);
    stage.relay(relay_id, chain);
    stage.relay(other_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    node.use(other_id);
    Follower first = node.follow();
    Follower second = node.follow(blocks(Start(chain->point(500))));
    std::uint64_t all = 0, some = 0;
    const auto program = [&]() -> asio::awaitable<void> {
        some = co_await compare(second, *chain, 500);
        all = co_await compare(first, *chain);
    };
    REQUIRE(stage.run(program()));
    CHECK(all == 600);
    CHECK(some == 100);
}

TEST_CASE("A follower that is not read stops only itself") {
    Stage stage;
    const auto chain = made_up(6'000);
    stage.relay(relay_id, chain);
    stage.relay(other_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    node.use(other_id);
    const Follower idle = node.follow(blocks());
    Follower busy = node.follow(blocks());
    std::uint64_t count = 0;
    const auto program = [&]() -> asio::awaitable<void> { count = co_await compare(busy, *chain); };
    REQUIRE(stage.run(program()));
    CHECK(count == 6'000);
}

TEST_CASE("A range of blocks is delivered and ends") {
    Stage stage;
    const auto chain = made_up(700);
    stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Blocks range = node.blocks(at(*chain, 100), at(*chain, 640));
    std::uint64_t count = 0;
    Errc end = Errc::none;
    const auto program = [&]() -> asio::awaitable<void> {
        for (;;) {
            auto block = co_await range.next();
            if (!block) {
                end = block.error();
                co_return;
            }
            REQUIRE(block->block == *chain->block(100 + count));
            REQUIRE(block->number == BlockNumber{99 + count});
            ++count;
        }
    };
    REQUIRE(stage.run(program()));
    CHECK(count == 541);
    CHECK(end == Errc::end_of_range);
    CHECK(range.end() == Errc::end_of_range);
}

TEST_CASE("A range that no relay has ends with a reason") {
    Stage stage;
    const auto chain = made_up(30);
    stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    const BlockPoint none{Slot{605}, {}};
    Errc before = Errc::none, after = Errc::none;
    Blocks without_first = node.blocks(none, at(*chain, 30));
    const auto first_missing = [&]() -> asio::awaitable<void> {
        auto block = co_await without_first.next();
        before = block.error();
    };
    REQUIRE(stage.run(first_missing()));
    CHECK(before == Errc::no_intersection);
    Blocks without_last = node.blocks(at(*chain, 29), none);
    const auto last_missing = [&]() -> asio::awaitable<void> {
        while (auto block = co_await without_last.next()) continue;
        after = without_last.end();
    };
    REQUIRE(stage.run(last_missing()));
    CHECK(after == Errc::no_blocks);
}

TEST_CASE("A range whose first block the only connected relay refuses waits for another relay") {
    Stage stage;
    const auto chain = made_up(30);
    stage.relay(relay_id, chain).meddle(emulation::find_vice(emulation::responder_vices(), "no_blocks")->make);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    node.use(other_id);
    News news = node.news();
    Blocks range = node.blocks(at(*chain, 10), at(*chain, 25));
    std::uint64_t count = 0;
    const auto program = [&]() -> asio::awaitable<void> {
        for (;;) {
            const auto entry = co_await news.next();
            REQUIRE(entry);
            if (entry->kind == PeerNews::Kind::banned) break;
        }
        stage.relay(other_id, chain);
        while (auto block = co_await range.next()) {
            REQUIRE(block->block == *chain->block(10 + count));
            ++count;
        }
    };
    REQUIRE(stage.run(program()));
    CHECK(count == 16);
    CHECK(range.end() == Errc::end_of_range);
}

TEST_CASE("A node whose every relay refuses it ends its followers with the reason") {
    Stage stage;
    stage.relay(relay_id, made_up(3));
    Node node(stage.runtime, preview);
    node.use(relay_id);
    Follower follower = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 1, taken)));
    CHECK(taken == "magic_mismatch");
}

TEST_CASE("A node tells what happens to its peers") {
    Stage stage;
    stage.relay(relay_id, made_up(3));
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    News news = node.news();
    std::vector<PeerNews> all;
    const auto program = [&]() -> asio::awaitable<void> {
        for (int i = 0; i < 2; ++i) {
            auto entry = co_await news.next();
            REQUIRE(entry);
            all.push_back(*entry);
            if (i == 0) stage.net.lose(node_id, relay_id, emulation::Loss::reset);
        }
    };
    REQUIRE(stage.run(program()));
    CHECK(all[0].kind == PeerNews::Kind::connected);
    CHECK(all[1].kind == PeerNews::Kind::disconnected);
    CHECK(all[1].reason == Errc::connection_reset);
    CHECK(all[1].retry_in);
    CHECK(to_string(all[1]).starts_with("relay.example:3002 disconnected: "));
    CHECK(node.peers().size() == 1);
}
