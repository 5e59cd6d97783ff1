#include <optional>

#include "support/catch.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

/// A relay that sends 32 MiB to a peer with little room, which takes `sip` bytes each millisecond, 2,000 times.
struct Sipping {
    Sipping(std::size_t sip, std::size_t segment_payload) : player(context, options(segment_payload)) {
        player.serve_pings();
        acceptor_side = player.listen();
        const asio::ip::tcp::endpoint endpoint(asio::ip::make_address("127.0.0.1"), acceptor_side.port());
        socket.open(endpoint.protocol());
        socket.set_option(asio::socket_base::receive_buffer_size(4'096));
        socket.connect(endpoint);
        socket.non_blocking(true);
        ready = player.await<io::Connected>();
        ByteVector item{0x5a, 0x02, 0x00, 0x00, 0x00};
        item.resize(item.size() + 0x0200'0000);
        player.send(make_connection_id(Direction::inbound, 1), Role::responder, BlockFetch::Block{Bytes::copy(item)});
        room.resize(sip);
        take();
    }
    static TcpOptions options(std::size_t segment_payload) {
        TcpOptions options;
        options.write_timeout = 100ms;
        options.send_buffer = 4'096;
        options.segment_payload = segment_payload;
        return options;
    }
    void take() {
        if (player.count<io::Disconnected>() != 0 || ++sips > 2'000) return;
        std::error_code error;
        taken += socket.read_some(asio::buffer(room), error);
        timer.expires_after(1ms);
        timer.async_wait([this](std::error_code stopped) {
            if (!stopped) take();
        });
    }

    asio::io_context context;
    Player player;
    PeerId acceptor_side;
    asio::ip::tcp::socket socket{context};
    asio::steady_timer timer{context};
    ByteVector room;
    std::size_t sips = 0;
    std::size_t taken = 0;
    bool ready = false;
};

}  // namespace

TEST_CASE("A peer that takes less than a segment in its time limit is disconnected", "[integration][interface][tcp]") {
    // At most 100 sips of 256 bytes in the time in which 65,543 are due; more on no machine, fewer on a slow one.
    Sipping s(256, 65'535);
    REQUIRE(s.ready);
    REQUIRE(run_until(s.context, [&] { return s.player.count<io::Disconnected>() != 0 || s.sips > 2'000; }));
    REQUIRE(s.player.count<io::Disconnected>() == 1);
    CHECK(s.player.all<io::Disconnected>().front().reason == Errc::write_timeout);
    CHECK(s.player.io.figures().connections == 0);
    CHECK(s.player.io.figures().unacknowledged == 0);
}

namespace {

/// A relay with two peers: `reader` gets a large block, which it does not read by itself, and `talker` sends pings.
struct Busy {
    explicit Busy(Duration write_timeout) : player(context, options(write_timeout)) {
        player.serve_pings();
        const PeerId address = player.listen();
        for (asio::ip::tcp::socket* socket : {&reader, &talker}) {
            const asio::ip::tcp::endpoint endpoint(asio::ip::make_address("127.0.0.1"), address.port());
            socket->open(endpoint.protocol());
            if (socket == &reader) socket->set_option(asio::socket_base::receive_buffer_size(4'096));
            socket->connect(endpoint);
            socket->non_blocking(true);
            REQUIRE(player.await<io::Connected>(socket == &reader ? 1 : 2));
        }
        ByteVector item{0x5a, 0x02, 0x00, 0x00, 0x00};
        item.resize(item.size() + 0x0200'0000);
        player.send(reader_id, Role::responder, BlockFetch::Block{Bytes::copy(item)});
        REQUIRE(run_until(context, [&] { return player.io.figures().unacknowledged != 0; }));
    }
    static TcpOptions options(Duration write_timeout) {
        TcpOptions options;
        options.write_timeout = write_timeout;
        options.send_buffer = 4'096;
        options.segment_payload = 1'024;  // less than the system holds of what was written
        return options;
    }
    /// Sends as many pings as the system takes, which is more than a turn.
    void talk() {
        ByteVector pings;
        for (std::uint16_t cookie = 0; cookie < 1'000; ++cookie) {
            const ByteVector one = segment(keep_alive, Role::initiator, ping(cookie));
            pings.insert(pings.end(), one.begin(), one.end());
        }
        std::error_code error;
        for (int round = 0; round < 1'000 && !error; ++round) talker.write_some(asio::buffer(pings), error);
    }
    /// Reads until `time`, while the relay can do nothing.
    void read_until(std::chrono::steady_clock::time_point time) {
        ByteVector room(1 << 16);
        std::error_code error;
        while (std::chrono::steady_clock::now() < time) reader.read_some(asio::buffer(room), error);
    }

    static constexpr ConnectionId reader_id = make_connection_id(Direction::inbound, 1);
    asio::io_context context;
    Player player;
    asio::ip::tcp::socket reader{context};
    asio::ip::tcp::socket talker{context};
};

}  // namespace

TEST_CASE("A peer that reads nothing is disconnected after the time for a segment", "[integration][interface][tcp]") {
    Busy s(30ms);
    REQUIRE(s.player.await<io::Disconnected>());
    CHECK(s.player.all<io::Disconnected>().front().connection == Busy::reader_id);
    CHECK(s.player.all<io::Disconnected>().front().reason == Errc::write_timeout);
}

TEST_CASE("A peer that read everything while the program was busy is not late", "[integration][interface][tcp]") {
    constexpr Duration write_timeout = 50ms;
    Busy s(write_timeout);
    const auto late = std::chrono::steady_clock::now() + 2 * write_timeout;
    s.talk();
    bool busy = false;
    std::optional<Errc> end;
    // Busy in the middle of the turn of the talker: its next turn finds that the time of the reader is over.
    s.player.react = [&](const Player::Event& event) {
        if (end) return;
        if (!std::exchange(busy, busy || std::holds_alternative<io::Recv<n2n::Message>>(event))) {
            if (busy) s.read_until(late);
        } else if (const auto* sent = std::get_if<io::Sent>(&event)) {
            if (sent->connection == Busy::reader_id) end = Errc::none;
        } else if (const auto* gone = std::get_if<io::Disconnected>(&event)) {
            if (gone->connection == Busy::reader_id) end = gone->reason;
        }
    };
    REQUIRE(run_until(s.context, [&] { return end.has_value(); }));
    CHECK(*end == Errc::none);
}
