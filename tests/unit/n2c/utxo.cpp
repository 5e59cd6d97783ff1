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
