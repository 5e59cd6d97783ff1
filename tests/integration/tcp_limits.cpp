#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <deque>
#include <memory>

#include "support/accept.hpp"
#include "support/catch.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

/// Leaves the process `spare` more descriptors than it has, for as long as it lives.
class FewDescriptors {
  public:
    explicit FewDescriptors(std::size_t spare) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit low = before_;
        low.rlim_cur = static_cast<rlim_t>(highest() + 1 + static_cast<int>(spare));
        ::setrlimit(RLIMIT_NOFILE, &low);
    }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;
    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    /// Of the descriptors that are open now, where none below is free.
    static int highest() {
        const int next = ::dup(0);
        ::close(next);
        return next - 1;
    }
    rlimit before_{};
};

}  // namespace

TEST_CASE("connections above the hard limit wait until a place is free", "[integration][interface][tcp][unix]") {
    asio::io_context context;
    TcpOptions options;
    options.accept = {2, 2, 0s};
    Player player(context, GENERATE(Way::tcp, Way::path), options);
    player.serve_pings();
    const PeerId address = player.listen();
    RawPeer first(context, address);
    RawPeer second(context, address);
    REQUIRE(player.await<io::Connected>(2));
    RawPeer third(context, address);
    RawPeer fourth(context, address);
    // Those inside are served meanwhile, and those outside neither taken nor closed.
    first.write(ping_segment(1));
    REQUIRE(player.await<Got>(1));
    second.write(ping_segment(2));
    REQUIRE(player.await<Got>(2));
    CHECK(player.count<io::Connected>() == 2);
    CHECK_FALSE(third.ended());

    // What was sent from outside is not lost.
    third.write(ping_segment(3));
    first.finish();
    REQUIRE(player.await<Got>(3));
    CHECK(player.count<io::Connected>() == 3);
    CHECK(player.io.figures().inbound == 2);
    second.close(true);
    REQUIRE(player.await<io::Connected>(4));
    CHECK(player.count<io::Disconnected>() == 2);
    CHECK_FALSE(fourth.ended());
    CHECK(player.io.figures().turned_away == 0);
}

TEST_CASE("all listeners of an interface share its places", "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options;
    options.accept = {1, 1, 0s};
    Player player(context, options);
    player.serve_pings();
    const std::array addresses{player.listen(), player.listen("127.0.0.2")};
    RawPeer inside(context, addresses[0]);
    REQUIRE(player.await<io::Connected>(1));
    RawPeer one(context, addresses[0]);
    RawPeer other(context, addresses[1]);
    inside.write(ping_segment(1));
    REQUIRE(player.await<Got>(1));
    CHECK(player.count<io::Connected>() == 1);
    inside.close(true);
    REQUIRE(player.await<io::Connected>(2));
    CHECK(player.io.figures().inbound == 1);
    one.close(true);
    REQUIRE(player.await<io::Connected>(3));
}

TEST_CASE("From the soft limit on, the next connection waits for its share of the delay",
          "[integration][interface][tcp][unix]") {
    asio::io_context context;
    TcpOptions options;
    const Duration delay = GENERATE(Duration(1h), Duration(40ms));
    options.accept = {4, 2, delay};
    Player player(context, GENERATE(Way::tcp, Way::path), options);
    player.serve_pings();
    const PeerId address = player.listen();
    const Instant before = player.io.now();
    std::vector<std::unique_ptr<RawPeer>> peers;
    for (int i = 0; i < 5; ++i) peers.push_back(std::make_unique<RawPeer>(context, address));
    // The third is the first one above the soft limit: none of the delay.
    REQUIRE(player.await<io::Connected>(3));
    if (delay == 1h) {
        peers[0]->write(ping_segment(1));
        REQUIRE(player.await<Got>(1));
        CHECK(player.count<io::Connected>() == 3);
        CHECK(context.poll() < 10);  // it waits, and does not ask again and again
        // With no more than the soft limit left, there is room for one without a pause.
        peers[1]->close(true);
        REQUIRE(player.await<io::Connected>(4));
        peers[0]->write(ping_segment(1));
        REQUIRE(player.await<Got>(2));
        CHECK(player.count<io::Connected>() == 4);
    } else {
        REQUIRE(player.await<io::Connected>(4));
        CHECK(player.io.now() - before >= delay / 2);
        // The fifth needs a place and the whole delay.
        peers[0]->close(true);
        REQUIRE(player.await<io::Connected>(5));
        CHECK(player.io.now() - before >= delay / 2 + delay);
    }
}

