#include <ouro/cbor/scanner.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <ouro/cbor/reader.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/cbor_items.hpp"
#include "support/hex.hpp"

namespace ouro::cbor {

namespace {

using ByteVector = std::vector<std::uint8_t>;

ByteVector concat(std::initializer_list<BytesView> parts) {
    ByteVector result;
    for (const BytesView part : parts) result.insert(result.end(), part.begin(), part.end());
    return result;
}

std::vector<ByteVector> corpus() {
    std::vector<ByteVector> items;
    for (const char* digits : {"00",
                               "17",
                               "18 18",
                               "19 0100",
                               "1a 00010000",
                               "1b 0000000100000000",
                               "1b 0000000000000000",
                               "20",
                               "3b ffffffffffffffff",
                               "40",
                               "44 01020304",
                               "58 03 010203",
                               "5a 00000002 0102",
                               "5b 0000000000000001 ff",
                               "60",
                               "62 c3a9",
                               "80",
                               "83 01 82 02 03 82 04 05",
                               "9b 0000000000000002 01 02",
                               "9f ff",
                               "9f 01 82 02 03 9f 04 05 ff ff",
                               "83 80 80 80",
                               "a0",
                               "a2 61 61 01 61 62 82 02 03",
                               "b9 0001 00 00",
                               "bf ff",
                               "bf 61 61 01 61 62 9f 02 03 ff ff",
                               "bf a0 80 c1 00 bf ff ff",
                               "c0 60",
                               "c1 c2 d8 18 41 00",
                               "d9 d9f7 80",
                               "db 0000000000000018 40",
                               "e0",
                               "f4",
                               "f6",
                               "f7",
                               "f8 20",
                               "f8 ff",
                               "f9 3c00",
                               "fa 47c35000",
                               "fb 3ff199999999999a",
                               "5f ff",
                               "5f 42 0102 43 030405 ff",
                               "7f 61 61 60 78 02 6262 ff",
                               "82 5f 5b 0000000000000002 ffff 40 ff 7f ff",
                               "82 06 d8 18 58 20 0000000000000000000000000000000000000000000000000000000000000000"}) {
        items.push_back(concat({hex(digits)}));
    }
    const ByteVector filler(70'000, 0xff);
    items.push_back(concat({hex("82 04 d818 5a 00011170"), filler}));
    items.push_back(concat({hex("9f 5f 59 ffff"), BytesView(filler).first(65535), hex("41 00 ff ff")}));
    items.push_back(concat({ByteVector(100, 0x9f), ByteVector(100, 0xff)}));
    items.push_back(concat({ByteVector(100, 0x81), hex("00")}));
    return items;
}

/// A whole item in one call.
Scanner::Progress scan(BytesView bytes) {
    Scanner scanner;
    return scanner.scan(bytes);
}

/// RFC 8949, appendix C, as it stands there: an independent opinion of where an item ends.
Errc well_formed(BytesView in, std::size_t& at, std::size_t depth = 0, int only_major = -1) {
    if (at == in.size()) return Errc::need_more;
    const std::uint8_t initial = in[at++];
    const int major = initial >> 5;
    const unsigned info = initial & 0x1fU;
    if (only_major >= 0 && (major != only_major || info == 31)) return Errc::malformed;
    if (info >= 28 && info < 31) return Errc::malformed;
    const bool indefinite = info == 31;
    if (indefinite && (major < 2 || major > 5)) return Errc::malformed;  // a break as well
    std::uint64_t argument = info;
    if (info >= 24 && info < 28) {
        argument = 0;
        for (unsigned bytes = 1U << (info - 24); bytes-- != 0;) {
            if (at == in.size()) return Errc::need_more;
            argument = argument << 8 | in[at++];
        }
    }
    if (major == 7) return info == 24 && argument < 32 ? Errc::malformed : Errc::none;
    if (major < 2) return Errc::none;

    const bool string = major < 4;
    if (string && !indefinite) {
        if (argument > in.size() - at) return Errc::need_more;
        at += static_cast<std::size_t>(argument);
        return Errc::none;
    }
    if (!string && depth == Scanner::max_depth) return Errc::depth_exceeded;
    const int inner_major = string ? major : -1;
    const std::uint64_t per_entry = major == 5 ? 2 : 1;
    for (std::uint64_t entry = 0; indefinite || entry < (major == 6 ? 1 : argument); ++entry) {
        if (indefinite && at < in.size() && in[at] == 0xff) {
            ++at;
            return Errc::none;
        }
        for (std::uint64_t item = 0; item < per_entry; ++item) {
            const Errc status = well_formed(in, at, depth + 1, inner_major);
            if (status != Errc::none) return status;
        }
    }
    return Errc::none;
}

}  // namespace

TEST_CASE("An item ends at its last byte, and the bytes after it are left alone", "[unit][cbor][scanner]") {
    for (const ByteVector& item : corpus()) {
        INFO(to_hex(BytesView(item).first(std::min<std::size_t>(item.size(), 40))));
        const ByteVector stream = concat({item, hex("ff 1c")});
        Scanner scanner;
        const auto progress = scanner.scan(stream);
        CHECK(progress.status == Errc::none);
        CHECK(progress.used == item.size());
        CHECK(!scanner.inside());
        CHECK(scanner.missing() == 0);
    }
}

TEST_CASE("an item may be cut at any byte", "[unit][cbor][scanner]") {
    for (const ByteVector& item : corpus()) {
        INFO(to_hex(BytesView(item).first(std::min<std::size_t>(item.size(), 40))));
        const std::size_t step = item.size() > 1000 ? 997 : 1;
        Scanner scanner;
        for (std::size_t cut = 1; cut < item.size(); cut += step) {
            INFO("cut after " << cut);
            const auto head = scanner.scan(BytesView(item).first(cut));
            REQUIRE(head.status == Errc::need_more);
            REQUIRE(head.used == cut);
            REQUIRE(scanner.inside());
            REQUIRE(scanner.missing() >= 1);
            REQUIRE(scanner.missing() <= item.size() - cut);
            const auto rest = scanner.scan(BytesView(item).subspan(cut));
            REQUIRE(rest.status == Errc::none);
            REQUIRE(rest.used == item.size() - cut);
            REQUIRE(!scanner.inside());
        }
    }
}

TEST_CASE("An item may come byte by byte", "[unit][cbor][scanner]") {
    Scanner scanner;
    for (const ByteVector& item : corpus()) {
        INFO(to_hex(BytesView(item).first(std::min<std::size_t>(item.size(), 40))));
        std::size_t used = 0;
        Errc status = Errc::need_more;
        for (std::size_t i = 0; i < item.size(); ++i) {
            REQUIRE(status == Errc::need_more);
            const bool inside = scanner.inside();
            const auto nothing = scanner.scan({});
            REQUIRE(nothing.status == Errc::need_more);
            REQUIRE(nothing.used == 0);
            REQUIRE(scanner.inside() == inside);
            const auto progress = scanner.scan(BytesView(item).subspan(i, 1));
            status = progress.status;
            used += progress.used;
        }
        CHECK(status == Errc::none);
        CHECK(used == item.size());
        CHECK(!scanner.inside());
    }
}

TEST_CASE("A stream of random items splits into the same items for every cut", "[unit][cbor][scanner]") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    INFO("seed " << seed);
    CborItems items(seed);
    ByteVector stream;
    std::vector<std::size_t> ends;
    for (int i = 0; i < 400; ++i) {
        const std::size_t start = stream.size();
        items.append(stream, 12);
        ends.push_back(stream.size());
        Reader reader(BytesView(stream).subspan(start));
        REQUIRE(reader.skip().size() == stream.size() - start);
    }

