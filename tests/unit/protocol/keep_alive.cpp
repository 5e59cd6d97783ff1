#include <ouro/protocol/keep_alive.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

TEST_CASE("The keep-alive table is the specification's", "[unit][protocol][keep_alive]") {
    const std::vector<codec_table::State> states{
        {"Client", Agency::initiator, 97s, 97s, false, 65'535, {}},
        {"Server", Agency::responder, 60s, 60s, false, 65'535, {"KeepAlive"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Done"}},
    };
    const std::vector<codec_table::Move> moves{
        {"Client", "KeepAlive", "Server"}, {"Client", "Done", "Done"}, {"Server", "KeepAliveResponse", "Client"}};
    codec_table::check(table_of<KeepAlive>(), states, moves, {});
    CHECK(KeepAlive::channel == Channel{8});
    CHECK(KeepAlive::ingress_limit == 1'408);
}

TEST_CASE("Keep-alive messages have exactly their bytes", "[unit][protocol][keep_alive]") {
    check_codec<KeepAlive>(KeepAlive::Ping{0}, "820000");
    check_codec<KeepAlive>(KeepAlive::Ping{23}, "820017");
    check_codec<KeepAlive>(KeepAlive::Ping{24}, "82001818");
    check_codec<KeepAlive>(KeepAlive::Ping{255}, "820018ff");
    check_codec<KeepAlive>(KeepAlive::Ping{256}, "8200190100");
    check_codec<KeepAlive>(KeepAlive::Ping{65'535}, "820019ffff");
    check_codec<KeepAlive>(KeepAlive::Pong{65'535}, "820119ffff");
    check_codec<KeepAlive>(KeepAlive::Done{}, "8102");
}

TEST_CASE("Integers in a longer form than necessary are read", "[unit][protocol][keep_alive]") {
    for (const char* digits : {"820007", "82180007", "8200190007", "82001a00000007", "98021900001b0000000000000007"}) {
        INFO(digits);
        const auto ping = wire::decode<KeepAlive>(digits);
        REQUIRE(ping);
        CHECK(*ping == KeepAlive::Message(KeepAlive::Ping{7}));
    }
}

TEST_CASE("A message that is not of keep-alive is refused", "[unit][protocol][keep_alive]") {
    check_refused<KeepAlive>("no array", {"", "00", "40", "f6", "a10000"});
    check_refused<KeepAlive>("indefinite", {"9f0007ff", "9f02ff"});
    check_refused<KeepAlive>("a wrong length", {"80", "8100", "83000000", "8101", "83010000", "820200"});
    check_refused<KeepAlive>("an unknown tag", {"820300", "8103", "82182000"});
    check_refused<KeepAlive>("a tag of another type", {"822000", "82f400", "82410000"});
    check_refused<KeepAlive>("a cookie above 65,535", {"82001a00010000", "82011bffffffffffffffff"});
    check_refused<KeepAlive>("a cookie of another type", {"820020", "820040", "820060", "8200f4", "8200c24107"});
}

TEST_CASE("An answer must have the cookie that was sent", "[unit][protocol][keep_alive]") {
    CHECK(check(KeepAlive::Ping{7}, KeepAlive::Pong{7}) == Errc::none);
    CHECK(check(KeepAlive::Ping{7}, KeepAlive::Pong{8}) == Errc::cookie_mismatch);
    CHECK(check(KeepAlive::Ping{0}, KeepAlive::Pong{65'535}) == Errc::cookie_mismatch);
}
