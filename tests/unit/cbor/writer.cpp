#include <ouro/cbor/writer.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/hex.hpp"

namespace ouro::cbor {

namespace {

template <class Write>
std::string written(Write write) {
    ByteQueue out;
    Writer writer(out);
    write(writer);
    return to_hex(out.take());
}

struct Pair {
    std::uint64_t first;
    void encode(Writer& out) const { out.array(2).uint(first).boolean(true); }
};

}  // namespace

TEST_CASE("heads are written in their shortest form", "[unit][cbor][writer]") {
    struct Case {
        std::uint64_t value;
        const char* digits;
    };
    const auto [value, digits] =
        GENERATE(Case{0, "00"}, Case{23, "17"}, Case{24, "1818"}, Case{255, "18ff"}, Case{256, "190100"},
                 Case{65535, "19ffff"}, Case{65536, "1a00010000"}, Case{UINT32_MAX, "1affffffff"},
                 Case{std::uint64_t{1} << 32, "1b0000000100000000"}, Case{UINT64_MAX, "1bffffffffffffffff"});
    CHECK(written([&](Writer& out) { out.uint(value); }) == digits);
}

TEST_CASE("Every kind of item is written as in the standard", "[unit][cbor][writer]") {
    CHECK(written([](Writer& out) { out.boolean(false).boolean(true); }) == "f4f5");
    CHECK(written([](Writer& out) { out.array(0).array(24).map(2).map(25); }) == "809818a2b819");
    CHECK(written([](Writer& out) { out.begin_array().begin_map().end().end(); }) == "9fbfffff");
    CHECK(written([](Writer& out) { out.bytes(BytesView()).bytes(hex("0102").view()); }) == "40420102");
    CHECK(written([](Writer& out) { out.text("").text("\xc3\xa9"); }) == "6062c3a9");
    CHECK(written([](Writer& out) { out.tag(2).tag(258).uint(0); }) == "c2d9010200");
    CHECK(written([](Writer& out) { out.embedded(hex("8101")); }) == "d818428101");
    CHECK(written([](Writer& out) { out.raw(hex("8101")).raw(hex("02").view()); }) == "810102");
}

TEST_CASE("Large slices are written without a copy", "[unit][cbor][writer]") {
    const Bytes block = Bytes::copy(std::vector<std::uint8_t>(70'000, std::uint8_t{1}));
    ByteQueue out;
    Writer(out).array(2).uint(4).embedded(block).raw(block).bytes(block);
    ByteQueue::Cursor at = out.begin();
    CHECK(to_hex(out.read(at, SIZE_MAX)) == "8204d8185a00011170");
    CHECK(out.read(at, SIZE_MAX).data() == block.data());
    CHECK(out.read(at, SIZE_MAX).data() == block.data());
    CHECK(to_hex(out.read(at, SIZE_MAX)) == "5a00011170");
    CHECK(out.read(at, SIZE_MAX).data() == block.data());
    CHECK(out.read(at, SIZE_MAX).empty());
}

TEST_CASE("The encoding of a value is one slice", "[unit][cbor][writer]") {
    CHECK(encode(Pair{300}) == hex("82 19012c f5"));
}

}  // namespace ouro::cbor
