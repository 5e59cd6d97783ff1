#include <numeric>

#include <ouro/mux/egress.hpp>

#include "support/catch.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

Handshake::ProposeVersions proposal() {
    VersionData data;
    data.magic = preview;
    const auto versions = n2n::default_versions();
    return {VersionTable(versions, data)};
}

/// Two interfaces and one connection between them, whose gates are open for pings and pongs.
struct Pair {
    explicit Pair(Way way, const TcpOptions& options = {}) : near(context, way, options), far(context, way, options) {
        far.react = [this](const Player::Event& event) {
            if (const auto* up = std::get_if<io::Connected>(&event)) there = up->connection;
        };
        here = near.dial(far.listen());
        connected = near.await<io::Connected>() && far.await<io::Connected>();
    }

    asio::io_context context;
    Player near;
    Player far;
    ConnectionId here{};
    ConnectionId there{};
    bool connected = false;
};

}  // namespace

TEST_CASE("Two interfaces complete a handshake and exchange messages", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Pair pair(way);
    REQUIRE(pair.connected);
    CHECK(direction(pair.there) == Direction::inbound);
    const PeerId visitor = pair.far.all<io::Connected>().front().peer;
    if (way == Way::tcp) {
        CHECK(visitor.host() == "127.0.0.1");
    } else {
        CHECK(visitor == PeerId::visitor_at(pair.near.all<io::Connected>().front().peer.path(), 1));
    }

    pair.far.credit(pair.there, Handshake::channel, Role::responder, 1, Handshake::message_limit);
    pair.near.send(pair.here, Role::initiator, proposal());
    pair.near.credit(pair.here, Handshake::channel, Role::initiator, 1, Handshake::message_limit);
    REQUIRE(pair.far.await<Got>());
    const auto proposed = pair.far.all<Got>().front();
    CHECK(proposed.message == n2n::Message(proposal()));
    CHECK(proposed.role == Role::responder);
    CHECK(proposed.connection == pair.there);
    CHECK(proposed.bytes == cbor::encode(n2n::Message(proposal())).size());

    const Handshake::AcceptVersion answer{n2n::version_15, proposal().versions.find(n2n::version_15)->data};
    pair.far.send(pair.there, Role::responder, answer);
    pair.far.credit(pair.there, keep_alive, Role::responder, 100);
    REQUIRE(pair.near.await<Got>());
    pair.near.credit(pair.here, keep_alive, Role::initiator, 100);
    pair.far.react = [&](const Player::Event& event) {
        const auto* got = std::get_if<Got>(&event);
        if (got == nullptr) return;
        if (const auto* message = got->message.as<KeepAlive>())
            pair.far.send(pair.there, Role::responder, KeepAlive::Pong{std::get<KeepAlive::Ping>(*message).cookie});
    };
    for (std::uint16_t cookie = 0; cookie < 100; ++cookie) {
        pair.near.send(pair.here, Role::initiator, KeepAlive::Ping{cookie});
        REQUIRE(pair.near.await<Got>(2U + cookie));
    }
    const auto received = pair.near.all<Got>();
    CHECK(received[0].message == n2n::Message(answer));
    for (std::uint16_t cookie = 0; cookie < 100; ++cookie)
        CHECK(received[1U + cookie].message == n2n::Message(KeepAlive::Pong{cookie}));

    // What was written is what was encoded, and nothing is left.
    std::size_t written = 0, expected = 0;
    for (const auto& sent : pair.near.all<io::Sent>()) {
        if (sent.channel != keep_alive) continue;
        written += sent.bytes;
        CHECK(sent.queued == 0);
        CHECK(sent.role == Role::initiator);
    }
    for (std::uint16_t cookie = 0; cookie < 100; ++cookie) expected += ping(cookie).size();
    CHECK(written == expected);
}

TEST_CASE("one connection carries a protocol in both directions", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Pair pair(way);
    REQUIRE(pair.connected);
    for (auto* side : {&pair.near, &pair.far}) {
        const ConnectionId id = side == &pair.near ? pair.here : pair.there;
        side->credit(id, keep_alive, Role::responder);
        side->credit(id, keep_alive, Role::initiator);
        side->send(id, Role::initiator, KeepAlive::Ping{7});
        side->send(id, Role::responder, KeepAlive::Pong{9});
    }
    for (auto* side : {&pair.near, &pair.far}) {
        REQUIRE(side->await<Got>(2));
        for (const auto& got : side->all<Got>())
            CHECK(got.message ==
                  (got.role == Role::responder ? n2n::Message(KeepAlive::Ping{7}) : n2n::Message(KeepAlive::Pong{9})));
    }
}

