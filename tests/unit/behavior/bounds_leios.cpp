#include "unit/behavior/eb_relay.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

const TestEb eb(7, 1);
const std::size_t request_bytes = raw::eb_request(eb.point).size();

/// A node that wants many endorser blocks, and relays that answer by hand.
struct Wanting {
    explicit Wanting(const ini::Config& config, std::size_t relay_count = 1)
        : node(net.add<InitiatorBehavior>(node_id, config)) {
        for (std::uint16_t port = 1; port <= relay_count; ++port) {
            const PeerId id = PeerId::from_parts("raw.example", port);
            relays.push_back(std::make_unique<RawRelay>(net, id));
            REQUIRE(node.execute(ini::IncludePeer{id}));
            REQUIRE(await<ini::PeerInitialized>(net, node));
        }
        net.run_for(100ms);
    }
    void fetch(std::size_t times) {
        for (; times > 0; --times) REQUIRE(node.execute(ini::FetchEb{eb.point}));
        net.run_for(100ms);
    }
    void answer(std::size_t relay, std::size_t times = 1) {
        relays[relay]->send(19, raw::repeat(raw::eb(eb.cbor()), times));
        net.run_for(100ms);
    }
    void offer(std::size_t relay, std::uint32_t bytes) {
        relays[relay]->send(18, raw::eb_offer(eb.point, bytes));
        net.run_for(100ms);
    }
    /// Requests that one relay has heard.
    [[nodiscard]] std::size_t asked(std::size_t relay = 0) {
        const ByteVector heard = relays[relay]->heard(19);
        CHECK(heard == raw::repeat(raw::eb_request(eb.point), heard.size() / request_bytes));
        return heard.size() / request_bytes;
    }

    SimulatedNetwork net;
    Initiator& node;
    std::vector<std::unique_ptr<RawRelay>> relays;
};

}  // namespace

TEST_CASE("A relay has a limited number of requests for endorser blocks in flight", "[unit][behavior][bounds][leios]") {
    ini::Config config = following();
    config.eb_bytes_in_flight = SIZE_MAX / 2;
    const std::uint32_t limit = GENERATE(1U, 10U, 20U);
    config.eb_requests_in_flight = limit;
    Wanting w(config);
    w.fetch(30);
    CHECK(w.asked() == limit);
    for (std::size_t answered = 1; answered <= 5; ++answered) {
        w.answer(0);
        CHECK(w.asked() == limit + answered);
    }
    CHECK(count<ini::EbFetched>(w.node) == 5);
}

TEST_CASE("A relay has a limited number of bytes of endorser blocks in flight", "[unit][behavior][bounds][leios]") {
    ini::Config config = following();
    config.eb_requests_in_flight = 20;
    config.eb_bytes_in_flight = 5'000'000;
    Wanting w(config);
    SECTION("half a million each if nothing else is known") {
        w.fetch(30);
        CHECK(w.asked() == 10);
        w.answer(0);
        CHECK(w.asked() == 11);
    }
    SECTION("the offered sizes") {
        w.offer(0, 2'000'000);
        w.fetch(30);
        CHECK(w.asked() == 2);
        w.answer(0, 2);
        CHECK(w.asked() == 4);
    }
    SECTION("the limit of a message") {
        w.offer(0, UINT32_MAX);
        w.fetch(30);
        CHECK(w.asked() == 2);
    }
    SECTION("of small ones, only the requests count") {
        w.offer(0, 0);
        w.fetch(30);
        CHECK(w.asked() == 20);
    }
}

TEST_CASE("One request is in flight whatever its size", "[unit][behavior][bounds][leios]") {
    ini::Config config = following();
    config.eb_bytes = GENERATE(std::size_t{0}, std::size_t{1'000});
    config.eb_bytes_in_flight = 0;
    Wanting w(config);
    w.fetch(3);
    for (std::size_t asked = 1; asked <= 3; ++asked) {
        CHECK(w.asked() == asked);
        w.answer(0);
        CHECK(count<ini::EbFetched>(w.node) == asked);
    }
}

TEST_CASE("Data in flight with all relays and not taken have a limit too", "[unit][behavior][bounds][leios]") {
    ini::Config config = following();
    config.eb_bytes = 2'000'000;
    Wanting w(config, 3);
    w.fetch(30);
    CHECK(w.asked(0) + w.asked(1) + w.asked(2) == 4);
    CHECK(w.asked(0) == 2);  // the least busy one first
    CHECK(w.asked(1) == 1);
    CHECK(w.asked(2) == 1);
    w.node.attend(false);
    w.answer(1);
    w.answer(2);
    // What was fetched takes less than was thought; an event takes something, too.
    CHECK(w.asked(0) + w.asked(1) + w.asked(2) == 5);
    w.node.attend(true);
    w.net.run_for(100ms);
    CHECK(w.asked(0) + w.asked(1) + w.asked(2) == 6);
}

TEST_CASE("Offers have a limit, and the newest ones are kept", "[unit][behavior][bounds][leios]") {
    ini::Config config = following();
    config.notify_window = 100;
    Wanting w(config, 2);
    w.offer(1, 1'000);
    for (std::uint64_t n = 0; n < 256; ++n) w.relays[0]->send(18, raw::eb_offer(TestEb(1'000 + n).point, 1));
    w.net.run_for(1s);
    w.offer(0, 1'000);
    for (std::uint64_t n = 0; n < 256; ++n) w.relays[0]->send(18, raw::eb_offer(TestEb(1'000 + n).point, 1));
    w.net.run_for(1s);
    CHECK(count<ini::EbNotification>(w.node) == 514);
    w.fetch(1);
    CHECK(w.asked(0) == 0);
    CHECK(w.asked(1) == 1);
}
