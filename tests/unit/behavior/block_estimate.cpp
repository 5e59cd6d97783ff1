#include "behavior/block_fetch/estimate.hpp"

#include "support/catch.hpp"

using namespace ouro;
using ouro::initiator::BlockEstimate;

namespace {

/// A peer that is kept busy for a while, and gives `rate` bytes a second.
struct Busy {
    explicit Busy(Duration trip) {
        estimate.round_trip(trip);
        estimate.asked(now);
        now += trip;
        estimate.arrived(0, estimate.window(), now);
    }
    void give(std::uint64_t rate, Duration span) {
        for (const Instant end = now + span; now < end;) {
            now += 10ms;
            estimate.arrived(rate / 100, estimate.window(), now);
        }
    }
    BlockEstimate estimate;
    Instant now{1h};
};

constexpr std::uint64_t megabyte = 1'000'000;

bool near(double value, double wanted) { return value > wanted * 0.97 && value < wanted * 1.03; }

}  // namespace

TEST_CASE("Before any measurement the reference's minimum is in flight", "[unit][behavior][estimate]") {
    const BlockEstimate estimate;
    CHECK(estimate.window() == 196'608);
    CHECK(estimate.piece() == 65'536);
    CHECK(estimate.rate() == 2 * megabyte);
    CHECK(estimate.latency() == 1s);
    CHECK(estimate.takes(megabyte) == 500ms);
}

TEST_CASE("Round trips are smoothed, and a single long one has little effect", "[unit][behavior][estimate]") {
    BlockEstimate estimate;
    estimate.round_trip(100ms);
    CHECK(estimate.latency() == 100ms);
    CHECK(estimate.patience() == 100ms + 4 * 50ms + 1s);
    estimate.round_trip(900ms);
    CHECK(estimate.latency() == 200ms);
    for (int i = 0; i < 100; ++i) estimate.round_trip(100ms);
    CHECK(near(std::chrono::duration<double>(estimate.latency()).count(), 0.1));
    CHECK(near(std::chrono::duration<double>(estimate.patience()).count(), 1.1));
}

TEST_CASE("The bytes in flight follow the rate and at most double at a time", "[unit][behavior][estimate]") {
    Busy peer(100ms);
    peer.give(20 * megabyte, 120ms);
    CHECK(near(static_cast<double>(peer.estimate.rate()), 20e6));  // the first is believed
    CHECK(near(static_cast<double>(peer.estimate.window()), 2 * 0.12 * 20e6));
    peer.give(200 * megabyte, 110ms);
    CHECK(near(static_cast<double>(peer.estimate.rate()), 40e6));
    peer.give(200 * megabyte, 1s);
    CHECK(near(static_cast<double>(peer.estimate.rate()), 200e6));
    CHECK(peer.estimate.window() == 20'971'540);  // and no more than the queue takes
    CHECK(peer.estimate.piece() == 2'097'152);
}

TEST_CASE("A peer that becomes slow is recognised after some round trips", "[unit][behavior][estimate]") {
    Busy peer(100ms);
    peer.give(20 * megabyte, 1s);
    peer.give(megabyte, 2s);
    CHECK(peer.estimate.rate() < 2 * megabyte);
    CHECK(peer.estimate.patience(1'000'000) > 2s);
}

TEST_CASE("A peer with few requests is not slow", "[unit][behavior][estimate]") {
    Busy peer(100ms);
    peer.give(20 * megabyte, 1s);
    const auto rate = peer.estimate.rate();
    for (int i = 0; i < 100; ++i) {
        peer.now += 100ms;
        peer.estimate.arrived(20'000, 20'000, peer.now);
    }
    CHECK(peer.estimate.rate() == rate);

    // Nor is one that never had more to give than a block.
    BlockEstimate fresh;
    Instant now{1h};
    fresh.asked(now);
    fresh.arrived(0, 2'000, now += 1s);
    fresh.arrived(2'000, 0, now += 1s);
    fresh.idle(now);
    CHECK(fresh.rate() == 2 * megabyte);
}

TEST_CASE("Bytes that gathered while a peer was not read are not measured", "[unit][behavior][estimate]") {
    Busy peer(100ms);
    peer.give(2 * megabyte, 1s);
    const auto rate = peer.estimate.rate();
    peer.estimate.interrupted();
    peer.now += 10min;
    peer.estimate.arrived(20 * megabyte, peer.estimate.window(), peer.now);
    CHECK(peer.estimate.rate() == rate);
    peer.give(2 * megabyte, 1s);
    CHECK(near(static_cast<double>(peer.estimate.rate()), static_cast<double>(rate)));
}

TEST_CASE("A short answer shows at least the rate of its bytes over its round trip", "[unit][behavior][estimate]") {
    BlockEstimate estimate;
    Instant now{1h};
    estimate.asked(now);
    estimate.arrived(0, 4 * megabyte, now += 500ms);
    estimate.arrived(4 * megabyte, 0, now);
    estimate.idle(now);
    CHECK(near(static_cast<double>(estimate.rate()), 8e6));
}

TEST_CASE("A slow peer gets another chance after some time without requests", "[unit][behavior][estimate]") {
    Busy peer(100ms);
    peer.give(200'000, 5s);
    peer.estimate.round_trip(100ms);
    CHECK(near(static_cast<double>(peer.estimate.rate()), 200'000));  // it was in use
    for (int i = 0; i < 2; ++i) peer.estimate.round_trip(100ms);
    CHECK(near(static_cast<double>(peer.estimate.rate()), 800'000));
    for (int i = 0; i < 10; ++i) peer.estimate.round_trip(100ms);
    CHECK(peer.estimate.rate() == 2 * megabyte);
}
