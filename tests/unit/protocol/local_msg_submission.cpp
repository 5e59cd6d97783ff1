#include <ouro/protocol/local_msg_submission.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

TEST_CASE("The local msg-submission table is the specification's", "[unit][protocol][local_msg_submission]") {
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 0s, 0s, false, 0xffffffff, {}},
        {"Busy", Agency::responder, 0s, 0s, false, 0xffffffff, {"SubmitMsg"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Done"}},
    };
    const std::vector<codec_table::Move> moves{{"Idle", "SubmitMsg", "Busy"},
                                               {"Idle", "Done", "Done"},
                                               {"Busy", "AcceptMsg", "Idle"},
                                               {"Busy", "RejectMsg", "Idle"}};
    codec_table::check(table_of<LocalMsgSubmission>(), states, moves, {});
    CHECK(LocalMsgSubmission::channel == Channel{14});
    CHECK(LocalMsgSubmission::ingress_limit == 0xffffffff);
}

TEST_CASE("Local msg-submission messages have exactly their bytes", "[unit][protocol][local_msg_submission]") {
    using Submission = LocalMsgSubmission;
    check_codec<Submission>(Submission::SubmitMsg{hex("820102")}, "8200820102");
    check_codec<Submission>(Submission::SubmitMsg{hex("9f01ff")}, "82009f01ff");
    check_codec<Submission>(Submission::AcceptMsg{}, "8101");
    check_codec<Submission>(Submission::RejectMsg{Submission::Invalid{"foo"}}, "8202820063666f6f");
    check_codec<Submission>(Submission::RejectMsg{Submission::Duplicate{}}, "82028101");
    check_codec<Submission>(Submission::RejectMsg{Submission::Expired{}}, "82028102");
    check_codec<Submission>(Submission::RejectMsg{Submission::Other{""}}, "8202820360");
    check_codec<Submission>(Submission::Done{}, "8103");
}

TEST_CASE("A message that is not of local msg-submission is refused", "[unit][protocol][local_msg_submission]") {
    using Submission = LocalMsgSubmission;
    check_refused<Submission>("no array", {"", "01", "a101", "40"});
    check_refused<Submission>("indefinite", {"9f01ff", "9f0080ff", "82029f01ff", "82029f0060ff"});
    check_refused<Submission>("a wrong length", {"80", "8100", "83008000", "820180", "8102", "8302810100", "820300"});
    check_refused<Submission>("an unknown tag", {"8104", "820480", "8120", "81f4"});
    check_refused<Submission>("a message that is not well-formed", {"82001c", "82008201", "8200ff"});
    check_refused<Submission>("an unknown reason", {"82028104", "8202820460", "82028120"});
    check_refused<Submission>("a reason of another length", {"820280", "82028100", "8202820160", "8202820260"});
    check_refused<Submission>("a reason of another length", {"82028103", "8202830060 60", "8202830360 60"});
    check_refused<Submission>("a reason that is no text", {"8202820000", "8202820040", "8202820361ff", "82028203f6"});
}
