#include <sys/socket.h>

#include <map>

#include <asio/ip/udp.hpp>

#include "support/catch.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

/// Knows the given names and never answers for others.
class FakeResolver final : public Resolver {
  public:
    struct Answer {
        std::error_code error;
        std::vector<std::string> addresses;
    };

    FakeResolver(asio::io_context& context, std::map<std::string, Answer> answers)
        : context_(context), answers_(std::move(answers)) {}

    void resolve(const std::string& host, Done done) override {
        ++asked;
        const auto found = answers_.find(host);
        if (found == answers_.end()) {
            unanswered_.push_back(std::move(done));
            return;
        }
        asio::post(context_,
                   [done = std::move(done), answer = found->second] { done(answer.error, answer.addresses); });
    }

    std::size_t asked = 0;

  private:
    asio::io_context& context_;
    std::map<std::string, Answer> answers_;
    std::vector<Done> unanswered_;
};

TcpOptions resolving(asio::io_context& context, std::map<std::string, FakeResolver::Answer> answers) {
    TcpOptions options;
    options.resolver = std::make_shared<FakeResolver>(context, std::move(answers));
    return options;
}

/// The port of a listener that is gone.
std::uint16_t refused_port(asio::io_context& context) {
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), 0});
    return acceptor.local_endpoint().port();
}

/// A listener that takes no connection: its queue is full.
class FullListener {
  public:
    explicit FullListener(asio::io_context& context) : acceptor_(context) {
        acceptor_.open(asio::ip::tcp::v4());
        acceptor_.bind({asio::ip::make_address("127.0.0.1"), 0});
        ::listen(acceptor_.native_handle(), 0);
        for (int i = 0; i < 4; ++i) {
            auto& socket = fillers_.emplace_back(context, asio::ip::tcp::v4());
            socket.native_non_blocking(true);
            const auto endpoint = acceptor_.local_endpoint();
            (void)::connect(socket.native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size()));
        }
    }
    [[nodiscard]] PeerId address() const { return PeerId::from_parts("127.0.0.1", acceptor_.local_endpoint().port()); }

  private:
    asio::ip::tcp::acceptor acceptor_;
    std::vector<asio::ip::tcp::socket> fillers_;
};

io::Disconnected only_end(Player& player) {
    if (!player.await<io::Disconnected>() || player.events.size() != 1) return {};
    return player.all<io::Disconnected>().front();
}

}  // namespace

TEST_CASE("A dial to a port without a listener is refused", "[integration][interface][tcp]") {
    asio::io_context context;
    Player player(context);
    const PeerId peer = PeerId::from_parts("127.0.0.1", refused_port(context));
    const ConnectionId id = player.dial(peer, 5);
    const auto end = only_end(player);
    CHECK(end.connection == id);
    CHECK(end.peer == peer);
    CHECK(end.reason == Errc::connect_failed);
    CHECK(end.system == asio::error::connection_refused);
    CHECK(player.io.figures().dials == 0);
}

TEST_CASE("A dial of a name without an address reports it", "[integration][interface][tcp]") {
    asio::io_context context;
    Player player(context, resolving(context, {{"nowhere.example", {asio::error::host_not_found, {}}},
                                               {"empty.example", {{}, {}}},
                                               {"odd.example", {{}, {"not an address"}}}}));
    player.dial(PeerId::from_parts(GENERATE("nowhere.example", "empty.example", "odd.example"), 3001));
    const auto end = only_end(player);
    CHECK(end.reason == Errc::resolve_failed);
    CHECK(end.system == asio::error::host_not_found);
}

TEST_CASE("The addresses of a name are tried in order until one accepts the connection",
          "[integration][interface][tcp]") {
    asio::io_context context;
    Player far(context);
    const PeerId listening = far.listen();
    Player player(context, resolving(context, {{"relay.example", {{}, {"127.0.0.3", "127.0.0.2", "127.0.0.1"}}},
                                               {"gone.example", {{}, {"127.0.0.3", "127.0.0.2"}}}}));
    SECTION("the last one accepts") {
        const PeerId peer = PeerId::from_parts("relay.example", listening.port());
        player.dial(peer);
        REQUIRE(player.await<io::Connected>());
        CHECK(player.all<io::Connected>().front().peer == peer);
        CHECK(far.await<io::Connected>());
    }
    SECTION("none accepts") {
        player.dial(PeerId::from_parts("gone.example", listening.port()));
        const auto end = only_end(player);
        CHECK(end.reason == Errc::connect_failed);
        CHECK(end.system == asio::error::connection_refused);
    }
}

