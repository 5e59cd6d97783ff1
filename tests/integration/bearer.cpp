#include <ouro/async/asio.hpp>

#include <netinet/tcp.h>

#include <array>
#include <cerrno>

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

TEST_CASE("The system does not delay small writes, and disconnects a host that has not answered for two minutes",
          "[integration][interface][bearer]") {
    Pair pair;
    for (Bearer* bearer : {&pair.near, &pair.far}) {
        const auto option = [&](int level, int name) {
            int value = 0;
            socklen_t size = sizeof value;
            REQUIRE(::getsockopt(bearer->socket().native_handle(), level, name, &value, &size) == 0);
            return value;
        };
        CHECK(option(IPPROTO_TCP, TCP_NODELAY) != 0);
        CHECK(option(SOL_SOCKET, SO_KEEPALIVE) != 0);
        const int probing = option(IPPROTO_TCP, TCP_KEEPCNT) * option(IPPROTO_TCP, TCP_KEEPINTVL);
        CHECK(option(IPPROTO_TCP, TCP_KEEPIDLE) + probing == 120);
    }
}

TEST_CASE("A write of nothing is no error, and the end is read whatever the last error was",
          "[integration][interface][bearer]") {
    Pair pair;
    std::array<std::uint8_t, 1> byte{};
    errno = EINTR;
    const Bearer::Moved none = pair.near.try_write({});
    CHECK(none.bytes == 0);
    CHECK_FALSE(none.error);
    pair.near.close();
    REQUIRE(run_until(pair.context, [&] {
        errno = EINTR;
        return !pair.far.try_read(byte).would_block();
    }));
    errno = EINTR;
    CHECK(pair.far.try_read(byte).eof());
}
