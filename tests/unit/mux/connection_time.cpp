#include "unit/mux/connection_support.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

constexpr Duration segment_timeout = 30s;
constexpr Duration write_timeout = 20s;
constexpr std::size_t least = payload + mux::header_size;  // bytes that a peer takes in each window

/// More is queued than the system takes: the first `bytes` went to it and none is acknowledged.
struct Blocked : Line {
    explicit Blocked(std::size_t bytes = 5'000) : in_system(bytes) {
        queue(100'000);
        write(bytes);
        c.blocked(in_system, now);
    }
    /// The peer acknowledges `taken` and the system takes as much again.
    void go_on(std::size_t taken, Instant at) {
        now = at;
        if (taken != 0) write(taken);
        c.blocked(in_system, now);
    }
    std::size_t in_system;
};

}  // namespace

TEST_CASE("A connection between segments has no deadline", "[unit][mux][connection]") {
    Line line;
    CHECK(line.c.next_deadline() == Instant::max());
    line.read(ping());
    CHECK(line.c.next_deadline() == Instant::max());
    line.queue(10);
    CHECK(line.c.next_deadline() == Instant::max());
}

TEST_CASE("A segment must be complete at its time limit, to the instant", "[unit][mux][connection]") {
    const std::size_t arrived = GENERATE(as<std::size_t>{}, 1, 8, 27);
    Line line;
    line.read(part_of_ping(arrived));
    const Instant due = start + segment_timeout;
    CHECK(line.c.next_deadline() == due);

    line.now = due - 1ns;
    CHECK_FALSE(line.c.expire(line.now).read);
    line.read({});
    REQUIRE(line.c.end() == nullptr);

    line.now = due;
    CHECK(line.c.expire(line.now).read);
    REQUIRE(line.c.end() == nullptr);
    line.read({});
    REQUIRE(line.c.end() != nullptr);
    CHECK(line.c.end()->reason == Errc::segment_timeout);
    CHECK(line.c.end()->violation == Violation{{}, {}, {}, Errc::segment_timeout});
    CHECK_FALSE(line.c.end()->orderly);
}

TEST_CASE("More bytes of a segment do not extend its time, and the next segment has its own",
          "[unit][mux][connection]") {
    Line line;
    const ByteVector bytes = ping();
    const auto at = [&](std::size_t i) { return bytes.begin() + static_cast<std::ptrdiff_t>(i); };
    line.read(ByteVector(at(0), at(5)));
    line.now = start + 10s;
    line.read(ByteVector(at(5), at(20)));
    CHECK(line.c.next_deadline() == start + segment_timeout);
    line.now = start + 20s;
    line.read(ByteVector(at(20), bytes.end()));
    CHECK(line.c.next_deadline() == Instant::max());
    line.read(part_of_ping(5));
    CHECK(line.c.next_deadline() == start + 20s + segment_timeout);
}

TEST_CASE("A segment that ends in the read that begins the next has its own time", "[unit][mux][connection]") {
    Line line;
    line.read(part_of_ping(5));
    line.now = start + 29s;
    ByteVector rest = ping();
    rest.erase(rest.begin(), rest.begin() + 5);
    line.read(concat({rest, part_of_ping(5)}));
    CHECK(line.c.next_deadline() == start + 29s + segment_timeout);
}

TEST_CASE("A peer is not late with bytes that have arrived and were not read", "[unit][mux][connection]") {
    Line line;
    line.read(part_of_ping(5));
    line.now = start + 1h;
    CHECK(line.c.expire(line.now).read);
    line.read({}, true);
    REQUIRE(line.c.end() == nullptr);
    SECTION("they complete the segment") {
        ByteVector rest = ping();
        rest.erase(rest.begin(), rest.begin() + 5);
        CHECK(line.read(rest).size() == 1);
        CHECK(line.c.end() == nullptr);
        CHECK(line.c.next_deadline() == Instant::max());
    }
    SECTION("they do not") {
        line.read({});
        CHECK(line.reason() == Errc::segment_timeout);
    }
}

