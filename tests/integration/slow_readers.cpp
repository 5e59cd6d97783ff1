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
