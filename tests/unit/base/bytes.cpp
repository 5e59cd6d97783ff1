#include <ouro/base/bytes.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/hex.hpp"

namespace ouro {

namespace {

std::vector<std::uint8_t> counting(std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    return bytes;
}

}  // namespace

TEST_CASE("A copy has its own bytes", "[unit][bytes]") {
    std::vector<std::uint8_t> original = counting(1000);
    const Bytes copy = Bytes::copy(original);
    original[0] = 99;
    CHECK(equal(copy, counting(1000)));
    CHECK(Bytes::copy({}).empty());
}

TEST_CASE("slices share the bytes and keep them alive", "[unit][bytes]") {
    Bytes whole = Bytes::copy(counting(100));
    const std::uint8_t* const data = whole.data();
    Bytes part = whole.slice(10, 20);
    const Bytes inner = part.share(part.view().last(5));
    CHECK(part.data() == data + 10);
    whole = Bytes();
    part = inner;
    CHECK(inner.data() == data + 25);
    CHECK(part == inner);
    CHECK(equal(part, BytesView(counting(30)).last(5)));
    const Bytes moved = std::move(part);
    CHECK(part.empty());
    CHECK(moved == inner);
}

TEST_CASE("adopted bytes live as long as a slice of them", "[unit][bytes]") {
    auto owner = std::make_shared<std::vector<std::uint8_t>>(counting(50));
    const std::weak_ptr<std::vector<std::uint8_t>> watch = owner;
    const BytesView owned = *owner;
    Bytes whole = Bytes::adopt(std::move(owner), owned);
    Bytes part = whole.slice(40, 10);
    whole = Bytes();
    REQUIRE(!watch.expired());
    CHECK(part.data() == owned.data() + 40);
    part = Bytes();
    CHECK(watch.expired());
}

TEST_CASE("equality is that of the bytes, not of the owner", "[unit][bytes]") {
    CHECK(hex("0102") == hex("0102"));
    CHECK(!(hex("0102") == hex("0103")));
    CHECK(!(hex("0102") == hex("010203")));
    CHECK(Bytes() == hex(""));
}

TEST_CASE("slices may be handed to other threads", "[unit][bytes]") {
    Bytes bytes = Bytes::copy(counting(64));
    std::vector<std::thread> threads;
    std::atomic<std::size_t> sum{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([copy = bytes, &sum] {
            for (std::size_t i = 0; i < 2000; ++i) sum += copy.slice(i % 64, 1).data()[0];
        });
    }
    bytes = Bytes();
    for (std::thread& thread : threads) thread.join();
    std::size_t want = 0;
    for (std::size_t i = 0; i < 2000; ++i) want += 4 * (i % 64);
    CHECK(sum == want);
}

TEST_CASE("a builder grows by appending and is frozen in place", "[unit][bytes]") {
    const std::vector<std::uint8_t> bytes = counting(5000);
    BytesBuilder builder;
    CHECK(builder.view().empty());
    for (std::size_t at = 0; at < bytes.size(); at += 7) {
        builder.append(BytesView(bytes).subspan(at, std::min<std::size_t>(7, bytes.size() - at)));
    }
    REQUIRE(equal(builder.view(), bytes));
    CHECK(builder.capacity() <= 2 * bytes.size() + 64);
    const std::uint8_t* const data = builder.view().data();
    const Bytes frozen = builder.freeze();
    CHECK(frozen.data() == data);
    CHECK(equal(frozen, bytes));
    CHECK(builder.empty());
    CHECK(builder.capacity() == 0);

    builder.append(hex("01"));
    CHECK(builder.freeze() == hex("01"));
    CHECK(equal(frozen, bytes));
}

TEST_CASE("a builder with room enough does not move its bytes", "[unit][bytes]") {
    BytesBuilder builder;
    builder.reserve(1000);
    CHECK(builder.capacity() == 1000);
    builder.append(hex("00"));
    const std::uint8_t* const data = builder.view().data();
    builder.append(counting(999));
    builder.reserve(10);
    CHECK(builder.view().data() == data);
    CHECK(builder.capacity() == 1000);
    BytesBuilder other = std::move(builder);
    CHECK(other.view().data() == data);
    CHECK(builder.empty());
}

TEST_CASE("a builder grows in few steps", "[unit][bytes]") {
    BytesBuilder builder;
    const Bytes byte = hex("aa");
    std::size_t steps = 0;
    for (int i = 0; i < 100'000; ++i) {
        const std::size_t before = builder.capacity();
        builder.append(byte);
        if (builder.capacity() != before) ++steps;
    }
    CHECK(steps <= 20);
}

TEST_CASE("an empty builder freezes into nothing", "[unit][bytes]") {
    BytesBuilder builder;
    CHECK(builder.freeze().data() == nullptr);
    builder.reserve(10);
    CHECK(builder.freeze().data() == nullptr);
    CHECK(builder.capacity() == 0);
}

TEST_CASE("integers are big-endian", "[unit][bytes]") {
    std::uint8_t bytes[14];
    store_be16(bytes, 0xfedc);
    store_be32(bytes + 2, 0x89abcdef);
    store_be64(bytes + 6, 0xf123456789abcdef);
    CHECK(to_hex(bytes) == "fedc89abcdeff123456789abcdef");
    CHECK(load_be16(bytes) == 0xfedc);
    CHECK(load_be32(bytes + 2) == 0x89abcdef);
    CHECK(load_be64(bytes + 6) == 0xf123456789abcdef);
}

TEST_CASE("hexadecimal digits are read in both cases and written in lower case", "[unit][bytes]") {
    CHECK(to_hex({}).empty());
    CHECK(to_hex(*from_hex("00fFAb9C")) == "00ffab9c");
    CHECK(from_hex("")->empty());
    for (const char* bad : {"0", "000", "0g", "g0", "0x00", " 00", "0 ", "--", "\xff\xff"}) {
        INFO(bad);
        CHECK(from_hex(bad).error() == Errc::malformed);
    }
}

TEST_CASE("Printable text is unchanged", "[unit][bytes]") {
    CHECK(printable("").empty());
    CHECK(printable("cardano-node 10.5 \"relay\" ~") == "cardano-node 10.5 \"relay\" ~");
    CHECK(printable("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80") ==
          "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
    CHECK(printable("\xc2\xa0") == "\xc2\xa0");
}

TEST_CASE("Bytes unfit for a terminal are escaped", "[unit][bytes]") {
    struct Case {
        std::string_view text;
        std::string_view shown;
    };
    const auto [text, shown] =
        GENERATE(Case{{"\0", 1}, R"(\x00)"}, Case{"a\nb\r\t", R"(a\x0ab\x0d\x09)"}, Case{"\x1b[31m", R"(\x1b[31m)"},
                 Case{"\x7f", R"(\x7f)"}, Case{"\xc2\x80\xc2\x9f", R"(\xc2\x80\xc2\x9f)"}, Case{"\\x00", R"(\x5cx00)"},
                 Case{"\xff", R"(\xff)"}, Case{"\x80z", R"(\x80z)"}, Case{"\xc0\x80", R"(\xc0\x80)"},
                 Case{"\xe2\x82", R"(\xe2\x82)"}, Case{"\xed\xa0\x80", R"(\xed\xa0\x80)"}, Case{"\xc3(", R"(\xc3()"});
    CHECK(printable(text) == shown);
}

TEST_CASE("Long text is cut between characters and marked", "[unit][bytes]") {
    CHECK(printable("abcdef", 6) == "abcdef");
    CHECK(printable("abcdefg", 6) == "abcdef\xe2\x80\xa6");
    CHECK(printable("abcd\xe2\x82\xac", 7) == "abcd\xe2\x82\xac");
    CHECK(printable("abcd\xe2\x82\xac", 6) == "abcd\xe2\x80\xa6");
    CHECK(printable("abcd\xe2\x82\xac", 5) == "abcd\xe2\x80\xa6");
    CHECK(printable("abcd\n\n", 5) == "abcd\\x0a\xe2\x80\xa6");
    CHECK(printable("a", 0) == "\xe2\x80\xa6");
    CHECK(printable(std::string(1000, 'x')).size() == 203);
}

}  // namespace ouro
