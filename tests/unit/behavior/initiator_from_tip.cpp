// A sync that begins at the tip of its upstream.

#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

const ini::StartSync from_tip(std::vector<Point> points = {}) { return ini::StartSync{std::move(points), true}; }

/// A relay that speaks by hand, asked for its tip.
struct Asked : Pair {
    explicit Asked(std::vector<Point> points = {}) : Pair(20), raw(net, raw_id) {
        include(raw_id);
        REQUIRE(await<ini::PeerInitialized>(net, node));
        id = *node.execute(from_tip(std::move(points)));
        net.run_for(100ms);
    }
    /// What the relay was asked since the last call.
    ByteVector asked() {
        const auto heard = raw.heard(2);
        ByteVector fresh(heard.begin() + static_cast<std::ptrdiff_t>(seen), heard.end());
        seen = heard.size();
        return fresh;
    }
    void answer(const ByteVector& message) {
        raw.send(2, message);
        net.run_for(100ms);
    }
    static ByteVector tip(ChainView::Position number, std::uint8_t fork = 0) {
        return raw::tip(TestChain::made_up(number, fork), number);
    }

    RawRelay raw;
    CommandId id{};
    std::size_t seen = 0;
};

}  // namespace

TEST_CASE("A sync from the tip begins at the tip of its upstream", "[unit][behavior][from_tip]") {
    Pair pair(GENERATE(50U, 1U, 0U));
    const auto tip = pair.chain->size();
    pair.include();
    const bool known = GENERATE(false, true);
    const std::vector<Point> points = known ? std::vector{pair.chain->point(tip / 2)} : std::vector<Point>();
    const CommandId id = *pair.node.execute(from_tip(points));
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    REQUIRE(count<ini::Intersected>(pair.node) == 1);
    CHECK(last<ini::Intersected>(pair.node).command == id);
    CHECK(last<ini::Intersected>(pair.node).point == pair.chain->point(tip));
    CHECK(count<ini::RollForward>(pair.node) == 0);
    pair.extend(3);
    pair.net.run_for(1s);
    CHECK(followed(pair.node) == points_of(*pair.chain, tip));
    CHECK(count<ini::RollBackward>(pair.node) == 0);
}

TEST_CASE("Points that the upstream does not have do not keep a sync from its tip", "[unit][behavior][from_tip]") {
    Pair pair(50);
    pair.include();
    REQUIRE(pair.node.execute(from_tip({TestChain::made_up(5, 1)})));
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    CHECK(last<ini::Intersected>(pair.node).point == pair.chain->point(50));
}

TEST_CASE("The tip may move between the two requests of a sync from the tip", "[unit][behavior][from_tip]") {
    Asked relay;
    CHECK(relay.asked() == raw::find_intersect({Point()}));
    relay.answer(raw::intersect_found(Point(), Asked::tip(5)));
    CHECK(relay.asked() == raw::find_intersect({TestChain::made_up(5)}));
    SECTION("onwards") {
        relay.answer(raw::intersect_found(TestChain::made_up(5), Asked::tip(6)));
        CHECK(last<ini::Intersected>(relay.node).point == Point(TestChain::made_up(5)));
        CHECK(last<ini::Intersected>(relay.node).tip.block == BlockNumber{6});
    }
    SECTION("to another fork, up to twice") {
        const int times = GENERATE(1, 2);
        for (int i = 1; i <= times; ++i) {
            const auto fork = static_cast<std::uint8_t>(i);
            relay.answer(raw::intersect_not_found(Asked::tip(6, fork)));
            CHECK(relay.asked() == raw::find_intersect({TestChain::made_up(6, fork)}));
        }
        const Point begin = TestChain::made_up(6, static_cast<std::uint8_t>(times));
        relay.answer(raw::intersect_found(begin, raw::tip(begin, 6)));
        CHECK(last<ini::Intersected>(relay.node).point == begin);
    }
    SECTION("a third time, and the sync ends without another peer") {
        for (std::uint8_t fork = 1; fork <= 2; ++fork) relay.answer(raw::intersect_not_found(Asked::tip(6, fork)));
        (void)relay.asked();
        relay.answer(raw::intersect_not_found(Asked::tip(6, 3)));
        CHECK(relay.asked().empty());
        REQUIRE(count<ini::NoIntersection>(relay.node) == 1);
        CHECK(last<ini::NoIntersection>(relay.node).command == relay.id);
    }
    SECTION("a third time, and another peer has one") {
        relay.include();
        REQUIRE(await<ini::PeerInitialized>(relay.net, relay.node));
        for (std::uint8_t fork = 1; fork <= 3; ++fork) relay.answer(raw::intersect_not_found(Asked::tip(6, fork)));
        CHECK(last<ini::Intersected>(relay.node).peer == relay_id);
        CHECK(last<ini::Intersected>(relay.node).point == relay.chain->point(20));
        CHECK(count<ini::NoIntersection>(relay.node) == 0);
    }
    SECTION("to the origin") {
        relay.answer(raw::intersect_not_found(raw::tip(Point(), 0)));
        CHECK(relay.asked() == raw::find_intersect({Point()}));
        relay.answer(raw::intersect_found(Point(), raw::tip(Point(), 0)));
        CHECK(last<ini::Intersected>(relay.node).point == Point());
    }
    CHECK(count<ini::PeerDisconnected>(relay.node) == 0);
}

