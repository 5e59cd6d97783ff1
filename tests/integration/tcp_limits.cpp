#include <sys/resource.h>

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

TEST_CASE("connections above the limit are closed at once", "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options;
    options.max_inbound = 2;
    Player player(context, options);
    player.serve_pings();
    const PeerId address = player.listen();
    RawPeer first(context, address);
    RawPeer second(context, address);
    REQUIRE(player.await<io::Connected>(2));
    RawPeer third(context, address);
    CHECK(third.await_end());
    CHECK(third.end == asio::error::connection_reset);
    CHECK(player.count<io::Connected>() == 2);
    CHECK(player.tcp.figures().turned_away == 1);

    // A place that becomes free is taken again.
    first.finish();
    REQUIRE(player.await<io::Disconnected>());
    CHECK(player.tcp.figures().inbound == 1);
    RawPeer fourth(context, address);
    CHECK(player.await<io::Connected>(3));
}

TEST_CASE("what one address may open is limited on its own", "[integration][interface][tcp]") {
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
    RawPeer other(context, address, "127.0.0.2");
    REQUIRE(player.await<io::Connected>(2));
    CHECK(player.all<io::Connected>()[1].peer.host() == "127.0.0.2");

    first.close(true);
    REQUIRE(player.await<io::Disconnected>());
    RawPeer back(context, address, "127.0.0.1");
    CHECK(player.await<io::Connected>(3));
    CHECK(player.tcp.figures().turned_away == 1);
}

TEST_CASE("the connection that exceeds the budget is closed, and only that", "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options;
    options.budget = 1'000;
    Player player(context, options);
    player.react = [&](const Player::Event& event) {
        if (const auto* up = std::get_if<io::Connected>(&event))
            player.credit(up->connection, keep_alive, Role::responder, 0);
    };
    const PeerId address = player.listen();
    RawPeer modest(context, address);
    REQUIRE(player.await<io::Connected>(1));
    RawPeer greedy(context, address);
    REQUIRE(player.await<io::Connected>(2));
    modest.write(segment(keep_alive, Role::initiator, Octets(600)));
    REQUIRE(run_until(context, [&] { return player.tcp.figures().held == 600; }));
    greedy.write(segment(keep_alive, Role::initiator, Octets(400)));
    REQUIRE(run_until(context, [&] { return player.tcp.figures().held == 1'000; }));
    CHECK(player.count<io::Disconnected>() == 0);
    greedy.write(segment(keep_alive, Role::initiator, Octets(1)));
    REQUIRE(player.await<io::Disconnected>());
    const auto end = player.all<io::Disconnected>().front();
    CHECK(end.connection == make_connection_id(Direction::inbound, 2));
    CHECK(end.reason == Errc::over_budget);
    CHECK(player.tcp.figures().held == 600);
    CHECK(player.tcp.figures().connections == 1);
}

TEST_CASE("without descriptors the listener pauses, says so, and goes on", "[integration][interface][tcp]") {
    asio::io_context context;
    Player player(context);
    const PeerId address = player.listen();
    std::optional<RawPeer> peer;
    {
        std::optional<FewDescriptors> few;
        few.emplace(1);
        peer.emplace(context, address);
        REQUIRE(player.await<io::Trouble>());
        CHECK(player.all<io::Trouble>().front().error == asio::error::no_descriptors);
        CHECK(player.count<io::Connected>() == 0);
        // A pause and no busy loop: what is to be done now is little.
        CHECK(context.poll() < 10);
    }
    CHECK(player.await<io::Connected>());
    CHECK(player.count<io::Trouble>() == 1);
}

TEST_CASE("an address that cannot be listened on is told with the system's reason", "[integration][interface][tcp]") {
    asio::io_context context;
    Player player(context);
    const PeerId taken = player.listen();
    CHECK(player.tcp.listen(taken).error == asio::error::address_in_use);
    CHECK(player.tcp.listen(PeerId::from_parts("relay.example", 0)).error == asio::error::invalid_argument);
    CHECK(!player.tcp.listen(PeerId::from_parts("192.0.2.1", 0)));
}

TEST_CASE("no one is taken after listening has stopped", "[integration][interface][tcp]") {
    asio::io_context context;
    Player player(context);
    const PeerId address = player.listen();
    RawPeer before(context, address);
    REQUIRE(player.await<io::Connected>());
    player.tcp.stop_listening();
    CHECK_THROWS(RawPeer(context, address));
    CHECK(player.tcp.figures().connections == 1);
    CHECK(player.tcp.listen(address));  // the port is free again
}

TEST_CASE("options that make no sense are refused", "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options;
    SECTION("a segment of nothing") { options.segment_payload = 0; }
    SECTION("a segment that no header can tell") { options.segment_payload = 65'536; }
    SECTION("a buffer below nothing") { options.receive_buffer = -1; }
    SECTION("no time") { options.write_timeout = 0s; }
    CHECK_THROWS_AS(TcpInterface<n2n::Message>(context.get_executor(), options), std::invalid_argument);
}

TEST_CASE("an address to listen on may leave the port open", "[unit][interface][tcp]") {
    CHECK(parse_listen_address("127.0.0.1:0")->port() == 0);
    CHECK(parse_listen_address("127.0.0.1:0")->host() == "127.0.0.1");
    CHECK(parse_listen_address("[::1]:0")->text() == "[::1]:0");
    CHECK(parse_listen_address("[::1]:3001")->port() == 3'001);
    for (const auto* text :
         {"127.0.0.1", "127.0.0.1:", ":0", "::1:0", "127.0.0.1:65536", "[::1]:00", "here:3001", "here:0"})
        CHECK(parse_listen_address(text).error() == Errc::bad_address);
}
