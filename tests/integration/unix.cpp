#include <cerrno>

#include "support/catch.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

using LocalPlayer = PlayerOf<n2c::Message>;
using Heard = io::Recv<n2c::Message>;

n2c::Handshake::ProposeVersions proposal() {
    VersionData data;
    data.magic = preview;
    return {VersionTable(n2c::versions, data)};
}

}  // namespace

TEST_CASE("A node and its client agree on a version and exchange messages", "[integration][interface][unix]") {
    asio::io_context context;
    LocalPlayer node(context, UnixOptions{});
    LocalPlayer client(context, UnixOptions{});
    const ConnectionId here = client.dial(node.listen());
    REQUIRE((client.await<io::Connected>() && node.await<io::Connected>()));
    const ConnectionId there = node.all<io::Connected>().front().connection;

    node.credit(there, Channel{0}, Role::responder, 1, Handshake::message_limit);
    client.credit(here, Channel{0}, Role::initiator, 1, Handshake::message_limit);
    client.send(here, Role::initiator, proposal());
    REQUIRE(node.await<Heard>());
    CHECK(node.all<Heard>().front().message == n2c::Message(proposal()));
    const Version highest{0x8017};
    const n2c::Handshake::AcceptVersion answer{highest, proposal().versions.find(highest)->data};
    node.send(there, Role::responder, answer);
    node.credit(there, LocalChainSync::channel, Role::responder, 1);
    REQUIRE(client.await<Heard>());
    CHECK(client.all<Heard>().front().message == n2c::Message(answer));

    client.credit(here, LocalChainSync::channel, Role::initiator, 2, 4'000'000);
    client.send(here, Role::initiator, LocalChainSync::RequestNext{});
    REQUIRE(node.await<Heard>(2));
    // A block of two million bytes of an unknown era.
    ByteVector block{0x82, 0x18, 0x2a, 0x5a, 0x00, 0x1e, 0x84, 0x80};
    block.resize(block.size() + 2'000'000);
    const LocalChainSync::RollForward forward{Bytes::copy(block), Tip{}};
    node.send(there, Role::responder, forward);
    REQUIRE(client.await<Heard>(2));
    CHECK(client.all<Heard>().back().message == n2c::Message(forward));
}

TEST_CASE("Idle clients at a path are not disconnected", "[integration][interface][unix]") {
    UnixOptions options;
    options.segment_timeout = 1ms;
    options.write_timeout = 1ms;
    asio::io_context context;
    LocalPlayer node(context, options);
    const PeerId address = node.listen();
    RawPeer idle(context, address);
    REQUIRE(node.await<io::Connected>());
    node.credit(node.all<io::Connected>().front().connection, Channel{0}, Role::responder);
    // Those that it does drop mark the time: ten of them, one after the other, which never end what they began.
    for (std::size_t n = 1; n <= 10; ++n) {
        RawPeer late(context, address);
        REQUIRE(node.await<io::Connected>(n + 1));
        node.credit(node.all<io::Connected>().back().connection, Channel{0}, Role::responder);
        late.write(ByteVector(1));
        REQUIRE(node.await<io::Disconnected>(n));
        CHECK(node.all<io::Disconnected>().back().reason == Errc::segment_timeout);
    }
    CHECK(!idle.ended());
    CHECK(node.io.figures().connections == 1);
}

TEST_CASE("Visitors at a path have different ids", "[integration][interface][unix]") {
    asio::io_context context;
    Player player(context, Way::path);
    const PeerId address = player.listen();
    RawPeer one(context, address);
    RawPeer other(context, address);
    REQUIRE(player.await<io::Connected>(2));
    for (std::uint64_t n = 1; n <= 2; ++n) {
        const auto up = player.all<io::Connected>()[n - 1];
        CHECK(up.connection == make_connection_id(Direction::inbound, n));
        CHECK(up.peer.text() == std::to_string(n) + "@" + std::string(address.path()));
        CHECK(up.peer.path() == address.path());
    }
}

TEST_CASE("A failure to connect to a path is reported with the system's reason", "[integration][interface][unix]") {
    const support::TemporaryDirectory directory;
    asio::io_context context;
    Player player(context, Way::path);
    const std::string path = (directory.path() / "socket").string();
    std::error_code want;
    SECTION("a missing file") { want = {ENOENT, asio::error::get_system_category()}; }
    SECTION("a file") {
        directory.write("socket", {});
        want = asio::error::connection_refused;
    }
    const ConnectionId id = player.dial(*PeerId::parse(path), 5);
    REQUIRE(player.await<io::Disconnected>());
    const auto end = player.all<io::Disconnected>().front();
    CHECK(end.connection == id);
    CHECK(end.reason == Errc::connect_failed);
    CHECK(end.system == want);
}

