#include <ouro/mux/write_watch.hpp>

#include "support/catch.hpp"

using namespace ouro;
using ouro::mux::WriteWatch;

namespace {

constexpr std::size_t least = 1'000;
constexpr Duration window = 30s;
const Instant start{1h};

/// A peer, a system with a send buffer between, and more queued than either takes.
struct Sending {
    /// The system takes `bytes`, and the peer acknowledges `taken` of what the system has.
    void write(std::size_t bytes, std::size_t taken, Instant now) {
        watch.wrote(bytes);
        in_system += bytes;
        in_system -= taken;
        watch.left(in_system, least, now, window);
    }

    WriteWatch watch;
    std::size_t in_system = 0;
};

}  // namespace

TEST_CASE("A peer must take the minimum of queued bytes in each window", "[unit][mux]") {
    Sending s;
    CHECK(s.watch.due() == Instant::max());
    s.write(5'000, 5'000, start);
    CHECK(s.watch.due() == start + window);
    s.write(999, 999, start + 10s);
    CHECK(s.watch.due() == start + window);
    s.write(1, 1, start + 20s);
    CHECK(s.watch.due() == start + 20s + window);
    s.write(999, 999, start + 49s);
    CHECK(s.watch.due() == start + 20s + window);
}

TEST_CASE("Bytes that the system takes and the peer does not are no progress", "[unit][mux]") {
    Sending s;
    s.write(2'000'000, 100'000, start);
    CHECK(s.watch.due() == start + window);
    // The system makes its buffer larger, and the peer reads nothing.
    for (Duration later = 1s; later < window; later += 1s) s.write(100'000, 0, start + later);
    CHECK(s.watch.due() == start + window);
    // It reads, and nothing more is written.
    s.write(0, 1'000, start + 29s);
    CHECK(s.watch.due() == start + 29s + window);
}

TEST_CASE("Bytes written before the queue was empty count when they are acknowledged", "[unit][mux]") {
    Sending s;
    s.watch.wrote(300'000);
    s.in_system = 300'000;
    s.watch.rest();
    s.write(50'000, 0, start);
    s.write(0, 200'000, start + 20s);
    CHECK(s.watch.due() == start + 20s + window);
}

TEST_CASE("A system that reports more bytes than were written causes no false progress", "[unit][mux]") {
    WriteWatch watch;
    watch.wrote(1'000);
    watch.left(2'300, least, start, window);
    watch.wrote(1'000);
    watch.left(2'300, least, start + 10s, window);
    CHECK(watch.due() == start + window);
    watch.wrote(2'000);
    watch.left(2'300, least, start + 20s, window);
    CHECK(watch.due() == start + 20s + window);
}

TEST_CASE("A few single bytes do not keep a peer connected", "[unit][mux]") {
    Sending s;
    Instant now = start;
    std::size_t taken = 0;
    s.write(100'000, 0, now);
    for (; now < s.watch.due() && taken < 10'000; now += 1s, ++taken) s.write(1, 1, now);
    CHECK(taken == 30);
}

TEST_CASE("A peer that takes the minimum in each window stays connected", "[unit][mux]") {
    Sending s;
    Instant now = start;
    std::size_t windows = 0;
    s.write(100'000, 0, now);
    for (; now < s.watch.due() && windows < 10'000; now += 29s, ++windows) s.write(least, least, now);
    CHECK(windows == 10'000);
}

TEST_CASE("A peer that has taken everything has no deadline and later gets a new window", "[unit][mux]") {
    Sending s;
    s.write(5'000, 0, start);
    s.write(999, 999, start + 1s);
    s.watch.rest();
    CHECK(s.watch.due() == Instant::max());
    s.write(5'000, 0, start + 100s);
    s.write(1, 1, start + 101s);
    CHECK(s.watch.due() == start + 100s + window);
}
