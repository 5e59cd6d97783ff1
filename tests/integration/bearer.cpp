#include <ouro/async/asio.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <ouro/interface/bearer.hpp>

#include "support/catch.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

template <class T>
asio::awaitable<void> keep(asio::awaitable<T> operation, std::optional<T>& outcome) {
    T value = co_await std::move(operation);
    outcome.emplace(std::move(value));
}

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

    /// What `operation` gives in the end.
    template <class T>
    std::optional<T> result(asio::awaitable<T> operation) {
        std::optional<T> outcome;
        asio::co_spawn(context, keep(std::move(operation), outcome), asio::detached);
        run_until(context, [&] { return outcome.has_value(); });
        return outcome;
    }

    asio::io_context context;
    asio::ip::tcp::acceptor acceptor;
    Bearer near;
    Bearer far;
};

constexpr mux::SegmentHeader header{17, keep_alive, Role::initiator, 0};

}  // namespace

TEST_CASE("a segment written on one bearer is read from the other", "[integration][interface][bearer]") {
    Pair pair;
    const ByteVector payload(GENERATE(std::size_t{1}, std::size_t{12'288}, std::size_t{65'535}), 0x5c);
    CHECK(pair.result(pair.near.write_segment(header, payload)) == Errc::none);
    const auto read = pair.result(pair.far.read_segment());
    REQUIRE((read && *read));
    CHECK((*read)->payload == Bytes::copy(payload));
    mux::SegmentHeader expected = header;
    expected.length = static_cast<std::uint16_t>(payload.size());
    CHECK((*read)->header == expected);
}

TEST_CASE("A segment without a valid header is not written", "[integration][interface][bearer]") {
    Pair pair;
    CHECK(pair.result(pair.near.write_segment(header, {})) == Errc::bad_argument);
    CHECK(pair.result(pair.near.write_segment(header, ByteVector(65'536))) == Errc::bad_argument);
}

TEST_CASE("A read of a segment reports how the bytes ended", "[integration][interface][bearer]") {
    Pair pair;
    const ByteVector whole = segment(keep_alive, Role::initiator, ping(1));
    Errc want = Errc::none;
    SECTION("cleanly") { want = Errc::closed_by_peer; }
    SECTION("inside the header") {
        want = Errc::truncated;
        const BytesView part = BytesView(whole).first(7);
        CHECK(pair.near.try_write({&part, 1}).bytes == 7);
    }
    SECTION("inside the payload") {
        want = Errc::truncated;
        const BytesView part = BytesView(whole).first(9);
        CHECK(pair.near.try_write({&part, 1}).bytes == 9);
    }
    pair.near.shutdown_send();
    const auto read = pair.result(pair.far.read_segment());
    REQUIRE(read);
    CHECK(read->error() == want);
}

TEST_CASE("a read of a segment refuses an empty one", "[integration][interface][bearer]") {
    Pair pair;
    const ByteVector bytes = segment(keep_alive, Role::initiator, {});
    const BytesView part(bytes);
    CHECK(pair.near.try_write({&part, 1}).bytes == bytes.size());
    CHECK(pair.result(pair.far.read_segment())->error() == Errc::empty_segment);
}

TEST_CASE("A reset is read as a reset, and a close as a close", "[integration][interface][bearer]") {
    Pair pair;
    const bool reset = GENERATE(true, false);
    if (reset) {
        pair.near.reset();
    } else {
        pair.near.close();
    }
    CHECK(pair.result(pair.far.read_segment())->error() == (reset ? Errc::connection_reset : Errc::closed_by_peer));
}

TEST_CASE("Calls that cannot proceed report it at once", "[integration][interface][bearer]") {
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

TEST_CASE("a bearer is dialled by its peer's name", "[integration][interface][bearer]") {
    Pair pair;
    const std::uint16_t port = pair.acceptor.local_endpoint().port();
    const auto dialled = pair.result(connect_tcp(PeerId::from_parts("localhost", port)));
    REQUIRE((dialled && *dialled));
    pair.acceptor.close();
    CHECK(pair.result(connect_tcp(PeerId::from_parts("127.0.0.1", port)))->error() == Errc::connect_failed);
}
