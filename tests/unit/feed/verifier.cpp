#include "unit/feed/fork.hpp"

using namespace feeds;

namespace {

/// Blocks 0 to 4, a rollback of two, and two others.
std::vector<Event> good_stream() {
    ForkedChain chain;
    Writer writer({10, 1});
    std::vector<Event> stream;
    grow(chain, writer, stream, 5);
    undo(chain, writer, stream, 2);
    grow(chain, writer, stream, 2);
    return stream;
}

std::string told(std::uint64_t sequence, EventFault fault) {
    return std::to_string(sequence) + ": " + std::string(message(fault));
}

}  // namespace

TEST_CASE("A verifier accepts a stream from any event on", "[unit][feed][verifier]") {
    const auto stream = good_stream();
    for (std::size_t first = 0; first < stream.size(); ++first) {
        const std::vector<Event> rest(stream.begin() + static_cast<std::ptrdiff_t>(first), stream.end());
        CHECK(fault_of(rest).empty());
    }
}

TEST_CASE("A verifier finds what is wrong with a stream", "[unit][feed][verifier]") {
    auto stream = good_stream();
    std::uint64_t at = 0;
    EventFault fault = EventFault::none;
    const auto expect = [&](std::uint64_t sequence, EventFault wrong) { at = sequence, fault = wrong; };
    SECTION("an event is missing") { stream.erase(stream.begin() + 2), expect(4, EventFault::sequence); }
    SECTION("an event is twice") { stream.insert(stream.begin() + 2, stream[2]), expect(3, EventFault::sequence); }
    SECTION("a block is twice") {
        stream[2] = stream[1];
        stream[2].sequence = 3;
        expect(3, EventFault::link);
    }
    SECTION("a block has another number") { stream[2].number = BlockNumber{7}, expect(3, EventFault::link); }
    SECTION("a block has an earlier slot") {
        stream[2].point = Point(Slot{1}, stream[2].point.hash());
        expect(3, EventFault::link);
    }
    SECTION("a rollback has become a block") { stream.erase(stream.begin() + 5), expect(7, EventFault::sequence); }
    SECTION("other bytes") { stream[1].block = stream[2].block, expect(2, EventFault::block); }
    SECTION("damaged bytes") {
        std::vector<std::uint8_t> bytes(stream[1].block.view().begin(), stream[1].block.view().end());
        bytes[bytes.size() - 100] ^= 1;
        stream[1].block = Bytes::copy(bytes);
        expect(2, EventFault::block);
    }
    SECTION("another era") { stream[1].era = BlockTag::babbage, expect(2, EventFault::block); }
    SECTION("undone oldest first") {
        std::swap(stream[5].undone[0], stream[5].undone[1]), expect(6, EventFault::undone);
    }
    SECTION("one undone too few") { stream[5].undone.pop_back(), expect(6, EventFault::undone); }
    SECTION("one undone too many") { stream[5].undone.push_back(Hash{}), expect(6, EventFault::undone); }
    SECTION("a rollback of nothing") {
        stream[5].undone.clear();
        stream[5].point = stream[4].point;
        expect(6, EventFault::undone);
    }
    SECTION("a rollback to a block that was never there") {
        stream[5].point = Point(Slot{50}, Hash{});
        expect(6, EventFault::undone);
    }
    SECTION("a rollback is not counted") { stream[5].generation = 0, expect(6, EventFault::generation); }
    SECTION("a rollback too many is counted") { stream[6].generation = 2, expect(7, EventFault::generation); }
    SECTION("a watermark above the rollback") {
        Event stable = stream[4];
        stable.kind = Kind::stable;
        stream.insert(stream.begin() + 5, stable);
        for (std::size_t i = 5; i < stream.size(); ++i) stream[i].sequence = i + 1;
        expect(7, EventFault::settled);
    }
    SECTION("a watermark of another block") {
        stream[5].kind = Kind::stable;
        stream[5].generation = 0;
        stream[5].point = Point(stream[2].point.slot(), Hash{});
        expect(6, EventFault::watermark);
    }
    CHECK(fault_of(stream) == told(at, fault));
}

TEST_CASE("A watermark must be as deep as promised, and does not go back", "[unit][feed][verifier]") {
    ForkedChain chain;
    Writer writer({3, 1});
    std::vector<Event> stream;
    grow(chain, writer, stream, 6);
    Verifier::Options options;
    options.depth = 3;
    CHECK(fault_of(stream, options).empty());
    REQUIRE(stream.back().kind == Kind::stable);
    SECTION("deeper than it is") {
        options.depth = 4;
        CHECK(fault_of(stream, options) == told(5, EventFault::watermark));
    }
    SECTION("back") {
        Event back = stream[4];
        back.sequence = stream.back().sequence + 1;
        stream.push_back(back);
        CHECK(fault_of(stream, options) == told(back.sequence, EventFault::watermark));
    }
}

TEST_CASE("A reset takes the chain back to a point that is not known, also below the watermark",
          "[unit][feed][verifier]") {
    ForkedChain chain;
    Writer writer({3, 1});
    std::vector<Event> stream;
    grow(chain, writer, stream, 8);
    Event reset = stream.back();
    reset.kind = Kind::reset;
    reset.point = Point(Slot{3}, Hash{});
    ++reset.sequence;
    ++reset.generation;
    Verifier verifier({});
    for (const Event& event : stream) REQUIRE(verifier.take(event) == EventFault::none);
    REQUIRE(verifier.take(reset) == EventFault::none);
    CHECK((verifier.end() == reset.point));
    CHECK_FALSE(verifier.stable().has_value());
    Event wrong = stream.front();
    wrong.sequence = reset.sequence + 1;
    wrong.generation = reset.generation;
    CHECK(verifier.take(wrong) == EventFault::link);
}
