#include "chain/frame.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <ouro/cbor/scanner.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"

using namespace ouro;
using namespace ouro::chain;

namespace {

/// `times` heads, and as many ends after what they hold.
Bytes nested(std::size_t times, const std::string& head, const std::string& held, const std::string& end) {
    const Bytes front = hex(head), middle = hex(held), back = hex(end);
    BytesBuilder all;
    for (std::size_t i = 0; i < times; ++i) all.append(front);
    all.append(middle);
    for (std::size_t i = 0; i < times; ++i) all.append(back);
    return all.freeze();
}

}  // namespace

TEST_CASE("The size of an item equals the scanner's", "[unit][chain][frame]") {
    for (const char* digits : {"00",
                               "1864",
                               "19ffff",
                               "1affffffff",
                               "1bffffffffffffffff",
                               "20",
                               "3903e8",
                               "40",
                               "43010203",
                               "60",
                               "63616263",
                               "80",
                               "83010203",
                               "9fff",
                               "9f01029fffff",
                               "a0",
                               "a201020304",
                               "bf0102ff",
                               "bf01bf0203ffff",
                               "c11864",
                               "d8184101",
                               "f4",
                               "f6",
                               "f820",
                               "fb3ff0000000000000",
                               "5f41014102ff",
                               "7f6161ff",
                               "5fff",
                               "8282018002",
                               "82d9010280a10180",
                               "9f82019fff80ff",
                               "a19fffbfff"}) {
        INFO(digits);
        for (const char* rest : {"", "00", "ff"}) {
            const Bytes item = hex(std::string(digits) + rest);
            cbor::Scanner scanner;
            const auto progress = scanner.scan(item);
            REQUIRE(progress.status == Errc::none);
            CHECK(item_size(item) == Result<std::size_t>(progress.used));
        }
        // Cut anywhere, it has no size.
        const Bytes item = hex(digits);
        for (std::size_t size = 0; size < item.size(); ++size)
            CHECK(item_size(item.slice(0, size)).error() == Errc::malformed);
    }
}

TEST_CASE("The size of an item with any two first bytes equals the scanner's", "[unit][chain][frame]") {
    const std::string zeros(80, '0');
    for (const std::string& rest : {std::string(), zeros, "00ff" + zeros, "ffff" + zeros, "00ff00ffffff" + zeros}) {
        const Bytes tail = hex(rest);
        std::vector<std::uint8_t> bytes(2 + tail.size());
        std::copy(tail.view().begin(), tail.view().end(), bytes.begin() + 2);
        for (unsigned first = 0; first < 0x10000; ++first) {
            bytes[0] = static_cast<std::uint8_t>(first >> 8);
            bytes[1] = static_cast<std::uint8_t>(first);
            cbor::Scanner scanner;
            const auto progress = scanner.scan(bytes);
            const auto size = item_size(bytes);
            const bool same = progress.status == Errc::none ? size == Result<std::size_t>(progress.used)
                                                            : size.error() == Errc::malformed;
            if (same) continue;
            INFO(first << " before " << rest);
            CHECK(same);
        }
    }
}

TEST_CASE("A malformed item is refused at the wrong head", "[unit][chain][frame]") {
    const auto [digits, offset] = GENERATE(table<std::string, std::size_t>({{"", 0},
                                                                            {"ff", 0},
                                                                            {"1c", 0},
                                                                            {"1f", 0},
                                                                            {"dfff", 0},
                                                                            {"f81f", 0},
                                                                            {"82ff00", 1},
                                                                            {"9f81ff", 2},
                                                                            {"bf01ff", 2},
                                                                            {"bf0181ffff", 3},
                                                                            {"5f5f4100ffff", 0},
                                                                            {"5f6100ff", 0},
                                                                            {"7f4100ff", 0},
                                                                            {"8201", 0},
                                                                            {"81830102", 1},
                                                                            {"9bffffffffffffffff00", 0},
                                                                            {"bbffffffffffffffff00", 0},
                                                                            {"5bffffffffffffffff00", 0},
                                                                            {"58", 0},
                                                                            {"820058030102", 2},
                                                                            {"83420102", 4},
                                                                            {"82019bfffffffffffffffe", 2}}));
    INFO(digits);
    const auto size = item_size(hex(digits));
    CHECK(size.error() == Errc::malformed);
    CHECK(size.offset() == offset);
}

TEST_CASE("An item may be nested as deep as it is long", "[unit][chain][frame]") {
    const auto [head, end] = GENERATE(table<std::string, std::string>(
        {{"81", ""}, {"9f", "ff"}, {"d879", ""}, {"d8799f", "ff"}, {"a100", ""}, {"bf00", "ff"}, {"8201", ""}}));
    INFO(head);
    for (const std::size_t depth :
         {std::size_t{63}, std::size_t{64}, std::size_t{65}, std::size_t{257}, std::size_t{20'000}}) {
        INFO(depth);
        const Bytes item = nested(depth, head, "00", end);
        CHECK(item_size(item) == Result(item.size()));
    }
}

TEST_CASE("More open arrays than there is room to end are refused before the end", "[unit][chain][frame]") {
    for (const char* head : {"9f", "bf"}) {
        const auto size = item_size(nested(2'000'000, head, "", ""));
        CHECK(size.error() == Errc::malformed);
        CHECK(size.offset() == 1'000'000);
    }
    CHECK(item_size(nested(1'000'000, "9f", "", "ff")) == Result(std::size_t{2'000'000}));
}

TEST_CASE("A frame's arrays are definite of any width, or indefinite", "[unit][chain][frame]") {
    for (const char* digits : {"820102", "98020102", "9a000000020102", "9f0102ff"}) {
        INFO(digits);
        const Bytes bytes = hex(digits);
        Frame in(bytes);
        const auto size = in.array(2, 2);
        CHECK(in.uint() == 1);
        CHECK(equal(in.item(), hex("02")));
        in.leave(size);
        CHECK(in.finish() == Errc::none);
    }
    for (const char* digits : {"", "8101", "83010203", "9f01ff", "9f010203ff", "9f0102", "a10102", "82010203"}) {
        INFO(digits);
        const Bytes bytes = hex(digits);
        Frame in(bytes);
        const auto size = in.array(2, 2);
        in.item();
        in.item();
        in.leave(size);
        CHECK(in.finish() == Errc::malformed);
    }
}
