#include "support/catch.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

/// A listening interface that takes pings, and two peers on it: one to misbehave, and one to stay.
struct Scene {
    explicit Scene(Way way, const TcpOptions& options = {}) : player(context, way, options) {
        player.serve_pings();
        address = player.listen();
        good.emplace(context, address);
        ready = player.await<io::Connected>(1);
        bad.emplace(context, address);
        ready = ready && player.await<io::Connected>(2);
    }

    /// The one end there is.
    io::Disconnected end() {
        if (!player.await<io::Disconnected>()) return {};
        return player.all<io::Disconnected>().front();
    }
    /// The other connection lives, and nothing is held for the one that is gone.
    bool others_untouched() {
        const std::size_t before = player.count<Got>();
        good->write(ping_segment(1));
        return player.await<Got>(before + 1) && player.count<io::Disconnected>() == 1 &&
               player.io.figures().connections == 1 && player.io.figures().held == 0;
    }

    asio::io_context context;
    Player player;
    PeerId address;
    std::optional<RawPeer> good;
    std::optional<RawPeer> bad;
    bool ready = false;
};

ByteVector operator+(ByteVector a, const ByteVector& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}  // namespace

TEST_CASE("Bytes may be cut at any place", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    const ByteVector whole = ping_segment(0x1234) + segment(keep_alive, Role::initiator, BytesView(ping(5)).first(2)) +
                             segment(keep_alive, Role::initiator, BytesView(ping(5)).subspan(2)) + ping_segment(6);
    for (std::size_t at = 1; at < whole.size(); ++at) {
        INFO("cut at " << at);
        Scene scene(way);
        REQUIRE(scene.ready);
        scene.bad->write(BytesView(whole).first(at));
        // The first part has been read, not only sent: nothing is left to do.
        scene.context.poll();
        scene.bad->write(BytesView(whole).subspan(at));
        REQUIRE(scene.player.await<Got>(3));
        const auto got = scene.player.all<Got>();
        CHECK(got[0].message == n2n::Message(KeepAlive::Ping{0x1234}));
        CHECK(got[1].message == n2n::Message(KeepAlive::Ping{5}));
        CHECK(got[2].message == n2n::Message(KeepAlive::Ping{6}));
    }
}

