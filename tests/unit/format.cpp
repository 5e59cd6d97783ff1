#include <ouro/format.hpp>

#include "support/catch.hpp"

using namespace ouro;

TEST_CASE("Values print as their text") {
    Hash hash{};
    hash[0] = 0xab;
    const std::string hex = "ab" + std::string(62, '0');
    const BlockPoint block{Slot{7}, hash};
    CHECK(fmt::format("{}", block) == "7." + hex);
    CHECK(fmt::format("{} {}", Point(block), Point()) == "7." + hex + " origin");
    CHECK(fmt::format("{}", Tip{block, BlockNumber{3}}) == "7." + hex + " (block 3)");
    const Tip tip{block, BlockNumber{3}};
    CHECK(fmt::format("{}", Step(Forward{block, BlockNumber{2}, {}, {}, tip, {}})) == "7." + hex + " (block 2)");
    CHECK(fmt::format("{}", Step(Backward{{}, tip, {}})) == "back to origin");
    CHECK(fmt::format("{}", Step(AtTip{tip, {}})) == "at the tip 7." + hex + " (block 3)");
    CHECK(fmt::format("{}", Backward{block, tip, {}}) == "back to 7." + hex);
    CHECK(fmt::format("{}", hash) == hex);
    CHECK(fmt::format("{}", TxId{Era::conway, {}, hash}) == hex);
    CHECK(fmt::format("{}", Bytes::copy(BytesView(hash).first(2))) == "ab00");
    CHECK(fmt::format("{}", PeerId::from_parts("relay.example", 3'001)) == "relay.example:3001");
    CHECK(fmt::format("{}", Errc::busy) == std::string(message(Errc::busy)));
    CHECK(fmt::format("{}", Cursor(preprod, {Point()})) == "ouro-cursor-1 1 origin");
    CHECK(fmt::format("{} {}", Era::byron, Era::dijkstra) == "Byron Dijkstra");
    CHECK(fmt::format("{}", Era{8}) == "unknown era");
    CHECK(fmt::format("{} {} {}", Slot{1}, BlockNumber{2}, preview) == "1 2 2");
}

TEST_CASE("Values print with a width") {
    CHECK(fmt::format("{:>8}|{:<8}|{:05}", Point(), Point(), Slot{42}) == "  origin|origin  |00042");
}