TEST_CASE("At the hard limit a free place alone does not admit a connection", "[integration][interface][tcp][unix]") {
    asio::io_context context;
    TcpOptions options;
    options.accept = {1, 1, 1h};
    Player player(context, GENERATE(Way::tcp, Way::path), options);
    player.serve_pings();
    const PeerId address = player.listen();
    RawPeer first(context, address);
    REQUIRE(player.await<io::Connected>());
    RawPeer second(context, address);
    first.close(true);
    REQUIRE(player.await<io::Disconnected>());
    context.poll();
    CHECK(player.count<io::Connected>() == 1);
    CHECK_FALSE(second.ended());
}

TEST_CASE("Dialled connections take no place of accepted ones", "[integration][interface][tcp]") {
    asio::io_context context;
    Player far(context);
    far.serve_pings();
    const PeerId there = far.listen();
    TcpOptions options;
    options.accept = {1, 1, 0s};
    Player player(context, options);
    player.serve_pings();
    for (std::uint64_t number = 1; number <= 3; ++number) player.dial(there, number);
    REQUIRE(player.await<io::Connected>(3));
    RawPeer peer(context, player.listen());
    CHECK(player.await<io::Connected>(4));
}

TEST_CASE("After an aborted connection the listener pauses, reports nothing, and continues",
          "[integration][interface][tcp]") {
    asio::io_context context;
    Player player(context);
    const PeerId address = player.listen();
    fail_accepts(1, ECONNABORTED);
    RawPeer peer(context, address);
    REQUIRE(run_until(context, [] { return accepts_to_fail() == 0; }));
    CHECK(player.count<io::Connected>() == 0);
    CHECK(context.poll() < 10);
    CHECK(player.await<io::Connected>());
    CHECK(player.count<io::Trouble>() == 0);
}

TEST_CASE("The connections from one address have their own limit", "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options;
    options.max_per_address = 1;
    Player player(context, options);
    player.serve_pings();
    const PeerId address = player.listen();
    RawPeer first(context, address, "127.0.0.1");
    REQUIRE(player.await<io::Connected>(1));
    RawPeer again(context, address, "127.0.0.1");
    CHECK(again.await_end());
    CHECK(again.end == asio::error::connection_reset);
    RawPeer other(context, address, "127.0.0.2");
    REQUIRE(player.await<io::Connected>(2));
    CHECK(player.all<io::Connected>()[1].peer.host() == "127.0.0.2");
    REQUIRE(player.await<io::Trouble>());
    CHECK(player.all<io::Trouble>()[0].error == Errc::too_many_from_address);
    CHECK(player.all<io::Trouble>()[0].peer.host() == "127.0.0.1");

    first.close(true);
    REQUIRE(player.await<io::Disconnected>());
    RawPeer back(context, address, "127.0.0.1");
    CHECK(player.await<io::Connected>(3));
    CHECK(player.io.figures().turned_away == 1);
}

TEST_CASE("One address may open thirty-two connections by default", "[integration][interface][tcp]") {
    asio::io_context context;
    Player player(context);
    const PeerId address = player.listen();
    std::vector<std::unique_ptr<RawPeer>> peers;
    for (int i = 0; i < 33; ++i) peers.push_back(std::make_unique<RawPeer>(context, address, "127.0.0.3"));
    REQUIRE(player.await<io::Connected>(32));
    CHECK(run_until(context, [&] { return player.io.figures().turned_away == 1; }));
    CHECK(player.count<io::Connected>() == 32);
    RawPeer other(context, address, "127.0.0.4");
    CHECK(player.await<io::Connected>(33));
}

TEST_CASE("A newcomer waits for no pause if another connection is disconnected for it",
          "[integration][interface][tcp][unix]") {
    asio::io_context context;
    TcpOptions options;
    options.accept = {20, 10, 1h};
    Player player(context, GENERATE(Way::tcp, Way::path), options);
    std::uint64_t oldest = 0;
    player.react = [&](const Player::Event& event) {
        if (std::holds_alternative<io::Connected>(event) && player.io.figures().inbound > options.accept.soft)
            player.disconnect(make_connection_id(Direction::inbound, ++oldest), io::Close::reset, Errc::pruned);
    };
    const PeerId address = player.listen();
    std::vector<std::unique_ptr<RawPeer>> peers;
    for (int i = 0; i < 30; ++i) peers.push_back(std::make_unique<RawPeer>(context, address));
    CHECK(player.await<io::Connected>(30));
    CHECK(player.io.figures().inbound == 10);
    for (const auto& end : player.all<io::Disconnected>()) CHECK(end.reason == Errc::pruned);
}

