#include <ouro/mux/ingress.hpp>

#include "support/allocations.hpp"
#include "unit/mux/ingress_support.hpp"

using namespace ouro;
using namespace ouro::test;

TEST_CASE("The same items come out for every cut of the stream", "[unit][mux][ingress]") {
    const ByteVector header = item(300, 1);
    const ByteVector block = item(700, 7);
    const ByteVector whole = concat({
        segment(chain_sync, Role::responder,
                concat({item(2), item(1), item(40), ByteVector(header.begin(), header.begin() + 99)})),
        segment(keep_alive, Role::initiator, item(4, 50)),
        segments(block_fetch, Role::responder, block, 333),
        segment(keep_alive, Role::responder, item(4, 60)),
        segment(chain_sync, Role::responder, ByteVector(header.begin() + 99, header.end())),
        segment(block_fetch, Role::responder, {0x9f, 0x01, 0x7f, 0x61, 0x61, 0xff, 0xff, 0xf6}),
    });
    const std::vector<Taken> expected{
        {chain_sync, Role::initiator, item(2)},
        {chain_sync, Role::initiator, item(1)},
        {chain_sync, Role::initiator, item(40)},
        {keep_alive, Role::responder, item(4, 50)},
        {block_fetch, Role::initiator, block},
        {keep_alive, Role::initiator, item(4, 60)},
        {chain_sync, Role::initiator, header},
        {block_fetch, Role::initiator, {0x9f, 0x01, 0x7f, 0x61, 0x61, 0xff, 0xff}},
        {block_fetch, Role::initiator, {0xf6}},
    };
    for (std::size_t at = 0; at <= whole.size(); ++at) {
        Ingress in = opened();
        const auto middle = whole.begin() + static_cast<std::ptrdiff_t>(at);
        auto items = take(in, ByteVector(whole.begin(), middle));
        const auto rest = take(in, ByteVector(middle, whole.end()));
        items.insert(items.end(), rest.begin(), rest.end());
        INFO("cut at " << at);
        REQUIRE(items == expected);
        REQUIRE(in.held().total() == 0);
        REQUIRE(!in.inside_item());
    }

    Ingress in = opened();
    std::vector<Taken> items;
    for (const std::uint8_t byte : whole) {
        for (Taken& i : take(in, {byte})) items.push_back(std::move(i));
    }
    CHECK(items == expected);
    CHECK(in.held().total() == 0);
}

TEST_CASE("a whole item is a view of the input, a cut one can be shared", "[unit][mux][ingress]") {
    Ingress in = opened();
    const ByteVector bytes = segments(chain_sync, Role::responder, concat({item(10), item(20)}), 15);
    BytesView input(bytes);
    Ingress::Taken taken;
    REQUIRE(in.next(input, taken) == Errc::none);
    CHECK(taken.bytes.data() == bytes.data() + mux::header_size);
    CHECK(taken.owner == nullptr);
    REQUIRE(in.next(input, taken) == Errc::none);
    REQUIRE(taken.owner != nullptr);
    const Bytes shared = taken.owner->share(taken.bytes);
    REQUIRE(in.next(input, taken) == Errc::need_more);
    CHECK(equal(shared, item(20)));
}

TEST_CASE("one segment may carry fifty messages", "[unit][mux][ingress]") {
    Ingress in = opened();
    ByteVector payload;
    std::vector<Taken> expected;
    for (std::uint8_t i = 0; i < 50; ++i) {
        append(payload, item(i + 1U, i));
        expected.push_back({chain_sync, Role::initiator, item(i + 1U, i)});
    }
    CHECK(take(in, segment(chain_sync, Role::responder, payload)) == expected);
}

TEST_CASE("a payload may have any length from 1 to 65,535", "[unit][mux][ingress]") {
    const std::size_t size = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{12'288}, std::size_t{65'535});
    Ingress in = opened();
    CHECK(take(in, segment(block_fetch, Role::responder, item(size))) ==
          std::vector<Taken>{{block_fetch, Role::initiator, item(size)}});
}

