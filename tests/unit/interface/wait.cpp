#include <ouro/async/asio.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <thread>

#include "support/catch.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using namespace ouro::test;
using Tcp = TcpInterface<n2n::Message>;

namespace {

/// A wait's outcome: nothing until it has ended.
using Outcome = std::optional<std::error_code>;

auto into(Outcome& outcome) {
    return [&outcome](std::error_code error) { outcome = error; };
}

bool settle(asio::io_context& context, const Outcome& outcome) {
    return run_until(context, [&] { return outcome.has_value(); });
}

}  // namespace

TEST_CASE("a wait ends when its time has passed", "[unit][interface][wait]") {
    asio::io_context context;
    Tcp tcp(context.get_executor());
    Outcome outcome;
    const Instant until = tcp.now() + GENERATE(Duration(-1s), Duration(0), Duration(5ms));
    tcp.async_wait_ready(until, into(outcome));
    CHECK(!outcome);  // never from inside the call
    REQUIRE(settle(context, outcome));
    CHECK(!*outcome);
    CHECK(tcp.now() >= until);
}

TEST_CASE("A wait may end earlier or later than the one before it", "[unit][interface][wait]") {
    asio::io_context context;
    Tcp tcp(context.get_executor());
    Outcome first, second;
    tcp.async_wait_ready(tcp.now() + 1h, into(first));
    tcp.wake();
    REQUIRE(settle(context, first));
    tcp.async_wait_ready(tcp.now() + 5ms, into(second));
    REQUIRE(settle(context, second));
    CHECK(!*second);
    // The timer that is set for the first of these two must not end the second.
    Outcome early, late;
    tcp.async_wait_ready(tcp.now() + 10ms, into(early));
    tcp.wake();
    REQUIRE(settle(context, early));
    const Instant until = tcp.now() + 40ms;
    tcp.async_wait_ready(until, into(late));
    REQUIRE(settle(context, late));
    CHECK(tcp.now() >= until);
}

TEST_CASE("a wake ends the wait, or the next one", "[unit][interface][wait]") {
    asio::io_context context;
    Tcp tcp(context.get_executor());
    Outcome outcome;
    SECTION("while it is pending") {
        tcp.async_wait_ready(Instant::max(), into(outcome));
        context.poll();
        CHECK(!outcome);
        tcp.wake();
        CHECK(!outcome);  // posted
    }
    SECTION("before it has begun") {
        tcp.wake();
        tcp.wake();  // remembered once
        tcp.async_wait_ready(Instant::max(), into(outcome));
        CHECK(!outcome);
    }
    REQUIRE(settle(context, outcome));
    CHECK(!*outcome);
    Outcome next;
    tcp.async_wait_ready(Instant::max(), into(next));
    context.restart();
    context.poll();
    CHECK(!next);
}

TEST_CASE("A second wait is refused and the first continues", "[unit][interface][wait]") {
    asio::io_context context;
    Tcp tcp(context.get_executor());
    Outcome first, second;
    tcp.async_wait_ready(Instant::max(), into(first));
    tcp.async_wait_ready(Instant::max(), into(second));
    CHECK(!second);
    REQUIRE(settle(context, second));
    CHECK(*second == Errc::busy);
    CHECK(!first);
    tcp.wake();
    REQUIRE(settle(context, first));
    CHECK(!*first);
}

TEST_CASE("A cancelled wait reports the cancellation and loses nothing", "[unit][interface][wait]") {
    asio::io_context context;
    Player far(context);
    Tcp tcp(context.get_executor());
    const auto type =
        GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total);
    asio::cancellation_signal signal;
    Outcome outcome;
    tcp.async_wait_ready(Instant::max(), asio::bind_cancellation_slot(signal.slot(), into(outcome)));
    const ConnectionId id = make_connection_id(Direction::outbound, 1);
    tcp.dispatch(io::Connect{id, far.listen()});
    signal.emit(type);
    signal.emit(type);
    CHECK(!outcome);
    REQUIRE(settle(context, outcome));
    CHECK(*outcome == asio::error::operation_aborted);

    // The dial continued, and the next wait gets what it reported in between.
    REQUIRE(far.await<io::Connected>());
    REQUIRE(run_until(context, [&] { return tcp.figures().connections == 1; }));
    Outcome next;
    tcp.async_wait_ready(Instant::max(), asio::bind_cancellation_slot(signal.slot(), into(next)));
    REQUIRE(settle(context, next));
    CHECK(!*next);
    signal.emit(type);  // too late for anything
    const auto event = tcp.try_poll();
    REQUIRE(event);
    CHECK(std::holds_alternative<io::Connected>(*event));
    CHECK(!tcp.try_poll());
}

