#include <ouro/protocol/local_msg_notification.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

TEST_CASE("The local msg-notification table is the specification's", "[unit][protocol][local_msg_notification]") {
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 0s, 0s, false, 0xffffffff, {}},
        {"Busy(NonBlocking)", Agency::responder, 0s, 0s, false, 0xffffffff, {"Request"}},
        {"Busy(Blocking)", Agency::responder, 0s, 0s, false, 0xffffffff, {"BlockingRequest"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"ClientDone"}},
    };
    const std::vector<codec_table::Move> moves{{"Idle", "Request", "Busy(NonBlocking)"},
                                               {"Idle", "BlockingRequest", "Busy(Blocking)"},
                                               {"Idle", "ClientDone", "Done"},
                                               {"Busy(NonBlocking)", "Reply", "Idle"},
                                               {"Busy(Blocking)", "BlockingReply", "Idle"}};
    codec_table::check(table_of<LocalMsgNotification>(), states, moves, {});
    CHECK(LocalMsgNotification::channel == Channel{15});
    CHECK(LocalMsgNotification::ingress_limit == 0xffffffff);
}

TEST_CASE("Local msg-notification messages have exactly their bytes", "[unit][protocol][local_msg_notification]") {
    using Notification = LocalMsgNotification;
    const std::vector<Bytes> two{hex("820102"), hex("9f01ff")};
    check_codec<Notification>(Notification::Request{}, "8200f4");
    check_codec<Notification>(Notification::BlockingRequest{}, "8200f5");
    check_codec<Notification>(Notification::Reply{}, "83019ffff4");
    check_codec<Notification>(Notification::Reply{two, true}, "83019f8201029f01fffff5");
    check_codec<Notification>(Notification::BlockingReply{two}, "82029f8201029f01ffff");
    check_codec<Notification>(Notification::BlockingReply{}, "82029fff");
    check_codec<Notification>(Notification::ClientDone{}, "8103");
}

TEST_CASE("A reply to a blocking request must not be empty", "[unit][protocol][local_msg_notification]") {
    CHECK(check(LocalMsgNotification::BlockingReply{{hex("80")}}) == Errc::none);
    CHECK(check(LocalMsgNotification::BlockingReply{}) == Errc::empty_reply);
}

TEST_CASE("A message that is not of local msg-notification is refused", "[unit][protocol][local_msg_notification]") {
    using Notification = LocalMsgNotification;
    check_refused<Notification>("no array", {"", "01", "a101", "40"});
    check_refused<Notification>("indefinite", {"9f03ff", "9f00f4ff"});
    check_refused<Notification>("a wrong length", {"80", "8100", "8300f4f4", "82019fff", "84019ffff4f4"});
    check_refused<Notification>("a wrong length", {"8102", "83029ffff4", "820380"});
    check_refused<Notification>("an unknown tag", {"8104", "82049fff", "8120", "81f4"});
    check_refused<Notification>("no boolean", {"820000", "820001", "8200f6", "83019fff00"});
    check_refused<Notification>("a definite list", {"830180f4", "83018101f4", "820280", "82028101"});
    check_refused<Notification>("no list", {"830140f4", "8301f6f4", "8202bfff"});
    check_refused<Notification>("messages that are not well-formed", {"83019f1cfff4", "82029f8201ff"});
    // One implementation announces three elements and sends two.
    check_refused<Notification>("a blocking reply that is cut short", {"83029f01ff"});
}
