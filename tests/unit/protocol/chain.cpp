#include <ouro/protocol/chain.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/hex.hpp"

namespace ouro {

namespace {

constexpr const char* hash_digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

Point a_point() { return *Point::parse(std::string("300.") + hash_digits); }

template <class T>
std::string written(const T& value) {
    ByteQueue out;
    cbor::Writer writer(out);
    write(writer, value);
    return to_hex(out.take());
}

template <class T>
struct Read {
    T value;
    Errc outcome;
};

Read<Point> point_of(const Bytes& item) {
    cbor::Reader in(item);
    const Point point = read_point(in);
    return {point, in.finish()};
}

Read<Tip> tip_of(const Bytes& item) {
    cbor::Reader in(item);
    const Tip tip = read_tip(in);
    return {tip, in.finish()};
}

Read<Header> header_of(const Bytes& item, bool owned = true) {
    cbor::Reader in(item);
    const Header header = read_header(in, Item{item, owned ? &item : nullptr});
    return {header, in.finish()};
}

Bytes with_hash(std::string before, std::string after = "") { return hex(before + hash_digits + after); }

}  // namespace

TEST_CASE("a point is written and read as text", "[unit][protocol][chain]") {
    CHECK(to_string(Point()) == "origin");
    CHECK(Point::parse("origin")->is_origin());
    const std::string text = std::string("18446744073709551615.") + hash_digits;
    const auto point = Point::parse(text);
    REQUIRE(point.has_value());
    CHECK(point->slot() == Slot{UINT64_MAX});
    CHECK(to_hex(point->hash()) == hash_digits);
    CHECK(to_string(*point) == text);

    const std::string hash = hash_digits;
    for (const std::string& bad :
         {std::string(), std::string("Origin"), std::string("1"), std::string("1."), "." + hash, "-1." + hash,
          "+1." + hash, " 1." + hash, "1x." + hash, "18446744073709551616." + hash, "1." + hash + "00",
          "1." + hash.substr(2), "1." + hash + ".", "1." + hash.substr(1) + "g"}) {
        INFO(bad);
        CHECK(Point::parse(bad).error() == Errc::bad_argument);
    }
}

TEST_CASE("a point is an empty array, or a slot and a hash", "[unit][protocol][chain]") {
    CHECK(written(Point()) == "80");
    CHECK(written(a_point()) == std::string("8219012c5820") + hash_digits);
    for (const Point& point : {Point(), a_point()}) {
        const auto [again, outcome] = point_of(hex(written(point)));
        CHECK(outcome == Errc::none);
        CHECK(again == point);
    }
    CHECK(point_of(with_hash("82 1b000000000000012c 590020")).value == a_point());
    CHECK(point_of(with_hash("82 1b000000000000012c 590020")).outcome == Errc::none);
}

TEST_CASE("An item that is not a point is malformed", "[unit][protocol][chain]") {
    for (const Bytes& bad :
         {hex("81 00"), with_hash("83 00 5820", "00"), with_hash("9f 00 5820", "ff"), hex("9f ff"), hex("a0"),
          with_hash("82 00 5821", "20"), with_hash("82 00 7820"), hex("82 00 40"), with_hash("82 20 5820"),
          with_hash("82 00 5f 5820", "ff"), hex("82 00"), with_hash("82 00 5820", "00")}) {
        INFO(to_hex(bad));
        CHECK(point_of(bad).outcome == Errc::malformed);
    }
}

TEST_CASE("a tip is a point and a block number", "[unit][protocol][chain]") {
    CHECK(written(Tip{}) == "828000");
    const Tip tip{a_point(), BlockNumber{70'000}};
    CHECK(written(tip) == std::string("828219012c5820") + hash_digits + "1a00011170");
    for (const Tip& each : {Tip{}, tip}) {
        const auto [again, outcome] = tip_of(hex(written(each)));
        CHECK(outcome == Errc::none);
        CHECK(again == each);
    }
    CHECK(tip_of(hex("82 80 05")).value == Tip{});
    CHECK(tip_of(hex("82 80 05")).outcome == Errc::none);
    for (const char* bad : {"81 80", "83 80 00 00", "9f 80 00 ff", "82 00 80", "82 80 20", "82 80"}) {
        INFO(bad);
        CHECK(tip_of(hex(bad)).outcome == Errc::malformed);
    }
}

TEST_CASE("a header is an era and the header's own bytes", "[unit][protocol][chain]") {
    const auto conway = header_of(hex("82 06 d818 43 820102"));
    CHECK(conway.outcome == Errc::none);
    CHECK(conway.value == Header{Era::conway, {}, hex("820102")});
    const auto boundary = header_of(hex("82 00 82 82 00 1a0009e397 d818 41 80"));
    CHECK(boundary.outcome == Errc::none);
    CHECK(boundary.value == Header{Era::byron, {true, 0x9e397}, hex("80")});
    const auto byron = header_of(hex("82 00 82 82 01 1affffffff d818 41 80"));
    CHECK(byron.outcome == Errc::none);
    CHECK(byron.value == Header{Era::byron, {false, 0xffffffff}, hex("80")});
    for (int era = 1; era <= 7; ++era) {
        const Header header{static_cast<Era>(era), {}, hex("80")};
        CHECK(written(header) == "820" + std::to_string(era) + "d8184180");
    }
    CHECK(written(boundary.value) == "82008282001a0009e397d8184180");
    CHECK(written(byron.value) == "82008282011affffffffd8184180");
}

TEST_CASE("An item that is not a header is malformed", "[unit][protocol][chain]") {
    for (const char* bad : {"82 08",
                            "82 08 00 00",
                            "82 190100 d818 40",
                            "82 20 d818 40",
                            "81 06",
                            "83 06 d818 40 00",
                            "9f 06 d818 40 ff",
                            "82 06 40",
                            "82 06 d818 5f 40 ff",
                            "82 06 d818 60",
                            "82 06 d819 40",
                            "82 06 d818 42 00",
                            "82 06 d818 40 00",
                            "82 00 d818 40",
                            "82 00 82 82 02 00 d818 40",
                            "82 00 82 82 00 1b0000000100000000 d818 40",
                            "82 00 82 81 00 d818 40",
                            "82 00 82 83 00 00 00 d818 40",
                            "82 00 81 82 00 00",
                            "82 00 83 82 00 00 d818 40 00",
                            "82 00 82 82 00 00 40",
                            "82 06 82 82 00 00 d818 40"}) {
        INFO(bad);
        const auto [header, outcome] = header_of(hex(bad));
        CHECK(outcome == Errc::malformed);
    }
}

TEST_CASE("A header shares the bytes of its item's owner, or has a copy", "[unit][protocol][chain]") {
    const Bytes item = hex("82 06 d818 43 820102");
    CHECK(header_of(item, true).value.cbor.data() == item.data() + 5);
    const Bytes own = header_of(item, false).value.cbor;
    CHECK(own == hex("820102"));
    CHECK(own.data() != item.data() + 5);
}

TEST_CASE("headers of every era come out of the reference's bytes and go back to them", "[unit][protocol][chain]") {
#ifdef OURO_TEST_DATA
    const std::filesystem::path folder =
        std::filesystem::path(OURO_TEST_DATA) / "golden" / "consensus" / "CardanoNodeToNodeVersion2";
#else
    const std::filesystem::path folder;
#endif
    if (!std::filesystem::exists(folder)) {
        WARN("skipped: no test data");
        return;
    }
    struct Golden {
        const char* file;
        Era era;
        bool boundary = false;
    };
    const auto golden = GENERATE(Golden{"Header_Byron_EBB", Era::byron, true},
                                 Golden{"Header_Byron_regular", Era::byron}, Golden{"Header_Shelley", Era::shelley},
                                 Golden{"Header_Allegra", Era::allegra}, Golden{"Header_Mary", Era::mary},
                                 Golden{"Header_Alonzo", Era::alonzo}, Golden{"Header_Babbage", Era::babbage},
                                 Golden{"Header_Conway", Era::conway}, Golden{"Header_Dijkstra", Era::dijkstra});
    INFO(golden.file);
    std::ifstream in(folder / golden.file, std::ios::binary);
    REQUIRE(in.good());
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
    const Bytes item = Bytes::copy({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});

    const auto [header, outcome] = header_of(item);
    REQUIRE(outcome == Errc::none);
    CHECK(header.era == golden.era);
    CHECK(header.byron.boundary == golden.boundary);
    CHECK((header.byron.size_hint != 0) == (golden.era == Era::byron));
    cbor::Reader inner(header.cbor);
    inner.skip();
    CHECK(inner.finish() == Errc::none);
    CHECK(written(header) == to_hex(item));
}

}  // namespace ouro
