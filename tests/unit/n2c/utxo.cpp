#include <ouro/n2c/utxo.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"

using namespace ouro;
using namespace ouro::n2c;

namespace {

const std::string input = "825820" + std::string(62, '0') + "aa07";

}  // namespace

TEST_CASE("Outputs come with their inputs, unchanged", "[unit][n2c]") {
    const auto none = parse_utxo(hex("a0"));
    REQUIRE(none);
    CHECK(none->empty());
    for (const std::string& digits :
         {"a2" + input + "820102" + input + "a0", "bf" + input + "820102" + input + "a0ff"}) {
        const auto found = parse_utxo(hex(digits));
        REQUIRE(found);
        REQUIRE(found->size() == 2);
        CHECK((*found)[0].input.index == 7);
        CHECK((*found)[0].input.tx[31] == 0xaa);
        CHECK((*found)[0].output == hex("820102"));
        CHECK((*found)[1].output == hex("a0"));
    }
}

TEST_CASE("An item that is not a map of outputs is refused", "[unit][n2c]") {
    const std::vector<std::string> wrong{"80", "a1" + input, "a1" + input + "a000", "a1825801aa07a0", "a18158201a"};
    for (const std::string& digits : wrong) {
        INFO(digits);
        CHECK(!parse_utxo(hex(digits)));
    }
}

namespace {

struct Streamed {
    Errc error = Errc::none;
    std::uint64_t outputs = 0;
    Bytes rest;
};

/// Reads a message in two parts.
Streamed stream(const Bytes& message, std::size_t split) {
    std::uint64_t called = 0;
    UtxoStream stream([&](const Utxo& utxo) { called += utxo.input.index == 7 ? 1 : 0; });
    Streamed result;
    result.error = stream.arrived(message.view().first(split));
    if (result.error == Errc::none) result.error = stream.arrived(message.view().subspan(split));
    CHECK(stream.outputs() == called);
    result.outputs = called;
    result.rest = stream.ended();
    return result;
}

}  // namespace

TEST_CASE("Outputs are read one by one, however the message is split", "[unit][n2c][utxo]") {
    for (const std::string& digits :
         {"820481a2" + input + "820102" + input + "a0", "820481bf" + input + "820102" + input + "a0ff",
          "98021804 81b90002" + input + "820102" + input + "a0"}) {
        const Bytes message = hex(digits);
        for (std::size_t split = 0; split <= message.size(); ++split) {
            const Streamed read = stream(message, split);
            CHECK(read.error == Errc::none);
            CHECK(read.outputs == 2);
            CHECK(read.rest == hex("820481a0"));
        }
    }
    CHECK(stream(hex("820481a0"), 2).outputs == 0);
    const Bytes mismatch = hex("8204828206 66436f6e776179 8205 6742616262616765");
    for (std::size_t split = 0; split <= mismatch.size(); ++split) CHECK(stream(mismatch, split).rest == mismatch);
}

TEST_CASE("A stream of outputs refuses what is none, and outputs without end", "[unit][n2c][utxo]") {
    const std::vector<std::string> wrong{
        "830481a0", "820581a0", "820480", "82048180", "820481a1" + input + "ff", "820481a1820102a0", "820481a1f6f6"};
    for (const std::string& digits : wrong) {
        INFO(digits);
        CHECK(stream(hex(digits), 1).error == Errc::malformed);
    }
    UtxoStream endless(nullptr);
    CHECK(endless.arrived(hex("820481a1" + input + "5b00000001 00000000")) == Errc::none);
    const Bytes zeros = Bytes::copy(std::vector<std::uint8_t>(UtxoStream::longest_output));
    CHECK(endless.arrived(zeros) == Errc::message_too_large);
    UtxoStream mismatch(nullptr);
    CHECK(mismatch.arrived(hex("820482")) == Errc::none);
    CHECK(mismatch.arrived(zeros) == Errc::message_too_large);
}
