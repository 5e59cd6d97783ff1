#include <ouro/chain/bech32.hpp>

#include <string>
#include <vector>

#include "support/hex.hpp"

using namespace ouro;
using namespace ouro::chain;

TEST_CASE("Bech32 is read and written as in BIP-173", "[unit][chain][bech32]") {
    const auto [text, prefix, digits] = GENERATE(table<std::string, std::string, std::string>(
        {{"a12uel5l", "a", ""},
         {"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", "00443214c74254b635cf84653a56d7c675be77df"},
         {"?1ezyfcl", "?", ""},
         {"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split",
          "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d"}}));
    INFO(text);
    const auto parts = from_bech32(text);
    REQUIRE(parts);
    CHECK(parts->prefix == prefix);
    CHECK(to_hex(parts->data) == digits);
    CHECK(to_bech32(prefix, hex(digits)) == text);
    std::string upper = text;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    REQUIRE(from_bech32(upper));
    CHECK(from_bech32(upper)->data == parts->data);
    CHECK(from_bech32(upper, prefix));
    CHECK(from_bech32(text, "other").error() == Errc::wrong_prefix);
}

TEST_CASE("Data of every length pass through Bech32 unchanged", "[unit][chain][bech32]") {
    std::vector<std::uint8_t> data;
    for (int size = 0; size < 200; ++size) {
        const auto parts = from_bech32(to_bech32("addr_test", data), "addr_test");
        REQUIRE(parts);
        CHECK(equal(*parts, data));
        data.push_back(static_cast<std::uint8_t>(size * 73));
    }
}

TEST_CASE("A changed character after the prefix is found where it stands", "[unit][chain][bech32]") {
    const std::string good = to_bech32("addr", hex(std::string(114, '5')));
    REQUIRE(from_bech32(good));
    for (std::size_t i = 5; i < good.size(); ++i) {
        for (const char other : std::string("qpzry9x8gf2tvdw0s3jn54khce6mua7l")) {
            if (good[i] == other) continue;
            std::string bad = good;
            bad[i] = other;
            const auto parts = from_bech32(bad);
            CHECK(parts.error() == Errc::wrong_checksum);
            CHECK(parts.offset() == i);
        }
    }
}

TEST_CASE("Several changed characters, or one of the prefix, are reported at the checksum", "[unit][chain][bech32]") {
    const std::string good = to_bech32("addr", hex(std::string(114, '5')));
    for (std::size_t i = 5; i + 1 < good.size(); ++i) {
        std::string bad = good;
        std::swap(bad[i], bad[i + 1]);
        if (bad == good) continue;
        const auto parts = from_bech32(bad);
        CHECK(parts.error() == Errc::wrong_checksum);
        CHECK(parts.offset() == good.size() - 6);
    }
    const auto prefix = from_bech32("bddr" + good.substr(4));
    CHECK(prefix.error() == Errc::wrong_checksum);
    CHECK(prefix.offset() == good.size() - 6);
    std::string long_text = to_bech32("addr", Bytes::copy(std::vector<std::uint8_t>(1000)));
    long_text[9] = 'p';
    CHECK(from_bech32(long_text).offset() == long_text.size() - 6);
}

TEST_CASE("A text that is not Bech32 is refused at its first wrong character", "[unit][chain][bech32]") {
    const auto [text, offset] = GENERATE(table<std::string, std::size_t>({
        {"", 0},
        {"1", 1},
        {"pzry9x0s0muk", 12},
        {"1pzry9x0s0muk", 0},
        {"x1b4n0q5v", 2},
        {"li1dgmt3", 8},
        {"A1G7SgD8", 5},
        {"a12uel5L", 7},
        {"10a06t8", 0},
        {"1qzzfhee", 0},
        {" 1nwldj5", 0},
        {"a12u\x7f"
         "l5l",
         4},
        {"a12u\xc3"
         "l5l",
         4},
        {std::string(84, 'a') + "1qqqqqq", 84},
    }));
    INFO(text);
    const auto parts = from_bech32(text);
    CHECK(parts.error() == Errc::malformed);
    CHECK(parts.offset() == offset);
}

TEST_CASE("Bits of Bech32 beyond whole bytes must be zero and fewer than five", "[unit][chain][bech32]") {
    REQUIRE(from_bech32("a1qqqd87cq"));
    CHECK(to_hex(from_bech32("a1qqqd87cq")->data) == "00");
    // One digit, three digits, and two of which the last is not zero; each with its own checksum.
    for (const std::string text : {"a1q3g6mn3", "a1qqqd87cpp", "a1qpamnt9j"}) {
        INFO(text);
        const auto parts = from_bech32(text);
        CHECK(parts.error() == Errc::malformed);
        CHECK(parts.offset() == text.size() - 7);
    }
}
