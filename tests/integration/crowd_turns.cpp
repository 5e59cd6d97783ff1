#include <malloc.h>
#include <sys/socket.h>

#include <memory>

#include "support/raw_tcp.hpp"

using namespace cast;
using namespace raw;
using ouro::test::Player;

namespace {

constexpr std::size_t flooding = 100;

/// A client that writes something once and then the same for ever, as fast as it is taken, and reads what comes.
class Flooding {
  public:
    Flooding(asio::io_context& context, const PeerId& relay, ByteVector once, ByteVector for_ever)
        : socket_(context), bytes_(std::move(once)), for_ever_(std::move(for_ever)) {
        socket_.connect({asio::ip::make_address(std::string(relay.host())), relay.port()});
        socket_.non_blocking(true);
    }
    void push() {
        std::error_code error;
        std::array<std::uint8_t, 65'536> answers;
        while (!error) socket_.read_some(asio::buffer(answers), error);
        for (error = {}; !error;) {
            if (at_ == bytes_.size()) {
                if (for_ever_.empty()) return;
                bytes_ = for_ever_;
                at_ = 0;
            }
            at_ += socket_.write_some(asio::buffer(bytes_.data() + at_, bytes_.size() - at_), error);
        }
    }

  private:
    asio::ip::tcp::socket socket_;
    ByteVector bytes_;
    ByteVector for_ever_;
    std::size_t at_ = 0;
};

TcpOptions of_crowd() {
    TcpOptions options;
    options.max_per_address = 0;
    return options;
}

}  // namespace

