#include <ouro/mux/ingress.hpp>
#include <ouro/protocol/local_state_query.hpp>
#include <ouro/protocol/message.hpp>

#include "counted/operations.hpp"
#include "support/catch.hpp"

using namespace ouro;

// A defect of the seed in how bytes become messages: it has its test, under its name.

namespace {

using ByteVector = std::vector<std::uint8_t>;
using Queries = MessageSet<LocalStateQuery>;

/// An answer of `parts` small items, of which no head states the size.
ByteVector answer(std::size_t parts) {
    ByteVector bytes{0x82, 0x04, 0x9f};
    for (std::size_t i = 0; i < parts; ++i) bytes.insert(bytes.end(), {0x82, 0x18, 0x20, 0x43, 1, 2, 3});
    bytes.push_back(0xff);
    return bytes;
}

/// What it takes to find `messages` messages in `bytes`, which come in segments of `cut`, and to decode them; for each
/// byte.
double cost(const ByteVector& bytes, std::size_t messages, std::size_t cut) {
    mux::Ingress in(Direction::outbound, [](Channel) noexcept { return std::size_t{1} << 30; });
    in.expect(LocalStateQuery::channel, Role::initiator, UINT32_MAX, std::size_t{1} << 24);
    const auto before = test::operations();
    std::size_t found = 0;
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
        const BytesView part = BytesView(bytes).subspan(at, std::min(cut, bytes.size() - at));
        const auto head =
            mux::encode_header({0, LocalStateQuery::channel, Role::responder, static_cast<std::uint16_t>(part.size())});
        ByteVector segment(head.begin(), head.end());
        segment.insert(segment.end(), part.begin(), part.end());
        BytesView input(segment);
        mux::Ingress::Taken taken;
        for (;; ++found) {
            const Errc status = in.next(input, taken);
            if (status == Errc::need_more) break;
            REQUIRE(status == Errc::none);
            REQUIRE(Queries::decode(taken.channel, Item{taken.bytes, taken.owner}));
        }
    }
    REQUIRE(found == messages);
    return static_cast<double>((test::operations() - before).all()) / static_cast<double>(bytes.size());
}

}  // namespace

TEST_CASE("Decoding is not quadratic", "[unit][regression]") {
    // What is read again with every segment, or for every message, would take 16 times as much for each byte.
    SECTION("of one message in many segments") {
        const std::size_t cut = GENERATE(100U, 1'000U);
        const double small = cost(answer(2'000), 1, cut), large = cost(answer(32'000), 1, cut);
        INFO("segments of " << cut << ": " << small << " and " << large << " a byte");
        CHECK(large < 1.5 * small);
    }
    SECTION("of many messages in one segment") {
        const auto many = [](std::size_t messages) {
            ByteVector bytes;
            for (std::size_t i = 0; i < messages; ++i) {
                const ByteVector one = answer(1);
                bytes.insert(bytes.end(), one.begin(), one.end());
            }
            return bytes;
        };
        const double small = cost(many(300), 300, 65'535), large = cost(many(4'800), 4'800, 65'535);
        INFO(small << " and " << large << " a byte");
        CHECK(large < 1.5 * small);
    }
}