TEST_CASE("Connections closed at once do not delay others", "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options;
    options.max_per_address = 1;
    options.accept = {2, 0, 20ms};  // a pause behind each that is taken
    Player player(context, options);
    player.serve_pings();
    const PeerId address = player.listen();
    RawPeer first(context, address, "127.0.0.1");
    REQUIRE(player.await<io::Connected>(1));
    std::vector<std::unique_ptr<RawPeer>> again;
    for (int i = 0; i < 3; ++i) again.push_back(std::make_unique<RawPeer>(context, address, "127.0.0.1"));
    RawPeer other(context, address, "127.0.0.2");
    // All of it in one go, once the pause behind the first is over.
    REQUIRE(run_until(context, [&] { return player.io.figures().turned_away != 0; }));
    CHECK(player.io.figures().turned_away == 3);
    CHECK(player.io.figures().inbound == 2);
}

TEST_CASE("The refusal of an address is reported once, and again after all its connections have ended",
          "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options;
    options.max_per_address = 2;
    Player player(context, options);
    player.serve_pings();
    const PeerId address = player.listen();
    for (std::size_t round = 1; round <= 2; ++round) {
        INFO(round);
        std::vector<std::unique_ptr<RawPeer>> peers;
        for (int i = 0; i < 10; ++i) peers.push_back(std::make_unique<RawPeer>(context, address, "127.0.0.1"));
        REQUIRE(run_until(context, [&] { return player.io.figures().turned_away == round * 8; }));
        CHECK(player.await<io::Trouble>(round));
        CHECK(player.count<io::Trouble>() == round);
        for (const auto& peer : peers) peer->close(true);
        REQUIRE(player.await<io::Disconnected>(round * 2));
    }
}

namespace {

/// An interface with a small budget that reads nothing from its inbound connections.
struct Holding {
    static constexpr std::size_t budget = 10'000;

    explicit Holding(Way way = Way::tcp) : player(context, way, options()) {
        player.react = [this](const Player::Event& event) {
            if (const auto* up = std::get_if<io::Connected>(&event))
                player.credit(up->connection, BlockFetch::channel, Role::responder, 0, any_size);
        };
        address = player.listen();
    }
    static TcpOptions options() {
        TcpOptions options;
        options.budget = budget;
        options.accept = {10, 10, 0s};
        return options;
    }
    /// Another inbound connection that sends `bytes`, which stay unread; `in_all` is held then.
    void hold(std::size_t bytes, std::size_t in_all) {
        peers.push_back(std::make_unique<RawPeer>(context, address));
        peers.back()->write(segment(BlockFetch::channel, Role::initiator, ByteVector(bytes)));
        CHECK(run_until(context, [&] { return player.io.figures().held == in_all; }));
    }
    [[nodiscard]] std::vector<ConnectionId> over_budget() const {
        std::vector<ConnectionId> ids;
        for (const auto& end : player.all<io::Disconnected>())
            if (end.reason == Errc::over_budget) ids.push_back(end.connection);
        return ids;
    }

    asio::io_context context;
    Player player;
    PeerId address;
    std::vector<std::unique_ptr<RawPeer>> peers;
};

ConnectionId inbound(std::uint64_t number) { return make_connection_id(Direction::inbound, number); }

}  // namespace

