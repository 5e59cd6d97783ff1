#include <ouro/protocol/chain_sync.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;
using wire::point_a_hex;
using wire::point_b_hex;
using wire::tip_hex;

TEST_CASE("The chain-sync table is the specification's", "[unit][protocol][chain_sync]") {
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 3'373s, 3'373s, false, 65'535, {}},
        {"CanAwait", Agency::responder, 10s, 10s, false, 65'535, {"RequestNext"}},
        {"MustReply", Agency::responder, 601s, 911s, true, 65'535, {"RequestNext", "AwaitReply"}},
        {"Intersect", Agency::responder, 10s, 10s, false, 65'535, {"FindIntersect"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Done"}},
    };
    const std::vector<codec_table::Move> moves{{"Idle", "RequestNext", "CanAwait"},
                                               {"Idle", "FindIntersect", "Intersect"},
                                               {"Idle", "Done", "Done"},
                                               {"CanAwait", "AwaitReply", "MustReply"},
                                               {"CanAwait", "RollForward", "Idle"},
                                               {"CanAwait", "RollBackward", "Idle"},
                                               {"MustReply", "RollForward", "Idle"},
                                               {"MustReply", "RollBackward", "Idle"},
                                               {"Intersect", "IntersectFound", "Idle"},
                                               {"Intersect", "IntersectNotFound", "Idle"}};
    const std::string_view ahead[] = {"RequestNext"};
    codec_table::check(table_of<ChainSync>(), states, moves, ahead);
    CHECK(ChainSync::channel == Channel{2});
    CHECK(ChainSync::ingress_limit == 462'000);
}

TEST_CASE("Chain-sync messages have exactly their bytes", "[unit][protocol][chain_sync]") {
    const Point a = wire::point_a();
    const Point b = wire::point_b();
    const Tip tip = wire::tip();
    check_codec<ChainSync>(ChainSync::RequestNext{}, "8100");
    check_codec<ChainSync>(ChainSync::AwaitReply{}, "8101");
    check_codec<ChainSync>(ChainSync::RollForward{{Era::conway, {}, hex("820102")}, tip},
                           "83028206d81843820102" + tip_hex);
    check_codec<ChainSync>(ChainSync::RollForward{{Era::shelley, {}, {}}, {}}, "83028201d81840828000");
    check_codec<ChainSync>(ChainSync::RollForward{{Era::dijkstra, {}, hex("00")}, tip}, "83028207d8184100" + tip_hex);
    check_codec<ChainSync>(ChainSync::RollForward{{Era::byron, {true, 94}, hex("80")}, tip},
                           "83028200828200185ed8184180" + tip_hex);
    check_codec<ChainSync>(ChainSync::RollForward{{Era::byron, {false, 0xffffffff}, hex("80")}, tip},
                           "830282008282011affffffffd8184180" + tip_hex);
    check_codec<ChainSync>(ChainSync::RollBackward{a, tip}, "8303" + point_a_hex + tip_hex);
    check_codec<ChainSync>(ChainSync::RollBackward{Point(), tip}, "830380" + tip_hex);
    check_codec<ChainSync>(ChainSync::FindIntersect{}, "820480");
    check_codec<ChainSync>(ChainSync::FindIntersect{{Point()}}, "82049f80ff");
    check_codec<ChainSync>(ChainSync::FindIntersect{{b, a, Point()}}, "82049f" + point_b_hex + point_a_hex + "80ff");
    check_codec<ChainSync>(ChainSync::IntersectFound{a, tip}, "8305" + point_a_hex + tip_hex);
    check_codec<ChainSync>(ChainSync::IntersectNotFound{tip}, "8206" + tip_hex);
    check_codec<ChainSync>(ChainSync::IntersectNotFound{}, "8206828000");
    check_codec<ChainSync>(ChainSync::Done{}, "8107");
}

TEST_CASE("The largest slot and block number pass", "[unit][protocol][chain_sync]") {
    const Point far(Slot{UINT64_MAX}, wire::point_a().hash());
    const std::string far_hex = "821bffffffffffffffff5820" + wire::hash_a;
    check_codec<ChainSync>(ChainSync::RollBackward{far, {far, BlockNumber{UINT64_MAX}}},
                           "8303" + far_hex + "82" + far_hex + "1bffffffffffffffff");
}

TEST_CASE("Points to intersect may come in a definite or an indefinite list", "[unit][protocol][chain_sync]") {
    const ChainSync::Message two = ChainSync::FindIntersect{{wire::point_a(), Point()}};
    const auto definite = wire::decode<ChainSync>("820482" + point_a_hex + "80");
    REQUIRE(definite);
    CHECK(*definite == two);
    CHECK(wire::encode(*definite) == "82049f" + point_a_hex + "80ff");
    const auto none = wire::decode<ChainSync>("82049fff");
    REQUIRE(none);
    CHECK(*none == ChainSync::Message(ChainSync::FindIntersect{}));
}

TEST_CASE("The block number of a tip at the origin is ignored", "[unit][protocol][chain_sync]") {
    const auto message = wire::decode<ChainSync>("8206828017");
    REQUIRE(message);
    CHECK(*message == ChainSync::Message(ChainSync::IntersectNotFound{}));
}

TEST_CASE("A message that is not of chain-sync is refused", "[unit][protocol][chain_sync]") {
    const std::string header = "8206d8184100";
    const std::string& a = point_a_hex;
    const std::string& b = point_b_hex;
    const std::string& t = tip_hex;
    check_refused<ChainSync>("no array", {"", "00", "a100", "40"});
    check_refused<ChainSync>("indefinite", {"9f00ff", "9f02" + header + t + "ff"});
    check_refused<ChainSync>("a wrong length", {"80", "820000", "820100", "820700", "8104", "83048000"});
    check_refused<ChainSync>("a wrong length", {"8202" + header, "8302" + header, "8402" + header + t + "00"});
    check_refused<ChainSync>("a wrong length", {"8203" + a, "8403" + a + t + "00", "8205" + a, "8405" + a + t + "00"});
    check_refused<ChainSync>("a wrong length", {"8106", "8306" + t + "00"});
    check_refused<ChainSync>("an unknown tag", {"8108", "82088000", "8118ff"});
    check_refused<ChainSync>("a tag of another type", {"8120", "81f4", "8140", "81c100"});

    check_refused<ChainSync>("an era above 255", {"8302 82190100d8184100" + t});
    check_refused<ChainSync>("a header of another shape", {"8302 8106" + t, "8302 8306d818410000" + t});
    check_refused<ChainSync>("an indefinite header", {"8302 9f06d8184100ff" + t});
    check_refused<ChainSync>("a header without tag 24", {"8302 82064100" + t, "8302 8206d8194100" + t});
    check_refused<ChainSync>("tag 24 around no string", {"8302 8206d8186100" + t, "8302 8206d8185f4100ff" + t});
    check_refused<ChainSync>("Byron without its kind", {"8302 8200d8184180" + t, "8302 8200 8101d8184180" + t});
    check_refused<ChainSync>("a third kind of Byron", {"8302 8200 82820218 64d8184180" + t});
    check_refused<ChainSync>("a size hint above 32 bits", {"8302 8200 82 82011b0000000100000000 d8184180" + t});
    check_refused<ChainSync>("Byron with more", {"8302 8200 83 82011864 d8184180 00" + t});
    check_refused<ChainSync>("Byron's shape in another era", {"8302 8206 82 8200185e d8184180" + t});

    check_refused<ChainSync>("a tip of another shape", {"8303" + a + "80", "8303" + a + "81" + b});
    check_refused<ChainSync>("a tip of another shape",
                             {"8303" + a + "83" + b + "0202", "8303" + a + "9f" + b + "02ff"});
    check_refused<ChainSync>("a block number that is none",
                             {"8303" + a + "82" + b + "20", "8303" + a + "82" + b + "40"});
    check_refused<ChainSync>("no point", {"830300" + t, "8303f6" + t, "830381" + a + t, "83039fff" + t});
    check_refused<ChainSync>("no points", {"820400", "8204a0", "82045fff", "82048100", "82049f00ff"});
    check_refused<ChainSync>("fewer points than the head says", {"8204838080", "82049b7fffffffffffffff80"});
    check_refused<ChainSync>("points without an end", {"82049f80"});
}

TEST_CASE("A header of a later era is kept as it came", "[unit][protocol][chain_sync]") {
    const std::string t = "828000";
    for (const std::string header : {"d8184100", "00", "820102"}) {
        INFO(header);
        const Bytes item = hex("83028208" + header + t);
        const auto message = ChainSync::decode(Item{item, &item});
        REQUIRE(message);
        const auto& forward = std::get<ChainSync::RollForward>(*message);
        CHECK(forward.header.era == Era{8});
        CHECK(forward.header.cbor == hex(header));
        ByteQueue bytes;
        cbor::Writer out(bytes);
        forward.encode(out);
        CHECK(bytes.take() == item);
    }
}
