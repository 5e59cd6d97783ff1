#include <ouro/protocol/chain_sync.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;
using wire::point_a_hex;
using wire::tip_hex;

TEST_CASE("The local chain-sync table is the specification's", "[unit][protocol][local_chain_sync]") {
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 0s, 0s, false, 0xffffffff, {}},
        {"CanAwait", Agency::responder, 0s, 0s, false, 0xffffffff, {"RequestNext"}},
        {"MustReply", Agency::responder, 0s, 0s, false, 0xffffffff, {"RequestNext", "AwaitReply"}},
        {"Intersect", Agency::responder, 0s, 0s, false, 0xffffffff, {"FindIntersect"}},
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
    codec_table::check(table_of<LocalChainSync>(), states, moves, ahead);
    CHECK(LocalChainSync::channel == Channel{5});
    CHECK(LocalChainSync::ingress_limit == 0xffffffff);
}

TEST_CASE("Local chain-sync messages have exactly their bytes", "[unit][protocol][local_chain_sync]") {
    const Point a = wire::point_a();
    const Tip tip = wire::tip();
    check_codec<LocalChainSync>(LocalChainSync::RequestNext{}, "8100");
    check_codec<LocalChainSync>(LocalChainSync::AwaitReply{}, "8101");
    check_codec<LocalChainSync>(LocalChainSync::RollForward{hex("820780"), tip}, "8302d81843820780" + tip_hex);
    check_codec<LocalChainSync>(LocalChainSync::RollForward{}, "8302d81840828000");
    check_codec<LocalChainSync>(LocalChainSync::RollBackward{a, tip}, "8303" + point_a_hex + tip_hex);
    check_codec<LocalChainSync>(LocalChainSync::FindIntersect{}, "820480");
    check_codec<LocalChainSync>(LocalChainSync::FindIntersect{{a, Point()}}, "82049f" + point_a_hex + "80ff");
    check_codec<LocalChainSync>(LocalChainSync::IntersectFound{a, tip}, "8305" + point_a_hex + tip_hex);
    check_codec<LocalChainSync>(LocalChainSync::IntersectNotFound{tip}, "8206" + tip_hex);
    check_codec<LocalChainSync>(LocalChainSync::Done{}, "8107");
}

TEST_CASE("A node accepts points to intersect in a definite list too", "[unit][protocol][local_chain_sync]") {
    const auto message = wire::decode<LocalChainSync>("820482" + point_a_hex + "80");
    REQUIRE(message);
    CHECK(*message == LocalChainSync::Message(LocalChainSync::FindIntersect{{wire::point_a(), Point()}}));
}

TEST_CASE("A followed block shares the bytes of its owner", "[unit][protocol][local_chain_sync]") {
    const Bytes item = hex("8302d81843820780828000");
    const auto message = LocalChainSync::decode(Item{item, &item});
    REQUIRE(message);
    CHECK(std::get<LocalChainSync::RollForward>(*message).block.data() == item.data() + 5);
}

TEST_CASE("A message that is not of local chain-sync is refused", "[unit][protocol][local_chain_sync]") {
    const std::string block = "d81843820780";
    const std::string& a = point_a_hex;
    const std::string& t = tip_hex;
    check_refused<LocalChainSync>("no array", {"", "00", "a100", "40"});
    check_refused<LocalChainSync>("indefinite", {"9f00ff", "9f02" + block + t + "ff"});
    check_refused<LocalChainSync>("a wrong length", {"80", "820000", "820100", "820700", "8104", "83048000"});
    check_refused<LocalChainSync>("a wrong length", {"8202" + block, "8302" + block, "8402" + block + t + "00"});
    check_refused<LocalChainSync>("a wrong length", {"8203" + a, "8205" + a, "8106", "8306" + t + "00"});
    check_refused<LocalChainSync>("an unknown tag", {"8108", "82088000", "8118ff", "8120"});
    check_refused<LocalChainSync>("a block without tag 24", {"8302 43820780" + t, "8302 820780" + t});
    check_refused<LocalChainSync>("another tag", {"8302 d81943820780" + t, "8302 c143820780" + t});
    check_refused<LocalChainSync>("tag 24 around no string", {"8302 d81863616263" + t, "8302 d8185f43820780ff" + t});
    check_refused<LocalChainSync>("the header of the other chain-sync", {"8302 8206d8184100" + t});
    check_refused<LocalChainSync>("a tip of another shape", {"8303" + a + "80", "8206 8180", "8206 83" + a + "0202"});
    check_refused<LocalChainSync>("points that are none", {"820400", "820481 8105", "82049f00ff"});
}
