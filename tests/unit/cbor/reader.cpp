#include <ouro/cbor/reader.hpp>

#include <string>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/cbor_items.hpp"
#include "support/hex.hpp"

namespace ouro::cbor {

namespace {

/// What a reader that reads `digits` with `read` comes to.
template <class Read>
Errc outcome(const char* digits, Read read) {
    const Bytes item = hex(digits);
    Reader reader(item);
    read(reader);
    return reader.finish();
}

void read_uint(Reader& in) { in.uint(); }
void read_boolean(Reader& in) { in.boolean(); }
void read_array(Reader& in) { in.array(); }
void read_pair(Reader& in) { in.array_of(2); }
void read_any_array(Reader& in) { in.array_of_any(); }
void read_map(Reader& in) { in.map(); }
void read_bytes(Reader& in) { in.bytes(); }
void read_text(Reader& in) { in.text(); }
void read_tag(Reader& in) { in.tag(258); }
void skip(Reader& in) { in.skip(); }

}  // namespace

TEST_CASE("integers are read in every length of head", "[unit][cbor][reader]") {
    struct Case {
        const char* digits;
        std::uint64_t value;
    };
    const auto [digits, value] = GENERATE(Case{"00", 0}, Case{"17", 23}, Case{"1818", 24}, Case{"1800", 0},
                                          Case{"190001", 1}, Case{"19ffff", 65535}, Case{"1a00000002", 2},
                                          Case{"1b0000000000000003", 3}, Case{"1bffffffffffffffff", UINT64_MAX});
    INFO(digits);
    const Bytes item = hex(digits);
    Reader reader(item);
    CHECK(reader.peek() == Major::uint);
    CHECK(reader.uint() == value);
    CHECK(reader.finish() == Errc::none);
    CHECK(!reader.peek());
}

TEST_CASE("An integer above the requested maximum is malformed", "[unit][cbor][reader]") {
    const auto at_most_7 = [](Reader& in) { in.uint(7); };
    CHECK(outcome("07", at_most_7) == Errc::none);
    CHECK(outcome("08", at_most_7) == Errc::malformed);
    CHECK(outcome("19ffff", [](Reader& in) { in.uint_as<std::uint16_t>(); }) == Errc::none);
    CHECK(outcome("1a00010000", [](Reader& in) { in.uint_as<std::uint16_t>(); }) == Errc::malformed);
    CHECK(outcome("1affffffff", [](Reader& in) { in.uint_as<std::uint32_t>(); }) == Errc::none);
    CHECK(outcome("1b0000000100000000", [](Reader& in) { in.uint_as<std::uint32_t>(); }) == Errc::malformed);
}

TEST_CASE("A message is read in order and checked once at the end", "[unit][cbor][reader]") {
    const Bytes item = hex("89 f5 f4 420102 62c3a9 d81843 830405 a1 00 01 9f 02 03 ff bf ff d9 0102 82 f6 f6 80");
    Reader reader(item);
    reader.array_of(9);
    CHECK(reader.boolean());
    CHECK(!reader.boolean());
    CHECK(to_hex(reader.bytes()) == "0102");
    CHECK(reader.text() == "\xc3\xa9");
    CHECK(to_hex(reader.embedded()) == "830405");
    CHECK(reader.map() == 1);
    CHECK(reader.uint() == 0);
    CHECK(reader.uint() == 1);
    CHECK(!reader.array_of_any());
    CHECK(!reader.at_break());
    CHECK(reader.uint() == 2);
    CHECK(reader.uint() == 3);
    CHECK(reader.at_break());
    CHECK(to_hex(reader.skip()) == "bfff");
    reader.tag(258);
    CHECK(to_hex(reader.skip()) == "82f6f6");
    CHECK(reader.array_of_any() == 0);
    CHECK(reader.ok());
    CHECK(reader.offset() == item.size());
    CHECK(reader.finish() == Errc::none);
}

TEST_CASE("A read of another type fails where the item begins", "[unit][cbor][reader]") {
    struct Case {
        const char* digits;
        void (*read)(Reader&);
    };
    const auto [digits, read] = GENERATE(
        Case{"20", read_uint}, Case{"f4", read_uint}, Case{"1f", read_uint}, Case{"1c", read_uint},
        Case{"18", read_uint}, Case{"1b 00000000000000", read_uint}, Case{"", read_uint}, Case{"f6", read_boolean},
        Case{"00", read_boolean}, Case{"f8 14", read_boolean}, Case{"9f ff", read_array}, Case{"a0", read_array},
        Case{"83 00", read_array}, Case{"9b ffffffffffffffff 00", read_array}, Case{"81 00", read_pair},
        Case{"83 00 00 00", read_pair}, Case{"9f 00 00 ff", read_pair}, Case{"bf ff", read_any_array},
        Case{"40", read_any_array}, Case{"98", read_any_array}, Case{"bf ff", read_map}, Case{"80", read_map},
        Case{"a3 00 00 00", read_map}, Case{"bb 8000000000000000", read_map}, Case{"5f ff", read_bytes},
        Case{"60", read_bytes}, Case{"42 00", read_bytes}, Case{"5b ffffffffffffffff", read_bytes},
        Case{"7f ff", read_text}, Case{"40", read_text}, Case{"62 c3", read_text}, Case{"62 c328", read_text},
        Case{"d9 0101 00", read_tag}, Case{"00", read_tag}, Case{"81", skip}, Case{"ff", skip}, Case{"9f 00", skip},
        Case{"bf 00 ff", skip}, Case{"", skip});
    INFO(digits);
    const std::string behind_one = std::string("00") + digits;
    const Bytes item = hex(behind_one);
    Reader reader(item);
    reader.uint();
    read(reader);
    CHECK(!reader.ok());
    CHECK(reader.offset() == 1);
    CHECK(reader.finish() == Errc::malformed);
}

TEST_CASE("The read of a map returns whether it is indefinite", "[unit][cbor][reader]") {
    const Bytes item = hex("82 bf 00 01 ff a1 02 03");
    Reader reader(item);
    reader.array_of(2);
    CHECK(!reader.map_of_any());
    CHECK(!reader.at_break());
    CHECK(reader.uint() == 0);
    CHECK(reader.uint() == 1);
    CHECK(reader.at_break());
    CHECK(reader.map_of_any() == 1);
    CHECK(reader.uint() == 2);
    CHECK(reader.uint() == 3);
    CHECK(reader.finish() == Errc::none);
    const auto map_of_any = [](Reader& in) { in.map_of_any(); };
    for (const char* digits : {"9fff", "80", "a3 00 00 00", "", "f6"}) {
        INFO(digits);
        CHECK(outcome(digits, map_of_any) == Errc::malformed);
    }
}

TEST_CASE("A byte string of a given size is definite and has exactly that size", "[unit][cbor][reader]") {
    const Bytes item = hex("43 010203");
    Reader reader(item);
    CHECK(reader.bytes<3>() == std::array<std::uint8_t, 3>{1, 2, 3});
    CHECK(reader.finish() == Errc::none);
    const auto three = [](Reader& in) { CHECK(in.bytes<3>() == std::array<std::uint8_t, 3>{}); };
    for (const char* digits : {"42 0102", "44 01020304", "40", "63 616263", "5f 43 010203 ff", "83 01 02 03", ""}) {
        INFO(digits);
        CHECK(outcome(digits, three) == Errc::malformed);
        const Bytes bytes = hex(digits);
        Reader again(bytes);
        again.bytes<3>();
        CHECK(again.offset() == 0);
    }
}

TEST_CASE("an embedded item is a definite byte string under tag 24", "[unit][cbor][reader]") {
    const auto embedded = [](Reader& in) { in.embedded(); };
    CHECK(outcome("d818 40", embedded) == Errc::none);
    CHECK(outcome("d9 0018 40", embedded) == Errc::none);
    CHECK(outcome("40", embedded) == Errc::malformed);
    CHECK(outcome("d819 40", embedded) == Errc::malformed);
    CHECK(outcome("d818 60", embedded) == Errc::malformed);
    CHECK(outcome("d818 00", embedded) == Errc::malformed);
    CHECK(outcome("d818 5f 40 ff", embedded) == Errc::malformed);
}

TEST_CASE("A failed reader returns zero or nothing and does not move", "[unit][cbor][reader]") {
    const Bytes item = hex("01 82 02 03 42 ffff 61 61 f5 d818 40");
    Reader reader(item);
    reader.uint();
    reader.fail(Errc::bad_argument);
    reader.fail(Errc::malformed);
    CHECK(reader.array() == 0);
    CHECK(reader.map() == 0);
    CHECK(reader.uint() == 0);
    CHECK(reader.array_of_any() == 0);
    CHECK(reader.map_of_any() == 0);
    CHECK(reader.bytes<2>() == std::array<std::uint8_t, 2>{});
    CHECK(reader.bytes().empty());
    CHECK(reader.text().empty());
    CHECK(!reader.boolean());
    CHECK(reader.embedded().empty());
    CHECK(reader.skip().empty());
    CHECK(!reader.peek());
    CHECK(reader.at_break());
    reader.tag(24);
    reader.array_of(2);
    CHECK(reader.offset() == 1);
    CHECK(reader.finish() == Errc::bad_argument);
}

TEST_CASE("A caller can make a reader fail at an earlier place, once", "[unit][cbor][reader]") {
    const Bytes item = hex("82 01 02");
    Reader reader(item);
    reader.array_of(2);
    reader.uint();
    reader.fail_at(1, Errc::bad_argument);
    reader.fail_at(0);
    CHECK(reader.offset() == 1);
    CHECK(reader.uint() == 0);
    CHECK(reader.finish() == Errc::bad_argument);
}

TEST_CASE("bytes left over are malformed", "[unit][cbor][reader]") {
    const Bytes item = hex("00 00");
    Reader reader(item);
    reader.uint();
    CHECK(reader.ok());
    CHECK(reader.finish() == Errc::malformed);
    reader.uint();
    CHECK(reader.finish() == Errc::none);
}

TEST_CASE("Any item can be skipped", "[unit][cbor][reader]") {
    CborItems items(7);
    for (int i = 0; i < 500; ++i) {
        std::vector<std::uint8_t> bytes;
        items.append(bytes, 6);
        INFO(to_hex(bytes));
        const std::size_t size = bytes.size();
        bytes.push_back(0xff);
        Reader reader(bytes);
        REQUIRE(reader.skip().size() == size);
        REQUIRE(reader.offset() == size);
        REQUIRE(reader.at_break());
    }
}

TEST_CASE("a skipped item may be as deep as a scanned one", "[unit][cbor][reader]") {
    std::vector<std::uint8_t> bytes(256, 0x81);
    bytes.push_back(0x00);
    Reader deep(bytes);
    deep.skip();
    CHECK(deep.finish() == Errc::none);
    bytes.insert(bytes.begin(), 0x81);
    Reader too_deep(bytes);
    CHECK(too_deep.skip().empty());
    CHECK(too_deep.finish() == Errc::depth_exceeded);
    CHECK(too_deep.offset() == 0);
}

TEST_CASE("a reader allocates nothing, whatever a head claims", "[unit][cbor][reader]") {
    for (const char* digits :
         {"9b 0000010000000000", "bb 8000000000000000", "5b ffffffffffffffff", "82 5b 7fffffffffffffff"}) {
        INFO(digits);
        const Bytes item = hex(digits);
        const Allocations before = allocations();
        Reader skipping(item);
        skipping.skip();
        Reader reading(item);
        reading.array();
        CHECK(allocations() == before);
        CHECK(skipping.finish() == Errc::malformed);
        CHECK(reading.finish() == Errc::malformed);
    }
}

TEST_CASE("Text must be valid UTF-8", "[unit][cbor][reader]") {
    for (const char* good : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                             "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa9z"}) {
        INFO(good);
        CHECK(valid_utf8(good));
    }
    CHECK(valid_utf8(std::string_view("\0", 1)));
    for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2(", "\xe0\x9f\xbf", "\xe0\xa0",
                            "\xe1\x80(", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80",
                            "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff", "ok\xc3"}) {
        INFO(to_hex(BytesView(reinterpret_cast<const std::uint8_t*>(bad), std::string_view(bad).size())));
        CHECK(!valid_utf8(bad));
    }
}

}  // namespace ouro::cbor
