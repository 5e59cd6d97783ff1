#include <ouro/behavior/peer_source.hpp>

#include <algorithm>
#include <string>

#include "support/catch.hpp"

using namespace ouro;

namespace {

std::vector<PeerId> numbered(std::size_t count) {
    std::vector<PeerId> peers;
    for (std::size_t i = 1; i <= count; ++i) peers.push_back(PeerId::from_parts("10.0.0." + std::to_string(i), 3001));
    return peers;
}

bool contains(const std::vector<PeerAddress>& all, const PeerAddress& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

TEST_CASE("Every peer gets the same ten peers at every request", "[unit][behavior][peer_source]") {
    PeerSource source([] { return numbered(100); }, 7);
    const Instant start{1h};
    const auto first = source.choose(255, start);
    CHECK(first.size() == 10);
    for (Instant at = start; at < start + 823s; at += 100s) CHECK(source.choose(255, at) == first);
    CHECK(source.choose(3, start) == std::vector(first.begin(), first.begin() + 3));
    CHECK(source.choose(0, start).empty());
    const auto second = source.choose(255, start + 823s);
    CHECK(second.size() == 10);
    CHECK(second != first);
}

TEST_CASE("The shared peers are drawn from the seed, and every peer gets its turn", "[unit][behavior][peer_source]") {
    std::vector<PeerAddress> told;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        PeerSource source([] { return numbered(50); }, seed);
        for (const auto& address : source.choose(10, Instant()))
            if (!contains(told, address)) told.push_back(address);
    }
    CHECK(told.size() == 50);
}

TEST_CASE("A new or lost peer changes one place of the choice", "[unit][behavior][peer_source]") {
    std::size_t there = 100;
    PeerSource source([&] { return numbered(there); }, 3);
    const auto before = source.choose(10, Instant());
    there = 101;
    const auto after = source.choose(10, Instant() + PeerSource::kept);
    std::size_t same = 0;
    for (const auto& address : before) same += contains(after, address) ? 1 : 0;
    CHECK(same >= 9);
}

TEST_CASE("Candidates are read every ten seconds at most", "[unit][behavior][peer_source]") {
    std::size_t asked = 0;
    PeerSource source(
        [&] {
            ++asked;
            return numbered(5);
        },
        1);
    for (int i = 0; i < 1'000; ++i) CHECK(source.choose(10, Instant() + i * 20ms).size() == 5);
    CHECK(asked == 2);
}

TEST_CASE("A name is never shared", "[unit][behavior][peer_source]") {
    const PeerId v6 = PeerId::from_parts("2001:db8::1", 3001);
    PeerSource source(
        [&] { return std::vector{PeerId::from_parts("relay.example", 3001), v6, PeerId::from_parts("1.2.3.4", 0)}; },
        1);
    CHECK(source.choose(10, Instant()) == std::vector{*PeerAddress::from(v6)});
}

TEST_CASE("An own address is the first of the ten", "[unit][behavior][peer_source]") {
    const PeerAddress own = *PeerAddress::from(PeerId::from_parts("20.0.0.1", 3'001));
    PeerSource source([] { return numbered(100); }, 7, own);
    const auto first = source.choose(255, Instant{1h});
    CHECK(first.size() == 10);
    CHECK(first[0] == own);
    CHECK(source.choose(1, Instant{1h}) == std::vector{own});
    PeerSource alone({}, 7, own);
    CHECK(alone.choose(255, Instant{1h}) == std::vector{own});
    // It is not there twice.
    PeerSource twice([own] { return std::vector{*own.peer(), *own.peer()}; }, 7, own);
    CHECK(twice.choose(255, Instant{1h}) == std::vector{own});
}