TEST_CASE("a wake and a cancellation at once lose neither", "[unit][interface][wait]") {
    asio::io_context context;
    Tcp tcp(context.get_executor());
    asio::cancellation_signal signal;
    Outcome outcome, next;
    tcp.async_wait_ready(Instant::max(), asio::bind_cancellation_slot(signal.slot(), into(outcome)));
    signal.emit(asio::cancellation_type::terminal);
    tcp.wake();
    REQUIRE(settle(context, outcome));
    CHECK(*outcome == asio::error::operation_aborted);
    tcp.async_wait_ready(Instant::max(), into(next));
    REQUIRE(settle(context, next));
    CHECK(!*next);
}

TEST_CASE("Destroying an interface ends its wait", "[unit][interface][wait]") {
    asio::io_context context;
    asio::cancellation_signal signal;
    Outcome outcome;
    {
        Tcp tcp(context.get_executor());
        tcp.async_wait_ready(tcp.now() + 1h, asio::bind_cancellation_slot(signal.slot(), into(outcome)));
        REQUIRE(tcp.listen(PeerId::from_parts("127.0.0.1", 0)));
    }
    signal.emit(asio::cancellation_type::terminal);
    CHECK(!outcome);
    context.run();  // and it keeps nothing else alive
    REQUIRE(outcome);
    CHECK(*outcome == asio::error::operation_aborted);
}

TEST_CASE("A moved interface keeps its wait", "[unit][interface][wait]") {
    asio::io_context context;
    Tcp tcp(context.get_executor());
    Outcome outcome;
    tcp.async_wait_ready(Instant::max(), into(outcome));
    Tcp moved(std::move(tcp));
    moved.wake();
    REQUIRE(settle(context, outcome));
    CHECK(!*outcome);
}

TEST_CASE("A wait runs its handler on the handler's executor", "[unit][interface][wait]") {
    asio::io_context context;
    auto strand = asio::make_strand(context);
    Tcp tcp(strand);
    std::optional<bool> inside;
    tcp.async_wait_ready(Instant::max(), asio::bind_executor(strand, [&](std::error_code) {
                             inside = strand.running_in_this_thread();
                         }));
    tcp.wake();
    context.run();
    CHECK(inside == true);
}

// What is left over here the leak checker finds: the coroutine owns the interface, which owns the coroutine's handler.
TEST_CASE("nothing is left of a pending wait when its context ends", "[unit][interface][wait]") {
    bool waiting = false, resumed = false;
    const std::size_t before = open_descriptors();
    {
        asio::io_context context;
        Player far(context);
        const PeerId address = far.listen();
        auto play = [&](PeerId peer) -> asio::awaitable<void> {
            Tcp tcp(context.get_executor());
            tcp.dispatch(io::Connect{make_connection_id(Direction::outbound, 1), peer});
            tcp.dispatch(io::Connect{make_connection_id(Direction::outbound, 2), PeerId::from_parts("localhost", 1)});
            co_await tcp.async_wait_ready(Instant::max(), asio::use_awaitable);
            while (tcp.try_poll()) {
            }
            waiting = true;
            for (;;) co_await tcp.async_wait_ready(tcp.now() + 1h, asio::use_awaitable);
            resumed = true;
        };
        asio::co_spawn(context, play(address), asio::detached);
        REQUIRE(far.await<io::Connected>());
        CHECK(run_until(context, [&] { return waiting; }));
    }
    CHECK(!resumed);
    // Nothing waits for the thread that looks a name up: it may still read one file after another.
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    bool closed = false;
    while (!closed && std::chrono::steady_clock::now() < give_up) closed = open_descriptors() == before;
    CHECK(closed);
}
