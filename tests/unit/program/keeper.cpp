#include <ouro/program/keeper.hpp>

#include <ouro/emulation/vices.hpp>

#include "face.hpp"

using namespace face;
using chain::Keeper;
using chain::StoredChain;

namespace {

/// A chain of `blocks` blocks; after `common` it differs for each fork.
SyntheticChain forked(ChainView::Position blocks, ChainView::Position common = 0, int fork = 0,
                      std::size_t block_bytes = 2'048) {
    SyntheticChain::Options options;
    options.block_bytes = block_bytes;
    options.blocks = fork == 0 ? blocks : common + 1;
    SyntheticChain made(options);
    for (int i = 0; i < fork; ++i) {
        made.roll_back(common);
        made.extend(blocks - common);
    }
    return made;
}

/// A keeper, and the steps that a follower would deliver.
struct Play {
    explicit Play(std::uint64_t k = 2'160) : keeper(kept, Network(mainnet, k)) {}

    void keep(const ChainView& chain) {
        for (ChainView::Position position = 1; position <= chain.size(); ++position)
            REQUIRE(!kept->append(*chain.block(position)));
    }
    void forward(const ChainView& chain, ChainView::Position first, ChainView::Position last) {
        for (auto position = first; position <= last; ++position)
            REQUIRE(!keeper.apply(Forward{
                at(chain, position), {}, *chain.header(position), *chain.block(position), chain.tip(), relay_id}));
    }
    [[nodiscard]] std::error_code back(const Point& to) { return keeper.apply(Backward{to, {}, relay_id}); }
    [[nodiscard]] std::vector<Point> begin() {
        const FollowOptions options = keeper.options();
        CHECK(options.blocks);
        return {options.from.points().begin(), options.from.points().end()};
    }

    std::shared_ptr<StoredChain> kept = std::make_shared<StoredChain>();
    Keeper keeper;
};

/// A chain that continues in an era of the future after some block.
class LaterChain final : public ChainView {
  public:
    LaterChain(std::shared_ptr<const ChainView> chain, Position last) : last_known(last), chain_(std::move(chain)) {}

    [[nodiscard]] Position size() const override { return chain_->size(); }
    [[nodiscard]] Tip tip() const override { return chain_->tip(); }
    [[nodiscard]] std::optional<Position> find(const Point& point) const override { return chain_->find(point); }
    [[nodiscard]] Point point(Position position) const override { return chain_->point(position); }
    [[nodiscard]] Result<Header> header(Position position) const override {
        auto header = chain_->header(position);
        if (position > last_known) header->era = Era{8};
        return header;
    }
    [[nodiscard]] Result<Bytes> block(Position position) const override { return chain_->block(position); }

    Position last_known;

