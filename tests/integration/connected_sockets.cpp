#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>

#include <ouro/behavior/local_responder.hpp>
#include <ouro/chain/synthetic.hpp>
#include <ouro/ouro.hpp>

#include "support/catch.hpp"
#include "unit/program/face.hpp"

using namespace ouro;

namespace {

using LocalServer = Manager<UnixInterface<n2c::Message>, LocalResponderBehavior>;

struct Pair {
    Pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0); }
    int ends[2];
};

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) != -1; }

/// A descriptor that the test closes.
struct Raw {
    explicit Raw(int its_descriptor) : descriptor(its_descriptor) { REQUIRE(descriptor >= 0); }
    Raw(const Raw&) = delete;
    Raw& operator=(const Raw&) = delete;
    ~Raw() { ::close(descriptor); }
    int descriptor;
};

std::error_code refusal(int descriptor) {
    try {
        const ConnectedSocket socket(descriptor);
    } catch (const std::system_error& error) {
        CHECK_THAT(error.what(), Catch::Matchers::Contains("descriptor " + std::to_string(descriptor)));
        return error.code();
    }
    return {};
}

/// Takes steps up to the tip, and returns the number of blocks.
asio::awaitable<std::uint64_t> count_blocks(Follower& chain) {
    std::uint64_t blocks = 0;
    for (;;) {
        auto step = co_await chain.next();
        const auto* next = step ? std::get_if<Forward>(&*step) : nullptr;
        if (!next) co_return blocks;
        if (!next->block.empty()) ++blocks;
    }
}

/// Waits for the end of the peer's connection.
asio::awaitable<PeerNews> the_end(News& news) {
    for (;;) {
        auto next = co_await news.next();
        if (!next || next->kind == PeerNews::Kind::disconnected) co_return next ? *std::move(next) : PeerNews();
    }
}

struct Seen {
    std::uint64_t blocks = 0;
    PeerNews end;
    std::size_t peers = 1;
    Errc follower_end = Errc::none, call = Errc::none, second_call = Errc::none;
    std::string no_socket_left;
};

FollowOptions with_blocks() {
    FollowOptions options;
    options.blocks = true;
    return options;
}

asio::awaitable<int> over_a_pair(Runtime& runtime, Seen& seen) {
    const Pair pair;
    std::optional<Node> relay(std::in_place, runtime, mainnet);
    relay->serve(ConnectedSocket(pair.ends[0]), face::made_up(500));
    Node node(runtime, mainnet);
    const PeerId peer = node.use(ConnectedSocket(pair.ends[1]));
    News news = node.news();
    Follower chain = node.follow(with_blocks());
    seen.blocks = co_await count_blocks(chain);
    relay.reset();
    seen.end = co_await the_end(news);
    CHECK(seen.end.peer == peer);
    seen.peers = node.peers().size();
    co_await node.close();
    CHECK(!is_open(pair.ends[0]));
    CHECK(!is_open(pair.ends[1]));
    co_return 0;
}

asio::awaitable<int> over_tcp(Runtime& runtime, Seen& seen) {
    Node relay(runtime, mainnet);
    const PeerId address = relay.listen("127.0.0.1:0", face::made_up(500)).address;
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    Node node(runtime, mainnet);
    const PeerId peer = node.use(ConnectedSocket(descriptor));
    CHECK(peer.text().ends_with("@127.0.0.1:" + std::to_string(address.port())));
    Follower chain = node.follow(with_blocks());
    seen.blocks = co_await count_blocks(chain);
    co_await node.close();
    co_await relay.close();
    co_return 0;
}

asio::awaitable<int> of_a_client(Runtime& runtime, Seen& seen) {
    local_responder::Config config;
    config.chain = face::made_up(200);
    std::optional<LocalServer> server(std::in_place, UnixInterface<n2c::Message>(runtime.get_executor()),
                                      LocalResponderBehavior(std::move(config)));
    const Pair first, second;
    CHECK(!server->interface().accept(ConnectedSocket(first.ends[0])));
    CHECK(!server->interface().accept(ConnectedSocket(second.ends[0])));
    ClientOptions options;
    options.call_timeout = std::chrono::seconds(2);
    Client client(runtime, mainnet, options);
    client.use(ConnectedSocket(first.ends[1]));
    client.use(ConnectedSocket(second.ends[1]));
    Follower chain = client.follow(with_blocks());
    seen.blocks = co_await count_blocks(chain);
    auto era = co_await client.era();  // over the second connection; this server answers no query
    seen.call = era.error();
    try {
        (void)client.follow();
    } catch (const std::logic_error& error) {
        seen.no_socket_left = error.what();
    }
    server.reset();
    auto step = co_await chain.next();
    seen.follower_end = step.error();
    era = co_await client.era();
    seen.second_call = era.error();
    co_await client.close();
    co_return 0;
}

}  // namespace

