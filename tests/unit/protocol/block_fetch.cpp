#include <ouro/protocol/block_fetch.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;
using wire::point_a_hex;
using wire::point_b_hex;

TEST_CASE("The block-fetch table is the specification's", "[unit][protocol][block_fetch]") {
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 0s, 0s, false, 65'535, {}},
        {"Busy", Agency::responder, 60s, 60s, false, 65'535, {"RequestRange"}},
        {"Streaming", Agency::responder, 60s, 60s, false, 2'500'000, {"RequestRange", "StartBatch"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"ClientDone"}},
    };
    const std::vector<codec_table::Move> moves{{"Idle", "RequestRange", "Busy"},    {"Idle", "ClientDone", "Done"},
                                               {"Busy", "StartBatch", "Streaming"}, {"Busy", "NoBlocks", "Idle"},
                                               {"Streaming", "Block", "Streaming"}, {"Streaming", "BatchDone", "Idle"}};
    const std::string_view ahead[] = {"RequestRange"};
    codec_table::check(table_of<BlockFetch>(), states, moves, ahead);
    CHECK(BlockFetch::channel == Channel{3});
    CHECK(BlockFetch::ingress_limit == 23'068'694);
}

TEST_CASE("Block-fetch messages have exactly their bytes", "[unit][protocol][block_fetch]") {
    check_codec<BlockFetch>(BlockFetch::RequestRange{wire::point_a(), wire::point_b()},
                            "8300" + point_a_hex + point_b_hex);
    check_codec<BlockFetch>(BlockFetch::RequestRange{Point(), wire::point_b()}, "830080" + point_b_hex);
    check_codec<BlockFetch>(BlockFetch::ClientDone{}, "8101");
    check_codec<BlockFetch>(BlockFetch::StartBatch{}, "8102");
    check_codec<BlockFetch>(BlockFetch::NoBlocks{}, "8103");
    check_codec<BlockFetch>(BlockFetch::Block{hex("820780")}, "8204d81843820780");
    check_codec<BlockFetch>(BlockFetch::Block{}, "8204d81840");
    check_codec<BlockFetch>(BlockFetch::BatchDone{}, "8105");
}

TEST_CASE("A block is the bytes that came, whatever they contain", "[unit][protocol][block_fetch]") {
    const auto block = wire::decode<BlockFetch>("8204d81843fffefd");
    REQUIRE(block);
    CHECK(*block == BlockFetch::Message(BlockFetch::Block{hex("fffefd")}));
}

TEST_CASE("A block shares the bytes of its owner, or is copied if there is none", "[unit][protocol][block_fetch]") {
    const Bytes item = hex("8204d81843820780");
    const auto shared = BlockFetch::decode(Item{item, &item});
    REQUIRE(shared);
    CHECK(std::get<BlockFetch::Block>(*shared).cbor.data() == item.data() + 5);
    const auto copied = BlockFetch::decode(Item{item, nullptr});
    REQUIRE(copied);
    CHECK(std::get<BlockFetch::Block>(*copied).cbor.data() != item.data() + 5);
}

TEST_CASE("A message that is not of block-fetch is refused", "[unit][protocol][block_fetch]") {
    const std::string& a = point_a_hex;
    const std::string& b = point_b_hex;
    const std::string& hash = wire::hash_a;
    check_refused<BlockFetch>("no array", {"", "01", "a101", "40"});
    check_refused<BlockFetch>("indefinite", {"9f01ff", "9f00" + a + b + "ff"});
    check_refused<BlockFetch>("a wrong length",
                              {"80", "8200" + a, "8400" + a + b + "00", "820100", "820200", "820300"});
    check_refused<BlockFetch>("a wrong length", {"8104", "8304d8184000", "820500"});
    check_refused<BlockFetch>("an unknown tag", {"8106", "820640", "811863"});
    check_refused<BlockFetch>("a tag of another type", {"8120", "81f4", "8141", "81c102"});
    check_refused<BlockFetch>("no point", {"83000000", "8300" + a + "f6", "8300 8105" + b});
    check_refused<BlockFetch>("a point of another length", {"8300 83055820" + hash + "00" + b, "83008105" + b});
    check_refused<BlockFetch>("an indefinite point", {"8300 9f055820" + hash + "ff" + b, "83009fff" + b});
    check_refused<BlockFetch>("a hash of another length", {"8300 8205581f" + hash.substr(2) + b});
    check_refused<BlockFetch>("a hash of another length", {"8300 82055821" + hash + "00" + b});
    check_refused<BlockFetch>("a hash of another length", {"8300 82055840" + hash + hash + b, "8300820540" + b});
    check_refused<BlockFetch>("an indefinite hash", {"8300 82055f5820" + hash + "ff" + b});
    check_refused<BlockFetch>("a hash in text", {"8300 82057820" + std::string(64, '6') + b});
    check_refused<BlockFetch>("a slot that is none", {"8300 82245820" + hash + b, "8300 82f45820" + hash + b});
    check_refused<BlockFetch>("a block without tag 24", {"8204 43820780", "8204 820780"});
    check_refused<BlockFetch>("another tag", {"8204 d81943820780", "8204 c143820780", "8204 d818d81843820780"});
    check_refused<BlockFetch>("tag 24 around no string", {"8204 d81863616263", "8204 d81883000000"});
    check_refused<BlockFetch>("tag 24 around an indefinite string", {"8204 d8185f43820780ff"});
}