  private:
    std::shared_ptr<const ChainView> chain_;
};

/// Follows with a keeper, as a program does, until `chain` is kept.
asio::awaitable<void> keep_until(Node& node, Keeper& keeper, const StoredChain& kept, const Tip& tip) {
    Follower chain = node.follow(keeper.options());
    while (kept.tip() != tip) {
        const auto step = co_await chain.next();
        REQUIRE(step);
        REQUIRE(!keeper.apply(*step));
        if (const auto change = keeper.poll_change()) node.chain_changed(change->common);
    }
}

}  // namespace

TEST_CASE("A keeper keeps each block that extends its chain", "[unit][keeper]") {
    const auto theirs = forked(3);
    Play play;
    CHECK(play.begin() == std::vector{Point()});
    CHECK_FALSE(play.keeper.poll_change());
    for (ChainView::Position position = 1; position <= 3; ++position) {
        play.forward(theirs, position, position);
        const auto change = play.keeper.poll_change();
        REQUIRE(change);
        CHECK(change->common == position - 1);
        CHECK_FALSE(change->taken_back);
        CHECK_FALSE(play.keeper.poll_change());
    }
    REQUIRE(!play.keeper.apply(AtTip{}));
    CHECK_FALSE(play.keeper.poll_change());
    CHECK(play.kept->tip() == theirs.tip());
}

TEST_CASE("A keeper's follower begins at the end of the kept chain, with ever fewer points further back",
          "[unit][keeper]") {
    const auto theirs = forked(20);
    const auto points = [&](std::vector<ChainView::Position> positions) {
        std::vector<Point> all;
        for (const auto position : positions) all.push_back(theirs.point(position));
        return all;
    };
    Play far, near(10), exact(20);
    for (Play* play : {&far, &near, &exact}) play->keep(theirs);
    CHECK(far.begin() == points({20, 19, 17, 13, 5, 0}));
    CHECK(near.begin() == points({20, 19, 17, 13, 10}));  // no fork is longer than k
    CHECK(exact.begin() == points({20, 19, 17, 13, 5, 0}));
}

TEST_CASE("Kept blocks that are delivered again change nothing", "[unit][keeper]") {
    const auto theirs = forked(12);
    Play play;
    play.keep(forked(10));
    (void)play.begin();
    REQUIRE(!play.back(theirs.point(5)));
    play.forward(theirs, 6, 10);
    CHECK_FALSE(play.keeper.poll_change());
    play.forward(theirs, 11, 11);
    CHECK(play.keeper.poll_change()->common == 10);
    CHECK(play.kept->size() == 11);
}

TEST_CASE("A peer that is behind causes no roll-back", "[unit][keeper]") {
    const auto ours = forked(10), theirs = forked(11);
    Play play;
    play.keep(ours);
    (void)play.begin();
    REQUIRE(!play.back(ours.point(7)));
    CHECK(play.kept->size() == 10);
    CHECK_FALSE(play.keeper.poll_change());
    // And is gone on with when it has caught up.
    play.forward(theirs, 8, 11);
    CHECK(play.kept->tip() == theirs.tip());
}

TEST_CASE("Only a longer fork replaces the kept chain, in one step, and the change says that blocks were rolled back",
          "[unit][keeper]") {
    const auto ours = forked(10), theirs = forked(12, 7, 1);
    REQUIRE(ours.point(7) == theirs.point(7));
    REQUIRE(ours.point(8) != theirs.point(8));
    Play play;
    play.keep(ours);
    (void)play.begin();
    REQUIRE(!play.back(theirs.point(7)));
    play.forward(theirs, 8, 10);  // of the same length
    CHECK(play.kept->tip() == ours.tip());
    CHECK_FALSE(play.keeper.poll_change());
    CHECK(play.keeper.bytes_aside() > 0);
    play.forward(theirs, 11, 11);
    CHECK(play.kept->size() == 11);
    CHECK(play.kept->point(11) == theirs.point(11));
    CHECK(play.keeper.bytes_aside() == 0);
    const auto change = play.keeper.poll_change();
    REQUIRE(change);
    CHECK(change->common == 7);
    CHECK(change->taken_back);
    play.forward(theirs, 12, 12);
    CHECK_FALSE(play.keeper.poll_change()->taken_back);
    CHECK(play.kept->tip() == theirs.tip());
}

TEST_CASE("A fork that is rolled back before it was longer changes nothing", "[unit][keeper]") {
    const auto ours = forked(10), theirs = forked(11, 7, 1), others = forked(12, 8, 1);
    Play play;
    play.keep(ours);
    (void)play.begin();
    REQUIRE(!play.back(ours.point(7)));
    play.forward(theirs, 8, 10);
    SECTION("to the kept chain") { REQUIRE(!play.back(ours.point(7))); }
    SECTION("step by step") {
        REQUIRE(!play.back(theirs.point(9)));
        REQUIRE(!play.back(theirs.point(8)));
        REQUIRE(!play.back(ours.point(7)));
    }
    SECTION("with the end of the follower") {
        CHECK(play.begin().front() == ours.point(10));
        REQUIRE(!play.back(ours.point(7)));
    }
    CHECK(play.keeper.bytes_aside() == 0);
    play.forward(others, 8, 10);  // 8 is kept already
    CHECK(play.kept->tip() == ours.tip());
    CHECK_FALSE(play.keeper.poll_change());
    play.forward(others, 11, 12);
    CHECK(play.kept->tip() == others.tip());
}

TEST_CASE("At the limit of bytes held aside, a fork replaces the kept blocks before it is longer", "[unit][keeper]") {
    constexpr std::size_t block_bytes = 4U << 20;
    constexpr ChainView::Position most = Keeper::most_bytes_aside / block_bytes;
    const auto ours = forked(2 * most), theirs = forked(most + 1, 0, 1, block_bytes);
    Play play;
    play.keep(ours);
    (void)play.begin();
    REQUIRE(!play.back(Point()));
    play.forward(theirs, 1, most);
    CHECK(play.kept->tip() == ours.tip());
    CHECK(play.keeper.bytes_aside() <= Keeper::most_bytes_aside);
    play.forward(theirs, most + 1, most + 1);
    CHECK(play.kept->tip() == theirs.tip());
    CHECK(play.keeper.bytes_aside() == 0);
    CHECK(play.keeper.poll_change()->taken_back);
}

TEST_CASE("A roll-back to a block that is neither kept nor aside is an error, and changes nothing", "[unit][keeper]") {
    const auto ours = forked(10), theirs = forked(11, 7, 1);
    Play play;
    play.keep(ours);
    (void)play.begin();
    CHECK(play.back(theirs.point(8)) == Errc::unknown_rollback);
    REQUIRE(!play.back(ours.point(7)));
    CHECK(play.back(ours.point(8)) == Errc::unknown_rollback);  // not on the followed chain
    play.forward(theirs, 8, 9);
    CHECK(play.back(theirs.point(10)) == Errc::unknown_rollback);
    play.forward(theirs, 10, 11);
    CHECK(play.kept->tip() == theirs.tip());
}

TEST_CASE("A locally made block is kept, and the followed chain replaces it only with a longer one", "[unit][keeper]") {
    const auto made = forked(3), theirs = forked(4, 2, 1);
    Play play;
    REQUIRE(!play.keeper.add(*made.block(1)));
    REQUIRE(!play.keeper.add(*made.block(2)));
    CHECK(play.keeper.poll_change()->common == 1);
    CHECK(play.keeper.add(*made.block(1)) == Errc::broken_link);
    std::vector<std::uint8_t> changed(made.block(3)->view().begin(), made.block(3)->view().end());
    changed[changed.size() - 100] ^= 1;
    CHECK(play.keeper.add(Bytes::copy(changed)) == Errc::body_mismatch);
    CHECK_FALSE(play.keeper.poll_change());
    (void)play.begin();
    REQUIRE(!play.keeper.add(*made.block(3)));
    SECTION("a peer delivers the same block") {
        (void)play.keeper.poll_change();
        play.forward(made, 3, 3);
        CHECK_FALSE(play.keeper.poll_change());
    }
    SECTION("a peer delivers others") {
        play.forward(theirs, 3, 3);
        CHECK(play.kept->tip() == made.tip());
        play.forward(theirs, 4, 4);
        CHECK(play.kept->tip() == theirs.tip());
    }
}

TEST_CASE("A keeper's chain is continued after a restart, and then over a longer fork", "[unit][keeper][node]") {
    Stage stage;
    const auto chain = made_up(40);
    Relay& relay = stage.relay(relay_id, chain);
    const auto kept = std::make_shared<StoredChain>();
    Keeper keeper(kept, mainnet);
    {
        Node node(stage.runtime, mainnet);
        node.use(relay_id);
        REQUIRE(stage.run(keep_until(node, keeper, *kept, chain->tip())));
    }
    stage.runtime.restart();
    chain->roll_back(35);
    chain->extend(15);
    stage.changed(relay, 35);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Keeper again(kept, mainnet);
    REQUIRE(stage.run(keep_until(node, again, *kept, chain->tip())));
    CHECK(kept->size() == 50);
}

TEST_CASE("A keeper's chain is that of the good upstream, also when the other one has none of its blocks",
          "[unit][keeper][node]") {
    Stage stage;
    const auto chain = made_up(10);
    stage.relay(relay_id, chain).meddle(emulation::find_vice(emulation::responder_vices(), "no_blocks")->make);
    stage.relay(other_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    node.use(other_id);
    const auto kept = std::make_shared<StoredChain>();
    Keeper keeper(kept, node.network());
    REQUIRE(stage.run(keep_until(node, keeper, *kept, chain->tip())));
    CHECK(kept->size() == 10);
}

TEST_CASE("A chain is kept up to an unknown era, and further on when it is known", "[unit][keeper][node]") {
    Stage stage;
    const auto chain = made_up(60);
    const auto later = std::make_shared<LaterChain>(chain, 40);
    stage.relay(relay_id, later);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Play play;
    Errc end = Errc::none;
    const auto keep = [&]() -> asio::awaitable<void> {
        Follower follower = node.follow(play.keeper.options());
        while (play.kept->size() < chain->size()) {
            const auto step = co_await follower.next();
            if (!step) break;
            REQUIRE(!play.keeper.apply(*step));
        }
        end = follower.end();
        CHECK(follower.cursor()->point() == play.kept->tip().point);
    };
    for (int twice = 0; twice < 2; ++twice) {  // the second time there is nothing new
        REQUIRE(stage.run(keep()));
        CHECK(end == Errc::unknown_era);
        CHECK(play.kept->tip().point == chain->point(40));
    }
    later->last_known = 60;
    REQUIRE(stage.run(keep()));
    CHECK(end == Errc::none);
    CHECK(play.kept->tip() == chain->tip());
}

TEST_CASE("An upstream makes a node with a keeper hold no more than its follower's window and what is aside",
          "[unit][keeper][node]") {
    constexpr std::size_t block_bytes = 30'000;
    Stage stage;
    const auto ours = made_up(400);
    const auto theirs = std::make_shared<SyntheticChain>(forked(400, 0, 1, block_bytes));
    Relay& relay = stage.relay(relay_id, theirs);
    Play play;
    play.keep(*ours);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    FollowOptions options = play.keeper.options();
    options.window_bytes = 1U << 20;
    Follower chain = node.follow(options);
    // Nothing is taken.
    const Instant until = stage.net.now() + 60s;
    stage.context.restart();
    while (stage.net.now() < until)
        if (stage.context.poll_one() == 0) stage.net.step();
    CHECK(relay.behavior().counters().blocks > 0);
    CHECK(relay.behavior().counters().blocks * block_bytes <= options.window_bytes);
    // Everything is taken.
    const auto program = [&]() -> asio::awaitable<void> {
        for (int steps = 0; steps < 402; ++steps) {  // a roll-back, the blocks, and the tip
            const auto step = co_await chain.next();
            REQUIRE(step);
            REQUIRE(!play.keeper.apply(*step));
        }
    };
    REQUIRE(stage.run(program()));
    CHECK(play.kept->tip() == ours->tip());  // the other one is as long
    CHECK(play.keeper.bytes_aside() > 390 * block_bytes);
    CHECK(play.keeper.bytes_aside() <= Keeper::most_bytes_aside);
}
