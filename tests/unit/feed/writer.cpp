#include <stdexcept>

#include "unit/feed/fork.hpp"

using namespace feeds;

TEST_CASE("A rollback is one event with the undone hashes, newest first", "[unit][feed][writer]") {
    ForkedChain chain;
    Writer writer({10, 1});
    std::vector<Event> stream;
    grow(chain, writer, stream, 5);
    const std::vector<Hash> undone{chain.point(5).hash(), chain.point(4).hash(), chain.point(3).hash()};
    const auto made = events(writer, chain.undo(3));
    REQUIRE(made.size() == 1);
    CHECK(made[0].kind == Kind::rollback);
    CHECK(made[0].sequence == 6);
    CHECK(made[0].generation == 1);
    CHECK((made[0].point == chain.point(2)));
    CHECK((made[0].undone == undone));
}

TEST_CASE("A rollback to the origin and to the end of the stream", "[unit][feed][writer]") {
    ForkedChain chain;
    Writer writer({10, 1});
    std::vector<Event> stream;
    CHECK(events(writer, Backward{Point(), {}, {}}).empty());
    grow(chain, writer, stream, 3);
    CHECK(events(writer, Backward{chain.point(3), {}, {}}).empty());
    const auto made = events(writer, chain.undo(3));
    REQUIRE(made.size() == 1);
    CHECK(made[0].kind == Kind::rollback);
    CHECK(made[0].point.is_origin());
    CHECK(made[0].undone.size() == 3);
}

TEST_CASE("A rollback deeper than the stream holds is a reset", "[unit][feed][writer]") {
    ForkedChain chain;
    Writer first({10, 1});
    std::vector<Event> stream;
    grow(chain, first, stream, 6);
    Writer writer({10, 1});  // the stream holds the last three blocks
    for (std::size_t i = 3; i < 6; ++i) REQUIRE(writer.restore(fields_of(stream[i])) == EventFault::none);
    const auto made = events(writer, chain.undo(5));
    REQUIRE(made.size() == 1);
    CHECK(made[0].kind == Kind::reset);
    CHECK((made[0].point == chain.point(1)));
    CHECK(made[0].undone.size() == 3);
    CHECK(made[0].sequence == 7);
    stream.push_back(made[0]);
    grow(chain, writer, stream, 2);
    CHECK(fault_of(stream).empty());
}

TEST_CASE("The watermark follows k blocks behind, in steps and at the tip", "[unit][feed][writer]") {
    ForkedChain chain;
    Writer writer({3, 4});
    std::vector<Event> stream, stable;
    grow(chain, writer, stream, 13);
    for (const Event& event : stream)
        if (event.kind == Kind::stable) stable.push_back(event);
    REQUIRE(stable.size() == 3);
    CHECK(static_cast<std::uint64_t>(stable[0].number) == 0);
    CHECK(static_cast<std::uint64_t>(stable[2].number) == 8);
    CHECK((stable[2].point == chain.point(9)));
    const auto at_tip = events(writer, AtTip{});
    REQUIRE(at_tip.size() == 1);
    CHECK((at_tip[0].point == chain.point(10)));
    CHECK(events(writer, AtTip{}).empty());
}

TEST_CASE("A writer continues a stream from the fields of its last events", "[unit][feed][writer]") {
    ForkedChain chain;
    Writer first({5, 1});
    std::vector<Event> stream;
    grow(chain, first, stream, 20);
    undo(chain, first, stream, 4);
    grow(chain, first, stream, 6);
    Writer writer({5, 1});
    for (const Event& event : stream) {
        Writer other({5, 1});
        REQUIRE(other.restore(fields_of(event)) == EventFault::none);
    }
    for (const Event& event : stream) REQUIRE(writer.restore(fields_of(event)) == EventFault::none);
    CHECK(writer.enough());
    CHECK((writer.points().front() == chain.point(22)));
    CHECK(writer.points().size() <= 64);
    const Step step = chain.undo(3);
    CHECK((events(writer, step) == events(first, step)));
    const Step next = chain.extend();
    CHECK((events(writer, next) == events(first, next)));
}

TEST_CASE("Points to follow from reach back to the oldest known block", "[unit][feed][writer]") {
    ForkedChain chain;
    Writer writer({500, 1000});
    std::vector<Event> stream;
    CHECK(writer.points().empty());
    grow(chain, writer, stream, 600);
    const auto points = writer.points();
    CHECK(points.size() <= 64);
    CHECK((points.front() == chain.point(600)));
    CHECK((points[20] == chain.point(580)));
    CHECK((points.back() == chain.point(99)));
}

TEST_CASE("An emptied stream continues its sequence with a reset", "[unit][feed][writer]") {
    ForkedChain chain;
    Writer writer({5, 1});
    writer.restore_empty(17, Point());
    const auto made = events(writer, chain.extend());
    REQUIRE(made.size() == 2);
    CHECK(made[0].kind == Kind::reset);
    CHECK(made[0].sequence == 18);
    CHECK(made[0].point.is_origin());
    CHECK(made[1].sequence == 19);
    CHECK(fault_of(made).empty());
}

TEST_CASE("A writer rejects what it cannot make events of", "[unit][feed][writer]") {
    ForkedChain chain;
    Writer writer({5, 1});
    Forward step = chain.extend();
    SECTION("a header without its block") {
        step.block = {};
        CHECK(writer.take(step).error() == Errc::bad_argument);
    }
    SECTION("bytes that are no block") {
        step.block = Bytes::copy(step.point.hash);
        CHECK_FALSE(writer.take(step).has_value());
    }
    SECTION("a block that does not follow the last one") {
        REQUIRE(writer.take(step).has_value());
        (void)chain.extend();
        CHECK(writer.take(chain.extend()).error() == Errc::broken_link);
    }
    SECTION("options") {
        CHECK_THROWS_AS(Writer({0, 1}), std::invalid_argument);
        CHECK_THROWS_AS(Writer({1, 0}), std::invalid_argument);
    }
}