TEST_CASE("A node uses and serves connections that the program has made", "[integration][sockets]") {
    Seen seen;
    CHECK(run([&](Runtime& runtime) { return over_a_pair(runtime, seen); }) == 0);
    CHECK(seen.blocks == 500);
    CHECK(!seen.end.retry_in);
    CHECK(seen.peers == 0);
}

TEST_CASE("A node uses a TCP connection that the program has made", "[integration][sockets]") {
    Seen seen;
    CHECK(run([&](Runtime& runtime) { return over_tcp(runtime, seen); }) == 0);
    CHECK(seen.blocks == 500);
}

TEST_CASE("A client uses one connection of the program for its calls, and one for each follower",
          "[integration][sockets]") {
    Seen seen;
    CHECK(run([&](Runtime& runtime) { return of_a_client(runtime, seen); }) == 0);
    CHECK(seen.blocks == 200);
    CHECK(seen.call == Errc::deadline_passed);
    CHECK_THAT(seen.no_socket_left, Catch::Matchers::Contains("no connected socket is left"));
    CHECK(seen.follower_end != Errc::none);
    CHECK(seen.second_call == Errc::not_connected);
}

TEST_CASE("A descriptor that is no connected socket is refused, and stays the caller's", "[integration][sockets]") {
    CHECK(refusal(-1) == std::errc::bad_file_descriptor);
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const Raw reading(pipe[0]), writing(pipe[1]);
    CHECK(refusal(reading.descriptor) == std::errc::not_a_socket);
    const Raw unconnected(::socket(AF_INET, SOCK_STREAM, 0));
    CHECK(refusal(unconnected.descriptor) == std::errc::not_connected);
    const Raw listening(::socket(AF_INET, SOCK_STREAM, 0));
    REQUIRE(::listen(listening.descriptor, 1) == 0);
    CHECK(refusal(listening.descriptor) == std::errc::not_connected);
    const Raw datagrams(::socket(AF_INET, SOCK_DGRAM, 0));
    CHECK(refusal(datagrams.descriptor) == std::errc::wrong_protocol_type);
    int packets[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packets) == 0);
    const Raw one(packets[0]), other(packets[1]);
    CHECK(refusal(one.descriptor) == std::errc::wrong_protocol_type);
    for (const Raw* raw : {&reading, &unconnected, &listening, &datagrams, &one}) CHECK(is_open(raw->descriptor));
}

TEST_CASE("A connected socket closes its descriptor once", "[integration][sockets]") {
    const Pair pair;
    const Raw other(pair.ends[1]);
    {
        ConnectedSocket socket(pair.ends[0]);
        CHECK(socket.native_handle() == pair.ends[0]);
        CHECK(ConnectedSocket::names(socket.peer()));
        CHECK(socket.peer().text().ends_with("@socket"));
        CHECK(!ConnectedSocket::names(*PeerId::parse("./a@socket")));
        const ConnectedSocket moved = std::move(socket);
        CHECK(is_open(pair.ends[0]));
    }
    CHECK(!is_open(pair.ends[0]));
    ConnectedSocket again(::dup(other.descriptor));
    const Raw released(again.release());
    CHECK(is_open(released.descriptor));
}

TEST_CASE("An emulated network takes no sockets, and a client no socket after an address", "[integration][sockets]") {
    face::Stage stage;
    const Pair pair;
    const Raw other(pair.ends[1]);
    Node node(stage.runtime, mainnet);
    CHECK_THROWS_WITH(node.use(ConnectedSocket(pair.ends[0])), Catch::Matchers::Contains("has no sockets"));
    Client client(stage.runtime, mainnet);
    const Pair second;
    const Raw its_other(second.ends[1]);
    CHECK_THROWS_WITH(client.use(ConnectedSocket(::dup(second.ends[0]))), Catch::Matchers::Contains("has no sockets"));
    client.use("relay.example:3001");
    CHECK_THROWS_WITH(client.use(ConnectedSocket(second.ends[0])), Catch::Matchers::Contains("has a node already"));
}