TEST_CASE("A violation ends its connection and no other", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Scene scene(way);
    REQUIRE(scene.ready);
    const ByteVector array_of_three{0x83, 0x00, 0x01, 0x02};
    using Offset = std::optional<std::size_t>;
    auto [bytes, want, protocol, offset] = GENERATE_COPY(table<ByteVector, Errc, std::string_view, Offset>({
        {segment(keep_alive, Role::initiator, {}), Errc::empty_segment, "keep-alive", {}},
        {segment(Channel{99}, Role::initiator, ping(1)), Errc::unknown_protocol, "", {}},
        {segment(Handshake::channel, Role::initiator, ping(1)), Errc::unknown_protocol, "handshake", {}},
        {segment(keep_alive, Role::responder, ping(1)), Errc::wrong_direction, "keep-alive", {}},
        {segment(keep_alive, Role::initiator, ByteVector{0xff}), Errc::malformed, "keep-alive", 0},
        {segment(keep_alive, Role::initiator, array_of_three), Errc::malformed, "keep-alive", 0},
        {segment(keep_alive, Role::initiator, ByteVector(2'000, 0x00)), Errc::ingress_overflow, "keep-alive", {}},
    }));
    INFO(name(want));
    scene.bad->write(ping_segment(3) + bytes + ping_segment(4));
    const auto end = scene.end();
    CHECK(end.reason == want);
    // A number without a name is in the violation.
    const std::optional<std::uint16_t> number = protocol.empty() ? std::optional<std::uint16_t>(99) : std::nullopt;
    CHECK(end.violation == Violation{protocol, {}, {}, want, offset, number});
    CHECK(end.connection == make_connection_id(Direction::inbound, 2));
    // Before the offence a message is a message, and after it nothing is.
    CHECK(scene.player.count<Got>() == 1);
    CHECK(scene.bad->await_end());
    CHECK(scene.bad->end == (way == Way::tcp ? asio::error::make_error_code(asio::error::connection_reset)
                                             : asio::error::make_error_code(asio::error::eof)));
    CHECK(scene.others_untouched());
}

TEST_CASE("an item longer than its credit allows is refused", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Scene scene(way);
    REQUIRE(scene.ready);
    scene.player.credit(make_connection_id(Direction::inbound, 2), keep_alive, Role::responder, 1, 3);
    scene.bad->write(ping_segment(0x1234));
    CHECK(scene.end().reason == Errc::message_too_large);
    CHECK(scene.others_untouched());
}

TEST_CASE("A disconnect is reported with the place where the peer stopped", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Scene scene(way);
    REQUIRE(scene.ready);
    SECTION("between messages") {
        scene.bad->write(ping_segment(1));
        scene.bad->finish();
        CHECK(scene.end().reason == Errc::closed_by_peer);
        CHECK(scene.player.count<Got>() == 1);
    }
    SECTION("inside a segment's header") {
        scene.bad->write(BytesView(ping_segment(1)).first(3));
        scene.bad->finish();
        CHECK(scene.end().reason == Errc::truncated);
    }
    SECTION("inside a message, at the end of a segment") {
        scene.bad->write(segment(keep_alive, Role::initiator, BytesView(ping(1)).first(1)));
        scene.bad->finish();
        CHECK(scene.end().reason == Errc::truncated);
    }
    SECTION("by a reset") {
        scene.bad->write(ping_segment(1));
        scene.bad->close(true);
        const auto end = scene.end();
        // Over a path there is none: what was sent and not read is still there, and then comes the end.
        CHECK(end.reason == (way == Way::tcp ? Errc::connection_reset : Errc::closed_by_peer));
        if (way == Way::tcp) CHECK(end.system == asio::error::connection_reset);
        CHECK(scene.player.count<Got>() == 1);
    }
    SECTION("by a reset that our write sees first") {
        scene.bad->write(ping_segment(1));
        scene.bad->close(true);
        scene.player.send(make_connection_id(Direction::inbound, 2), Role::responder, KeepAlive::Pong{1});
        CHECK(scene.end().reason == Errc::connection_reset);
        CHECK(scene.player.count<Got>() == 1);  // what it sent before is not lost
    }
    CHECK(scene.others_untouched());
}

TEST_CASE("Bytes behind the handshake's item are not read during the handshake", "[integration][interface][tcp]") {
    asio::io_context context;
    Player player(context, GENERATE(Way::tcp, Way::path));
    RawPeer peer(context, player.listen());
    REQUIRE(player.await<io::Connected>());
    const ConnectionId id = make_connection_id(Direction::inbound, 1);

    VersionData data;
    const auto versions = n2n::default_versions();
    const n2n::Message proposal(Handshake::ProposeVersions{VersionTable(versions, data)});
    const Bytes item = cbor::encode(proposal);
    peer.write(segment(Handshake::channel, Role::initiator, item) + ping_segment(1) + ping_segment(2));
    player.credit(id, Handshake::channel, Role::responder, 1, Handshake::message_limit);
    REQUIRE(player.await<Got>());
    context.poll();
    CHECK(player.count<Got>() == 1);
    CHECK(player.io.figures().held == 0);

    player.credit(id, keep_alive, Role::responder, 2);
    REQUIRE(player.await<Got>(3));
    CHECK(player.all<Got>()[0].message == proposal);
    CHECK(player.all<Got>()[2].message == n2n::Message(KeepAlive::Ping{2}));
}

TEST_CASE("An incomplete segment ends the connection at its time limit", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    TcpOptions options;
    options.segment_timeout = 30ms;
    Scene scene(way, options);
    REQUIRE(scene.ready);
    const ByteVector bytes = ping_segment(1);
    const std::size_t at = GENERATE(std::size_t{1}, std::size_t{8}, std::size_t{9});
    scene.bad->write(BytesView(bytes).first(at));
    CHECK(scene.end().reason == Errc::segment_timeout);
    CHECK(scene.others_untouched());  // which has been idle as long, between segments
}

TEST_CASE("Each segment has its own time limit", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    TcpOptions options;
    options.segment_timeout = 500ms;
    Scene scene(way, options);
    REQUIRE(scene.ready);
    const ByteVector first = ping_segment(1), second = ping_segment(2);
    scene.bad->write(BytesView(first).first(9));
    REQUIRE(run_until(scene.context, [&] { return scene.player.io.figures().held != 0; }));
    // The second segment begins well after the first, and its time ends as much later.
    const auto later = std::chrono::steady_clock::now() + 100ms;
    REQUIRE(run_until(scene.context, [&] { return std::chrono::steady_clock::now() >= later; }));
    scene.bad->write(BytesView(first).subspan(9));
    scene.bad->write(BytesView(second).first(9));
    REQUIRE(scene.player.await<Got>());
    CHECK(scene.end().reason == Errc::segment_timeout);
}

TEST_CASE("A segment that became complete while the program was busy is in time",
          "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    TcpOptions options;
    options.segment_timeout = 30ms;
    Scene scene(way, options);
    REQUIRE(scene.ready);
    const ByteVector bytes = ping_segment(1);
    scene.bad->write(BytesView(bytes).first(9));
    REQUIRE(run_until(scene.context, [&] { return scene.player.io.figures().held != 0; }));
    scene.good->write(bytes);  // whose turn comes first, and lets the clock be looked at
    scene.bad->write(BytesView(bytes).subspan(9));
    const auto late = std::chrono::steady_clock::now() + 60ms;
    while (std::chrono::steady_clock::now() < late) {
    }
    CHECK(scene.player.await<Got>(2));
    CHECK(scene.player.count<io::Disconnected>() == 0);
}

TEST_CASE("A peer that sends single bytes gains no time", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    TcpOptions options;
    options.segment_timeout = 40ms;
    Scene scene(way, options);
    REQUIRE(scene.ready);
    // One string of 997 bytes, so that every byte is welcome.
    const ByteVector payload = ByteVector{0x59, 0x03, 0xe5} + ByteVector(997);
    scene.bad->write(BytesView(segment(keep_alive, Role::initiator, payload)).first(11));
    std::size_t drops = 0;
    asio::steady_timer timer(scene.context);
    std::function<void(std::error_code)> drip = [&](std::error_code) {
        if (scene.player.count<io::Disconnected>() != 0 || ++drops == 900) return;
        scene.bad->write(ByteVector(1, 0x00));
        timer.expires_after(1ms);
        timer.async_wait(drip);
    };
    drip({});
    CHECK(scene.end().reason == Errc::segment_timeout);
    CHECK(drops < 900);
    timer.cancel();
}

TEST_CASE("A peer that takes no bytes is disconnected at its time limit", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    TcpOptions options;
    options.write_timeout = 50ms;
    Scene scene(way, options);
    REQUIRE(scene.ready);
    ByteVector item{0x5a, 0x02, 0x00, 0x00, 0x00};
    item.resize(item.size() + 0x0200'0000);  // 32 MiB: more than any socket buffer
    scene.player.send(make_connection_id(Direction::inbound, 2), Role::responder, BlockFetch::Block{Bytes::copy(item)});
    const auto end = scene.end();
    CHECK(end.reason == Errc::write_timeout);
    CHECK(end.violation.rule == Errc::none);
    CHECK(scene.others_untouched());
}
