#include <ouro/protocol/tx_submission.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

namespace {

const std::string id_a = "82065820" + wire::hash_a;
const std::string id_b = "82015820" + wire::hash_b;
const std::string byron_id = "820082035820" + wire::hash_a;

const TxId conway{Era::conway, {}, wire::point_a().hash()};
const TxId shelley{Era::shelley, {}, wire::point_b().hash()};

}  // namespace

TEST_CASE("The tx-submission table is the specification's", "[unit][protocol][tx_submission]") {
    const std::vector<codec_table::State> states{
        {"Init", Agency::initiator, 0s, 0s, false, 65'535, {}},
        {"Idle", Agency::responder, 0s, 0s, false, 65'535, {"Init"}},
        {"TxIdsBlocking", Agency::initiator, 0s, 0s, false, 2'500'000, {"Init", "RequestTxIdsBlocking"}},
        {"TxIdsNonBlocking", Agency::initiator, 10s, 10s, false, 2'500'000, {"Init", "RequestTxIdsNonBlocking"}},
        {"Txs", Agency::initiator, 10s, 10s, false, 2'500'000, {"Init", "RequestTxs"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Init", "RequestTxIdsBlocking", "Done"}},
    };
    const std::vector<codec_table::Move> moves{{"Init", "Init", "Idle"},
                                               {"Idle", "RequestTxIdsBlocking", "TxIdsBlocking"},
                                               {"Idle", "RequestTxIdsNonBlocking", "TxIdsNonBlocking"},
                                               {"Idle", "RequestTxs", "Txs"},
                                               {"TxIdsBlocking", "ReplyTxIds", "Idle"},
                                               {"TxIdsBlocking", "Done", "Done"},
                                               {"TxIdsNonBlocking", "ReplyTxIds", "Idle"},
                                               {"Txs", "ReplyTxs", "Idle"}};
    const std::string_view ahead[] = {"RequestTxIdsNonBlocking", "RequestTxs"};
    codec_table::check(table_of<TxSubmission>(), states, moves, ahead, Role::responder);
    CHECK(TxSubmission::channel == Channel{4});
    CHECK(TxSubmission::ingress_limit == 721'424);
    CHECK(TxSubmission::window == 10);
}

TEST_CASE("Tx-submission messages have exactly their bytes", "[unit][protocol][tx_submission]") {
    check_codec<TxSubmission>(TxSubmission::Init{}, "8106");
    check_codec<TxSubmission>(TxSubmission::RequestTxIdsBlocking{0, 3}, "8400f50003");
    check_codec<TxSubmission>(TxSubmission::RequestTxIdsBlocking{24, 65'535}, "8400f5181819ffff");
    check_codec<TxSubmission>(TxSubmission::RequestTxIdsNonBlocking{2, 5}, "8400f40205");
    check_codec<TxSubmission>(TxSubmission::ReplyTxIds{}, "82019fff");
    check_codec<TxSubmission>(TxSubmission::ReplyTxIds{{{conway, 300}, {shelley, 17'000}}},
                              "82019f82" + id_a + "19012c82" + id_b + "194268ff");
    check_codec<TxSubmission>(TxSubmission::RequestTxs{}, "82029fff");
    check_codec<TxSubmission>(TxSubmission::RequestTxs{{shelley, conway}}, "82029f" + id_b + id_a + "ff");
    check_codec<TxSubmission>(TxSubmission::ReplyTxs{}, "82039fff");
    check_codec<TxSubmission>(TxSubmission::ReplyTxs{{{Era::conway, {}, hex("84a0a0f5f6")}, {Era::dijkstra, {}, {}}}},
                              "82039f8206d8184584a0a0f5f68207d81840ff");
    check_codec<TxSubmission>(TxSubmission::Done{}, "8104");
}

TEST_CASE("Entries of a Byron mempool have their own envelope", "[unit][protocol][tx_submission]") {
    const TxId vote{Era::byron, ByronTxKind::vote, wire::point_a().hash()};
    check_codec<TxSubmission>(TxSubmission::RequestTxs{{vote}}, "82029f" + byron_id + "ff");
    check_codec<TxSubmission>(TxSubmission::ReplyTxs{{{Era::byron, ByronTxKind::transaction, hex("829fff80")},
                                                      {Era::byron, ByronTxKind::certificate, hex("00")}}},
                              "82039f82008200829fff808200820100ff");
}

TEST_CASE("An id is its hash and its era", "[unit][protocol][tx_submission]") {
    TxId babbage = conway;
    babbage.era = Era::babbage;
    CHECK_FALSE(babbage == conway);
    CHECK_FALSE(TxId{Era::byron, ByronTxKind::vote, {}} == TxId{});
}

TEST_CASE("A transaction shares the bytes of its owner, or is copied if there is none",
          "[unit][protocol][tx_submission]") {
    const Bytes item = hex("82039f8206d8184584a0a0f5f6ff");
    const auto shared = TxSubmission::decode(Item{item, &item});
    REQUIRE(shared);
    CHECK(std::get<TxSubmission::ReplyTxs>(*shared).txs[0].cbor.data() == item.data() + 8);
    const auto copied = TxSubmission::decode(Item{item, nullptr});
    REQUIRE(copied);
    CHECK(std::get<TxSubmission::ReplyTxs>(*copied).txs[0].cbor.data() != item.data() + 8);
}

TEST_CASE("The size of a transaction is that of its envelope", "[unit][protocol][tx_submission]") {
    CHECK(wire_size({Era::conway, {}, hex("84a0a0f5f6")}) == 10);
    CHECK(wire_size({Era::byron, {}, hex("84a0a0f5f6")}) == 9);
    CHECK(wire_size({Era::conway, {}, Bytes::copy(std::vector<std::uint8_t>(300))}) == 307);
}

TEST_CASE("A message that is not of tx-submission is refused", "[unit][protocol][tx_submission]") {
    const std::string& hash = wire::hash_a;
    check_refused<TxSubmission>("no array", {"", "06", "a106", "46"});
    check_refused<TxSubmission>("indefinite", {"9f06ff", "9f00f50003ff", "9f019fffff"});
    check_refused<TxSubmission>("a wrong length", {"80", "820600", "8300f500", "8500f5000300", "8101", "83019fff00"});
    check_refused<TxSubmission>("a wrong length", {"8102", "8103", "820400", "83029fff00", "83039fff00"});
    check_refused<TxSubmission>("an unknown tag", {"8105", "8107", "82059fff", "811863"});
    check_refused<TxSubmission>("a tag of another type", {"8126", "81f4", "8146", "81c106"});
    check_refused<TxSubmission>("no boolean", {"8400000003", "8400f60003", "8400400003"});
    check_refused<TxSubmission>("a count above 65,535", {"8400f51a000100000a", "8400f5001a00010000"});
    check_refused<TxSubmission>("a count of another type", {"8400f52003", "8400f500f4", "8400f500c24103"});
    check_refused<TxSubmission>("a definite list", {"820180", "82018182" + id_a + "19012c", "820280", "820281" + id_a});
    check_refused<TxSubmission>("a definite list", {"820380", "8203818206d8184100"});
    check_refused<TxSubmission>("no list", {"8201a0", "8201bfff", "820200", "8203f6"});
    check_refused<TxSubmission>("an id without a size", {"82019f" + id_a + "ff", "82019f81" + id_a + "ff"});
    check_refused<TxSubmission>("a size too much", {"82019f83" + id_a + "0000ff", "82019f9f" + id_a + "00ffff"});
    check_refused<TxSubmission>("a size above 32 bits", {"82019f82" + id_a + "1b0000000100000000ff"});
    check_refused<TxSubmission>("a size of another type", {"82019f82" + id_a + "20ff", "82019f82" + id_a + "f4ff"});
    check_refused<TxSubmission>("an unknown era", {"82029f82085820" + hash + "ff", "82039f8208d8184100ff"},
                                Errc::unknown_era);
    check_refused<TxSubmission>("an id of another length", {"82029f8206581f" + hash.substr(2) + "ff"});
    check_refused<TxSubmission>("an id of another length", {"82029f82065821" + hash + "00ff", "82029f820640ff"});
    check_refused<TxSubmission>("an id of another shape",
                                {"82029f83065820" + hash + "00ff", "82029f5820" + hash + "ff"});
    check_refused<TxSubmission>("an id of another shape", {"82029f9f065820" + hash + "ffff"});
    check_refused<TxSubmission>("a later id in Byron's shape", {"82029f820682005820" + hash + "ff"});
    check_refused<TxSubmission>("a Byron id in the later shape", {"82029f82005820" + hash + "ff"});
    check_refused<TxSubmission>("a kind that Byron does not have", {"82029f820082045820" + hash + "ff"});
    check_refused<TxSubmission>("a kind that Byron does not have", {"82039f8200820400ff"});
    check_refused<TxSubmission>("a transaction without tag 24", {"82039f82064584a0a0f5f6ff", "82039f820684a0a0f5f6ff"});
    check_refused<TxSubmission>("a Byron transaction with tag 24 alone", {"82039f8200d8184584a0a0f5f6ff"});
    check_refused<TxSubmission>("tag 24 around no string", {"82039f8206d81880ff", "82039f8206d8185f40ffff"});
    check_refused<TxSubmission>("a list without end", {"82029f", "82039f8206d8184584a0a0f5f6"});
}

TEST_CASE("No list is longer than a request can ask for", "[unit][protocol][tx_submission]") {
    const auto list_of = [](std::size_t ids) {
        std::string digits = "82029f";
        for (std::size_t i = 0; i < ids; ++i) digits += id_a;
        return digits + "ff";
    };
    const auto most = wire::decode<TxSubmission>(list_of(65'535));
    REQUIRE(most);
    CHECK(std::get<TxSubmission::RequestTxs>(*most).ids.size() == 65'535);
    CHECK(wire::decode<TxSubmission>(list_of(65'536)).error() == Errc::malformed);
}
