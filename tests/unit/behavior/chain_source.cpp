#include <ouro/behavior/chain_source.hpp>

#include "unit/behavior/cast.hpp"

using namespace cast;

namespace {

struct Source {
    std::shared_ptr<TestChain> chain = std::make_shared<TestChain>(10);
    ChainSource source{chain};
    ChainSource::Follower follower;

    ChainSync::Message next() {
        auto answer = source.next(follower);
        REQUIRE(answer);
        return *std::move(answer);
    }
    void expect_back(ChainView::Position to) {
        const auto answer = next();
        REQUIRE(std::holds_alternative<ChainSync::RollBackward>(answer));
        CHECK(std::get<ChainSync::RollBackward>(answer) == ChainSync::RollBackward{chain->point(to), chain->tip()});
    }
    void expect_forward(ChainView::Position to) {
        const auto answer = next();
        REQUIRE(std::holds_alternative<ChainSync::RollForward>(answer));
        CHECK(std::get<ChainSync::RollForward>(answer) == ChainSync::RollForward{*chain->header(to), chain->tip()});
    }
    void expect_await() { CHECK(std::holds_alternative<ChainSync::AwaitReply>(next())); }
};

/// A chain whose storage finds a point and cannot read it again.
struct UnreadablePoints final : ChainView {
    [[nodiscard]] Position size() const override { return chain.size(); }
    [[nodiscard]] Tip tip() const override { return chain.tip(); }
    [[nodiscard]] std::optional<Position> find(const Point& point) const override { return chain.find(point); }
    [[nodiscard]] Point point(Position) const override { return {}; }
    [[nodiscard]] Result<Header> header(Position position) const override { return chain.header(position); }
    [[nodiscard]] Result<Bytes> block(Position position) const override { return chain.block(position); }

    TestChain chain{10};
};

}  // namespace

TEST_CASE("An unreadable point does not take a follower back to the origin", "[unit][behavior][chain_source]") {
    const auto chain = std::make_shared<UnreadablePoints>();
    const ChainSource source(chain);
    ChainSource::Follower follower;
    const std::array points{Point(chain->chain.at(5))};
    REQUIRE(std::holds_alternative<ChainSync::IntersectFound>(source.intersect(follower, points)));
    CHECK(source.next(follower).error() == Errc::chunk_damaged);

    ChainSource::Follower at_origin{0, true};
    CHECK(source.next(at_origin));
}

TEST_CASE("A new follower is rolled back to the origin, then forward, then waits", "[unit][behavior][chain_source]") {
    Source s;
    s.expect_back(0);
    for (ChainView::Position p = 1; p <= 10; ++p) s.expect_forward(p);
    s.expect_await();
    s.expect_await();
    s.chain->extend();
    s.expect_forward(11);
    s.expect_await();
}

TEST_CASE("The first listed point on the chain becomes the follower's position", "[unit][behavior][chain_source]") {
    Source s;
    const std::vector<Point> points{TestChain::made_up(20), s.chain->point(4), s.chain->point(7)};
    CHECK(s.source.intersect(s.follower, points) ==
          ChainSync::Message(ChainSync::IntersectFound{s.chain->point(4), s.chain->tip()}));
    s.expect_back(4);
    s.expect_forward(5);

    SECTION("a second intersection moves it") {
        CHECK(s.source.intersect(s.follower, std::vector<Point>{s.chain->point(9)}) ==
              ChainSync::Message(ChainSync::IntersectFound{s.chain->point(9), s.chain->tip()}));
        s.expect_back(9);
        s.expect_forward(10);
    }
    SECTION("the origin is on every chain") {
        CHECK(s.source.intersect(s.follower, std::vector<Point>{Point()}) ==
              ChainSync::Message(ChainSync::IntersectFound{Point(), s.chain->tip()}));
        s.expect_back(0);
    }
    SECTION("without an intersection it stays") {
        const std::vector<Point> none =
            GENERATE(values<std::vector<Point>>({{}, {TestChain::made_up(4, 1), TestChain::made_up(20)}}));
        CHECK(s.source.intersect(s.follower, none) == ChainSync::Message(ChainSync::IntersectNotFound{s.chain->tip()}));
        s.expect_forward(6);
    }
}

TEST_CASE("Another chain rolls back only followers beyond the fork", "[unit][behavior][chain_source]") {
    Source s;
    s.expect_back(0);
    for (ChainView::Position p = 1; p <= 8; ++p) s.expect_forward(p);
    s.chain->roll_back(5);
    s.chain->extend(5, 1);

    SECTION("beyond") {
        ChainSource::changed(s.follower, 5);
        s.expect_back(5);
        s.expect_forward(6);
    }
    SECTION("twice before the next request: the deeper one counts") {
        ChainSource::changed(s.follower, 5);
        ChainSource::changed(s.follower, 3);
        s.expect_back(3);
    }
    SECTION("a shallow one after a deep one does not advance the follower") {
        ChainSource::changed(s.follower, 3);
        ChainSource::changed(s.follower, 5);
        s.expect_back(3);
    }
    SECTION("at the fork or before it") {
        ChainSource::changed(s.follower, 8);
        s.expect_forward(9);
    }
}

TEST_CASE("Both ends of a range are on the chain and in order, and none is the origin",
          "[unit][behavior][chain_source]") {
    const Source s;
    const auto& c = *s.chain;
    using Range = std::pair<ChainView::Position, ChainView::Position>;
    CHECK(s.source.range(c.point(3), c.point(7)) == Range(3, 7));
    CHECK(s.source.range(c.point(5), c.point(5)) == Range(5, 5));
    CHECK(s.source.range(c.point(1), c.point(10)) == Range(1, 10));
    CHECK_FALSE(s.source.range(c.point(7), c.point(3)));
    CHECK_FALSE(s.source.range(Point(), c.point(3)));
    CHECK_FALSE(s.source.range(c.point(3), Point()));
    CHECK_FALSE(s.source.range(c.point(3), TestChain::made_up(11)));
    CHECK_FALSE(s.source.range(TestChain::made_up(3, 1), c.point(7)));
}

TEST_CASE("An unreadable header is an error, and the follower stays at its position",
          "[unit][behavior][chain_source]") {
    Source s;
    s.expect_back(0);
    s.chain->damaged = 1;
    CHECK(s.source.next(s.follower).error() == Errc::chunk_damaged);
    s.chain->damaged = 0;
    s.expect_forward(1);
}