TEST_CASE("A listener with a full queue refuses a client, which can try again", "[integration][interface][unix]") {
    asio::io_context context;
    asio::io_context stopped;  // of the listener: nothing is accepted while it does not run
    const support::TemporaryDirectory directory;
    const asio::local::stream_protocol::endpoint endpoint((directory.path() / "socket").string());
    asio::local::stream_protocol::acceptor acceptor(stopped);
    acceptor.open();
    acceptor.bind(endpoint);
    acceptor.listen(1);
    Player player(context, Way::path);
    const PeerId there = *PeerId::parse(endpoint.path());
    std::uint64_t number = 0;
    while (player.count<io::Disconnected>() == 0 && number < 10) {
        player.dial(there, ++number);
        REQUIRE(run_until(context, [&] { return player.events.size() == number; }));
    }
    REQUIRE(player.count<io::Disconnected>() == 1);
    CHECK(player.all<io::Disconnected>().front().reason == Errc::connect_failed);
    CHECK(player.all<io::Disconnected>().front().system == asio::error::try_again);
    acceptor.accept();
    player.dial(there, ++number);
    CHECK(run_until(context, [&] { return player.count<io::Connected>() == number - 1; }));
}

TEST_CASE("Each kind of interface dials only its own kind of peer", "[integration][interface][unix][tcp]") {
    const Way way = GENERATE(Way::tcp, Way::path);
    asio::io_context context;
    Player other(context, way == Way::tcp ? Way::path : Way::tcp);
    Player player(context, way);
    const PeerId there = other.listen();
    player.dial(there);
    REQUIRE(player.await<io::Disconnected>());
    CHECK(player.all<io::Disconnected>().front().reason == Errc::bad_address);
    CHECK(player.io.listen(there).error == asio::error::invalid_argument);
    CHECK(other.count<io::Connected>() == 0);
}

TEST_CASE("A socket file exists from the start of listening to its end", "[integration][interface][unix]") {
    const support::TemporaryDirectory directory;
    const std::string path = (directory.path() / "socket").string();
    asio::io_context context;
    UnixInterface<n2c::Message> node(context.get_executor());
    const auto bound = node.listen(path);
    REQUIRE(bound);
    CHECK(bound.address == *PeerId::parse(path));
    CHECK(node.listen(path).error == asio::error::address_in_use);
    CHECK(node.listen("").error == asio::error::invalid_argument);
    CHECK(node.listen(path + std::string(108, 'x')).error == asio::error::invalid_argument);
    // More than one at a time.
    REQUIRE(node.listen(path + "2"));
    const auto client = connect_unix(context.get_executor(), bound.address);
    CHECK(client);
    SECTION("stopped") { node.stop_listening(); }
    SECTION("destroyed") { node = UnixInterface<n2c::Message>(context.get_executor()); }
    CHECK(std::filesystem::is_empty(directory.path()));
    CHECK(connect_unix(context.get_executor(), bound.address).error() == Errc::connect_failed);
    CHECK(connect_unix(context.get_executor(), PeerId::from_parts("127.0.0.1", 1)).error() == Errc::bad_address);
}

TEST_CASE("A relative path is relative to the process's directory", "[integration][interface][unix]") {
    const support::TemporaryDirectory directory;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(directory.path());
    asio::io_context context;
    std::optional<UnixInterface<n2c::Message>> node(context.get_executor());
    const auto bound = node->listen("socket");
    CHECK(bound.address.text() == "./socket");
    CHECK(connect_unix(context.get_executor(), *PeerId::parse("unix:socket")));
    node.reset();
    CHECK(std::filesystem::is_empty(directory.path()));
    std::filesystem::current_path(before);
}

TEST_CASE("Options of a path out of range are refused", "[integration][interface][unix]") {
    asio::io_context context;
    UnixOptions options;
    SECTION("a segment of zero bytes") { options.segment_payload = 0; }
    SECTION("a timeout of zero") { options.write_timeout = 0s; }
    SECTION("a mode with more than permissions") { options.file_mode = 01777; }
    CHECK_THROWS_AS(UnixInterface<n2c::Message>(context.get_executor(), options), std::invalid_argument);
}
