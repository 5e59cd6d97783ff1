#include "protocol/unknown_era.hpp"

#include "support/catch.hpp"
#include "support/hex.hpp"

using namespace ouro;

namespace {

Violation named(const auto& message, Errc rule = Errc::unknown_era) {
    Violation violation{"a protocol", "State", "Message", rule};
    detail::name_era(violation, message);
    return violation;
}

}  // namespace

TEST_CASE("A violation of an unknown era names the era of the message", "[unit][protocol][unknown_era]") {
    CHECK(named(ChainSync::Message(ChainSync::RollForward{{Era{8}, {}, hex("f6")}, {}})).message ==
          "RollForward of era 8");
    CHECK(named(LocalChainSync::Message(LocalChainSync::RollForward{hex("820980"), {}})).message ==
          "RollForward of era 8");
    CHECK(named(BlockFetch::Message(BlockFetch::Block{hex("82181f80")})).message == "Block of era 30");
    CHECK(named(BlockFetch::Message(BlockFetch::Block{hex("820080")})).message == "Block of era 0");
    CHECK(named(BlockFetch::Message(BlockFetch::Block{hex("8219010080")})).message == "Block of era 255");
    CHECK(named(BlockFetch::Message(BlockFetch::Block{hex("8219012c80")})).message == "Block of era 255");
    CHECK(to_string(named(BlockFetch::Message(BlockFetch::Block{hex("820980")}))) ==
          "a protocol, State: Block of era 8: " + std::string(message(Errc::unknown_era)));
}

TEST_CASE("Other violations keep the name of the message", "[unit][protocol][unknown_era]") {
    CHECK(named(BlockFetch::Message(BlockFetch::Block{hex("820980")}), Errc::malformed).message == "Message");
    CHECK(named(BlockFetch::Message(BlockFetch::NoBlocks{})).message == "Message");
}

TEST_CASE("An item that cannot be decoded because of its era names the era", "[unit][protocol][unknown_era]") {
    // A transaction of the mempool, whose era stands at offset 3.
    const auto message = [](std::optional<std::size_t> offset, Errc rule = Errc::unknown_era) {
        Violation violation{"local-tx-monitor", "BusyNext", {}, rule, offset};
        detail::name_era_in_item(violation, hex("82068208d8184100"));
        return violation.message;
    };
    CHECK(message(3) == "era 8");
    CHECK(message(0).empty());
    CHECK(message(99).empty());
    CHECK(message({}).empty());
    CHECK(message(3, Errc::malformed).empty());
}
