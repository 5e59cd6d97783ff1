#include "interface/write_watch.hpp"

#include "support/catch.hpp"

using namespace ouro;
using ouro::detail::WriteWatch;

namespace {

constexpr std::size_t least = 1'000;
constexpr Duration window = 30s;
const Instant start{1h};

}  // namespace

TEST_CASE("a peer has a window to take the least of what waits for it", "[unit][interface]") {
    WriteWatch watch;
    CHECK(watch.due() == Instant::max());
    watch.left(5'000, least, start, window);
    CHECK(watch.due() == start + window);
    watch.left(999, least, start + 10s, window);
    CHECK(watch.due() == start + window);
    watch.left(1, least, start + 20s, window);
    CHECK(watch.due() == start + 20s + window);
    watch.left(999, least, start + 49s, window);
    CHECK(watch.due() == start + 20s + window);
}

TEST_CASE("an octet now and then does not keep a peer alive", "[unit][interface]") {
    WriteWatch watch;
    Instant now = start;
    std::size_t taken = 0;
    for (watch.left(0, least, now, window); now < watch.due() && taken < 10'000; now += 1s, ++taken)
        watch.left(1, least, now, window);
    CHECK(taken == 30);
}

TEST_CASE("a peer that takes as much in each window goes on for ever", "[unit][interface]") {
    WriteWatch watch;
    Instant now = start;
    std::size_t windows = 0;
    for (watch.left(0, least, now, window); now < watch.due() && windows < 10'000; now += 29s, ++windows)
        watch.left(least, least, now, window);
    CHECK(windows == 10'000);
}

TEST_CASE("who has taken everything is not waited for, and begins a new window", "[unit][interface]") {
    WriteWatch watch;
    watch.left(0, least, start, window);
    watch.left(999, least, start + 1s, window);
    watch.rest();
    CHECK(watch.due() == Instant::max());
    watch.left(0, least, start + 100s, window);
    watch.left(1, least, start + 101s, window);
    CHECK(watch.due() == start + 100s + window);
}
