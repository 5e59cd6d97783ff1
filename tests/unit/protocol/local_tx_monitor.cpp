#include <ouro/protocol/local_tx_monitor.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

TEST_CASE("The local tx-monitor table is the specification's", "[unit][protocol][local_tx_monitor]") {
    using Path = std::vector<std::string_view>;
    const auto busy = [](std::string_view name, std::string_view message) {
        return codec_table::State{
            name, Agency::responder, 0s, 0s, false, 0xffffffff, Path{"Acquire", "Acquired", message}};
    };
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 0s, 0s, false, 0xffffffff, {}},
        {"Acquiring", Agency::responder, 0s, 0s, false, 0xffffffff, {"Acquire"}},
        {"Acquired", Agency::initiator, 0s, 0s, false, 0xffffffff, {"Acquire", "Acquired"}},
        busy("Busy(NextTx)", "NextTx"),
        busy("Busy(HasTx)", "HasTx"),
        busy("Busy(GetSizes)", "GetSizes"),
        busy("Busy(GetMeasures)", "GetMeasures"),
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Done"}},
    };
    const std::vector<codec_table::Move> moves{{"Idle", "Acquire", "Acquiring"},
                                               {"Idle", "Done", "Done"},
                                               {"Acquiring", "Acquired", "Acquired"},
                                               {"Acquired", "Acquire", "Acquiring"},
                                               {"Acquired", "Release", "Idle"},
                                               {"Acquired", "NextTx", "Busy(NextTx)"},
                                               {"Acquired", "HasTx", "Busy(HasTx)"},
                                               {"Acquired", "GetSizes", "Busy(GetSizes)"},
                                               {"Acquired", "GetMeasures", "Busy(GetMeasures)"},
                                               {"Busy(NextTx)", "ReplyNextTx", "Acquired"},
                                               {"Busy(HasTx)", "ReplyHasTx", "Acquired"},
                                               {"Busy(GetSizes)", "ReplyGetSizes", "Acquired"},
                                               {"Busy(GetMeasures)", "ReplyGetMeasures", "Acquired"}};
    codec_table::check(table_of<LocalTxMonitor>(), states, moves, {});
    CHECK(LocalTxMonitor::channel == Channel{9});
    CHECK(LocalTxMonitor::ingress_limit == 0xffffffff);
}

