#include <ouro/mux/ingress.hpp>

#include "support/allocations.hpp"
#include "unit/mux/ingress_support.hpp"

using namespace ouro;
using namespace ouro::test;

TEST_CASE("later credit replaces the size and adds to the items", "[unit][mux][ingress]") {
    Ingress in(Direction::outbound, &limit);
    in.expect(chain_sync, Role::initiator, 1, 10);
    in.expect(chain_sync, Role::initiator, 1, 50);
    const ByteVector bytes = segment(chain_sync, Role::responder, concat({item(40), item(50), item(60)}));
    CHECK(take(in, bytes).size() == 2);
    CHECK(in.held().total() == 60);
    in.expect(chain_sync, Role::initiator, endless, 60);
    in.expect(chain_sync, Role::initiator, 1, 60);  // does not wrap to nothing
    CHECK(one(in).bytes == item(60));
    CHECK(!in.ready());
}

TEST_CASE("An incomplete item is checked against the latest credit", "[unit][mux][ingress]") {
    const std::size_t size = GENERATE(std::size_t{9}, std::size_t{10}, std::size_t{59}, std::size_t{60});
    Ingress in(Direction::outbound, &limit);
    in.expect(chain_sync, Role::initiator, 1, 100);
    const ByteVector bytes = segment(chain_sync, Role::responder, item(60));
    CHECK(take(in, ByteVector(bytes.begin(), bytes.begin() + mux::header_size + 10)).empty());
    in.expect(chain_sync, Role::initiator, 1, size);
    BytesView input = BytesView(bytes).subspan(mux::header_size + 10);
    Ingress::Taken taken;
    CHECK(in.next(input, taken) == (size == 60 ? Errc::none : Errc::message_too_large));
}

TEST_CASE("bytes without credit wait in their queue and keep their order", "[unit][mux][ingress]") {
    Ingress in = opened();
    Ingress starved(Direction::outbound, &limit);
    starved.expect(chain_sync, Role::initiator, 1, plenty);
    starved.expect(keep_alive, Role::initiator, endless, plenty);

    const ByteVector stream = concat({item(5, 1), item(300, 2), item(7, 3), item(900, 4), item(3, 5)});
    const ByteVector bytes =
        concat({segments(chain_sync, Role::responder, stream, 100), segment(keep_alive, Role::responder, item(4))});
    const auto unstarved = take(in, bytes);

    // The other protocol is not held up.
    std::vector<Taken> items = take(starved, bytes);
    CHECK(items == std::vector<Taken>{unstarved.front(), unstarved.back()});
    CHECK(starved.held().unread >= stream.size() - 5);
    CHECK(!starved.inside_item());
    CHECK(!starved.ready());

    const std::size_t most = GENERATE(std::size_t{1}, std::size_t{3});
    items.pop_back();
    while (starved.held().total() != 0) {
        starved.expect(chain_sync, Role::initiator, static_cast<std::uint32_t>(most), plenty);
        REQUIRE(starved.ready());
        for (Taken& i : take(starved, {})) items.push_back(std::move(i));
        REQUIRE(items.size() <= 5);
    }
    items.push_back(unstarved.back());
    CHECK(items == unstarved);
    CHECK(!starved.ready());
    CHECK(!starved.inside_item());
}

