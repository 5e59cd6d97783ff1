// The memory of connections, of which a server has thousands that are idle.

#include "support/allocations.hpp"
#include "unit/mux/connection_support.hpp"

using namespace ouro;
using namespace ouro::test;

namespace {

constexpr std::size_t endpoints = 2;        // of a `Line`
constexpr std::size_t endpoint_bytes = 64;  // at most

/// The memory of the batch, which a server has once, has its size after this.
void warm_up(Line& line) {
    line.queue(10);
    line.queue(10, block_fetch, Role::initiator);
    line.queue(10'000, block_fetch, Role::initiator);
    line.write_all();
    mux::Connection::Sent sent;
    while (line.c.poll_sent(sent)) {
    }
}

}  // namespace

TEST_CASE("A connection without anything to read or write holds memory for its endpoints alone",
          "[unit][mux][connection]") {
    const std::size_t before = heap_in_use();
    Line line;
    const std::size_t made = heap_in_use() - before;
    CHECK(made <= endpoints * endpoint_bytes);
    warm_up(line);

    SECTION("after an exchange") {
        const std::size_t idle = heap_in_use();
        for (int i = 0; i < 3; ++i) {
            CHECK(line.read(ping(3)) == std::vector<std::size_t>{3});
            line.queue(3);
            line.queue(700, block_fetch, Role::initiator);
            CHECK(heap_in_use() > idle);
            line.write_all();
            mux::Connection::Sent sent;
            while (line.c.poll_sent(sent)) {
            }
            CHECK(heap_in_use() == idle);
        }
    }
    SECTION("after an item that was cut") {
        const ByteVector whole = ping(20);
        const std::size_t half = whole.size() / 2;
        const std::size_t idle = heap_in_use();
        CHECK(line.read(part_of_ping(half), true).empty());
        CHECK(heap_in_use() > idle);
        CHECK(line.read(ByteVector(whole.begin() + static_cast<std::ptrdiff_t>(half), whole.end())) ==
              std::vector<std::size_t>{20});
        CHECK(line.read(ping(3)) == std::vector<std::size_t>{3});  // the item before is freed
        CHECK(heap_in_use() == idle);
    }
    SECTION("after items that waited for credit") {
        line.c.expect(chain_sync, Role::initiator, 0, plenty);
        const std::size_t registered = heap_in_use();
        CHECK(line.read(segment(chain_sync, Role::responder, concat({item(30), item(40)}))).empty());
        CHECK(heap_in_use() > registered);
        line.c.expect(chain_sync, Role::initiator, 2, plenty);
        CHECK(line.read({}) == std::vector<std::size_t>{30, 40});
        CHECK(heap_in_use() == registered);
    }
}

TEST_CASE("A partly written queue keeps its memory until the rest is written", "[unit][mux][connection]") {
    Line line;
    warm_up(line);
    const std::size_t idle = heap_in_use();
    line.queue(300);
    line.write(100);
    CHECK(heap_in_use() > idle);
    CHECK(line.c.queued() == 300 - (100 - mux::header_size));
    line.queue(5);
    CHECK(line.write_all().size() == 300 + mux::header_size - 100 + 5 + mux::header_size);
    mux::Connection::Sent sent;
    while (line.c.poll_sent(sent)) {
    }
    CHECK(heap_in_use() == idle);
}
