#include <ouro/protocol/leios_fetch.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

namespace {

const std::string block = "a25820" + wire::hash_a + "19012c5820" + wire::hash_b + "190190";

BlockPoint point_a() { return {wire::point_a().slot(), wire::point_a().hash()}; }
LeiosBitmap bitmap(const std::vector<std::uint32_t>& txs) {
    LeiosBitmap result;
    for (const std::uint32_t tx : txs) result.add(tx);
    return result;
}

}  // namespace

TEST_CASE("The leios-fetch table is the specification's", "[unit][protocol][leios_fetch]") {
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 0s, 0s, false, 65'535, {}},
        {"Block", Agency::responder, 60s, 60s, false, 2'500'000, {"BlockRequest"}},
        {"BlockTxs", Agency::responder, 60s, 60s, false, 2'500'000, {"BlockTxsRequest"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Done"}},
    };
    const std::vector<codec_table::Move> moves{{"Idle", "BlockRequest", "Block"},
                                               {"Idle", "BlockTxsRequest", "BlockTxs"},
                                               {"Idle", "Done", "Done"},
                                               {"Block", "Block", "Idle"},
                                               {"BlockTxs", "BlockTxs", "Idle"}};
    const std::string_view ahead[] = {"BlockRequest", "BlockTxsRequest"};
    codec_table::check(table_of<LeiosFetch>(), states, moves, ahead);
    CHECK(LeiosFetch::channel == Channel{19});
    CHECK(LeiosFetch::ingress_limit == 57'671'680);
}

TEST_CASE("Leios-fetch messages have exactly their bytes", "[unit][protocol][leios_fetch]") {
    const std::string& a = wire::point_a_hex;
    check_codec<LeiosFetch>(LeiosFetch::BlockRequest{point_a()}, "8200" + a);
    check_codec<LeiosFetch>(LeiosFetch::Block{hex(block)}, "8201" + block);
    check_codec<LeiosFetch>(LeiosFetch::Block{hex("a0")}, "8201a0");
    check_codec<LeiosFetch>(LeiosFetch::BlockTxsRequest{point_a(), {}}, "8302" + a + "bfff");
    check_codec<LeiosFetch>(LeiosFetch::BlockTxsRequest{point_a(), bitmap({0})},
                            "8302" + a + "bf001b8000000000000000ff");
    check_codec<LeiosFetch>(LeiosFetch::BlockTxs{point_a(), bitmap({63, 64 * 24}), {hex("84a0a0f5f6"), Bytes()}},
                            "8403" + a + "bf000118181b8000000000000000ff" + "824584a0a0f5f640");
    check_codec<LeiosFetch>(LeiosFetch::Done{}, "8109");
}

TEST_CASE("Transaction i is bit 63 - i mod 64 of window i div 64", "[unit][protocol][leios_fetch]") {
    using Windows = std::vector<LeiosBitmap::Window>;
    CHECK(bitmap({0}).windows() == Windows{{0, std::uint64_t{1} << 63}});
    CHECK(bitmap({63}).windows() == Windows{{0, 1}});
    CHECK(bitmap({127, 64, 1, 64}).windows() == Windows{{0, std::uint64_t{1} << 62}, {1, std::uint64_t{1} << 63 | 1}});
    CHECK(bitmap({LeiosBitmap::max_transactions - 1}).windows() == Windows{{1'116, 1}});
    const LeiosBitmap some = bitmap({5, 700, 64});
    for (std::uint32_t tx = 0; tx < 1'000; ++tx) CHECK(some.contains(tx) == (tx == 5 || tx == 64 || tx == 700));
    CHECK_FALSE(some.contains(700 + LeiosBitmap::max_transactions));
}

TEST_CASE("A bitmap has each window once and in order, however they came", "[unit][protocol][leios_fetch]") {
    const LeiosBitmap merged({{7, 1}, {0, 0}, {7, 2}, {3, 4}});
    CHECK(merged.windows() == std::vector<LeiosBitmap::Window>{{3, 4}, {7, 3}});
    CHECK(merged == bitmap({3 * 64 + 61, 7 * 64 + 62, 7 * 64 + 63}));
    const Bytes item = hex("8302" + wire::point_a_hex + "bf0701000007020304ff");
    const auto message = LeiosFetch::decode(Item{item, &item});
    REQUIRE(message);
    CHECK(std::get<LeiosFetch::BlockTxsRequest>(*message).wanted == merged);
}

TEST_CASE("A bitmap has no more windows than a block can need", "[unit][protocol][leios_fetch]") {
    const std::string front = "8302" + wire::point_a_hex + "bf";
    std::string most = front;
    for (int i = 0; i < LeiosBitmap::max_windows; ++i) most += "0001";
    CHECK(LeiosFetch::decode(Item{hex(most + "ff"), nullptr}));
    CHECK_FALSE(LeiosFetch::decode(Item{hex(most + "0001ff"), nullptr}));
    CHECK(LeiosFetch::decode(Item{hex(front + "19045c01ff"), nullptr}));
    CHECK_FALSE(LeiosFetch::decode(Item{hex(front + "19045d01ff"), nullptr}));
}

TEST_CASE("A bitmap counts its transactions", "[unit][protocol][leios_fetch]") {
    CHECK(LeiosBitmap().count() == 0);
    CHECK(bitmap({0, 63, 64, 1'000, 63}).count() == 4);
    CHECK(LeiosBitmap({{7, 1}, {0, 0}, {7, 3}, {2, ~std::uint64_t{0}}}).count() == 66);
}

TEST_CASE("A bitmap is within another one that has all its transactions", "[unit][protocol][leios_fetch]") {
    const LeiosBitmap some = bitmap({5, 64, 700});
    CHECK(some.within(some));
    CHECK(LeiosBitmap().within(LeiosBitmap()));
    CHECK(LeiosBitmap().within(some));
    CHECK(bitmap({700}).within(some));
    CHECK(LeiosBitmap({{10, 0}, {3, 0}, {1, std::uint64_t{1} << 63}, {1, 0}}).within(some));
    CHECK_FALSE(some.within(LeiosBitmap()));
    CHECK_FALSE(bitmap({5, 64, 701}).within(some));
    CHECK_FALSE(bitmap({6}).within(some));
    CHECK_FALSE(bitmap({64, 128}).within(some));
    CHECK_FALSE(bitmap({64 * 1'116}).within(some));
    CHECK(bitmap({5, 64}).within(LeiosBitmap({{1, std::uint64_t{1} << 63}, {0, 0}, {0, std::uint64_t{1} << 58}})));
}

TEST_CASE("An endorser block is its bytes, and lists transactions in order", "[unit][protocol][leios_fetch]") {
    const Bytes item = hex("8201" + block);
    const auto message = LeiosFetch::decode(Item{item, &item});
    REQUIRE(message);
    const Bytes& cbor = std::get<LeiosFetch::Block>(*message).cbor;
    CHECK(cbor.data() == item.data() + 2);
    CHECK(read_endorser_block(cbor) ==
          Result(std::vector<LeiosTx>{{wire::point_a().hash(), 300}, {wire::point_b().hash(), 400}}));
    CHECK(read_endorser_block(hex("a000")).error() == Errc::malformed);
}

TEST_CASE("A message that is not of leios-fetch is refused", "[unit][protocol][leios_fetch]") {
    const std::string& a = wire::point_a_hex;
    const std::string& hash = wire::hash_a;
    check_refused<LeiosFetch>("no array", {"", "09", "a109", "49"});
    check_refused<LeiosFetch>("indefinite", {"9f09ff", "9f00" + a + "ff"});
    check_refused<LeiosFetch>("a wrong length", {"80", "8100", "8300" + a + "00", "8101", "8301a000", "8202" + a});
    check_refused<LeiosFetch>("a wrong length", {"8402" + a + "bfff00", "8303" + a + "bfff", "8503" + a + "bfff8000"});
    check_refused<LeiosFetch>("a wrong length", {"820900"});
    check_refused<LeiosFetch>("an unknown tag", {"8104", "8106", "810a", "8204" + a});
    check_refused<LeiosFetch>("a tag of another type", {"8129", "81f4", "8149"});
    check_refused<LeiosFetch>("the origin", {"820080", "830280bfff", "840380bfff80"});
    check_refused<LeiosFetch>("no block", {"820180", "820100", "8201f6", "820140"});
    check_refused<LeiosFetch>("an indefinite block", {"8201bfff", "8201bf5820" + hash + "00ff"});
    check_refused<LeiosFetch>("a block of other things", {"8201a10000", "8201a1581f" + hash.substr(2) + "00"});
    check_refused<LeiosFetch>("a size above 32 bits", {"8201a15820" + hash + "1b0000000100000000"});
    check_refused<LeiosFetch>("a definite bitmap", {"8302" + a + "a0", "8302" + a + "a10001", "8403" + a + "a080"});
    check_refused<LeiosFetch>("no bitmap", {"8302" + a + "80", "8302" + a + "00", "8403" + a + "f680"});
    check_refused<LeiosFetch>("a window of no block", {"8302" + a + "bf19045d01ff", "8302" + a + "bf1a0001000001ff"});
    check_refused<LeiosFetch>("bits of another type", {"8302" + a + "bf00f4ff", "8302" + a + "bf0020ff"});
    check_refused<LeiosFetch>("a window without bits", {"8302" + a + "bf00ff"});
    check_refused<LeiosFetch>("an indefinite list", {"8403" + a + "bfff9fff", "8403" + a + "bfff9f40ff"});
    check_refused<LeiosFetch>("a transaction that is no string", {"8403" + a + "bfff8180", "8403" + a + "bfff8160"});
    check_refused<LeiosFetch>("a transaction under tag 24", {"8403" + a + "bfff81d81840"});
    check_refused<LeiosFetch>("an indefinite string", {"8403" + a + "bfff815f40ff"});
    check_refused<LeiosFetch>("without end", {"8302" + a + "bf", "8302" + a + "bf0001"});
}
