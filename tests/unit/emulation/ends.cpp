#include <ouro/emulation/network.hpp>

#include "support/catch.hpp"
#include "unit/emulation/toy.hpp"

using namespace ouro;
using namespace ouro::emulation;
using namespace std::chrono_literals;
using namespace toy;

namespace {

/// A node, and a peer that has dialled it and says nothing.
struct Scene {
    explicit Scene(const Options& options = {})
        : net(options), node(net.add<toy::Behavior>(alice)), peer(net.script(bob)), raw(peer.dial(alice)) {
        net.run_for(1s);
        REQUIRE(raw.open());
        start = net.now();
    }
    SimulatedNetwork net;
    Toy& node;
    ScriptedPeer& peer;
    RawConnection& raw;
    Instant start;
};

}  // namespace

TEST_CASE("An incomplete segment ends its connection at the limit, to the instant", "[unit][emulation]") {
    Options options;
    options.segment_timeout = 30s;
    Scene scene(options);
    const std::vector<std::uint8_t> ping = segment(8, false, std::vector<std::uint8_t>{0x82, 0x00, 0x07});
    scene.raw.send(BytesView(ping).first(5));
    scene.net.run_for(10s);
    scene.raw.send(BytesView(ping).subspan(5, 4));
    SECTION("too late") {
        scene.net.run_for(1h);
        CHECK(last(scene.node) == toy::Event{scene.start + 20ms + 30s, "disconnected: segment_timeout"});
        CHECK(scene.raw.error() == Errc::connection_reset);
    }
    SECTION("just in time") {
        scene.net.run_for(20s - 1ns);
        scene.raw.send(BytesView(ping).subspan(9));
        scene.net.run_for(1h);
        CHECK(heard(scene.node, "ping 7"));
        CHECK(scene.raw.open());
    }
}

TEST_CASE("A peer is not late while a node does not read arrived bytes", "[unit][emulation]") {
    Options options;
    options.segment_timeout = 30s;
    Scene scene(options);
    const std::vector<std::uint8_t> ping = segment(8, false, std::vector<std::uint8_t>{0x82, 0x00, 0x07});
    scene.raw.send(BytesView(ping).first(5));
    scene.net.run_for(1s);
    scene.node.pause(scene.node.behavior().newest(), true);
    const bool whole = GENERATE(true, false);
    scene.raw.send(BytesView(ping).subspan(5, whole ? 6 : 5));
    scene.net.run_for(1h);
    CHECK(scene.raw.open());
    scene.node.pause(scene.node.behavior().newest(), false);
    scene.net.run_for(1s);
    CHECK(heard(scene.node, "ping 7") == whole);
    CHECK(scene.raw.open() == whole);
}

TEST_CASE("A peer that takes no queued bytes is disconnected at the limit, to the instant", "[unit][emulation]") {
    Options options;
    options.write_timeout = 20s;
    Scene scene(options);
    scene.raw.pause(true);
    tell(scene.node, toy::SendBlock{block_of(1'000'000)});
    SECTION("it does not read") {
        scene.net.run_for(1h);
        CHECK(last(scene.node) == toy::Event{scene.start + 20s, "disconnected: write_timeout"});
    }
    SECTION("it reads in time") {
        scene.net.run_for(19s);
        scene.raw.pause(false);
        scene.net.run_for(1h);
        CHECK(scene.raw.received(3, true).size() > 1'000'000);
        CHECK(scene.raw.open());
    }
}

TEST_CASE("By default the nodes of a network have no segment and write timeouts", "[unit][emulation]") {
    Scene scene;
    scene.raw.send(std::vector<std::uint8_t>{0, 0});
    scene.raw.pause(true);
    tell(scene.node, toy::SendBlock{block_of(1'000'000)});
    scene.net.run_for(10h);
    CHECK(scene.raw.open());
}

TEST_CASE("A node continues to write to a peer that ended its side first", "[unit][emulation]") {
    Scene scene;
    scene.raw.pause(true);
    tell(scene.node, toy::SendBlock{block_of(1'000'000)});
    tell(scene.node, toy::HangUp{io::Close::orderly, 60s});
    scene.raw.close();
    scene.net.run_for(1s);
    CHECK(disconnections(scene.node) == 0);
    scene.raw.pause(false);
    scene.net.run_for(1s);
    CHECK(last(scene.node).what == "disconnected: disconnected");
    CHECK(scene.raw.received(3, true).size() > 1'000'000);
    CHECK(scene.raw.ended());
    CHECK(scene.raw.error() == Errc::none);
}

TEST_CASE("A connection lost while it closes ends with the reason of the close", "[unit][emulation]") {
    Scene scene;
    tell(scene.node, toy::HangUp{io::Close::orderly, 60s});
    scene.raw.reset();
    scene.net.run_for(1s);
    CHECK(last(scene.node) == toy::Event{scene.start + 20ms, "disconnected: disconnected"});
}