TEST_CASE("a message without credit waits in its queue", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    Pair pair(way);
    REQUIRE(pair.connected);
    pair.far.credit(pair.there, keep_alive, Role::responder, 1);
    for (std::uint16_t cookie = 0; cookie < 3; ++cookie)
        pair.near.send(pair.here, Role::initiator, KeepAlive::Ping{cookie});
    for (std::size_t taken = 1; taken <= 3; ++taken) {
        REQUIRE(pair.far.await<Got>(taken));
        const std::size_t rest = (3 - taken) * ping(0).size();
        CHECK(run_until(pair.context, [&] { return (pair.far.io.figures().held != 0) == (rest != 0); }));
        CHECK(pair.far.count<Got>() == taken);
        pair.far.credit(pair.there, keep_alive, Role::responder, 1);
    }
}

TEST_CASE("a batch of large messages crosses in small segments", "[integration][interface][tcp][unix]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    TcpOptions options;
    options.segment_payload = GENERATE(std::size_t{1'000}, std::size_t{65'535});
    Pair pair(way, options);
    REQUIRE(pair.connected);
    pair.far.credit(pair.there, BlockFetch::channel, Role::initiator, 100, large_message);
    pair.near.credit(pair.here, BlockFetch::channel, Role::responder, 1);

    ByteVector content(2'000'000);
    std::iota(content.begin(), content.end(), std::uint8_t{0});
    ByteVector item{0x5a, 0x00, 0x1e, 0x84, 0x80};
    item.insert(item.end(), content.begin(), content.end());
    const BlockFetch::Block block{Bytes::copy(item)};
    pair.near.send(pair.here, Role::responder, BlockFetch::StartBatch{});
    for (int i = 0; i < 8; ++i) pair.near.send(pair.here, Role::responder, block);
    pair.near.send(pair.here, Role::responder, BlockFetch::BatchDone{});

    REQUIRE(pair.far.await<Got>(10));
    const auto received = pair.far.all<Got>();
    CHECK(received.front().message == n2n::Message(BlockFetch::StartBatch{}));
    for (std::size_t i = 1; i <= 8; ++i) CHECK(received[i].message == n2n::Message(block));
    CHECK(received.back().message == n2n::Message(BlockFetch::BatchDone{}));
    CHECK(pair.far.io.figures().held == 0);

    // The queue only grows shorter, and each write is reported: the last one maybe after its bytes have arrived.
    REQUIRE(run_until(pair.context, [&] {
        const auto told = pair.near.all<io::Sent>();
        return !told.empty() && told.back().queued == 0;
    }));
    const auto figures = pair.near.io.figures();
    CHECK(figures.queued == 0);
    CHECK(figures.unacknowledged == 0);
    const auto sent = pair.near.all<io::Sent>();
    std::size_t written = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        written += sent[i].bytes;
        if (sent[i].queued == 0) CHECK(i + 1 == sent.size());
    }
    CHECK(written > 8 * content.size());
}

TEST_CASE("At most two batches are written in a row, even if the socket has more room",
          "[integration][interface][tcp][unix]") {
    TcpOptions options;
    options.send_buffer = 4 << 20;
    Pair pair(GENERATE(Way::tcp, Way::path), options);
    REQUIRE(pair.connected);
    const n2n::Message block = BlockFetch::Block{Bytes::copy(ByteVector(2'000'000, 0x05))};
    pair.near.send(pair.here, Role::responder, block);
    const auto event = pair.near.io.try_poll();
    REQUIRE(event);
    const auto* const sent = std::get_if<io::Sent>(&*event);
    REQUIRE(sent != nullptr);
    CHECK(sent->bytes <= 2 * mux::Batch::max_bytes);
    CHECK(sent->bytes + sent->queued == cbor::encode(block).size());
    // The rest follows as the socket has room.
    pair.far.credit(pair.there, BlockFetch::channel, Role::initiator, 1, large_message);
    REQUIRE(pair.far.await<Got>());
    CHECK(pair.far.all<Got>().front().message == block);
}

TEST_CASE("A busy connection does not delay the others", "[integration][interface][tcp][unix]") {
    asio::io_context context;
    Player far(context, GENERATE(Way::tcp, Way::path));
    far.serve_pings();
    const PeerId address = far.listen();
    constexpr std::size_t peers = 30;
    std::vector<std::unique_ptr<RawPeer>> raw;
    for (std::size_t i = 0; i < peers; ++i) raw.push_back(std::make_unique<RawPeer>(context, address));
    REQUIRE(far.await<io::Connected>(peers));
    ByteVector many;
    for (std::uint16_t cookie = 0; cookie < 100; ++cookie) {
        const ByteVector one = ping_segment(cookie);
        many.insert(many.end(), one.begin(), one.end());
    }
    for (const auto& peer : raw) peer->write(many);
    REQUIRE(far.await<Got>(100 * peers));
    std::vector<std::uint16_t> next(peers + 1);
    for (const auto& got : far.all<Got>()) {
        const auto number = static_cast<std::size_t>(got.connection) >> 1;
        CHECK(got.message == n2n::Message(KeepAlive::Ping{next[number]++}));
    }
}
