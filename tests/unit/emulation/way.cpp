#include <ouro/emulation/way.hpp>

#include <ouro/emulation/scripted_peer.hpp>

#include <numeric>

#include "support/catch.hpp"

using namespace ouro;
using namespace ouro::emulation;
using namespace std::chrono_literals;

namespace {

using ByteVector = std::vector<std::uint8_t>;

const Instant start{1h};

ByteVector join(std::initializer_list<ByteVector> parts) {
    ByteVector all;
    for (const ByteVector& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}
ByteVector segment_of(std::uint16_t channel, std::size_t payload) {
    return segment(channel, false, ByteVector(payload));
}

/// A way, and what travels on it.
struct Traveller {
    explicit Traveller(const Link& its_link, std::uint64_t seed = 1) : link(its_link), way(link), random(seed) {}
    std::vector<Way::Run> travel(BytesView bytes, Instant now = start) {
        std::vector<Way::Run> runs;
        way.travel(bytes, now, random, runs);
        return runs;
    }
    Link link;
    Way way;
    std::uint64_t random;
};

std::size_t total(const std::vector<Way::Run>& runs) {
    return std::accumulate(runs.begin(), runs.end(), std::size_t{0}, [](auto n, const auto& r) { return n + r.bytes; });
}

}  // namespace

TEST_CASE("A plain link keeps a write whole and adds its latency", "[unit][emulation]") {
    Traveller t({});
    const auto runs = t.travel(ByteVector(5'000));
    REQUIRE(runs.size() == 1);
    CHECK(runs[0].bytes == 5'000);
    CHECK(runs[0].arrives == start + 20ms);
}

TEST_CASE("A limited bandwidth spreads a write, and the next one waits behind it", "[unit][emulation]") {
    Link link;
    link.bandwidth = 10'000;
    Traveller t(link);
    const auto first = t.travel(ByteVector(20'000));
    CHECK(total(first) == 20'000);
    CHECK(first.size() > 10);
    CHECK(first.front().arrives < start + 1s);
    CHECK(first.back().arrives == start + 2s + 20ms);
    CHECK(t.travel(ByteVector(1'000), start + 1s).back().arrives == start + 2s + 100ms + 20ms);
    CHECK(t.way.behind_all(start + 1s, t.random) == start + 2s + 100ms + 20ms);
    CHECK(t.travel(ByteVector(1'000), start + 60s).back().arrives == start + 60s + 100ms + 20ms);
}

TEST_CASE("Segments overtake those of other mini-protocols and never their own", "[unit][emulation]") {
    Link link;
    link.overtaking = 1s;
    std::size_t overtakings = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Traveller t(link, seed);
        Instant last[2]{};
        for (int i = 0; i < 20; ++i) {
            const auto runs = t.travel(join({segment_of(2, 100), segment_of(3, 1'000)}), start + i * 10ms);
            REQUIRE(runs.size() == 2);
            for (std::size_t channel = 0; channel < 2; ++channel) {
                CHECK(runs[channel].arrives >= last[channel]);
                CHECK(runs[channel].arrives >= start + i * 10ms + 20ms);
                last[channel] = runs[channel].arrives;
                overtakings += runs[channel].overtakes ? 1 : 0;
            }
        }
        CHECK(t.way.behind_all(start, t.random) == std::max(last[0], last[1]));
    }
    CHECK(overtakings > 50);
}

TEST_CASE("Neither the handshake nor a partial segment is overtaken", "[unit][emulation]") {
    Link link;
    link.overtaking = 1s;
    const ByteVector cut = segment_of(3, 1'000);
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Traveller t(link, seed);
        const Instant before = t.travel(segment_of(2, 10)).back().arrives;
        const Instant handshake = t.travel(segment_of(0, 10)).back().arrives;
        CHECK(handshake >= before);
        const Instant after = t.travel(segment_of(2, 10)).back().arrives;
        CHECK(after >= handshake);
        // Cut inside its header, and inside its payload.
        Instant last = after;
        for (const auto& [from, to] : {std::pair(0, 3), std::pair(3, 100), std::pair(100, 1'008)}) {
            const BytesView part =
                BytesView(cut).subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
            const auto runs = t.travel(part);
            REQUIRE(runs.size() == 1);
            CHECK(runs[0].bytes == part.size());
            CHECK(runs[0].arrives >= last);
            last = runs[0].arrives;
        }
        CHECK(t.travel(segment_of(2, 10)).back().arrives >= last);
    }
}

TEST_CASE("A change of the link inside a segment continues the segment", "[unit][emulation]") {
    Traveller t({});
    const ByteVector bytes = join({segment_of(3, 1'000), segment_of(2, 10)});
    const Instant before = t.travel(BytesView(bytes).first(500)).back().arrives;
    Link other;
    other.latency = 1ms;
    other.overtaking = 1s;
    t.way.link(other);
    const auto runs = t.travel(BytesView(bytes).subspan(500));
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].bytes == 508);
    CHECK(runs[0].arrives >= before);
    CHECK(runs[1].bytes == 18);
    CHECK(runs[1].arrives >= runs[0].arrives);
}

TEST_CASE("Bits are flipped at the mean rate, at most one per byte", "[unit][emulation]") {
    Link link;
    link.flip_every = 100;
    Traveller t(link);
    std::size_t flips = 0, wrong = 0;
    for (int i = 0; i < 1'000; ++i) {
        ByteVector bytes(100, 0xa5);
        flips += t.way.corrupt(bytes, t.random);
        for (const std::uint8_t byte : bytes) {
            const unsigned difference = byte ^ 0xa5U;
            CHECK((difference & (difference - 1)) == 0);
            wrong += difference != 0 ? 1 : 0;
        }
    }
    CHECK(flips == wrong);
    CHECK(flips > 900);
    CHECK(flips < 1'100);
}

TEST_CASE("Garbage under many numbers takes limited memory", "[unit][emulation]") {
    Link link;
    link.overtaking = 1s;
    Traveller t(link);
    Instant last{};
    for (std::uint16_t channel = 1; channel < 2'000; ++channel) {
        const auto runs = t.travel(segment_of(channel, 1));
        if (channel > 1'000) CHECK(runs.back().arrives >= last);
        last = std::max(last, runs.back().arrives);
    }
}
