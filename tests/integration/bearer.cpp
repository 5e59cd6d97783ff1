#include <ouro/async/asio.hpp>

#include <array>

#include <ouro/interface/bearer.hpp>

#include "support/catch.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

/// Two bearers of one connection.
struct Pair {
    Pair()
        : acceptor(context, {asio::ip::make_address("127.0.0.1"), 0}),
          near(context.get_executor()),
          far(near_socket()) {}

    Bearer::Socket near_socket() {
        REQUIRE(!near.open(asio::ip::tcp::v4()));
        near.socket().connect(acceptor.local_endpoint());
        return acceptor.accept();
    }

    asio::io_context context;
    asio::ip::tcp::acceptor acceptor;
    Bearer near;
    Bearer far;
};

}  // namespace

TEST_CASE("A peer reads a reset as an error, and a close as the end", "[integration][interface][bearer]") {
    Pair pair;
    const bool reset = GENERATE(true, false);
    if (reset) {
        pair.near.reset();
    } else {
        pair.near.close();
    }
    std::array<std::uint8_t, 1> byte{};
    Bearer::Moved read;
    REQUIRE(run_until(pair.context, [&] { return !(read = pair.far.try_read(byte)).would_block(); }));
    CHECK(read.eof() == !reset);
    CHECK((read.error == asio::error::connection_reset) == reset);
}

TEST_CASE("Reads and writes that would block return at once", "[integration][interface][bearer]") {
    Pair pair;
    ByteVector bytes(1 << 20);
    CHECK(pair.far.try_read(bytes).would_block());
    const std::vector<BytesView> many(100, BytesView(bytes));
    std::size_t written = 0;
    for (;;) {
        const auto moved = pair.near.try_write(many);
        if (moved.would_block()) break;
        REQUIRE(!moved.error);
        written += moved.bytes;
    }
    CHECK(written > 0);
    std::size_t read = 0;
    CHECK(run_until(pair.context, [&] { return (read += pair.far.try_read(bytes).bytes) == written; }));
}
