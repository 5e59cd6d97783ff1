#include "support/catch.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

struct Scene {
    explicit Scene(Way way) : player(context, way), peer(context, player.listen()) {
        player.serve_pings();
        ready = player.await<io::Connected>();
        // Credit that came after `Connected` was taken.
        player.credit(id, keep_alive, Role::responder, 1'000'000);
    }

    asio::io_context context;
    Player player;
    RawPeer peer;
    bool ready = false;
    const ConnectionId id = make_connection_id(Direction::inbound, 1);
};

Bytes large_item(std::size_t bytes) {
    ByteVector item{0x5a, 0, 0, 0, 0};
    store_be32(item.data() + 1, static_cast<std::uint32_t>(bytes));
    item.resize(item.size() + bytes);
    return Bytes::copy(item);
}

}  // namespace

TEST_CASE("An orderly close delivers all written bytes", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Scene scene(way);
    REQUIRE(scene.ready);
    const Bytes item = large_item(8'000'000);
    const std::size_t encoded = cbor::encode(n2n::Message(BlockFetch::Block{item})).size();
    scene.player.send(scene.id, Role::responder, BlockFetch::Block{item});
    scene.player.disconnect(scene.id, io::Close::orderly, Errc::handshake_refused);
    scene.player.send(scene.id, Role::responder, BlockFetch::BatchDone{});  // too late, and dropped
    scene.peer.write(ping_segment(1));                                      // is not delivered any more
    REQUIRE(scene.peer.await_end());
    CHECK(scene.peer.end == asio::error::eof);
    const std::size_t segments =
        (encoded + mux::default_segment_payload_length - 1) / mux::default_segment_payload_length;
    CHECK(scene.peer.got.size() == encoded + segments * mux::header_size);
    CHECK(scene.player.count<io::Disconnected>() == 0);

    scene.peer.finish();
    REQUIRE(scene.player.await<io::Disconnected>());
    CHECK(scene.player.all<io::Disconnected>().front().reason == Errc::handshake_refused);
    CHECK(!scene.player.all<io::Disconnected>().front().system);
    CHECK(scene.player.count<Got>() == 0);
}

TEST_CASE("A peer that ends its side first still gets queued messages", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Scene scene(way);
    REQUIRE(scene.ready);
    const Bytes item = large_item(16'000'000);
    const std::size_t encoded = cbor::encode(n2n::Message(BlockFetch::Block{item})).size();
    scene.player.send(scene.id, Role::responder, BlockFetch::Block{item});
    scene.player.disconnect(scene.id, io::Close::orderly, Errc::demoted, 1h);
    scene.peer.finish();
    for (int i = 0; i < 100; ++i) scene.context.poll();
    CHECK(scene.player.count<io::Disconnected>() == 0);
    REQUIRE(scene.peer.await_end());
    CHECK(scene.peer.end == asio::error::eof);
    const std::size_t segments =
        (encoded + mux::default_segment_payload_length - 1) / mux::default_segment_payload_length;
    CHECK(scene.peer.got.size() == encoded + segments * mux::header_size);
    REQUIRE(scene.player.await<io::Disconnected>());
    CHECK(scene.player.all<io::Disconnected>().front().reason == Errc::demoted);
    CHECK(!scene.player.all<io::Disconnected>().front().system);
}

