#include <ouro/emulation/scripted_peer.hpp>

#include "support/catch.hpp"
#include "unit/emulation/toy.hpp"

using namespace ouro;
using namespace ouro::emulation;
using namespace std::chrono_literals;
using namespace toy;

namespace {

const std::vector<std::uint8_t> ping_7{0x82, 0x00, 0x07};

}  // namespace

TEST_CASE("A scripted peer sends any bytes, and a node checks them", "[unit][emulation]") {
    SimulatedNetwork net;
    Toy& a = net.add<toy::Behavior>(alice);
    ScriptedPeer& peer = net.script(bob);
    RawConnection& raw = peer.dial(alice);
    net.run_for(1s);
    REQUIRE(raw.open());
    const auto ended = [&] {
        net.run_for(1s);
        return last(a).what;
    };

    SECTION("whole segments are read and answered") {
        raw.send(8, false, ping_7);
        net.run_for(1s);
        CHECK(heard(a, "ping 7"));
        CHECK(raw.received(8, true) == std::vector<std::uint8_t>{0x82, 0x01, 0x07});
        CHECK(raw.received(8, false).empty());
        CHECK(raw.received().size() == 11);
    }
    SECTION("byte by byte") {
        for (const std::uint8_t byte : segment(8, false, ping_7, 99)) {
            raw.send(BytesView(&byte, 1));
            net.run_for(30ms);
        }
        CHECK(heard(a, "ping 7"));
    }
    SECTION("a malformed message ends the connection") {
        raw.send(8, false, std::vector<std::uint8_t>{0x82, 0x09, 0x07});
        CHECK(ended() == "disconnected: malformed");
        CHECK(raw.error() == Errc::connection_reset);
    }
    SECTION("an empty segment ends the connection") {
        raw.send(8, false, {});
        CHECK(ended() == "disconnected: empty_segment");
    }
    SECTION("an unknown number ends the connection") {
        raw.send(99, false, ping_7);
        CHECK(ended() == "disconnected: unknown_protocol");
    }
    SECTION("an end between messages is a close") {
        raw.send(8, false, ping_7);
        raw.close();
        CHECK(ended() == "disconnected: closed_by_peer");
        CHECK(heard(a, "ping 7"));
        CHECK(raw.ended());
    }
    SECTION("an end inside a message is a truncation") {
        raw.send(8, false, BytesView(ping_7).first(2));
        raw.close();
        CHECK(ended() == "disconnected: truncated");
    }
    SECTION("a reset is reported as a reset") {
        raw.reset();
        CHECK(ended() == "disconnected: connection_reset");
    }
    CHECK(disconnections(a) <= 1);
}

TEST_CASE("A scripted peer accepts dials, reacts, and may stop reading", "[unit][emulation]") {
    SimulatedNetwork net;
    Toy& a = net.add<toy::Behavior>(alice);
    ScriptedPeer& peer = net.script(bob);

    SECTION("it reacts to what arrives") {
        peer.react([](RawConnection& raw) {
            if (raw.received(8, false) == ping_7) raw.send(8, true, std::vector<std::uint8_t>{0x82, 0x01, 0x07});
        });
        tell(a, toy::Dial{bob});
        net.run_for(1s);
        tell(a, toy::Ping{7});
        net.run_for(1s);
        CHECK(count(a, "pong 7") == 1);
        CHECK(peer.connections().size() == 1);
        CHECK(peer.connections().front().peer().host() == "alice");
    }
    SECTION("unread bytes stay in flight") {
        tell(a, toy::Dial{bob});
        net.run_for(1s);
        RawConnection& raw = peer.connections().front();
        raw.pause(true);
        tell(a, toy::SendBlock{block_of(1'000'000)});
        net.run_for(60s);
        CHECK(raw.received().empty());
        raw.pause(false);
        net.run_for(60s);
        CHECK(raw.received(3, false).size() == 1'000'009);
    }
    SECTION("a dial of its own may fail") {
        RawConnection& raw = peer.dial(PeerId::from_parts("carol", 1));
        net.run_for(1s);
        CHECK_FALSE(raw.open());
        CHECK(raw.error() == Errc::connect_failed);
    }
}