TEST_CASE("Credit may come while an item is half in the queue", "[unit][mux][ingress]") {
    const ByteVector big = item(1'000, 9);
    const ByteVector bytes = segments(chain_sync, Role::responder, concat({item(1), big, item(2)}), 250);
    for (std::size_t at = mux::header_size + 1; at < bytes.size(); ++at) {
        const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        Ingress in(Direction::outbound, &limit);
        in.expect(chain_sync, Role::initiator, 1, plenty);
        INFO("cut at " << at);
        REQUIRE(take(in, ByteVector(bytes.begin(), middle)).size() == 1);
        in.expect(chain_sync, Role::initiator, 2, plenty);
        auto items = take(in, ByteVector(middle, bytes.end()));
        REQUIRE(items.size() == 2);
        REQUIRE(items[0].bytes == big);
        REQUIRE(items[1].bytes == item(2));
        REQUIRE(in.held().total() == 0);
    }
}

TEST_CASE("Three hundred pipelined requests stay queued and are returned one per credit", "[unit][mux][ingress]") {
    Ingress in(Direction::inbound, &limit);
    in.expect(chain_sync, Role::responder, 1, 65'535);
    ByteVector requests;
    for (unsigned i = 0; i < 300; ++i) append(requests, {0x18, static_cast<std::uint8_t>(i)});
    const ByteVector bytes = segments(chain_sync, Role::initiator, requests, 101);
    BytesView input(bytes);
    for (unsigned i = 0; i < 300; ++i) {
        REQUIRE(one(in, input) == Taken{chain_sync, Role::responder, {0x18, static_cast<std::uint8_t>(i)}});
        REQUIRE(!in.ready());
        REQUIRE(one(in, input).bytes.empty());
        REQUIRE(input.empty());
        REQUIRE(in.waiting() == 2 * (299 - i));
        in.expect(chain_sync, Role::responder, 1, 65'535);
    }
    CHECK(!in.inside_item());
}

TEST_CASE("An item in its queue stays whole until the next call, even if credit comes meanwhile",
          "[unit][mux][ingress]") {
    Ingress in(Direction::outbound, &limit);
    in.expect(chain_sync, Role::initiator, 1, plenty);
    take(in, segment(chain_sync, Role::responder, concat({item(1), item(200, 3), item(90, 4)})));
    in.expect(chain_sync, Role::initiator, 1, plenty);

    Ingress::Taken taken;
    BytesView nothing;
    REQUIRE(in.next(nothing, taken) == Errc::none);
    CHECK(in.waiting() == 90);
    CHECK(!in.ready());
    for (std::uint16_t i = 100; i < 120; ++i) in.expect(Channel{i}, Role::responder, 1, plenty);
    in.expect(chain_sync, Role::initiator, 1, plenty);
    CHECK(in.ready());
    CHECK(equal(taken.bytes, item(200, 3)));
    CHECK(one(in).bytes == item(90, 4));
    CHECK(in.held().total() == 0);
}

TEST_CASE("queues take turns, and come before the input", "[unit][mux][ingress]") {
    Ingress in(Direction::outbound, &limit);
    in.expect(chain_sync, Role::initiator, 0, plenty);
    in.expect(block_fetch, Role::initiator, 0, plenty);
    in.expect(keep_alive, Role::initiator, 1, plenty);
    take(in, concat({segment(chain_sync, Role::responder, concat({item(1), item(2), item(3)})),
                     segment(block_fetch, Role::responder, concat({item(4), item(5), item(6)}))}));
    in.expect(chain_sync, Role::initiator, endless, plenty);
    in.expect(block_fetch, Role::initiator, endless, plenty);

    const ByteVector ping = segment(keep_alive, Role::responder, item(7));
    BytesView input(ping);
    std::vector<std::size_t> sizes;
    for (Taken i = one(in, input); !i.bytes.empty(); i = one(in, input)) sizes.push_back(i.bytes.size());
    CHECK(sizes == std::vector<std::size_t>{1, 4, 2, 5, 3, 6, 7});
}

TEST_CASE("Memory is counted by whether it was requested and which side requested it", "[unit][mux][ingress]") {
    Ingress in(Direction::outbound, &limit);
    in.expect(chain_sync, Role::initiator, 0, plenty);
    in.expect(block_fetch, Role::initiator, 1, plenty);
    in.expect(keep_alive, Role::responder, 1, plenty);
    CHECK(in.held() == Ingress::Held{});
    take(in, segment(chain_sync, Role::responder, ByteVector(500, 0x00)));
    const ByteVector block = item(30'000);
    take(in, segment(block_fetch, Role::responder, ByteVector(block.begin(), block.begin() + 100)));
    const ByteVector ping = item(700);
    take(in, segment(keep_alive, Role::initiator, ByteVector(ping.begin(), ping.begin() + 100)));
    const Ingress::Held held = in.held();
    CHECK(held.unread == 500);
    CHECK(held.requested >= 30'000);
    CHECK(held.awaited >= 700);
    CHECK(held.awaited < 1'000);
    CHECK(held.total() == held.unread + held.requested + held.awaited);
}

TEST_CASE("The memory of a queue counts, not the bytes in it", "[unit][mux][ingress]") {
    Ingress in(Direction::outbound, &limit);
    in.expect(chain_sync, Role::initiator, 0, plenty);
    in.expect(block_fetch, Role::initiator, 0, plenty);
    const Allocations before = allocations();
    const ByteVector some = segment(chain_sync, Role::responder, ByteVector(10'000, 0x00));
    const ByteVector more = segment(chain_sync, Role::responder, {0x00});
    BytesView input(some);
    Ingress::Taken taken;
    CHECK(in.next(input, taken) == Errc::need_more);
    input = more;
    const Allocations full = allocations();
    CHECK(in.next(input, taken) == Errc::need_more);
    const Allocations grown = allocations();
    CHECK(full.bytes - before.bytes >= 10'000);
    CHECK(in.held().unread >= grown.bytes - full.bytes);
}

TEST_CASE("A long queue that became short frees its memory", "[unit][mux][ingress]") {
    Ingress in(Direction::outbound, &limit);
    in.expect(chain_sync, Role::initiator, 0, plenty);
    for (int i = 0; i < 40; ++i) take(in, segments(chain_sync, Role::responder, item(10'000), 5'000));
    CHECK(in.held().unread >= 400'000);
    for (int i = 0; i < 39; ++i) {
        in.expect(chain_sync, Role::initiator, 1, plenty);
        REQUIRE(one(in).bytes.size() == 10'000);
    }
    take(in, {});
    CHECK(in.held().unread >= 10'000);
    CHECK(in.held().unread < 80'000);
}

TEST_CASE("Bytes at a closed endpoint are fatal in every case", "[unit][mux][ingress]") {
    Ingress in(Direction::inbound, &limit);
    in.expect(chain_sync, Role::responder, 1, plenty);
    const auto close = [&] { in.expect(chain_sync, Role::responder, 0, 0); };
    const ByteVector message = item(40);

    SECTION("with the next segment") {
        CHECK(take(in, segment(chain_sync, Role::initiator, message)).size() == 1);
        close();
        CHECK(!in.ready());
        CHECK(outcome(in, segment(chain_sync, Role::initiator, {0x00})) == Errc::unread_data);
    }
    SECTION("behind the last item in its segment") {
        const ByteVector bytes = segment(chain_sync, Role::initiator, concat({message, message}));
        BytesView input(bytes);
        CHECK(one(in, input).bytes == message);
        close();
        Ingress::Taken taken;
        CHECK(in.next(input, taken) == Errc::unread_data);
    }
    SECTION("before it was closed") {
        CHECK(take(in, segment(chain_sync, Role::initiator, concat({message, message}))).size() == 1);
        close();
        CHECK(in.ready());
        CHECK(outcome(in, {}) == Errc::unread_data);
    }
    if (in.ready()) {
        CHECK(in.failed_at().channel == chain_sync);
        CHECK(in.failed_at().role == Role::responder);
    }
}

TEST_CASE("an item that is still in use does not count as unread when its endpoint is closed", "[unit][mux][ingress]") {
    Ingress in(Direction::inbound, &limit);
    in.expect(chain_sync, Role::responder, 0, plenty);
    take(in, segment(chain_sync, Role::initiator, item(40)));
    in.expect(chain_sync, Role::responder, 1, plenty);
    CHECK(one(in).bytes == item(40));
    in.expect(chain_sync, Role::responder, 0, 0);
    CHECK(!in.ready());
    CHECK(take(in, {}).empty());
}

TEST_CASE("credit opens an endpoint that was closed", "[unit][mux][ingress]") {
    Ingress in(Direction::inbound, &limit);
    in.expect(chain_sync, Role::responder, 0, 0);
    in.expect(chain_sync, Role::responder, 1, plenty);
    CHECK(take(in, segment(chain_sync, Role::initiator, concat({item(40), item(40)}))).size() == 1);
    CHECK(in.held().unread == 40);
}

TEST_CASE("Input that is put aside gives the same items later, without input", "[unit][mux][ingress]") {
    const ByteVector stream = concat({item(5, 1), item(300, 2), item(7, 3), item(900, 4), item(3, 5)});
    const ByteVector bytes =
        concat({segments(chain_sync, Role::responder, stream, 100), segment(keep_alive, Role::responder, item(4))});
    const auto wanted = [&] {
        Ingress in = opened();
        return take(in, bytes);
    }();
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        Ingress in = opened();
        std::vector<Taken> items =
            take(in, ByteVector(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)));
        REQUIRE(in.put_aside(BytesView(bytes).subspan(cut)) == Errc::none);
        for (Taken& each : take(in, {})) items.push_back(std::move(each));
        // The two mini-protocols keep their own order.
        for (const Channel channel : {chain_sync, keep_alive}) {
            const auto of = [channel](std::vector<Taken> all) {
                std::erase_if(all, [channel](const Taken& each) { return each.channel != channel; });
                return all;
            };
            REQUIRE(of(items) == of(wanted));
        }
        REQUIRE(in.held().total() == 0);
    }
}

TEST_CASE("Input that breaks a rule also does so when it is put aside", "[unit][mux][ingress]") {
    Ingress in = opened();
    const ByteVector unknown = segment(Channel{99}, Role::responder, item(4));
    CHECK(in.put_aside(unknown) == Errc::unknown_protocol);
    BytesView none;
    Ingress::Taken taken;
    CHECK(in.next(none, taken) == Errc::unknown_protocol);
}

namespace {

/// Consumes an item of up to `most` bytes.
class Consumer final : public cbor::ItemWatch {
  public:
    explicit Consumer(std::size_t most) : most_(most) {}
    [[nodiscard]] bool consumes() const noexcept override { return true; }

    std::size_t items = 0;

  private:
    Errc take(BytesView) override { return count() > most_ ? Errc::malformed : Errc::none; }
    Bytes rest() override {
        ++items;
        const std::uint8_t zero = 0;
        return Bytes::copy({&zero, 1});
    }

    std::size_t most_;
};

}  // namespace

TEST_CASE("A watch consumes an item of any size, and memory does not hold it", "[unit][mux][ingress]") {
    Ingress in(Direction::outbound, &limit);
    const auto watch = std::make_shared<Consumer>(plenty);
    in.expect(chain_sync, Role::initiator, 1, plenty, 0, watch);
    const ByteVector bytes = segments(chain_sync, Role::responder, concat({item(3'000, 2), item(50, 3)}), 100);
    const auto middle = bytes.begin() + 2'000;
    CHECK(take(in, ByteVector(bytes.begin(), middle)).empty());
    CHECK(in.held().total() == 0);
    CHECK(in.inside_item());
    CHECK(watch->count() > 1'000);
    const auto items = take(in, ByteVector(middle, bytes.end()));
    REQUIRE(items.size() == 1);
    CHECK(items[0].bytes == ByteVector{0});
    CHECK(watch->items == 1);
    CHECK(watch->count() == 0);
    // The next item is not watched.
    in.expect(chain_sync, Role::initiator, 1, plenty);
    CHECK(one(in).bytes == item(50, 3));
    CHECK(watch->items == 1);
}

TEST_CASE("A watched item has the limit of its credit, and its watch may refuse it", "[unit][mux][ingress]") {
    const bool by_watch = GENERATE(false, true);
    Ingress in(Direction::outbound, &limit);
    in.expect(chain_sync, Role::initiator, 1, by_watch ? plenty : 2'000, 0,
              std::make_shared<Consumer>(by_watch ? 2'000 : plenty));
    const ByteVector bytes = segments(chain_sync, Role::responder, item(3'000, 2), 100);
    BytesView input(bytes);
    Ingress::Taken taken;
    CHECK(in.next(input, taken) == (by_watch ? Errc::malformed : Errc::message_too_large));
}