TEST_CASE("Bytes written before an orderly close arrive before its end", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Scene scene(way);
    REQUIRE(scene.ready);
    // More than the peer's system takes while the peer does not read, and less than both systems take.
    const Bytes item = large_item(150'000);
    const std::size_t encoded = cbor::encode(n2n::Message(BlockFetch::Block{item})).size();
    scene.player.send(scene.id, Role::responder, BlockFetch::Block{item});
    scene.player.disconnect(scene.id, io::Close::orderly, Errc::demoted, 1h);
    scene.peer.finish();
    REQUIRE(scene.player.await<io::Disconnected>());
    REQUIRE(scene.peer.await_end());
    CHECK(scene.peer.end == asio::error::eof);
    const std::size_t segments =
        (encoded + mux::default_segment_payload_length - 1) / mux::default_segment_payload_length;
    CHECK(scene.peer.got.size() == encoded + segments * mux::header_size);
}

TEST_CASE("an orderly close ends after its linger", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Scene scene(way);
    REQUIRE(scene.ready);
    SECTION("for a peer that does not close") {}
    SECTION("for a peer that does not read") {
        scene.player.send(scene.id, Role::responder, BlockFetch::Block{large_item(32'000'000)});
    }
    scene.player.disconnect(scene.id, io::Close::orderly, Errc::demoted, 30ms);
    REQUIRE(scene.player.await<io::Disconnected>());
    CHECK(scene.player.all<io::Disconnected>().front().reason == Errc::demoted);
}

TEST_CASE("A peer that resets during an orderly close ends it", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Scene scene(way);
    REQUIRE(scene.ready);
    scene.player.send(scene.id, Role::responder, BlockFetch::Block{large_item(32'000'000)});
    scene.player.disconnect(scene.id, io::Close::orderly, Errc::demoted, 1h);
    REQUIRE(scene.peer.await_bytes(1'000));
    scene.peer.close(true);
    REQUIRE(scene.player.await<io::Disconnected>());
    CHECK(scene.player.all<io::Disconnected>().front().reason == Errc::demoted);
}

TEST_CASE("A reset works also during an orderly close", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Scene scene(way);
    REQUIRE(scene.ready);
    const bool orderly_first = GENERATE(false, true);
    if (orderly_first) {
        scene.player.disconnect(scene.id, io::Close::orderly, Errc::demoted, 1h);
        scene.player.disconnect(scene.id, io::Close::orderly, Errc::idle, 1h);  // has begun already
        scene.context.poll();
        CHECK(scene.player.count<io::Disconnected>() == 0);
    }
    io::Disconnect command;
    command.connection = scene.id;
    command.reason = Errc::out_of_turn;
    command.violation = {"keep-alive", "Client", "KeepAlive", Errc::out_of_turn};
    scene.player.io.dispatch(command);
    REQUIRE(scene.player.await<io::Disconnected>());
    const auto end = scene.player.all<io::Disconnected>().front();
    CHECK(end.reason == Errc::out_of_turn);
    CHECK(end.violation == command.violation);
    CHECK(scene.peer.await_end());
    // The system has no such thing for a path; what it does have ends it as soon.
    if (!orderly_first)
        CHECK(scene.peer.end == (way == Way::tcp ? asio::error::make_error_code(asio::error::connection_reset)
                                                 : asio::error::make_error_code(asio::error::eof)));
}

TEST_CASE("A connection reports nothing after its end", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Scene scene(way);
    REQUIRE(scene.ready);
    scene.peer.write(ping_segment(1));
    scene.player.react = [&](const Player::Event& event) {
        if (std::get_if<Got>(&event) == nullptr) return;
        scene.player.disconnect(scene.id, io::Close::reset);
    };
    ByteVector more = ping_segment(2);
    scene.peer.write(more);
    scene.player.send(scene.id, Role::responder, KeepAlive::Pong{1});
    REQUIRE(scene.player.await<io::Disconnected>());
    const std::size_t events = scene.player.events.size();
    // Commands for what is gone are dropped.
    scene.player.credit(scene.id, keep_alive, Role::responder);
    scene.player.send(scene.id, Role::responder, KeepAlive::Pong{1});
    scene.player.disconnect(scene.id, io::Close::reset);
    scene.player.disconnect(make_connection_id(Direction::outbound, 77), io::Close::orderly);
    scene.player.io.wake();
    scene.context.poll();
    CHECK(scene.player.events.size() == events);
    CHECK(std::holds_alternative<io::Disconnected>(scene.player.events.back()));
    CHECK(scene.player.count<Got>() == 1);
}

TEST_CASE("A descriptor is closed once the end of its connection is reported", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    asio::io_context context;
    Player far(context, way);
    far.serve_pings();
    const PeerId address = far.listen();
    Player near(context, way);
    near.dial(address, 1'000);
    REQUIRE(near.await<io::Connected>());
    REQUIRE(far.await<io::Connected>());
    const std::size_t before = open_descriptors();

    constexpr std::uint64_t count = 20;
    for (std::uint64_t i = 1; i <= count; ++i) near.dial(address, i);
    REQUIRE(near.await<io::Connected>(count + 1));
    REQUIRE(far.await<io::Connected>(count + 1));
    CHECK(open_descriptors() == before + 2 * count);
    for (std::uint64_t i = 1; i <= count; ++i) {
        const auto how = i % 2 == 0 ? io::Close::reset : io::Close::orderly;
        near.disconnect(make_connection_id(Direction::outbound, i), how);
    }
    REQUIRE(near.await<io::Disconnected>(count));
    REQUIRE(far.await<io::Disconnected>(count));
    CHECK(open_descriptors() == before);
    CHECK(near.io.figures().connections == 1);
    CHECK(far.io.figures().inbound == 1);
}
