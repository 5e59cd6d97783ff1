#include "unit/mux/connection_support.hpp"

using namespace ouro;
using namespace ouro::test;

TEST_CASE("A connection delivers items on credit", "[unit][mux][connection]") {
    Line line;
    CHECK(line.c.want() == SIZE_MAX);
    CHECK(line.read(concat({ping(3), ping(4), part_of_ping(10)})) == std::vector<std::size_t>{3, 4});
    CHECK(line.c.state() == State::open);
    CHECK(line.c.inside_segment());
    CHECK(line.c.waiting() != 0);
    CHECK(line.c.held().awaited != 0);
}

TEST_CASE("A connection reads nothing before the handshake has credit", "[unit][mux][connection]") {
    const Connection::Rules rules{&limit, &name};
    Connection c(Direction::outbound, rules);
    CHECK(c.want() == 0);
    c.expect(handshake, Role::initiator, 1, 100);
    CHECK(c.want() == mux::header_size);
}

TEST_CASE("Items without credit wait in the connection and are ready when credit comes", "[unit][mux][connection]") {
    Line line;
    line.c.expect(chain_sync, Role::initiator, 1, plenty);
    const ByteVector two = concat({item(3), item(4)});
    CHECK(line.read(segment(chain_sync, Role::responder, two)) == std::vector<std::size_t>{3});
    CHECK_FALSE(line.c.ready());
    line.c.expect(chain_sync, Role::initiator, 1, plenty);
    CHECK(line.c.ready());
    CHECK(line.read({}) == std::vector<std::size_t>{4});
}

TEST_CASE("A write carries the time of its plan", "[unit][mux][connection]") {
    Line line;
    line.queue(1);
    line.now = start + 5us + 999ns;
    const ByteVector bytes = line.write();
    REQUIRE(bytes.size() == mux::header_size + 1);
    CHECK(load_be32(bytes.data()) == static_cast<std::uint32_t>(3'600'000'005));
    CHECK_FALSE(line.c.has_output());
}

TEST_CASE("Sent bytes are reported once for each endpoint, with the bytes queued then", "[unit][mux][connection]") {
    Line line;
    Connection::Sent sent;
    CHECK_FALSE(line.c.unreported());
    CHECK_FALSE(line.c.poll_sent(sent));
    line.queue(2'500);
    line.queue(600, block_fetch, Role::initiator);
    CHECK(line.write(8 + 1'000 + 8 + 500).size() == 1'516);
    line.write(8);
    CHECK(line.c.queued() == 1'592);
    CHECK(line.c.queued(keep_alive, Role::responder) == 1'500);
    line.write(92 + 8 + 1'000);
    line.queue(7);

    REQUIRE(line.c.poll_sent(sent));
    CHECK(sent.channel == keep_alive);
    CHECK(sent.role == Role::responder);
    CHECK(sent.bytes == 2'000);
    CHECK(sent.queued == 507);
    REQUIRE(line.c.poll_sent(sent));
    CHECK(sent.channel == block_fetch);
    CHECK(sent.role == Role::initiator);
    CHECK(sent.bytes == 600);
    CHECK(sent.queued == 0);
    CHECK_FALSE(line.c.unreported());
    CHECK_FALSE(line.c.poll_sent(sent));
}

TEST_CASE("Both roles of a mini-protocol, and two mini-protocols in one role, are reported apart",
          "[unit][mux][connection]") {
    Line line;
    line.queue(3, keep_alive, Role::responder);
    line.queue(4, keep_alive, Role::initiator);
    line.queue(5, block_fetch, Role::responder);
    line.write_all();
    for (const std::size_t bytes : {3U, 4U, 5U}) {
        Connection::Sent sent;
        REQUIRE(line.c.poll_sent(sent));
        CHECK(sent.channel == (bytes == 5 ? block_fetch : keep_alive));
        CHECK(sent.role == (bytes == 4 ? Role::initiator : Role::responder));
        CHECK(sent.bytes == bytes);
        CHECK(sent.queued == 0);
    }
}

TEST_CASE("A broken rule of framing ends a connection with its protocol and place", "[unit][mux][connection]") {
    Line line;
    const ByteVector bytes = segment(keep_alive, Role::initiator, {0x82, 0x00, 0xff});
    CHECK(line.read(concat({ping(3), bytes, ping(3)})) == std::vector<std::size_t>{3});
    REQUIRE(line.c.end() != nullptr);
    const Connection::End end = *line.c.end();
    CHECK(end.reason == Errc::malformed);
    CHECK(end.violation == Violation{"keep-alive", {}, {}, Errc::malformed, 2});
    CHECK_FALSE(end.system);
    CHECK_FALSE(end.orderly);
    CHECK(line.c.want() == 0);
}

TEST_CASE("An item that does not decode ends a connection in the same way", "[unit][mux][connection]") {
    Line line;
    line.c.fail(block_fetch, {{}, {}, {}, Errc::malformed, 7});
    REQUIRE(line.c.end() != nullptr);
    CHECK(line.c.end()->violation == Violation{"block-fetch", {}, {}, Errc::malformed, 7});
}

TEST_CASE("Nothing changes the end of a connection once it has ended", "[unit][mux][connection]") {
    Line line;
    line.queue(10);
    line.c.plan(line.batch, start);
    line.c.wrote(1);
    const Violation violation{"keep-alive", "Client", "KeepAlive", Errc::out_of_turn};
    line.c.reset(Errc::out_of_turn, violation);

    line.c.reset(Errc::banned);
    line.c.fail(keep_alive, {{}, {}, {}, Errc::malformed, 0});
    line.c.close(Errc::demoted, {}, 0s, start);
    line.c.input_ended();
    line.c.input_failed(broken);
    line.c.write_failed(broken);
    line.c.consumed(false, start + 1h);
    line.c.blocked(0, start + 1h);
    line.queue(10);
    line.c.expect(chain_sync, Role::initiator, 1, plenty);
    CHECK(line.read(ping()).empty());
    const Connection::Due due = line.c.expire(start + 10h);
    CHECK_FALSE(due.read);
    CHECK_FALSE(due.write);
    CHECK_FALSE(line.c.shut_down());
    CHECK_FALSE(line.c.ready());
    CHECK_FALSE(line.c.has_output());
    CHECK(line.c.queued() == 10);
    CHECK(line.c.want() == 0);
    CHECK(line.c.next_deadline() == Instant::max());

    REQUIRE(line.c.end() != nullptr);
    CHECK(line.c.end()->reason == Errc::out_of_turn);
    CHECK(line.c.end()->violation == violation);
    CHECK_FALSE(line.c.end()->system);
    CHECK_FALSE(line.c.end()->orderly);
}