TEST_CASE("An item of three megabytes is held once while it arrives in segments of a kibibyte",
          "[unit][mux][ingress]") {
    // A list that does not say how long it is, so that the buffer cannot be sized in advance.
    const bool announced = GENERATE(true, false);
    ByteVector big = item(3'000'000);
    if (!announced) {
        std::fill(big.begin(), big.end(), std::uint8_t{0x05});
        big.front() = 0x9f;
        big.back() = 0xff;
    }
    Ingress in = opened();
    const ByteVector stream = segments(block_fetch, Role::responder, big, 1'024);
    std::size_t payload = 0;
    for (std::size_t at = 0; at + mux::header_size + 1'024 < stream.size(); at += mux::header_size + 1'024) {
        BytesView input = BytesView(stream).subspan(at, mux::header_size + 1'024);
        Ingress::Taken taken;
        payload += 1'024;
        REQUIRE(in.next(input, taken) == Errc::need_more);
        REQUIRE(in.held().total() >= payload);
        REQUIRE(in.held().total() <= (announced ? big.size() : 2 * payload + 16));
    }
    BytesView input = BytesView(stream).last(mux::header_size + big.size() - payload);
    CHECK(one(in, input) == Taken{block_fetch, Role::initiator, big});
    CHECK(in.held().total() == 0);
    CHECK(!in.inside_item());
}

TEST_CASE("An empty segment is fatal, and its place is known", "[unit][mux][ingress]") {
    Ingress in = opened();
    CHECK(outcome(in, segment(chain_sync, Role::responder, {})) == Errc::empty_segment);
    CHECK(in.failed_at().channel == chain_sync);
    CHECK(in.failed_at().role == Role::initiator);
    CHECK(!in.failed_offset());

    Ingress reverse = opened();
    CHECK(outcome(reverse, segment(keep_alive, Role::initiator, {})) == Errc::empty_segment);
    CHECK(reverse.failed_at().role == Role::responder);
}

TEST_CASE("An unknown or unregistered number is fatal", "[unit][mux][ingress]") {
    Ingress in = opened();
    in.expect(Channel{99}, Role::initiator, 1, plenty);  // registered, but the limit says there is no such number
    const Channel number = GENERATE(Channel{0}, Channel{1}, Channel{4}, Channel{99});
    const Role sender = GENERATE(Role::initiator, Role::responder);
    CHECK(outcome(in, segment(number, sender, item(1))) == Errc::unknown_protocol);
    CHECK(in.failed_at().channel == number);
    CHECK(in.failed_at().role == other(sender));
}

TEST_CASE("A known number in an unregistered direction is fatal", "[unit][mux][ingress]") {
    Ingress in = opened();
    CHECK(outcome(in, segment(chain_sync, Role::initiator, item(1))) == Errc::wrong_direction);
    CHECK(in.failed_at().channel == chain_sync);
    CHECK(in.failed_at().role == Role::responder);
}

TEST_CASE("An invalid item is fatal, and the error stays", "[unit][mux][ingress]") {
    Ingress in = opened();
    SECTION("malformed") {
        CHECK(outcome(in, segment(block_fetch, Role::responder, {0x82, 0x01, 0xfc})) == Errc::malformed);
        CHECK(in.failed_at().channel == block_fetch);
        CHECK(outcome(in, segment(keep_alive, Role::responder, item(1))) == Errc::malformed);
    }
    SECTION("too deep") {
        CHECK(outcome(in, segment(block_fetch, Role::responder, ByteVector(1'000, 0x81))) == Errc::depth_exceeded);
        CHECK(outcome(in, {}) == Errc::depth_exceeded);
    }
}

TEST_CASE("The wrong byte of an item is the same for every cut", "[unit][mux][ingress]") {
    struct Case {
        ByteVector bytes;
        Errc error;
        std::size_t offset;
    };
    const std::vector<Case> cases{
        {{0x82, 0x01, 0xfc, 0x00}, Errc::malformed, 2},
        {{0x83, 0x19, 0x01, 0x02, 0x40, 0xf8, 0x07}, Errc::malformed, 6},
        {ByteVector(300, 0x81), Errc::depth_exceeded, 256},
        {concat({{0x9f}, ByteVector(999, 0x00)}), Errc::message_too_large, 1'000},
        {{0x82, 0x04, 0x59, 0x03, 0xe4, 0x00}, Errc::message_too_large, 1'000},
    };
    for (const Case& c : cases) {
        for (const std::size_t most : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{65'535}}) {
            INFO(name(c.error) << " in segments of " << most);
            Ingress in(Direction::outbound, &limit);
            in.expect(block_fetch, Role::initiator, 1, 1'000);
            CHECK(outcome(in, segments(block_fetch, Role::responder, c.bytes, most)) == c.error);
            CHECK(in.failed_at().channel == block_fetch);
            CHECK(in.failed_offset() == c.offset);
        }
    }
}

TEST_CASE("An item may have as many bytes as its credit allows and not one more", "[unit][mux][ingress]") {
    const std::size_t size = GENERATE(std::size_t{1}, std::size_t{100}, std::size_t{3'000});
    const std::size_t cut = GENERATE(std::size_t{1}, std::size_t{64}, std::size_t{65'535});
    const ByteVector bytes = segments(chain_sync, Role::responder, item(size), cut);

    Ingress enough(Direction::outbound, &limit);
    enough.expect(chain_sync, Role::initiator, 1, size);
    CHECK(take(enough, bytes) == std::vector<Taken>{{chain_sync, Role::initiator, item(size)}});

    Ingress short_of_one(Direction::outbound, &limit);
    short_of_one.expect(chain_sync, Role::initiator, 1, size - 1);
    CHECK(outcome(short_of_one, bytes) == Errc::message_too_large);
    CHECK(short_of_one.failed_at().channel == chain_sync);
}

TEST_CASE("An item above its limit is refused at its head if the head shows it, else at the limit",
          "[unit][mux][ingress]") {
    Ingress announced(Direction::outbound, &limit);
    announced.expect(block_fetch, Role::initiator, 1, 65'535);
    const ByteVector claim = segment(block_fetch, Role::responder, {0x5a, 0x7f, 0xff, 0xff, 0xff});
    const Allocations before = allocations();
    BytesView input(claim);
    Ingress::Taken taken;
    const Errc status = announced.next(input, taken);
    const Allocations after = allocations();
    CHECK(status == Errc::message_too_large);
    CHECK(after.bytes - before.bytes <= 256);

    Ingress endless_list(Direction::outbound, &limit);
    endless_list.expect(block_fetch, Role::initiator, 1, 1'000);
    CHECK(take(endless_list, segment(block_fetch, Role::responder, concat({{0x9f}, ByteVector(998, 0x00)}))).empty());
    CHECK(endless_list.held().total() == 1'000);
    CHECK(outcome(endless_list, segment(block_fetch, Role::responder, {0x00})) == Errc::message_too_large);
}

TEST_CASE("A queue holds its limit and not one byte more", "[unit][mux][ingress]") {
    const std::size_t parts = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{11});
    const std::size_t size = 1'408 / parts;
    Ingress in(Direction::outbound, &limit);
    in.expect(keep_alive, Role::initiator, 0, plenty);

    SECTION("queued bytes count") {
        for (std::size_t i = 0; i < parts; ++i) take(in, segment(keep_alive, Role::responder, ByteVector(size, 0x00)));
        CHECK(in.held().unread >= 1'408);
        const ByteVector more = segment(keep_alive, Role::responder, {0x00});
        SECTION("the next header overflows before its payload has arrived") {
            CHECK(outcome(in, ByteVector(more.begin(), more.begin() + mux::header_size)) == Errc::ingress_overflow);
            CHECK(in.failed_at().channel == keep_alive);
            CHECK(in.failed_at().role == Role::initiator);
        }
        SECTION("taken bytes no longer count") {
            in.expect(keep_alive, Role::initiator, 1, plenty);
            CHECK(take(in, more).size() == 1);
            CHECK(in.held().unread >= 1'408);
        }
    }
    SECTION("a segment of more than the limit overflows even with credit") {
        in.expect(keep_alive, Role::initiator, 1, plenty);
        CHECK(outcome(in, segment(keep_alive, Role::responder, item(1'409))) == Errc::ingress_overflow);
    }
    SECTION("a segment of exactly the limit does not") {
        in.expect(keep_alive, Role::initiator, 1, plenty);
        CHECK(take(in, segment(keep_alive, Role::responder, item(1'408))).size() == 1);
    }
}

TEST_CASE("the timer of a segment runs from its first byte to its last", "[unit][mux][ingress]") {
    Ingress in = opened();
    const ByteVector bytes = segment(chain_sync, Role::responder, concat({item(3), item(9)}));
    CHECK(!in.inside_segment());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        take(in, {bytes[i]});
        INFO(i);
        CHECK(in.inside_segment() == (i + 1 < bytes.size()));
        CHECK(in.want() == SIZE_MAX);
    }
    CHECK(!in.inside_item());
}