TEST_CASE("Above the budget the connection with most unread data beyond its share is disconnected",
          "[integration][interface][tcp][unix]") {
    Holding h(GENERATE(Way::tcp, Way::path));
    h.hold(3'000, 3'000);
    h.hold(6'000, 9'000);
    h.hold(1'000, 10'000);
    CHECK(h.player.count<io::Disconnected>() == 0);
    h.hold(1'000, 5'000);
    CHECK(h.over_budget() == std::vector{inbound(2)});
    h.hold(5'000, 10'000);
    h.hold(1, 5'001);
    CHECK(h.over_budget() == std::vector{inbound(2), inbound(5)});
    CHECK(h.player.io.figures().connections == 4);
}

TEST_CASE("What waits to be sent lowers the budget of what has arrived", "[integration][interface][tcp]") {
    Holding h;
    h.hold(4'000, 4'000);
    h.hold(3'000, 7'000);
    // 64 MiB: more than the system takes for a peer that reads nothing.
    const BlockFetch::Block block{Bytes::copy(ByteVector(0x0200'0000))};
    for (int i = 0; i < 2; ++i) h.player.send(inbound(1), Role::responder, block);
    REQUIRE(h.player.io.figures().queued > Holding::budget);
    CHECK(h.player.count<io::Disconnected>() == 0);
    h.hold(100, 3'100);
    CHECK(h.over_budget() == std::vector{inbound(1)});
    CHECK(h.player.io.figures().queued == 0);
    h.hold(2'000, 5'100);
    CHECK(h.player.count<io::Disconnected>() == 1);
}

TEST_CASE("Requested data outlives any number of peers that send unrequested data", "[integration][interface][tcp]") {
    Holding h;
    // An upstream of ours, which has begun to send a block as large as half of the budget.
    asio::ip::tcp::acceptor upstream(h.context, {asio::ip::make_address("127.0.0.1"), 0});
    const ConnectionId ours = h.player.dial(PeerId::from_parts("127.0.0.1", upstream.local_endpoint().port()));
    RawPeer far(h.context, Bearer::Socket(upstream.accept()));
    REQUIRE(h.player.await<io::Connected>());
    h.player.credit(ours, BlockFetch::channel, Role::initiator, 1, any_size);
    ByteVector content{0x59, 0x13, 0x88};
    content.resize(content.size() + 5'000);
    const Bytes block = cbor::encode(n2n::Message(BlockFetch::Block{Bytes::copy(content)}));
    for (int strangers = 0; strangers < 9; ++strangers) h.hold(1'001, static_cast<std::size_t>(strangers + 1) * 1'001);
    far.write(segment(BlockFetch::channel, Role::responder, BytesView(block).first(4'000)));
    REQUIRE(
        run_until(h.context, [&] { return h.over_budget().size() == 5 || h.player.count<io::Disconnected>() > 5; }));
    far.write(segment(BlockFetch::channel, Role::responder, BytesView(block).subspan(4'000)));
    CHECK(h.player.await<Got>());
    for (const ConnectionId victim : h.over_budget()) CHECK(direction(victim) == Direction::inbound);
    CHECK(h.over_budget().size() == 5);
}

TEST_CASE("The first byte at a closed endpoint ends the connection", "[integration][interface][tcp][unix]") {
    Holding h(GENERATE(Way::tcp, Way::path));
    h.hold(500, 500);
    h.hold(500, 1'000);
    h.player.credit(inbound(1), BlockFetch::channel, Role::responder, 0, 0);
    REQUIRE(h.player.await<io::Disconnected>());
    const auto end = h.player.all<io::Disconnected>().front();
    CHECK(end.connection == inbound(1));
    CHECK(end.reason == Errc::unread_data);
    CHECK(end.violation.rule == Errc::unread_data);
    CHECK(h.player.io.figures().held == 500);
}

TEST_CASE("Without descriptors the listener pauses, reports it, and continues", "[integration][interface][tcp][unix]") {
    asio::io_context context;
    Player player(context, GENERATE(Way::tcp, Way::path));
    const PeerId address = player.listen();
    std::optional<RawPeer> peer;
    {
        std::optional<FewDescriptors> few;
        few.emplace(1);
        peer.emplace(context, address);
        REQUIRE(player.await<io::Trouble>());
        CHECK(player.all<io::Trouble>().front().error == asio::error::no_descriptors);
        CHECK(player.count<io::Connected>() == 0);
        // A pause and no busy loop: there is little to do now.
        CHECK(context.poll() < 10);
    }
    CHECK(player.await<io::Connected>());
    CHECK(player.count<io::Trouble>() == 1);
}

TEST_CASE("A failure to listen is reported with the system's reason", "[integration][interface][tcp]") {
    asio::io_context context;
    Player player(context);
    const PeerId taken = player.listen();
    CHECK(player.io.listen(taken).error == asio::error::address_in_use);
    CHECK(player.io.listen(PeerId::from_parts("relay.example", 0)).error == asio::error::invalid_argument);
    CHECK(!player.io.listen(PeerId::from_parts("192.0.2.1", 0)));
}

TEST_CASE("No connection is accepted after listening has stopped", "[integration][interface][tcp][unix]") {
    asio::io_context context;
    Player player(context, GENERATE(Way::tcp, Way::path));
    const PeerId address = player.listen();
    RawPeer before(context, address);
    REQUIRE(player.await<io::Connected>());
    player.io.stop_listening();
    CHECK_THROWS(RawPeer(context, address));
    CHECK(player.io.figures().connections == 1);
    CHECK(player.io.listen(address));  // the address is free again
}

TEST_CASE("Options of TCP out of range are refused", "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options;
    SECTION("a segment of zero bytes") { options.segment_payload = 0; }
    SECTION("a segment too long for its header") { options.segment_payload = 65'536; }
    SECTION("a negative buffer size") { options.receive_buffer = -1; }
    SECTION("a negative limit on unsent bytes") { options.unsent_limit = -1; }
    SECTION("a timeout of zero") { options.write_timeout = 0s; }
    SECTION("no place") { options.accept = {0, 0, 5s}; }
    SECTION("a soft limit above the hard one") { options.accept = {10, 11, 5s}; }
    SECTION("a negative delay") { options.accept.delay = -1s; }
    CHECK_THROWS_AS(TcpInterface<n2n::Message>(context.get_executor(), options), std::invalid_argument);
}

TEST_CASE("The port of a listening address may be 0", "[unit][interface][tcp]") {
    CHECK(parse_listen_address("127.0.0.1:0")->port() == 0);
    CHECK(parse_listen_address("127.0.0.1:0")->host() == "127.0.0.1");
    CHECK(parse_listen_address("[::1]:0")->text() == "[::1]:0");
    CHECK(parse_listen_address("[::1]:3001")->port() == 3'001);
    for (const auto* text :
         {"127.0.0.1", "127.0.0.1:", ":0", "::1:0", "127.0.0.1:65536", "[::1]:00", "here:3001", "here:0"})
        CHECK(parse_listen_address(text).error() == Errc::bad_address);
}

TEST_CASE("Queued bytes are written while connections come and go without a pause", "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options;
    options.accept = {4, 1, 1h};
    options.max_per_address = 0;
    TcpInterface<n2n::Message> relay(context.get_executor(), options);
    const PeerId address = relay.listen(PeerId::from_parts("127.0.0.1", 0)).address;
    RawPeer good(context, address);
    std::vector<std::unique_ptr<RawPeer>> others;
    for (int i = 0; i < 100; ++i) others.push_back(std::make_unique<RawPeer>(context, address));
    context.poll();

    // The first connection stays. Each later one is closed, and so makes room for the next.
    std::size_t news = 0;
    for (auto event = relay.try_poll(); event && news < 100; event = relay.try_poll(), ++news) {
        const auto* const up = std::get_if<io::Connected>(&*event);
        if (up == nullptr) continue;
        if (news == 0) {
            relay.dispatch(io::Send<n2n::Message>{up->connection, Role::responder,
                                                  n2n::Message(KeepAlive::Message(KeepAlive::Pong{7}))});
        } else {
            relay.dispatch(io::Disconnect{up->connection, io::Close::reset, Errc::pruned, {}, 5s});
        }
    }
    CHECK(news == 100);
    CHECK_FALSE(good.ended());
    CHECK_FALSE(good.got.empty());
}

TEST_CASE("Interfaces that share a port both accept connections, and others find it in use",
          "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options;
    options.max_per_address = 0;
    Player first(context, options);
    const PeerId address = first.listen();
    TcpInterface<n2n::Message> alone(context.get_executor());
    CHECK(alone.listen(address).error == asio::error::address_in_use);
    options.share_port = true;
    Player second(context, options);
    REQUIRE(second.io.listen(address));
    std::deque<RawPeer> peers;
    for (int i = 0; i < 64; ++i) peers.emplace_back(context, address);
    const auto accepted = [&] { return first.count<io::Connected>() + second.count<io::Connected>(); };
    REQUIRE(run_until(context, [&] { return accepted() == 64; }));
    CHECK(first.count<io::Connected>() > 0);  // the system spreads them by their addresses
    CHECK(second.count<io::Connected>() > 0);
}
