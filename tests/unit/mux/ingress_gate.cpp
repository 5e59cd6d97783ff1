#include <ouro/mux/ingress.hpp>

#include "unit/mux/ingress_support.hpp"

using namespace ouro;
using namespace ouro::test;

TEST_CASE("During the handshake only the rest of a segment is read", "[unit][mux][ingress]") {
    Ingress in(Direction::inbound, &limit);
    CHECK(in.want() == 0);
    in.expect(handshake, Role::responder, 1, 5'760);
    const ByteVector bytes = segment(handshake, Role::initiator, item(30));
    std::size_t at = 0;
    for (const std::size_t wanted : {8U, 5U, 30U, 12U, 1U}) {
        INFO(at);
        REQUIRE(in.want() == wanted);
        const std::size_t got = wanted == 8 ? 3 : wanted == 30 ? 18 : wanted == 12 ? 11 : wanted;
        BytesView input = BytesView(bytes).subspan(at, got);
        Ingress::Taken taken;
        REQUIRE(in.next(input, taken) == (at + got == bytes.size() ? Errc::none : Errc::need_more));
        REQUIRE(input.empty());
        at += got;
        CHECK(in.inside_segment() == (at != bytes.size()));
    }
    CHECK(in.want() == 0);
    CHECK(in.held().total() == 0);
    in.expect(chain_sync, Role::responder, 1, 65'535);
    CHECK(in.want() == SIZE_MAX);
}

TEST_CASE("The gate passes one item and leaves the next segment unread", "[unit][mux][ingress]") {
    Ingress in(Direction::inbound, &limit);
    const ByteVector bytes = concat({segment(handshake, Role::initiator, concat({item(23), item(5), {0xff, 0xff}})),
                                     segment(keep_alive, Role::initiator, item(4))});
    BytesView input(bytes);
    CHECK(one(in, input).bytes.empty());
    CHECK(input.size() == bytes.size());

    in.expect(handshake, Role::responder, 3, 5'760);
    CHECK(one(in, input) == Taken{handshake, Role::responder, item(23)});
    const std::size_t next_segment = mux::header_size + 4;
    CHECK(input.size() == next_segment);
    CHECK(one(in, input).bytes.empty());
    CHECK(input.size() == next_segment);
    CHECK(in.want() == 0);

    in.expect(chain_sync, Role::responder, 1, 65'535);
    in.expect(keep_alive, Role::responder, 1, 65'535);
    CHECK(one(in, input) == Taken{keep_alive, Role::responder, item(4)});
    CHECK(input.empty());
    CHECK(outcome(in, segment(handshake, Role::initiator, item(1))) == Errc::unknown_protocol);
}

TEST_CASE("Bytes behind the handshake's item are discarded even if they come late", "[unit][mux][ingress]") {
    const ByteVector bytes = concat({segment(handshake, Role::responder, concat({item(12), ByteVector(50, 0xff)})),
                                     segment(keep_alive, Role::responder, item(4))});
    for (std::size_t at = mux::header_size + 12; at <= mux::header_size + 62; ++at) {
        INFO("cut at " << at);
        Ingress in(Direction::outbound, &limit);
        in.expect(handshake, Role::initiator, 1, 5'760);
        BytesView input = BytesView(bytes).first(at);
        REQUIRE(one(in, input).bytes == item(12));
        REQUIRE(input.empty());
        REQUIRE(!in.inside_segment());  // the peer does not have to continue
        REQUIRE(in.want() == 0);
        in.expect(keep_alive, Role::initiator, 1, 65'535);
        REQUIRE(in.inside_segment() == (at < mux::header_size + 62));
        input = BytesView(bytes).subspan(at);
        REQUIRE(one(in, input).bytes == item(4));
        REQUIRE(in.held().total() == 0);
    }
}

TEST_CASE("Bytes behind the handshake's item are also discarded when they are put aside", "[unit][mux][ingress]") {
    const ByteVector bytes = concat({segment(handshake, Role::responder, concat({item(12), ByteVector(50, 0xff)})),
                                     segment(keep_alive, Role::responder, item(4))});
    Ingress in(Direction::outbound, &limit);
    in.expect(handshake, Role::initiator, 1, 5'760);
    BytesView input = BytesView(bytes).first(mux::header_size + 12);
    REQUIRE(one(in, input).bytes == item(12));
    in.expect(keep_alive, Role::initiator, 1, 65'535);
    const BytesView rest = BytesView(bytes).subspan(mux::header_size + 12);
    REQUIRE(in.put_aside(rest.first(20)) == Errc::none);
    REQUIRE(in.put_aside(rest.subspan(20)) == Errc::none);
    CHECK(in.held().total() == 4);
    CHECK(one(in, input).bytes == item(4));
}

TEST_CASE("What was put aside during the handshake is gone once the gate is open", "[unit][mux][ingress]") {
    Ingress in(Direction::inbound, &limit);
    in.expect(handshake, Role::responder, 1, 5'760);
    REQUIRE(in.put_aside(segment(handshake, Role::initiator, item(23))) == Errc::none);
    REQUIRE(in.ready());
    in.expect(keep_alive, Role::responder, 1, 65'535);
    CHECK_FALSE(in.ready());
    CHECK(in.held().total() == 0);
}

TEST_CASE("a second credit for the handshake begins with the next segment", "[unit][mux][ingress]") {
    Ingress in(Direction::outbound, &limit);
    const ByteVector bytes = concat({segment(handshake, Role::responder, concat({item(12), item(5)})),
                                     segment(handshake, Role::responder, item(7))});
    const std::size_t cut = mux::header_size + 12;
    in.expect(handshake, Role::initiator, 1, 5'760);
    BytesView input = BytesView(bytes).first(cut);
    CHECK(one(in, input).bytes == item(12));
    in.expect(handshake, Role::initiator, 1, 5'760);
    CHECK(in.want() == 5);
    input = BytesView(bytes).subspan(cut);
    CHECK(one(in, input).bytes == item(7));
}

TEST_CASE("Once the gate is open the handshake's limits no longer apply", "[unit][mux][ingress]") {
    Ingress in(Direction::inbound, [](Channel) noexcept -> std::size_t { return 100'000; });
    in.expect(handshake, Role::responder, 1, 5'760);
    const ByteVector bytes = segment(handshake, Role::initiator, item(23));
    CHECK(take(in, ByteVector(bytes.begin(), bytes.begin() + 20)).empty());
    CHECK(in.held().total() == 23);
    in.expect(keep_alive, Role::responder, 1, 65'535);
    CHECK(in.held().total() == 0);
    in.expect(handshake, Role::responder, 1, 5'760);
    CHECK(take(in, ByteVector(bytes.begin() + 20, bytes.end())).empty());
    CHECK(!in.inside_item());
    CHECK(in.want() == SIZE_MAX);
    CHECK(outcome(in, bytes) == Errc::unknown_protocol);
}

TEST_CASE("A handshake message may span several segments", "[unit][mux][ingress]") {
    const std::size_t cut = GENERATE(std::size_t{1}, std::size_t{1'000}, std::size_t{5'759});
    Ingress in(Direction::outbound, &limit);
    in.expect(handshake, Role::initiator, 1, 5'760);
    const ByteVector bytes = segments(handshake, Role::responder, item(5'760), cut);
    BytesView input(bytes);
    CHECK(one(in, input) == Taken{handshake, Role::initiator, item(5'760)});
    CHECK(in.held().total() == 0);
}

TEST_CASE("A handshake message one byte above its limit is refused", "[unit][mux][ingress]") {
    const std::size_t cut = GENERATE(std::size_t{1'000}, std::size_t{65'535});
    Ingress in(Direction::outbound, &limit);
    in.expect(handshake, Role::initiator, 1, 5'760);
    CHECK(outcome(in, segments(handshake, Role::responder, item(5'761), cut)) == Errc::message_too_large);
    CHECK(in.failed_at().channel == handshake);
}

TEST_CASE("before the gate opens only the handshake is legal", "[unit][mux][ingress]") {
    const Direction direction = GENERATE(Direction::outbound, Direction::inbound);
    const Role role = direction == Direction::outbound ? Role::initiator : Role::responder;
    Ingress in(direction, &limit);
    in.expect(handshake, role, 1, 5'760);
    SECTION("another number") {
        CHECK(outcome(in, segment(chain_sync, other(role), item(1))) == Errc::unknown_protocol);
        CHECK(in.failed_at().channel == chain_sync);
    }
    SECTION("an empty segment") { CHECK(outcome(in, segment(handshake, other(role), {})) == Errc::empty_segment); }
    SECTION("malformed") { CHECK(outcome(in, segment(handshake, other(role), {0xff})) == Errc::malformed); }
}

TEST_CASE("The side that dialled accepts a proposal as an answer, and the other side accepts no answer",
          "[unit][mux][ingress]") {
    const Role sender = GENERATE(Role::initiator, Role::responder);
    const ByteVector bytes = segment(handshake, sender, item(23));

    Ingress dialled(Direction::outbound, &limit);
    dialled.expect(handshake, Role::initiator, 1, 5'760);
    BytesView input(bytes);
    CHECK(one(dialled, input) == Taken{handshake, Role::initiator, item(23)});

    Ingress accepted(Direction::inbound, &limit);
    accepted.expect(handshake, Role::responder, 1, 5'760);
    input = bytes;
    if (sender == Role::initiator) {
        CHECK(one(accepted, input) == Taken{handshake, Role::responder, item(23)});
    } else {
        CHECK(outcome(accepted, bytes) == Errc::wrong_direction);
        CHECK(accepted.failed_at().role == Role::initiator);
    }
}