TEST_CASE("A slow peer's write deadline is checked only after the socket was tried again", "[unit][mux][connection]") {
    Blocked line;
    const Instant due = start + write_timeout;
    CHECK(line.c.next_deadline() == due);
    CHECK_FALSE(line.c.expire(due - 1ns).write);

    const Connection::Due now = line.c.expire(due + 1h);
    CHECK(now.write);
    CHECK_FALSE(now.read);
    REQUIRE(line.c.end() == nullptr);
    SECTION("the peer had made room while the program was busy") {
        line.go_on(least, due + 1h);
        CHECK(line.c.end() == nullptr);
        CHECK(line.c.next_deadline() == due + 1h + write_timeout);
    }
    SECTION("the peer had taken everything") {
        line.now = due + 1h;
        line.write_all();
        CHECK(line.c.end() == nullptr);
        CHECK(line.c.next_deadline() == Instant::max());
    }
    SECTION("the peer had taken nothing") {
        line.go_on(0, due + 1h);
        REQUIRE(line.c.end() != nullptr);
        CHECK(line.c.end()->reason == Errc::write_timeout);
        CHECK(line.c.end()->violation == Violation{});
        CHECK_FALSE(line.c.end()->orderly);
    }
}

TEST_CASE("A write times out at its limit, to the instant", "[unit][mux][connection]") {
    Blocked line;
    line.go_on(0, start + write_timeout - 1ns);
    CHECK(line.c.end() == nullptr);
    CHECK(line.c.next_deadline() == start + write_timeout);
    line.go_on(0, start + write_timeout);
    CHECK(line.reason() == Errc::write_timeout);
}

TEST_CASE("A peer takes at least one segment in each window", "[unit][mux][connection]") {
    Blocked line;
    line.go_on(least - 1, start + 10s);
    CHECK(line.c.next_deadline() == start + write_timeout);
    line.go_on(1, start + 15s);
    CHECK(line.c.next_deadline() == start + 15s + write_timeout);
    line.go_on(least - 1, start + 15s + write_timeout);
    CHECK(line.reason() == Errc::write_timeout);
}

TEST_CASE("Bytes that only moved to the system do not count as progress of the peer", "[unit][mux][connection]") {
    Blocked line;
    line.now = start + write_timeout;
    line.write(50'000);
    line.c.blocked(line.in_system + 50'000, line.now);
    CHECK(line.reason() == Errc::write_timeout);
}

TEST_CASE("A connection with nothing queued has no write deadline", "[unit][mux][connection]") {
    Blocked line;
    line.write_all();
    CHECK(line.c.next_deadline() == Instant::max());
    line.c.blocked(100'000, start + 1h);
    CHECK(line.c.end() == nullptr);
    CHECK(line.c.next_deadline() == Instant::max());
    line.now = start + 1h;
    line.queue(5'000);
    line.write(10);
    line.c.blocked(100'000, line.now);
    CHECK(line.c.next_deadline() == start + 1h + write_timeout);
}

TEST_CASE("A write timeout during an orderly close ends it with the reason of the close", "[unit][mux][connection]") {
    Blocked line;
    line.close(Errc::demoted, 1h);
    CHECK(line.c.next_deadline() == start + write_timeout);
    CHECK(line.c.expire(start + write_timeout).write);
    line.go_on(0, start + write_timeout);
    CHECK(line.reason() == Errc::demoted);
    CHECK_FALSE(line.c.end()->orderly);
}

TEST_CASE("An orderly close has no segment deadline", "[unit][mux][connection]") {
    Line line;
    line.read(part_of_ping(5));
    line.close(Errc::demoted, 1h);
    CHECK(line.c.next_deadline() == start + 1h);
    line.now = start + 40s;
    CHECK_FALSE(line.c.expire(line.now).read);
    line.read({});
    CHECK(line.c.end() == nullptr);
}

TEST_CASE("The earliest deadline is next, and a passed linger requests no retry", "[unit][mux][connection]") {
    Blocked line;
    line.now = start + 5s;
    line.read(part_of_ping(5));
    CHECK(line.c.next_deadline() == start + write_timeout);
    line.write_all();
    CHECK(line.c.next_deadline() == start + 5s + segment_timeout);
    line.queue(100);
    line.c.blocked(0, line.now);
    const Connection::Due both = line.c.expire(start + 1h);
    CHECK(both.write);
    CHECK(both.read);

    line.close(Errc::demoted, 1s);
    CHECK(line.c.next_deadline() == start + 6s);
    const Connection::Due none = line.c.expire(start + 1h);
    CHECK_FALSE(none.write);
    CHECK_FALSE(none.read);
    CHECK(line.reason() == Errc::demoted);
}

TEST_CASE("A timeout of zero means no limit", "[unit][mux][connection]") {
    Line line(0s, 0s);
    line.read(part_of_ping(5));
    line.queue(100'000);
    line.write(5'000);
    line.c.blocked(5'000, start);
    CHECK(line.c.next_deadline() == Instant::max());
    line.now = start + 1h;
    line.c.blocked(5'000, line.now);
    line.read({});
    CHECK(line.c.end() == nullptr);
}