TEST_CASE("A ping is answered after a small part of the data of a hundred flooding peers", "[integration][raw]") {
    asio::io_context context{1};
    res::Config config = serving(std::make_shared<TestChain>(20));
    config.idle_timeout = Duration::zero();
    Attended<ouro::Responder> relay(context, config, of_crowd());
    const PeerId address = relay.manager.interface().listen(PeerId::from_parts("127.0.0.1", 0)).address;
    RawPeer good = agreed_client(context, address);
    // Searches for eleven points that are on no chain.
    const ByteVector point = join({bytes("821b0000000100000000"), bytes(ByteVector(32, 7))});
    const ByteVector searches = asked(2, repeat(join({bytes("82048b"), repeat(point, 11)}), 1'000), 12'288);
    std::vector<std::unique_ptr<Flooding>> crowd;
    for (std::size_t i = 0; i < flooding; ++i)
        crowd.push_back(std::make_unique<Flooding>(context, address, asked(0, propose()), searches));
    const auto push = [&] {
        for (const auto& one : crowd) one->push();
    };
    REQUIRE(run_until(context, [&] {
        push();
        return cast::count<res::PeerInitialized>(relay) == flooding + 1;
    }));

    for (std::uint16_t cookie = 1; cookie <= 3; ++cookie) {
        // Two rounds later, when all sockets are full again.
        const std::uint64_t rounds = relay.figures().received + (1U << 20);
        REQUIRE(run_until(context, [&] {
            push();
            return relay.figures().received > rounds;
        }));
        push();
        good.got.clear();
        const std::uint64_t before = relay.figures().received;
        good.write(asked(8, ping(cookie)));
        for (int steps = 0; steps < 1'000'000 && !good.ended() && good.got.empty(); ++steps) {
            context.restart();
            context.poll_one();
        }
        CHECK(heard(good.got, 8, true) == pong(cookie));
        // A turn among a hundred is 5 KiB.
        CHECK(relay.figures().received - before <= 64 * 1'024);
    }
    CHECK(cast::count<res::PeerDisconnected>(relay) == 0);
}

TEST_CASE("Consecutive pings are answered after few of the blocks that a flooding crowd requests",
          "[integration][raw]") {
    constexpr std::size_t crowd_size = 50, block_bytes = 80'000;
    asio::io_context context{1};
    const auto made = std::make_shared<TestChain>(1, block_bytes);
    res::Config config = serving(made);
    config.idle_timeout = Duration::zero();
    Attended<ouro::Responder> relay(context, config, of_crowd());
    const PeerId address = relay.manager.interface().listen(PeerId::from_parts("127.0.0.1", 0)).address;
    RawPeer good = agreed_client(context, address);
    const ByteVector request = request_range(made->point(1), made->point(1));
    std::vector<std::unique_ptr<Flooding>> crowd;
    for (std::size_t i = 0; i < crowd_size; ++i)
        crowd.push_back(
            std::make_unique<Flooding>(context, address, asked(0, propose()), asked(3, repeat(request, 200), 12'288)));
    const auto push = [&] {
        for (const auto& one : crowd) one->push();
    };
    const auto served = [&] { return relay.manager.behavior().counters().blocks; };
    REQUIRE(run_until(context, [&] {
        push();
        return served() >= 4 * crowd_size;
    }));
    // More than the bytes of a few pings would allow in a round.
    for (std::uint16_t cookie = 1; cookie <= 12; ++cookie) {
        push();
        good.got.clear();
        const std::uint64_t before = served();
        good.write(asked(8, ping(cookie)));
        for (int steps = 0; steps < 1'000'000 && !good.ended() && good.got.empty(); ++steps) {
            context.restart();
            context.poll_one();
            if (steps % 16 == 15) push();
        }
        CHECK(heard(good.got, 8, true) == pong(cookie));
        CHECK(served() - before <= crowd_size);
    }
    CHECK(cast::count<res::PeerDisconnected>(relay) == 0);
}

TEST_CASE("A peer that reads nothing takes a small part of the system's memory", "[integration][interface][tcp]") {
    asio::io_context context;
    TcpOptions options;
    options.unsent_limit = 128 * 1'024;
    Player relay(context, options);
    relay.serve_pings();
    const PeerId address = relay.listen();
    asio::ip::tcp::socket silent(context);
    silent.open(asio::ip::tcp::v4());
    silent.set_option(asio::socket_base::receive_buffer_size(4'096));
    silent.connect({asio::ip::make_address(std::string(address.host())), address.port()});
    REQUIRE(relay.await<io::Connected>());
    const ConnectionId id = make_connection_id(Direction::inbound, 1);
    ByteVector block{0x5a, 0x02, 0x00, 0x00, 0x00};
    block.resize(block.size() + (32U << 20));
    relay.send(id, Role::responder, BlockFetch::Block{Bytes::copy(block)});
    REQUIRE(relay.await<io::Sent>());
    context.poll();
    const std::size_t held = relay.io.figures().unacknowledged;
    CHECK(held > 0);
    // The system looks at the limit before each piece of at most 64 KiB that it takes.
    CHECK(held <= 128 * 1'024 + 2 * 65'536);
    silent.close();
    REQUIRE(relay.await<io::Disconnected>());
    CHECK(relay.io.figures().unacknowledged == 0);
}

TEST_CASE("A TCP connection probes a silent peer", "[integration][interface][tcp]") {
    asio::io_context context;
    Player relay(context), dialer(context);
    relay.serve_pings();
    dialer.dial(relay.listen());
    REQUIRE(dialer.await<io::Connected>());
    REQUIRE(relay.await<io::Connected>());
    std::size_t probing = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        const int fd = std::stoi(entry.path().filename());
        int on = 0;
        socklen_t size = sizeof on;
        sockaddr_in peer{};
        socklen_t room = sizeof peer;
        if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &room) != 0 || peer.sin_family != AF_INET) continue;
        if (::getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size) == 0 && on != 0) ++probing;
    }
    CHECK(probing == 2);
}

TEST_CASE("Data from strangers takes at most the budget and a fifth more", "[integration][interface][tcp]") {
    constexpr std::size_t budget = 16U << 20;
    asio::io_context context;
    TcpOptions options = of_crowd();
    options.budget = budget;
    Player relay(context, options);
    relay.react = [&](const Player::Event& event) {
        if (const auto* up = std::get_if<io::Connected>(&event))
            relay.credit(up->connection, BlockFetch::channel, Role::responder, 0, ouro::test::any_size);
    };
    const PeerId address = relay.listen();
    std::vector<std::unique_ptr<Flooding>> crowd;
    // At the budget each holds 700 kB: where memory doubles as it grows, that is a mebibyte.
    const ByteVector unread = framed(3, false, ByteVector(800'000), 5'000);
    for (int i = 0; i < 24; ++i) crowd.push_back(std::make_unique<Flooding>(context, address, unread, ByteVector{}));
    const auto heap = [] {
        const auto info = ::mallinfo2();
        return info.uordblks + info.hblkhd;
    };
    const std::size_t before = heap();
    std::size_t most_held = 0;
    std::size_t most_memory = 0;
    REQUIRE(run_until(context, [&] {
        for (const auto& one : crowd) one->push();
        const std::size_t now = heap();
        most_memory = std::max(most_memory, now > before ? now - before : 0);
        most_held = std::max(most_held, relay.io.figures().held);
        return relay.count<io::Disconnected>() >= 2;
    }));
    CHECK(most_held > budget / 4 * 3);
    CHECK(most_held <= budget);
    CHECK(most_memory <= budget / 5 * 6);
}

TEST_CASE("Small requests of a crowd are answered with few writes", "[integration][interface][tcp]") {
    constexpr std::size_t crowd_size = 300, requests = 200, answer_bytes = 1'000;
    asio::io_context context;
    Player relay(context, of_crowd());
    const BlockFetch::Block answer{Bytes::copy(ByteVector(answer_bytes))};
    std::size_t answered = 0;
    relay.react = [&](const Player::Event& event) {
        if (const auto* up = std::get_if<io::Connected>(&event))
            relay.credit(up->connection, KeepAlive::channel, Role::responder, 1'000);
        if (const auto* got = std::get_if<ouro::test::Got>(&event)) {
            ++answered;
            relay.send(got->connection, Role::responder, answer);
        }
    };
    const PeerId address = relay.listen();
    const ByteVector all = asked(8, repeat(ping(7), requests));
    std::vector<std::unique_ptr<ouro::test::RawPeer>> crowd;
    for (std::size_t i = 0; i < crowd_size; ++i) {
        crowd.push_back(std::make_unique<ouro::test::RawPeer>(context, address));
        crowd.back()->write(all);
    }
    REQUIRE(ouro::test::run_until(context, [&] { return answered == crowd_size * requests; }));
    context.restart();
    context.poll();
    // A turn ends after 64 KiB of answers, so there are four for each peer.
    CHECK(relay.count<io::Sent>() >= crowd_size);
    CHECK(relay.count<io::Sent>() <= 7 * crowd_size);
}

TEST_CASE("A ping is answered while hundreds of connections wait to be accepted", "[integration][raw]") {
    asio::io_context context{1};
    Attended<ouro::Responder> relay(context, serving(std::make_shared<TestChain>(20)), of_crowd());
    const PeerId address = relay.manager.interface().listen(PeerId::from_parts("127.0.0.1", 0)).address;
    RawPeer good = agreed_client(context, address);
    std::vector<std::unique_ptr<RawPeer>> crowd;
    for (int i = 0; i < 200; ++i) crowd.push_back(std::make_unique<RawPeer>(context, address));
    good.got.clear();
    good.write(asked(8, ping(1)));
    for (int steps = 0; steps < 100'000 && !good.ended() && good.got.empty(); ++steps) {
        context.restart();
        context.poll_one();
    }
    CHECK(heard(good.got, 8, true) == pong(1));
    CHECK(cast::count<res::PeerConnected>(relay) <= 1 + 64);
}
