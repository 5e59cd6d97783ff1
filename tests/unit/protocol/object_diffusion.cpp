#include <ouro/protocol/object_diffusion.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;

namespace {

void check_codec(const ObjectDiffusion::Message& message, std::string_view digits) {
    wire::check_codec<PerasCertDiffusion>(message, digits);
    wire::check_codec<PerasVoteDiffusion>(message, digits);
}
void check_refused(std::string_view why, const std::vector<std::string>& all) {
    wire::check_refused<PerasCertDiffusion>(why, all);
}

}  // namespace

TEST_CASE("The object-diffusion table is the specification's", "[unit][protocol][object_diffusion]") {
    const std::vector<codec_table::State> states{
        {"Init", Agency::initiator, 0s, 0s, false, 65'535, {}},
        {"Idle", Agency::initiator, 0s, 0s, false, 65'535, {"Init"}},
        {"ObjectIdsBlocking", Agency::responder, 0s, 0s, false, 2'500'000, {"Init", "RequestObjectIdsBlocking"}},
        {"ObjectIdsNonBlocking",
         Agency::responder,
         10s,
         10s,
         false,
         2'500'000,
         {"Init", "RequestObjectIdsNonBlocking"}},
        {"Objects", Agency::responder, 10s, 10s, false, 2'500'000, {"Init", "RequestObjects"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Init", "Done"}},
    };
    const std::vector<codec_table::Move> moves{{"Init", "Init", "Idle"},
                                               {"Idle", "RequestObjectIdsBlocking", "ObjectIdsBlocking"},
                                               {"Idle", "RequestObjectIdsNonBlocking", "ObjectIdsNonBlocking"},
                                               {"Idle", "RequestObjects", "Objects"},
                                               {"Idle", "Done", "Done"},
                                               {"ObjectIdsBlocking", "ReplyObjectIds", "Idle"},
                                               {"ObjectIdsNonBlocking", "ReplyObjectIds", "Idle"},
                                               {"Objects", "ReplyObjects", "Idle"}};
    const std::string_view ahead[] = {"RequestObjectIdsNonBlocking", "RequestObjects"};
    codec_table::check(table_of<PerasCertDiffusion>(), states, moves, ahead);
    codec_table::check(table_of<PerasVoteDiffusion>(), states, moves, ahead);
    CHECK(PerasCertDiffusion::channel == Channel{16});
    CHECK(PerasCertDiffusion::ingress_limit == 220'000);
    CHECK(PerasCertDiffusion::window == 10);
    CHECK(PerasVoteDiffusion::channel == Channel{17});
    CHECK(PerasVoteDiffusion::ingress_limit == 55'000);
    CHECK(PerasVoteDiffusion::window == 50);
}

TEST_CASE("Object-diffusion messages have exactly their bytes", "[unit][protocol][object_diffusion]") {
    check_codec(ObjectDiffusion::Init{}, "8100");
    check_codec(ObjectDiffusion::RequestObjectIdsBlocking{0, 10}, "8401f5000a");
    check_codec(ObjectDiffusion::RequestObjectIdsNonBlocking{65'535, 24}, "8401f419ffff1818");
    check_codec(ObjectDiffusion::ReplyObjectIds{}, "82029fff");
    check_codec(ObjectDiffusion::ReplyObjectIds{{hex("1829"), hex("82182907"), hex("9fff")}},
                "82029f1829821829079fffff");
    check_codec(ObjectDiffusion::RequestObjects{}, "82039fff");
    check_codec(ObjectDiffusion::RequestObjects{{hex("182a")}}, "82039f182aff");
    check_codec(ObjectDiffusion::ReplyObjects{}, "82049fff");
    check_codec(ObjectDiffusion::ReplyObjects{{hex("82182a80"), hex("f6")}}, "82049f82182a80f6ff");
    check_codec(ObjectDiffusion::Done{}, "8105");
}

TEST_CASE("Ids and objects are the bytes that came, in every encoding", "[unit][protocol][object_diffusion]") {
    const Bytes item = hex("82049f1900018200bf0000ffff");
    const auto message = PerasCertDiffusion::decode(Item{item, &item});
    REQUIRE(message);
    const auto& objects = std::get<ObjectDiffusion::ReplyObjects>(*message).objects;
    CHECK(objects == std::vector<Bytes>{hex("190001"), hex("8200bf0000ff")});
    CHECK(objects[0].data() == item.data() + 3);
    CHECK(wire::encode(*message) == to_hex(item));
}

TEST_CASE("A message that is not of object-diffusion is refused", "[unit][protocol][object_diffusion]") {
    check_refused("no array", {"", "00", "a100", "40"});
    check_refused("indefinite", {"9f00ff", "9f01f5000aff", "9f029fffff"});
    check_refused("a wrong length", {"80", "820000", "8301f500", "8501f5000a00", "8102", "83029fff00"});
    check_refused("a wrong length", {"8103", "83039fff00", "8104", "83049fff00", "820500"});
    check_refused("an unknown tag", {"8106", "82069fff", "811863"});
    check_refused("a tag of another type", {"8120", "81f4", "8140", "81c100"});
    check_refused("no boolean", {"840100000a", "8401f6000a", "840140000a"});
    check_refused("a count above 65,535", {"8401f51a000100000a", "8401f5001a00010000"});
    check_refused("a count of another type", {"8401f5200a", "8401f500f4", "8401f500c2410a"});
    check_refused("a definite list", {"820280", "8202811829", "820380", "820381182a", "820480", "8204818200"});
    check_refused("no list", {"8202a0", "8202bfff", "820300", "8204f6"});
    check_refused("something that is no item", {"82029f1cff", "82049f81ff", "82049f6161", "82039fc2ff"});
    check_refused("a list without end", {"82029f", "82049f182a"});
}
