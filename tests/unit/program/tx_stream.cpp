#include "program/tx_stream.hpp"

#include <asio/io_context.hpp>

#include "support/catch.hpp"
#include "support/tx.hpp"

using namespace ouro;
using detail::TxStream;
using support::TestTx;

namespace {

ReceivedTx received(std::uint64_t number, const PeerId& from, std::size_t bytes = 100) {
    const TestTx made(number, bytes);
    return {made.id, made.tx, from};
}
TxId id(std::uint64_t number) { return TestTx(number).id; }

const PeerId flood = PeerId::from_parts("192.0.2.1", 1'001);
const PeerId flood_too = PeerId::from_parts("192.0.2.1", 1'002);
const PeerId calm = PeerId::from_parts("192.0.2.2", 1'001);

struct Play {
    asio::io_context context;
    std::shared_ptr<TxStream> stream = std::make_shared<TxStream>(context.get_executor());
};

}  // namespace

TEST_CASE("The hosts of received transactions take turns, and those of one host keep their order") {
    Play play;
    for (std::uint64_t number = 1; number <= 3; ++number) play.stream->add(received(number, flood));
    play.stream->add(received(4, flood_too));
    play.stream->add(received(5, calm));
    std::vector<TxId> taken;
    while (auto tx = play.stream->take()) taken.push_back(tx->id);
    CHECK(taken == std::vector{id(1), id(5), id(2), id(3), id(4)});
}

TEST_CASE("Above the limit the host with most waiting transactions loses its oldest") {
    constexpr std::size_t bytes = 60'000;
    Play play;
    play.stream->add(received(1, calm, bytes));
    const std::uint64_t fitting = TxStream::most_bytes / (bytes + TxStream::bytes_beside);
    for (std::uint64_t number = 2; number <= fitting; ++number) play.stream->add(received(number, flood, bytes));
    CHECK(play.stream->dropped() == 0);
    for (std::uint64_t number = 1'000; number < 1'200; ++number) play.stream->add(received(number, flood, bytes));
    CHECK(play.stream->dropped() == 200);
    CHECK(play.stream->take()->id == id(1));
    std::uint64_t left = 0;
    while (play.stream->take()) ++left;
    CHECK(left == fitting - 1);
}

TEST_CASE("Small transactions are limited, too") {
    Play play;
    constexpr std::uint64_t many = 2 * TxStream::most_bytes / TxStream::bytes_beside;
    for (std::uint64_t number = 1; number <= many; ++number) play.stream->add(received(number, flood, 32));
    std::uint64_t left = 0;
    while (play.stream->take()) ++left;
    CHECK(left + play.stream->dropped() == many);
    CHECK(left <= TxStream::most_bytes / TxStream::bytes_beside);
}

TEST_CASE("Received transactions are still taken after the node has stopped, and none after the stream was stopped") {
    Play play;
    play.stream->add(received(1, calm));
    SECTION("the node") {
        play.stream->finish(Errc::stopped);
        play.stream->add(received(2, calm));
        CHECK(play.stream->end() == Errc::none);
        CHECK(play.stream->take()->id == id(1));
        CHECK(play.stream->end() == Errc::stopped);
    }
    SECTION("the stream") {
        play.stream->stop();
        CHECK(play.stream->end() == Errc::cancelled);
    }
    CHECK_FALSE(play.stream->take());
}
