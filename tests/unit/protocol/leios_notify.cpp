#include <ouro/protocol/leios_notify.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

namespace {

const std::string signature(96, '7');
const std::string vote = "835820" + wire::hash_a + "1903e85830" + signature;

BlockPoint point_a() { return {wire::point_a().slot(), wire::point_a().hash()}; }
LeiosVote vote_a() {
    LeiosVote result{wire::point_a().hash(), 1000, {}};
    result.signature.fill(0x77);
    return result;
}

}  // namespace

TEST_CASE("The leios-notify table is the specification's", "[unit][protocol][leios_notify]") {
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 0s, 0s, false, 65'535, {}},
        {"Busy", Agency::responder, 0s, 0s, false, 65'535, {"RequestNext"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Done"}},
    };
    const std::vector<codec_table::Move> moves{{"Idle", "RequestNext", "Busy"},       {"Idle", "Done", "Done"},
                                               {"Busy", "BlockAnnouncement", "Idle"}, {"Busy", "BlockOffer", "Idle"},
                                               {"Busy", "BlockTxsOffer", "Idle"},     {"Busy", "Votes", "Idle"}};
    const std::string_view ahead[] = {"RequestNext"};
    codec_table::check(table_of<LeiosNotify>(), states, moves, ahead);
    CHECK(LeiosNotify::channel == Channel{18});
    CHECK(LeiosNotify::ingress_limit == 1'153'433);
}

TEST_CASE("Leios-notify messages have exactly their bytes", "[unit][protocol][leios_notify]") {
    check_codec<LeiosNotify>(LeiosNotify::RequestNext{}, "8100");
    check_codec<LeiosNotify>(LeiosNotify::BlockAnnouncement{{Era::dijkstra, {}, hex("82")}}, "82018207d8184182");
    check_codec<LeiosNotify>(LeiosNotify::BlockOffer{point_a(), 12'345}, "8302" + wire::point_a_hex + "193039");
    check_codec<LeiosNotify>(LeiosNotify::BlockOffer{point_a(), UINT32_MAX}, "8302" + wire::point_a_hex + "1affffffff");
    check_codec<LeiosNotify>(LeiosNotify::BlockTxsOffer{point_a()}, "8203" + wire::point_a_hex);
    check_codec<LeiosNotify>(LeiosNotify::Votes{}, "820480");
    check_codec<LeiosNotify>(LeiosNotify::Votes{{vote_a(), vote_a()}}, "820482" + vote + vote);
    check_codec<LeiosNotify>(LeiosNotify::Done{}, "8105");
}

TEST_CASE("A message that is not of leios-notify is refused", "[unit][protocol][leios_notify]") {
    const std::string& a = wire::point_a_hex;
    const std::string& hash = wire::hash_a;
    check_refused<LeiosNotify>("no array", {"", "00", "a100", "40"});
    check_refused<LeiosNotify>("indefinite", {"9f00ff", "9f03" + a + "ff"});
    check_refused<LeiosNotify>("a wrong length", {"80", "820000", "8101", "83018207d818418200", "8202" + a});
    check_refused<LeiosNotify>("a wrong length", {"8402" + a + "0000", "8103", "8303" + a + "00", "8104", "83048000"});
    check_refused<LeiosNotify>("an unknown tag", {"8106", "8206" + a, "811863"});
    check_refused<LeiosNotify>("a tag of another type", {"8120", "81f4", "8140"});
    check_refused<LeiosNotify>("no header", {"820182", "820182f5d8184182", "820182074182", "8201d8184182"});
    check_refused<LeiosNotify>("the origin", {"83028000", "820380"});
    check_refused<LeiosNotify>("no point", {"830200193039", "8203f6", "8203820540", "8203" + a.substr(2)});
    check_refused<LeiosNotify>("a size above 32 bits", {"8302" + a + "1b0000000100000000"});
    check_refused<LeiosNotify>("a size of another type", {"8302" + a + "20", "8302" + a + "f4"});
    check_refused<LeiosNotify>("an indefinite list", {"82049fff", "82049f" + vote + "ff"});
    check_refused<LeiosNotify>("a vote of another length", {"820481825820" + hash + "00", "82048180"});
    check_refused<LeiosNotify>("the older vote", {"82048184055820" + hash + "1903e85830" + signature});
    check_refused<LeiosNotify>("a voter above 65,535", {"820481835820" + hash + "1a000100005830" + signature});
    check_refused<LeiosNotify>("a hash of another length",
                               {"82048183581f" + hash.substr(2) + "1903e85830" + signature});
    check_refused<LeiosNotify>("a signature of another length",
                               {"820481835820" + hash + "1903e8582f" + signature.substr(2)});
    check_refused<LeiosNotify>("fewer votes than the head says", {"820482" + vote});
}
