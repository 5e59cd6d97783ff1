#include "behavior/chain_sync/answerable.hpp"

#include <limits>

#include "support/catch.hpp"
#include "support/hex.hpp"

using namespace ouro;
using ouro::detail::Answerable;

namespace {

constexpr auto any_number = std::numeric_limits<std::uint32_t>::max();

Point at(std::uint64_t slot) { return {Slot{slot}, Hash{}}; }
Tip tip(std::uint64_t block) { return {at(20 * block), BlockNumber{block}}; }

}  // namespace

TEST_CASE("A peer can answer as many requests as its tip is ahead of the last answer", "[unit][answerable]") {
    Answerable answerable;
    answerable.answered(BlockNumber{90}, tip(100));
    CHECK(answerable.room(0) == 10);
    CHECK(answerable.room(4) == 6);
    CHECK(answerable.room(10) == 0);
    CHECK(answerable.room(11) == 0);
    answerable.answered(BlockNumber{91}, tip(103));
    CHECK(answerable.room(0) == 12);
}

TEST_CASE("At the tip one header is requested, and its answer shows that the chain has grown", "[unit][answerable]") {
    Answerable answerable;
    answerable.answered(BlockNumber{100}, tip(100));
    CHECK(answerable.room(0) == 1);
    CHECK(answerable.room(1) == 0);
}

TEST_CASE("A peer whose tip is behind its own headers gets one request at a time", "[unit][answerable]") {
    Answerable answerable;
    answerable.answered(BlockNumber{101}, tip(100));
    CHECK(answerable.room(0) == 1);
    CHECK(answerable.room(1) == 0);
}

TEST_CASE(
    "After an intersection the number is known at the origin and at the tip, and elsewhere two headers are requested",
    "[unit][answerable]") {
    Answerable answerable;
    answerable.from(Point(), tip(100));
    CHECK(answerable.room(0) == 100);
    answerable.from(tip(100).point, tip(100));
    CHECK(answerable.room(0) == 1);
    answerable.from(at(7), tip(100));
    CHECK(answerable.room(0) == 2);
    CHECK(answerable.room(1) == 1);
    CHECK(answerable.room(2) == 0);
    answerable.from(Point(), Tip{});  // an empty chain
    CHECK(answerable.room(0) == 1);
}

TEST_CASE("Headers without a known number are requested up to the window", "[unit][answerable]") {
    Answerable answerable;
    answerable.answered(std::nullopt, tip(100));
    CHECK(answerable.room(0) == any_number);
    CHECK(answerable.room(300) == any_number);
    answerable.answered(BlockNumber{99}, tip(100));
    CHECK(answerable.room(0) == 1);
}

TEST_CASE("The number of a header is read since Shelley, but not from a Byron header", "[unit][answerable]") {
    const Bytes bytes = hex("82 8207f6 40");  // [[7, null], h'']
    CHECK(number_of(Header{Era::conway, {}, bytes}) == BlockNumber{7});
    CHECK(number_of(Header{Era::byron, {}, bytes}) == std::nullopt);
    CHECK(number_of(Header{Era::conway, {}, hex("a0")}) == std::nullopt);
    CHECK(number_of(BytesView(hex("82 07 82 82 8207f6 40 80"))) == BlockNumber{7});  // blocks, of Conway and of Byron
    CHECK(number_of(BytesView(hex("82 01 82 82 8207f6 40 80"))) == std::nullopt);
}