TEST_CASE("The system's resolver finds names", "[integration][interface][tcp]") {
    asio::io_context context;
    Player far(context);
    Player player(context);
    player.dial(PeerId::from_parts("localhost", far.listen().port()));
    CHECK(player.await<io::Connected>());
}

TEST_CASE("An address that does not answer takes only its own time limit", "[integration][interface][tcp]") {
    asio::io_context context;
    FullListener full(context);
    Player far(context);
    TcpOptions options;
    options.connect_timeout = 50ms;
    SECTION("alone") {
        Player player(context, options);
        player.dial(full.address());
        const auto end = only_end(player);
        CHECK(end.reason == Errc::connect_timeout);
        CHECK(end.system == asio::error::timed_out);
    }
    SECTION("before one that answers") {
        const auto bound = far.io.listen(PeerId::from_parts("127.0.0.2", full.address().port()));
        REQUIRE(bound);
        options.resolver = resolving(context, {{"relay.example", {{}, {"127.0.0.1", "127.0.0.2"}}}}).resolver;
        Player player(context, options);
        player.dial(PeerId::from_parts("relay.example", full.address().port()));
        CHECK(player.await<io::Connected>());
    }
    SECTION("until the time limit of the whole dial") {
        options.dial_timeout = 60ms;
        options.resolver =
            resolving(context, {{"slow.example", {{}, std::vector<std::string>(1'000, "127.0.0.1")}}}).resolver;
        Player player(context, options);
        player.dial(PeerId::from_parts("slow.example", full.address().port()));
        CHECK(only_end(player).reason == Errc::connect_timeout);
    }
}

TEST_CASE("A lookup that does not end takes only its own time limit", "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options = resolving(context, {});
    options.connect_timeout = 20ms;
    Player player(context, options);
    player.dial(PeerId::from_parts("silent.example", 3001));
    const auto end = only_end(player);
    CHECK(end.reason == Errc::resolve_failed);
    CHECK(end.system == asio::error::timed_out);
}

TEST_CASE("A dial can be cancelled", "[integration][interface][tcp]") {
    asio::io_context context;
    FullListener full(context);
    Player player(context, resolving(context, {}));
    ConnectionId id{};
    SECTION("while its name is looked up") { id = player.dial(PeerId::from_parts("silent.example", 3001)); }
    SECTION("while it connects") { id = player.dial(full.address()); }
    SECTION("with an orderly close, which has the same effect") { id = player.dial(full.address()); }
    context.poll();
    CHECK(player.io.figures().dials == 1);
    player.disconnect(id, io::Close::orderly, Errc::demoted);
    const auto end = only_end(player);
    CHECK(end.connection == id);
    CHECK(end.reason == Errc::demoted);
    CHECK(player.io.figures().dials == 0);
}

TEST_CASE("an address literal is not looked up", "[integration][interface][tcp]") {
    asio::io_context context;
    const auto resolver = std::make_shared<FakeResolver>(context, std::map<std::string, FakeResolver::Answer>());
    TcpOptions options;
    options.resolver = resolver;
    Player far(context);
    Player player(context, options);
    player.dial(far.listen(GENERATE("127.0.0.1", "::1")));
    CHECK(player.await<io::Connected>());
    CHECK(resolver->asked == 0);
}

TEST_CASE("The system's buffers have the configured size on every socket", "[integration][interface][tcp][unix]") {
    // No other socket has these sizes. The kernel doubles the requested size, because its bookkeeping counts too.
    const auto sockets = [](int option, int size) {
        int count = 0;
        for (int fd = 0; fd < 1'024; ++fd) {
            int value = 0;
            socklen_t length = sizeof value;
            if (::getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 && value == 2 * size) ++count;
        }
        return count;
    };
    asio::io_context context;
    TcpOptions options;
    options.send_buffer = 50'021;
    options.receive_buffer = 60'029;
    const Way way = GENERATE(Way::tcp, Way::path);
    Player far(context, way, options), player(context, way, options);
    player.dial(far.listen());
    REQUIRE(player.await<io::Connected>());
    REQUIRE(far.await<io::Connected>());
    const int listeners = way == Way::tcp ? 1 : 0;  // whose sockets inherit from it
    CHECK(sockets(SO_SNDBUF, options.send_buffer) == 2 + listeners);
    if (way == Way::tcp) CHECK(sockets(SO_RCVBUF, options.receive_buffer) == 3);
}

TEST_CASE("A dial to the interface's own listener ends with self_connection", "[integration][interface][tcp]") {
    struct Row {
        const char* listens;
        const char* dials;
    };
    const Row row = GENERATE(values<Row>({{"127.0.0.1", "127.0.0.1"},
                                          {"127.0.0.2", "127.0.0.2"},
                                          {"127.0.0.1", "::ffff:127.0.0.1"},
                                          {"127.0.0.1", "0.0.0.0"},
                                          {"0.0.0.0", "127.0.0.1"},
                                          {"0.0.0.0", "127.1.2.3"},
                                          {"0.0.0.0", "0.0.0.0"},
                                          {"::1", "::1"},
                                          {"::", "::1"}}));
    const bool from_listening = GENERATE(true, false);
    INFO(row.listens << ", " << row.dials << ", " << from_listening);
    asio::io_context context;
    Player player(context);
    const PeerId bound = player.listen(row.listens);
    if (!bound) {
        WARN("skipped: no address " << row.listens);
        return;
    }
    const PeerId self = PeerId::from_parts(row.dials, bound.port());
    player.io.dispatch(io::Connect{make_connection_id(Direction::outbound, 1), self, from_listening});
    CHECK(only_end(player).reason == Errc::self_connection);
    CHECK(player.io.figures().connections == 0);
}

TEST_CASE("A dial to any address of this machine at our port ends with self_connection",
          "[integration][interface][tcp]") {
    asio::io_context context;
    Player player(context);
    const PeerId bound = player.listen("0.0.0.0");
    REQUIRE(bound);
    // Where a packet to another network would leave from; nothing is sent.
    asio::ip::udp::socket socket(context, asio::ip::udp::v4());
    std::error_code no_route;
    socket.connect({asio::ip::make_address("192.0.2.1"), 9}, no_route);
    if (no_route) {
        WARN("skipped: no address but loopback");
        return;
    }
    const std::string address = socket.local_endpoint().address().to_string();
    player.dial(PeerId::from_parts(address, bound.port()));
    CHECK(only_end(player).reason == Errc::self_connection);
}

TEST_CASE("A name with our address and another one leads to the other one", "[integration][interface][tcp]") {
    asio::io_context context;
    Player other(context);
    const PeerId there = other.listen("127.0.0.2");
    Player player(context, resolving(context, {{"both.example", {{}, {"127.0.0.1", "127.0.0.2"}}},
                                               {"us.example", {{}, {"127.0.0.1", "127.0.0.1"}}}}));
    REQUIRE(player.io.listen(PeerId::from_parts("127.0.0.1", there.port())));
    player.dial(PeerId::from_parts("both.example", there.port()));
    CHECK(player.await<io::Connected>());
    player.dial(PeerId::from_parts("us.example", there.port()), 2);
    REQUIRE(player.await<io::Disconnected>());
    CHECK(player.all<io::Disconnected>().front().reason == Errc::self_connection);
}

TEST_CASE("A listener of another process at the same port is another peer", "[integration][interface][tcp]") {
    asio::io_context context;
    Player other(context);
    const PeerId there = other.listen("127.0.0.2");
    Player player(context);
    REQUIRE(player.io.listen(PeerId::from_parts("127.0.0.1", there.port())));
    player.dial(there);
    CHECK(player.await<io::Connected>());
}