    Scanner scanner;
    std::vector<std::size_t> found;
    for (std::size_t at = 0; at < stream.size();) {
        const BytesView rest = BytesView(stream).subspan(at);
        const BytesView chunk = rest.first(std::min<std::size_t>(rest.size(), items.below(items.below(2) ? 4 : 300)));
        const auto progress = scanner.scan(chunk);
        at += progress.used;
        if (progress.status == Errc::none) found.push_back(at);
        if (progress.status == Errc::need_more) REQUIRE(progress.used == chunk.size());
        REQUIRE((progress.status == Errc::none || progress.status == Errc::need_more));
    }
    CHECK(found == ends);
}

TEST_CASE("Damaged items get the verdict of the standard's own algorithm", "[unit][cbor][scanner]") {
    const auto seed = GENERATE(11U, 12U, 13U);
    INFO("seed " << seed);
    CborItems items(seed);
    for (int i = 0; i < 4000; ++i) {
        ByteVector bytes;
        items.append(bytes, 8);
        for (std::uint64_t damage = items.below(4); damage-- != 0;) {
            bytes[items.below(bytes.size())] = static_cast<std::uint8_t>(items.below(256));
        }
        INFO(to_hex(bytes));
        std::size_t end = 0;
        const Errc want = well_formed(bytes, end);
        const auto whole = scan(bytes);
        REQUIRE(whole.status == want);
        if (want == Errc::none) REQUIRE(whole.used == end);

        Scanner scanner;
        Errc status = Errc::need_more;
        for (std::size_t at = 0; at < bytes.size() && status == Errc::need_more; ++at) {
            status = scanner.scan(BytesView(bytes).subspan(at, 1)).status;
        }
        REQUIRE(status == want);
    }
}

TEST_CASE("A malformed item is refused at once and until reset", "[unit][cbor][scanner]") {
    const auto* const digits = GENERATE(
        // additional information 28 to 30, under every major type
        "1c", "1d", "1e", "3c", "3d", "3e", "5c", "5d", "5e", "7c", "7d", "7e", "9c", "9d", "9e", "bc", "bd", "be",
        "dc", "dd", "de", "fc", "fd", "fe",
        // indefinite where nothing can be
        "1f", "3f", "df",
        // chunks of an indefinite string
        "5f 00", "5f 61 61", "5f 80", "5f 5f ff ff", "7f 41 61", "7f 7f ff ff", "5f c0 40", "5f 5c", "7f f6",
        "5f 41 00 00",
        // simple values in two bytes that fit in one
        "f8 00", "f8 18", "f8 1f",
        // a break where none belongs
        "ff", "81 ff", "82 00 ff", "a1 ff", "a1 00 ff", "bf 00 ff", "bf 00 00 00 ff", "c0 ff", "9f c0 ff", "9f 81 ff",
        "bf 81 ff", "bf 9f ff ff");
    INFO(digits);
    const Bytes bytes = hex(digits);
    const auto split = GENERATE(true, false);

    Scanner scanner;
    Errc status = Errc::need_more;
    for (std::size_t at = 0; at < bytes.size() && status == Errc::need_more; at += split ? 1 : bytes.size()) {
        status = scanner.scan(split ? bytes.view().subspan(at, 1) : bytes.view()).status;
    }
    CHECK(status == Errc::malformed);
    CHECK(!scanner.inside());

    const Bytes good = hex("82 00");
    CHECK(scanner.scan(good).status == Errc::malformed);
    CHECK(scanner.scan(good).used == 0);
    scanner.reset();
    CHECK(scanner.scan(good).status == Errc::need_more);
    scanner.reset();
    CHECK(!scanner.inside());
    CHECK(scanner.scan(hex("00")).status == Errc::none);
}

TEST_CASE("arrays, maps and tags nest 256 deep and no deeper", "[unit][cbor][scanner]") {
    struct Nest {
        const char* open;
        const char* close;
    };
    const auto nest =
        GENERATE(Nest{"81", ""}, Nest{"9f", "ff"}, Nest{"a1 00", ""}, Nest{"bf 00", "ff"}, Nest{"c1", ""});
    INFO(nest.open);
    const auto nested = [&](std::size_t depth, const char* core) {
        ByteVector item;
        for (std::size_t i = 0; i < depth; ++i) item = concat({item, hex(nest.open)});
        item = concat({item, hex(core)});
        for (std::size_t i = 0; i < depth; ++i) item = concat({item, hex(nest.close)});
        return item;
    };
    // An indefinite string is none of the three.
    const auto* const core = GENERATE("00", "5f 41 00 ff");
    const ByteVector deepest = nested(256, core);
    CHECK(scan(deepest).status == Errc::none);
    CHECK(scan(deepest).used == deepest.size());
    CHECK(scan(nested(257, core)).status == Errc::depth_exceeded);
    CHECK(scan(nested(256, "80")).status == Errc::depth_exceeded);

    Scanner scanner;
    const ByteVector too_deep = nested(257, core);
    Errc status = Errc::need_more;
    for (std::size_t at = 0; at < too_deep.size() && status == Errc::need_more; ++at) {
        status = scanner.scan(BytesView(too_deep).subspan(at, 1)).status;
    }
    CHECK(status == Errc::depth_exceeded);
}

TEST_CASE("The wrong byte is the same for every cut of the item", "[unit][cbor][scanner]") {
    struct Case {
        ByteVector bytes;
        std::size_t wrong;
        Errc error = Errc::malformed;
    };
    const auto of = [](const char* digits) { return concat({hex(digits)}); };
    const ByteVector deepest(256, 0x81);
    const std::vector<Case> cases{
        {of("ff"), 0},
        {of("82 00 ff"), 2},
        {of("82 19 0102 1c"), 4},
        {of("bf 00 00 1800 ff"), 5},
        {of("81 5f 41 00 61 61"), 4},
        {of("5f 58 02 0000 5c"), 5},
        // The value, not the head that announces it.
        {of("82 00 f8 1f"), 3},
        {concat({deepest, of("81 00")}), 256, Errc::depth_exceeded},
        {concat({deepest, of("9f 00 ff")}), 256, Errc::depth_exceeded},
        {concat({deepest, of("9a 00000001 00")}), 256, Errc::depth_exceeded},
        {concat({deepest, of("d9 0102 00")}), 256, Errc::depth_exceeded},
    };
    for (const Case& c : cases) {
        for (std::size_t cut = 0; cut < c.bytes.size(); ++cut) {
            INFO(to_hex(c.bytes) << ", cut at " << cut);
            Scanner scanner;
            std::size_t at = 0;
            Errc status = Errc::need_more;
            for (const BytesView part : {BytesView(c.bytes).first(cut), BytesView(c.bytes).subspan(cut)}) {
                if (status != Errc::need_more) break;
                const auto progress = scanner.scan(part);
                status = progress.status;
                at += progress.used;
            }
            CHECK(status == c.error);
            CHECK(at == c.wrong);
        }
    }
}

TEST_CASE("The length that a head claims costs nothing", "[unit][cbor][scanner]") {
    const auto* const digits =
        GENERATE("9b 0000010000000000", "9b ffffffffffffffff", "bb 0000010000000000", "bb 8000000000000000",
                 "bb 7fffffffffffffff", "bb ffffffffffffffff", "5b 0000010000000000", "7b ffffffffffffffff",
                 "82 5b ffffffffffffffff", "9b ffffffffffffffff 9b ffffffffffffffff bb ffffffffffffffff",
                 "5f 5b ffffffffffffffff");
    INFO(digits);
    const Bytes claim = hex(digits);

    Scanner scanner;
    const Allocations before = allocations();
    const auto progress = scanner.scan(claim);
    const Allocations after = allocations();
    CHECK(progress.status == Errc::need_more);
    CHECK(progress.used == claim.size());
    CHECK(after.bytes - before.bytes <= 64);
    CHECK(scanner.missing() >= std::uint64_t{1} << 40);

    const Bytes more = hex("0000");
    CHECK(scanner.scan(more).status == Errc::need_more);
    CHECK(scanner.missing() >= (std::uint64_t{1} << 40) - more.size());
}

TEST_CASE("missing counts the rest of a string and one byte for every missing item", "[unit][cbor][scanner]") {
    struct Case {
        const char* begun;
        std::uint64_t missing;
    };
    const auto [begun, missing] =
        GENERATE(Case{"18", 1}, Case{"1b", 8}, Case{"1b 0000", 6}, Case{"44", 4}, Case{"44 0000", 2}, Case{"83", 3},
                 Case{"83 00", 2}, Case{"83 00 82", 3}, Case{"83 00 82 44 00", 5}, Case{"a2", 4}, Case{"a2 00", 3},
                 Case{"c1", 1}, Case{"82 c1", 2}, Case{"9f", 1}, Case{"9f 00", 1}, Case{"bf", 1}, Case{"bf 00", 2},
                 Case{"bf 00 00", 1}, Case{"5f", 1}, Case{"5f 43", 4}, Case{"5f 43 000000", 1}, Case{"82 5f 43 00", 4},
                 Case{"82 04 d8 18 59 0100", 256}, Case{"bf 00 82", 3}, Case{"bf 18", 3}, Case{"bf 00 18", 2},
                 Case{"9f 18", 2}, Case{"5f 58", 2}, Case{"82 19", 3}, Case{"5b ffffffffffffffff", UINT64_MAX},
                 Case{"82 5b ffffffffffffffff", UINT64_MAX}, Case{"5f 5b ffffffffffffffff", UINT64_MAX});
    INFO(begun);
    Scanner scanner;
    CHECK(scanner.missing() == 0);
    CHECK(scanner.scan(hex(begun)).status == Errc::need_more);
    CHECK(scanner.missing() == missing);
}

TEST_CASE("A string is skipped by its length across chunks, without reading it", "[unit][cbor][scanner]") {
    Scanner scanner;
    REQUIRE(scanner.scan(hex("5a 40000000")).status == Errc::need_more);
    // A gibibyte that is not there: the scanner must not touch what it skips.
    const std::uint8_t* const nowhere = nullptr;
    for (int i = 0; i < 3; ++i) {
        const auto progress = scanner.scan(BytesView(nowhere, 0x10000000));
        REQUIRE(progress.status == Errc::need_more);
        REQUIRE(progress.used == 0x10000000);
    }
    CHECK(scanner.missing() == 0x10000000);
}

TEST_CASE("A scanner keeps the memory of ordinary items and frees that of deep ones", "[unit][cbor][scanner]") {
    CHECK(sizeof(Scanner) <= 6 * sizeof(void*));
    Scanner scanner;
    const auto cost_of_cut = [&scanner](BytesView head, BytesView rest) {
        const Allocations before = allocations();
        REQUIRE(scanner.scan(head).status == Errc::need_more);
        const Allocations after = allocations();
        REQUIRE(scanner.scan(rest).status == Errc::none);
        return after.count - before.count;
    };
    const Bytes head = hex("81 81 81");
    const Bytes rest = hex("00");
    const ByteVector deep(200, 0x81);
    CHECK(cost_of_cut(head, rest) == 1);
    CHECK(cost_of_cut(head, rest) == 0);
    CHECK(cost_of_cut(deep, rest) == 1);
    CHECK(cost_of_cut(head, rest) == 1);
}

}  // namespace ouro::cbor
