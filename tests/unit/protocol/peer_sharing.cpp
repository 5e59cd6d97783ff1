#include <ouro/protocol/peer_sharing.hpp>

#include "support/catch.hpp"
#include "unit/protocol/table.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using wire::check_codec;
using wire::check_refused;

namespace {

PeerAddress address(std::string_view text) {
    const auto peer = PeerId::parse(text);
    REQUIRE(peer);
    const auto result = PeerAddress::from(*peer);
    REQUIRE(result);
    return *result;
}

}  // namespace

TEST_CASE("The peer-sharing table is the specification's", "[unit][protocol][peer_sharing]") {
    const std::vector<codec_table::State> states{
        {"Idle", Agency::initiator, 0s, 0s, false, 5'760, {}},
        {"Busy", Agency::responder, 60s, 60s, false, 5'760, {"ShareRequest"}},
        {"Done", Agency::nobody, 0s, 0s, false, 0, {"Done"}},
    };
    const std::vector<codec_table::Move> moves{
        {"Idle", "ShareRequest", "Busy"}, {"Idle", "Done", "Done"}, {"Busy", "SharePeers", "Idle"}};
    codec_table::check(table_of<PeerSharing>(), states, moves, {});
    CHECK(PeerSharing::channel == Channel{10});
    CHECK(PeerSharing::ingress_limit == 5'760);
}

TEST_CASE("Peer-sharing messages have exactly their bytes", "[unit][protocol][peer_sharing]") {
    check_codec<PeerSharing>(PeerSharing::ShareRequest{0}, "820000");
    check_codec<PeerSharing>(PeerSharing::ShareRequest{10}, "82000a");
    check_codec<PeerSharing>(PeerSharing::ShareRequest{255}, "820018ff");
    check_codec<PeerSharing>(PeerSharing::SharePeers{}, "820180");
    check_codec<PeerSharing>(PeerSharing::SharePeers{{address("1.2.3.4:3001")}}, "82019f83001a04030201190bb9ff");
    check_codec<PeerSharing>(PeerSharing::SharePeers{{address("1.0.0.0:1")}}, "82019f83000101ff");
    check_codec<PeerSharing>(PeerSharing::SharePeers{{address("1.2.3.4:3001"), address("[2001:db8::1]:3001")}},
                             "82019f83001a04030201190bb986011a20010db8000001190bb9ff");
    check_codec<PeerSharing>(PeerSharing::SharePeers{{address("[1:203:405:607:809:a0b:c0d:e0f]:65535")}},
                             "82019f86011a000102031a04050607"
                             "1a08090a0b1a0c0d0e0f19ffffff");
    check_codec<PeerSharing>(PeerSharing::Done{}, "8102");
}

TEST_CASE("A definite list of peers is read too", "[unit][protocol][peer_sharing]") {
    const auto message = wire::decode<PeerSharing>("82018183001a04030201190bb9");
    REQUIRE(message);
    CHECK(*message == PeerSharing::Message(PeerSharing::SharePeers{{address("1.2.3.4:3001")}}));
    CHECK(wire::decode<PeerSharing>("82019fff") == wire::decode<PeerSharing>("820180"));
}

TEST_CASE("An address converts to a peer and back", "[unit][protocol][peer_sharing]") {
    for (const std::string text :
         {"1.2.3.4:3001", "255.255.255.255:65535", "0.0.0.0:1", "[::]:1", "[2001:db8::1]:3001", "[fe80::1]:3001"}) {
        INFO(text);
        CHECK(address(text).peer() == PeerId::parse(text));
    }
    CHECK(address("[2001:DB8:0:0::0001]:1") == address("[2001:db8::1]:1"));
    // An IPv4 address that is written as one of IPv6 is no second peer.
    CHECK(address("[::ffff:1.2.3.4]:1") == address("1.2.3.4:1"));
    const PeerAddress mapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4}, true, 1};
    CHECK(mapped.peer() == PeerId::parse("1.2.3.4:1"));
    CHECK(address("[::fffe:1.2.3.4]:1").v6);
    CHECK(address("1.2.3.4:1").bytes == std::array<std::uint8_t, 16>{1, 2, 3, 4});
    CHECK(address("[102:304::]:1").bytes == address("1.2.3.4:1").bytes);
}

TEST_CASE("An address that no other node could dial is refused", "[unit][protocol][peer_sharing]") {
    for (const char* text : {"relay.example:3001", "1.2.3:3001", "1.2.3.4.5:3001", "1.2.3.256:3001", "01.2.3.4.:3001",
                             "[fe80::1%eth0]:3001", "[1::2::3]:3001", "[1:2:3]:3001", "[12345::]:3001"}) {
        INFO(text);
        const auto peer = PeerId::parse(text);
        REQUIRE(peer);
        CHECK(PeerAddress::from(*peer).error() == Errc::bad_address);
    }
    CHECK(PeerAddress::from(PeerId()).error() == Errc::bad_address);
    CHECK(PeerAddress::from(PeerId::from_parts("1.2.3.4", 0)).error() == Errc::bad_address);
    CHECK(PeerAddress{{1, 2, 3, 4}, false, 0}.peer().error() == Errc::bad_address);
}

TEST_CASE("No more peers come than were requested", "[unit][protocol][peer_sharing]") {
    const PeerSharing::SharePeers two{{address("1.2.3.4:1"), address("1.2.3.4:2")}};
    CHECK(check(PeerSharing::ShareRequest{2}, two) == Errc::none);
    CHECK(check(PeerSharing::ShareRequest{1}, two) == Errc::too_many_addresses);
    CHECK(check(PeerSharing::ShareRequest{0}, {}) == Errc::none);
}

TEST_CASE("A message that is not of peer-sharing is refused", "[unit][protocol][peer_sharing]") {
    check_refused<PeerSharing>("no array", {"", "00", "a10000", "40"});
    check_refused<PeerSharing>("indefinite", {"9f000aff", "9f02ff"});
    check_refused<PeerSharing>("a wrong length", {"80", "8100", "83000a00", "8101", "83018000", "820200"});
    check_refused<PeerSharing>("an unknown tag", {"82030a", "8103", "811863"});
    check_refused<PeerSharing>("a tag of another type", {"82200a", "82f40a", "82400a"});
    check_refused<PeerSharing>("an amount above 255", {"8200190100", "82001bffffffffffffffff"});
    check_refused<PeerSharing>("an amount of another type", {"820020", "820040", "8200f4", "8200c2410a"});
    check_refused<PeerSharing>("no list", {"8201a0", "8201bfff", "820100", "8201f6"});
    check_refused<PeerSharing>("an address of another length", {"820181820001", "8201818400010100", "82018180"});
    check_refused<PeerSharing>("an address of another length", {"820181 8501 01020304", "820181 8701 010203040500"});
    check_refused<PeerSharing>("the other kind's length", {"820181 83010101", "820181 86000102030401"});
    check_refused<PeerSharing>("the old form with flow and scope", {"820181 88010102030405060701"});
    check_refused<PeerSharing>("a wrong number of items under a head", {"820181 880101020304190bb9"});
    check_refused<PeerSharing>("an indefinite address", {"820181 9f000101ff"});
    check_refused<PeerSharing>("an unknown kind", {"820181 83020101", "820181 83200101"});
    check_refused<PeerSharing>("a word above 32 bits", {"820181 83001b000000010000000001"});
    check_refused<PeerSharing>("a port above 65,535", {"820181 8300011a00010000"});
    check_refused<PeerSharing>("an address in bytes", {"820181 8300440102030401"});
    check_refused<PeerSharing>("a list without end", {"82019f", "82019f83000101"});
}