TEST_CASE("Local tx-monitor messages have exactly their bytes", "[unit][protocol][local_tx_monitor]") {
    const Hash hash = wire::point_a().hash();
    const Tx tx{Era::conway, {}, hex("84a0a0f5f6")};
    check_codec<LocalTxMonitor>(LocalTxMonitor::Done{}, "8100");
    check_codec<LocalTxMonitor>(LocalTxMonitor::Acquire{}, "8101");
    check_codec<LocalTxMonitor>(LocalTxMonitor::Acquired{Slot{1'234}}, "82021904d2");
    check_codec<LocalTxMonitor>(LocalTxMonitor::Acquired{Slot{UINT64_MAX}}, "82021bffffffffffffffff");
    check_codec<LocalTxMonitor>(LocalTxMonitor::Release{}, "8103");
    check_codec<LocalTxMonitor>(LocalTxMonitor::NextTx{}, "8105");
    check_codec<LocalTxMonitor>(LocalTxMonitor::ReplyNextTx{}, "8106");
    check_codec<LocalTxMonitor>(LocalTxMonitor::ReplyNextTx{tx}, "82068206d8184584a0a0f5f6");
    check_codec<LocalTxMonitor>(LocalTxMonitor::HasTx{{Era::conway, {}, hash}}, "820782065820" + wire::hash_a);
    check_codec<LocalTxMonitor>(LocalTxMonitor::HasTx{{Era::byron, ByronTxKind::proposal, hash}},
                                "8207820082025820" + wire::hash_a);
    check_codec<LocalTxMonitor>(LocalTxMonitor::ReplyHasTx{true}, "8208f5");
    check_codec<LocalTxMonitor>(LocalTxMonitor::ReplyHasTx{false}, "8208f4");
    check_codec<LocalTxMonitor>(LocalTxMonitor::GetSizes{}, "8109");
    check_codec<LocalTxMonitor>(LocalTxMonitor::ReplyGetSizes{178'176, 1'200, 4}, "820a831a0002b8001904b004");
    check_codec<LocalTxMonitor>(LocalTxMonitor::ReplyGetSizes{UINT32_MAX, UINT32_MAX, UINT32_MAX},
                                "820a831affffffff1affffffff1affffffff");
    check_codec<LocalTxMonitor>(LocalTxMonitor::GetMeasures{}, "810b");
    check_codec<LocalTxMonitor>(
        LocalTxMonitor::ReplyGetMeasures{4, LocalTxMonitor::Measure{"transaction_bytes", 1'200, 178'176}},
        "830c04a1717472616e73616374696f6e5f6279746573821904b01a0002b800");
    check_codec<LocalTxMonitor>(
        LocalTxMonitor::ReplyGetMeasures{
            0, {LocalTxMonitor::Measure{"b", 1, 2}, LocalTxMonitor::Measure{"a", 3, UINT64_MAX}}},
        "830c00a26162820102616182031bffffffffffffffff");
    check_codec<LocalTxMonitor>(LocalTxMonitor::ReplyGetMeasures{}, "830c00a0");
    // The reference's numbers have no limit.
    const cbor::Integer large(false, hex("010000000000000000")), negative(true, hex("02"));
    check_codec<LocalTxMonitor>(LocalTxMonitor::ReplyGetMeasures{0, LocalTxMonitor::Measure{"a", large, negative}},
                                "830c00a1616182c24901000000000000000022");
}

TEST_CASE("A message that is not of local tx-monitor is refused", "[unit][protocol][local_tx_monitor]") {
    const std::string id = "82065820" + wire::hash_a;
    check_refused<LocalTxMonitor>("no array", {"", "01", "a101", "40"});
    check_refused<LocalTxMonitor>("indefinite", {"9f01ff", "9f0200ff", "820a9f000000ff", "830c00bfff"});
    check_refused<LocalTxMonitor>("a wrong length", {"80", "820000", "820100", "8102", "83020000", "820300", "820500"});
    check_refused<LocalTxMonitor>("a wrong length",
                                  {"83068206d818410000", "83068206d8184100", "8107", "8307" + id + "00", "8108"});
    check_refused<LocalTxMonitor>("a wrong length", {"8308f500", "820900", "810a", "830a8300000000", "820b00"});
    check_refused<LocalTxMonitor>("a wrong length", {"820c00", "840c00a000"});
    check_refused<LocalTxMonitor>("an unknown tag", {"8104", "810d", "8120", "81f4"});
    check_refused<LocalTxMonitor>("a slot that is none", {"820220", "8202f5", "8202c24101"});
    check_refused<LocalTxMonitor>("no transaction", {"820680", "8206f6", "82068206 4100"});
    check_refused<LocalTxMonitor>("no id", {"82075820" + wire::hash_a, "8207 82065400"});
    check_refused<LocalTxMonitor>("an unknown era", {"82068208d8184100", "820782085820" + wire::hash_a},
                                  Errc::unknown_era);
    check_refused<LocalTxMonitor>("an id of another length", {"82078206581f" + wire::hash_a.substr(2)});
    check_refused<LocalTxMonitor>("Byron's id in another shape", {"820782005820" + wire::hash_a});
    check_refused<LocalTxMonitor>("no boolean", {"820800", "820801", "8208f6"});
    check_refused<LocalTxMonitor>("sizes of another shape", {"820a820000", "820a8400000000", "820a83200000"});
    check_refused<LocalTxMonitor>("a size above 32 bits", {"820a831b000000010000000000 00"});
    check_refused<LocalTxMonitor>("measures that are no map", {"830c0080", "830c00f6"});
    check_refused<LocalTxMonitor>("a measure without a name", {"830c00a100820102", "830c00a14161820102"});
    check_refused<LocalTxMonitor>("a measure of another shape", {"830c00a1616101", "830c00a161618101"});
    check_refused<LocalTxMonitor>("a measure of another shape", {"830c00a1616183010203", "830c00a161618240 02"});
    check_refused<LocalTxMonitor>("a measure that is too long",
                                  {"830c00a1616182c25841" + std::string(130, '1') + "02"});
}
