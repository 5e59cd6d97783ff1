#include <ouro/protocol/local_tx_submission.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

TEST_CASE("The local tx-submission table is the specification's", "[unit][protocol][local_tx_submission]") {
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 0s, 0s, false, 0xffffffff, {}},
        {"Busy", Agency::responder, 0s, 0s, false, 0xffffffff, {"SubmitTx"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Done"}},
    };
    const std::vector<codec_table::Move> moves{{"Idle", "SubmitTx", "Busy"},
                                               {"Idle", "Done", "Done"},
                                               {"Busy", "AcceptTx", "Idle"},
                                               {"Busy", "RejectTx", "Idle"}};
    codec_table::check(table_of<LocalTxSubmission>(), states, moves, {});
    CHECK(LocalTxSubmission::channel == Channel{6});
    CHECK(LocalTxSubmission::ingress_limit == 0xffffffff);
}

TEST_CASE("Local tx-submission messages have exactly their bytes", "[unit][protocol][local_tx_submission]") {
    const Tx conway{Era::conway, {}, hex("84a0a0f5f6")};
    const Tx byron{Era::byron, ByronTxKind::transaction, hex("820102")};
    const Tx vote{Era::byron, ByronTxKind::vote, hex("9f01ff")};
    check_codec<LocalTxSubmission>(LocalTxSubmission::SubmitTx{conway}, "82008206d8184584a0a0f5f6");
    check_codec<LocalTxSubmission>(LocalTxSubmission::SubmitTx{byron}, "820082008200820102");
    check_codec<LocalTxSubmission>(LocalTxSubmission::SubmitTx{vote}, "8200820082039f01ff");
    check_codec<LocalTxSubmission>(LocalTxSubmission::AcceptTx{}, "8101");
    check_codec<LocalTxSubmission>(LocalTxSubmission::RejectTx{hex("818206818102")}, "8202818206818102");
    check_codec<LocalTxSubmission>(LocalTxSubmission::RejectTx{hex("9f01ff")}, "82029f01ff");
    check_codec<LocalTxSubmission>(LocalTxSubmission::Done{}, "8103");
}

TEST_CASE("A reason for rejection shares the bytes of its owner", "[unit][protocol][local_tx_submission]") {
    const Bytes item = hex("8202818206818102");
    const auto message = LocalTxSubmission::decode(Item{item, &item});
    REQUIRE(message);
    CHECK(std::get<LocalTxSubmission::RejectTx>(*message).reason.data() == item.data() + 2);
}

TEST_CASE("A message that is not of local tx-submission is refused", "[unit][protocol][local_tx_submission]") {
    check_refused<LocalTxSubmission>("no array", {"", "01", "a101", "40"});
    check_refused<LocalTxSubmission>("indefinite", {"9f01ff", "9f0280ff", "8200 9f06d8184100ff"});
    check_refused<LocalTxSubmission>("a wrong length", {"80", "8100", "83008206d818410000", "820100", "8102"});
    check_refused<LocalTxSubmission>("a wrong length", {"83028000", "820300"});
    check_refused<LocalTxSubmission>("an unknown tag", {"8104", "820480", "8120", "81f4"});
    check_refused<LocalTxSubmission>("an unknown era", {"82008208d8184100"}, Errc::unknown_era);
    check_refused<LocalTxSubmission>("a transaction without tag 24", {"820082064100", "8200820684a0a0f5f6"});
    check_refused<LocalTxSubmission>("tag 24 around no string", {"82008206d8186100", "82008206d8185f4100ff"});
    check_refused<LocalTxSubmission>("a Byron transaction without its kind", {"82008200d8184100", "8200 8200 8100"});
    check_refused<LocalTxSubmission>("a fifth kind of Byron", {"8200 8200 820480"});
    check_refused<LocalTxSubmission>("a reason that is not well-formed", {"82021c", "82028201", "8202ff"});
}
