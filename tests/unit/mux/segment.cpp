#include <ouro/mux/segment.hpp>

#include <algorithm>
#include <vector>

#include "support/catch.hpp"

using namespace ouro;
using mux::SegmentHeader;

namespace {

// Network specification, "Multiplexing": a handshake proposal of 23 bytes and its answer.
constexpr std::array<std::uint8_t, 8> proposal{0, 0, 0, 0, 0x00, 0x00, 0x00, 0x17};
constexpr std::array<std::uint8_t, 8> answer{0, 0, 0, 0, 0x80, 0x00, 0x00, 0x0c};

SegmentHeader decoded(BytesView bytes) {
    const auto header = mux::decode_header(bytes);
    REQUIRE(header);
    return *header;
}

}  // namespace

TEST_CASE("The mode bit is clear for the initiator and set for the responder", "[unit][mux][segment]") {
    CHECK(decoded(proposal) == SegmentHeader{0, Channel{0}, Role::initiator, 23});
    CHECK(decoded(answer) == SegmentHeader{0, Channel{0}, Role::responder, 12});
    CHECK(mux::encode_header({0, Channel{0}, Role::initiator, 23}) == proposal);
    CHECK(mux::encode_header({0, Channel{0}, Role::responder, 12}) == answer);
}

TEST_CASE("every field of a segment header is big-endian", "[unit][mux][segment]") {
    const SegmentHeader header{0x01020304, Channel{0x7abc}, Role::responder, 0x0506};
    const std::array<std::uint8_t, 8> bytes{1, 2, 3, 4, 0xfa, 0xbc, 5, 6};
    CHECK(mux::encode_header(header) == bytes);
    CHECK(decoded(bytes) == header);
}

TEST_CASE("the largest values of a segment header survive the round trip", "[unit][mux][segment]") {
    const Role sender = GENERATE(Role::initiator, Role::responder);
    const SegmentHeader header{UINT32_MAX, Channel{0x7fff}, sender, 65'535};
    CHECK(decoded(mux::encode_header(header)) == header);
}

TEST_CASE("A cut header needs more bytes, an empty segment is an error, and bytes behind the header do not matter",
          "[unit][mux][segment]") {
    for (std::size_t size = 0; size < mux::header_size; ++size) {
        INFO(size);
        CHECK(mux::decode_header(BytesView(proposal).first(size)).error() == Errc::need_more);
    }
    CHECK(mux::decode_header(std::array<std::uint8_t, 8>{1, 2, 3, 4, 0, 2, 0, 0}).error() == Errc::empty_segment);

    std::vector<std::uint8_t> longer(12, 0xff);
    std::copy(proposal.begin(), proposal.end(), longer.begin());
    CHECK(decoded(longer) == decoded(proposal));
}
