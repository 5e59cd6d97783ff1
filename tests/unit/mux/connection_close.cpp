#include "unit/mux/connection_support.hpp"

using namespace ouro;
using namespace ouro::test;

TEST_CASE("An orderly close writes queued messages, ends our side, and ends with the peer's side",
          "[unit][mux][connection]") {
    Line line;
    line.queue(2'500);
    const Violation violation{"keep-alive", {}, {}, Errc::malformed};
    line.c.close(Errc::malformed, violation, 5s, start);
    CHECK(line.c.state() == State::draining);
    CHECK_FALSE(line.c.shut_down());
    line.write(1'500);
    CHECK_FALSE(line.c.shut_down());
    CHECK(line.write_all().size() == 2'500 + 3 * 8 - 1'500);
    CHECK(line.c.shut_down());
    CHECK(line.c.state() == State::lingering);
    CHECK_FALSE(line.c.shut_down());
    CHECK(line.c.end() == nullptr);

    line.c.input_ended();
    REQUIRE(line.c.end() != nullptr);
    CHECK(line.c.end()->reason == Errc::malformed);
    CHECK(line.c.end()->violation == violation);
    CHECK_FALSE(line.c.end()->system);
    CHECK(line.c.end()->orderly);
}

TEST_CASE("An orderly close without output ends our side at once", "[unit][mux][connection]") {
    Line line;
    line.close();
    CHECK(line.c.shut_down());
    CHECK(line.c.state() == State::lingering);
}

TEST_CASE("A connection that closes discards input and takes no messages and no credit", "[unit][mux][connection]") {
    Line line;
    line.c.expect(chain_sync, Role::initiator, 1, plenty);
    CHECK(line.read(segment(chain_sync, Role::responder, concat({item(3), item(4)}))).size() == 1);
    line.queue(10);
    line.c.expect(chain_sync, Role::initiator, 1, plenty);
    CHECK(line.c.ready());
    line.close();
    line.queue(100);
    line.c.expect(chain_sync, Role::initiator, 1, plenty);
    CHECK_FALSE(line.c.ready());
    CHECK(line.c.want() == SIZE_MAX);
    CHECK(line.read(concat({ping(), segment(Channel{99}, Role::initiator, {0xff})})).empty());
    CHECK(line.c.end() == nullptr);
    CHECK(line.write_all().size() == 8 + 10);
    CHECK(line.c.shut_down());
    CHECK(line.c.want() == SIZE_MAX);
    CHECK(line.read(ping()).empty());
    CHECK(line.c.end() == nullptr);
}

TEST_CASE("A peer that ends its side first still gets queued messages", "[unit][mux][connection]") {
    Line line;
    line.queue(2'500);
    line.close();
    line.c.input_ended();
    CHECK(line.c.state() == State::finishing);
    CHECK(line.c.want() == 0);
    CHECK(line.write_all().size() == 2'500 + 3 * 8);
    CHECK(line.c.end() == nullptr);
    CHECK(line.c.shut_down());
    REQUIRE(line.c.end() != nullptr);
    CHECK(line.c.end()->reason == Errc::demoted);
    CHECK(line.c.end()->orderly);
}

TEST_CASE("An orderly close ends after its linger, to the instant, with a reset", "[unit][mux][connection]") {
    const Duration linger = GENERATE(as<Duration>{}, 0s, 30ms, 5s, 1h);
    const State state = GENERATE(State::draining, State::finishing, State::lingering);
    Line line(0s, 0s);
    line.now = start + 7s;
    line.queue(100);
    line.c.close(Errc::demoted, {}, linger, line.now);
    if (state == State::finishing) line.c.input_ended();
    if (state == State::lingering) {
        line.write_all();
        CHECK(line.c.shut_down());
    }
    REQUIRE(line.c.state() == state);
    const Instant due = start + 7s + linger;
    CHECK(line.c.next_deadline() == due);
    line.c.expire(due - 1ns);
    CHECK(line.c.end() == nullptr);
    line.c.expire(due);
    REQUIRE(line.c.end() != nullptr);
    CHECK(line.c.end()->reason == Errc::demoted);
    CHECK_FALSE(line.c.end()->system);
    CHECK_FALSE(line.c.end()->orderly);
}

TEST_CASE("A second close changes neither reason nor linger, and a reset ends the first", "[unit][mux][connection]") {
    Line line;
    line.queue(100);
    line.close(Errc::demoted, 5s);
    line.now += 1s;
    line.close(Errc::idle, 1h);
    CHECK(line.c.next_deadline() == start + 5s);
    line.close(Errc::idle, 1s);
    CHECK(line.c.next_deadline() == start + 5s);
    SECTION("the linger passes") {
        line.c.expire(start + 5s);
        CHECK(line.reason() == Errc::demoted);
    }
    SECTION("a reset") {
        line.c.reset(Errc::banned);
        CHECK(line.reason() == Errc::banned);
        CHECK_FALSE(line.c.end()->orderly);
    }
}

TEST_CASE("An error of the socket ends an orderly close with the reason of the close", "[unit][mux][connection]") {
    Line line;
    line.queue(100);
    line.close();
    SECTION("of a read, while there is output") { line.c.input_failed(broken); }
    SECTION("of a write") {
        line.write(50);
        line.c.write_failed(broken);
    }
    SECTION("of a write, after the peer ended its side") {
        line.c.input_ended();
        line.c.write_failed(broken);
    }
    SECTION("of a read, after our side ended") {
        line.write_all();
        REQUIRE(line.c.shut_down());
        line.c.input_failed(broken);
    }
    REQUIRE(line.c.end() != nullptr);
    CHECK(line.c.end()->reason == Errc::demoted);
    CHECK(line.c.end()->system == broken);
    CHECK_FALSE(line.c.end()->orderly);
}

TEST_CASE("A peer that ends an open connection closes it, or truncates an item", "[unit][mux][connection]") {
    struct Row {
        ByteVector before;
        Errc reason;
    };
    const auto [before, reason] =
        GENERATE(values<Row>({{{}, Errc::closed_by_peer},
                              {ping(), Errc::closed_by_peer},
                              {part_of_ping(1), Errc::truncated},
                              {part_of_ping(12), Errc::truncated},
                              {segment(keep_alive, Role::initiator, {0x82, 0x00}), Errc::truncated}}));
    Line line;
    line.read(before);
    line.c.input_ended();
    CHECK(line.reason() == reason);
    CHECK_FALSE(line.c.end()->orderly);
    CHECK(line.c.end()->violation == Violation{});
}

TEST_CASE("A read that fails ends an open connection with the system's error", "[unit][mux][connection]") {
    Line line;
    line.c.input_failed(broken);
    CHECK(line.reason() == Errc::connection_reset);
    CHECK(line.c.end()->system == broken);
}

TEST_CASE("After a failed write a connection is read to its end", "[unit][mux][connection]") {
    const std::error_code other = std::make_error_code(std::errc::connection_reset);
    Line line;
    line.queue(100);
    line.write(50);
    line.c.blocked(50, start);
    line.c.write_failed(broken);
    CHECK(line.c.state() == State::input_only);
    CHECK_FALSE(line.c.closing());
    CHECK_FALSE(line.c.has_output());
    CHECK(line.c.next_deadline() == Instant::max());
    line.queue(100);
    CHECK(line.c.queued() == 100 - 42);
    CHECK(line.read(concat({ping(3), part_of_ping(9)}), true) == std::vector<std::size_t>{3});
    REQUIRE(line.c.end() == nullptr);
    CHECK(line.c.want() == SIZE_MAX);

    SECTION("it has no more") { line.c.consumed(false, start); }
    SECTION("the peer ended its side") { line.c.input_ended(); }
    SECTION("a read fails too") { line.c.input_failed(other); }
    CHECK(line.reason() == Errc::connection_reset);
    CHECK(line.c.end()->system == broken);
    CHECK_FALSE(line.c.end()->orderly);
}

TEST_CASE("A failed write ends the connection if nothing may be read", "[unit][mux][connection]") {
    const Connection::Rules rules{&limit, &name};
    Connection c(Direction::outbound, rules);
    c.append(handshake, Role::initiator, [](ByteQueue& out) { out.append(item(3)); });
    SECTION("there was no credit yet") { c.write_failed(broken); }
    SECTION("the handshake's item came") {
        c.expect(handshake, Role::initiator, 1, 100);
        c.write_failed(broken);
        REQUIRE(c.end() == nullptr);
        const ByteVector bytes = segment(handshake, Role::responder, item(3));
        BytesView input(bytes);
        mux::Ingress::Taken taken;
        REQUIRE(c.next(input, taken));
        CHECK_FALSE(c.next(input, taken));
        c.consumed(true, start);
    }
    REQUIRE(c.end() != nullptr);
    CHECK(c.end()->reason == Errc::connection_reset);
    CHECK(c.end()->system == broken);
}

TEST_CASE("A close after a failed write ends the connection at once with its own reason", "[unit][mux][connection]") {
    Line line;
    line.queue(100);
    line.c.write_failed(broken);
    REQUIRE(line.c.end() == nullptr);
    line.close();
    CHECK(line.reason() == Errc::demoted);
    CHECK(line.c.end()->system == broken);
    CHECK_FALSE(line.c.end()->orderly);
}