TEST_CASE("False answers about the tip break a rule", "[unit][behavior][from_tip]") {
    Asked relay;
    SECTION("a point that was not requested") {
        relay.answer(raw::intersect_found(TestChain::made_up(5), Asked::tip(5)));
    }
    SECTION("no origin") { relay.answer(raw::intersect_not_found(Asked::tip(5))); }
    SECTION("another point than the tip") {
        relay.answer(raw::intersect_found(Point(), Asked::tip(5)));
        relay.answer(raw::intersect_found(Point(), Asked::tip(5)));
    }
    CHECK(last<ini::PeerDisconnected>(relay.node).violation.rule == Errc::wrong_intersection);
    CHECK(count<ini::Intersected>(relay.node) == 0);
}

TEST_CASE("A later upstream without the beginning uses a point of the user, or is passed over",
          "[unit][behavior][from_tip]") {
    Pair pair(50);
    auto fork = std::make_shared<TestChain>(30);
    fork->extend(30, 1);
    pair.net.add<ResponderBehavior>(other_id, serving(fork));
    pair.include();
    REQUIRE(await<ini::PeerInitialized>(pair.net, pair.node));
    const bool known = GENERATE(false, true);
    REQUIRE(pair.node.execute(from_tip(known ? std::vector{pair.chain->point(20)} : std::vector<Point>())));
    REQUIRE(await<ini::AtTip>(pair.net, pair.node));
    pair.net.reach(relay_id, Reach::refuses);
    REQUIRE(pair.relay.execute(res::DisconnectPeer{pair.relay.behavior().peers().at(0).connection}));
    pair.include(other_id);
    pair.net.run_for(10s);
    CHECK(count<ini::Intersected>(pair.node) == 1);
    if (known)
        CHECK(followed(pair.node) == points_of(*fork, 20));
    else
        CHECK(followed(pair.node) == points_of(*pair.chain, 50));
    CHECK(count<ini::RollBackward>(pair.node) == (known ? 1 : 0));
}

TEST_CASE("A peer that is slow to name its tip is replaced, and its late answer does no harm",
          "[unit][behavior][from_tip]") {
    Asked slow;
    if (const bool second_question = GENERATE(false, true); second_question)
        slow.answer(raw::intersect_found(Point(), Asked::tip(5, 1)));
    slow.include();
    REQUIRE(await<ini::AtTip>(slow.net, slow.node, 10s));
    CHECK(last<ini::Intersected>(slow.node).peer == relay_id);
    CHECK(last<ini::Intersected>(slow.node).point == slow.chain->point(20));
    const bool one = slow.asked() == raw::find_intersect({Point()});
    if (GENERATE(false, true)) {
        slow.answer(raw::intersect_found(TestChain::made_up(7, 1), Asked::tip(7, 1)));  // not requested
        CHECK(last<ini::PeerDisconnected>(slow.node).violation.rule == Errc::wrong_intersection);
        return;
    }
    slow.answer(one ? raw::intersect_found(Point(), Asked::tip(5, 1))
                    : raw::intersect_found(TestChain::made_up(5, 1), Asked::tip(5, 1)));
    slow.extend(3);
    slow.net.run_for(5s);
    CHECK(followed(slow.node) == points_of(*slow.chain, 20));
    CHECK(count<ini::PeerDisconnected>(slow.node) == 0);
    CHECK(count<ini::RollBackward>(slow.node) == 0);
}

TEST_CASE("A peer without the user's points also replaces one that is slow to name its tip",
          "[unit][behavior][from_tip]") {
    Asked slow({TestChain::made_up(5, 1)});
    slow.include();
    REQUIRE(await<ini::AtTip>(slow.net, slow.node, 8s));
    CHECK(last<ini::Intersected>(slow.node).peer == relay_id);
    CHECK(last<ini::Intersected>(slow.node).point == slow.chain->point(20));
}

TEST_CASE("A sync from the tip and one from the origin run side by side", "[unit][behavior][from_tip]") {
    Pair pair(30);
    pair.net.add<ResponderBehavior>(other_id, serving(pair.chain));
    pair.include();
    pair.include(other_id);
    const CommandId all = pair.sync(), fresh = *pair.node.execute(from_tip());
    pair.net.run_for(3s);
    CHECK(followed(pair.node, all) == points_of(*pair.chain));
    CHECK(followed(pair.node, fresh) == points_of(*pair.chain, 30));
}
