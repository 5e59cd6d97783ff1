#include <ouro/emulation/agenda.hpp>

#include <ouro/base/random.hpp>

#include <algorithm>

#include "support/catch.hpp"

using namespace ouro;
using namespace ouro::emulation;
using namespace std::chrono_literals;

TEST_CASE("Happenings run in order of time, and those of one instant in the order in which they were added",
          "[unit][emulation]") {
    Agenda agenda;
    std::uint64_t random = 1;
    for (std::uint32_t i = 0; i < 1'000; ++i)
        agenda.at(Instant(std::chrono::seconds(detail::next_random(random) % 20))).epoch = i;
    CHECK(agenda.size() == 1'000);
    Happening happening;
    Instant before{};
    std::uint32_t number = 0;
    for (int i = 0; i < 1'000; ++i) {
        REQUIRE(agenda.next());
        const Instant next = *agenda.next();
        const Instant when = agenda.take(happening);
        CHECK(when == next);
        CHECK(when >= before);
        if (when == before && i != 0) CHECK(happening.epoch > number);
        before = when;
        number = happening.epoch;
    }
    CHECK_FALSE(agenda.next());
}

TEST_CASE("The memory of past happenings is reused", "[unit][emulation]") {
    Agenda agenda;
    Happening happening;
    agenda.at(Instant(1s)).bytes.assign(1'000, 0);
    agenda.take(happening);
    CHECK(happening.bytes.size() == 1'000);
    agenda.at(Instant(2s));
    agenda.take(happening);
    CHECK(happening.bytes.empty());
    agenda.at(Instant(3s)).bytes.assign(10, 0);
    agenda.take(happening);
    CHECK(happening.bytes.size() == 10);
    CHECK(happening.bytes.capacity() >= 1'000);
}

TEST_CASE("The next deadline is the earliest, however deadlines move", "[unit][emulation]") {
    NodeDeadlines next_due;
    std::uint64_t random = 7;
    std::vector<std::optional<Instant>> deadlines(20);
    for (auto& deadline : deadlines) {
        CHECK(next_due.add() == static_cast<std::uint32_t>(&deadline - deadlines.data()));
    }
    CHECK_FALSE(next_due.next());
    for (int i = 0; i < 5'000; ++i) {
        const auto who = static_cast<std::uint32_t>(detail::next_random(random) % deadlines.size());
        deadlines[who].reset();
        if (detail::next_random(random) % 4 != 0)
            deadlines[who] = Instant(std::chrono::seconds(detail::next_random(random) % 50));
        next_due.set(who, deadlines[who]);
        if (detail::next_random(random) % 3 == 0) continue;  // several move before the next call
        std::optional<std::pair<Instant, std::uint32_t>> expected;
        for (std::uint32_t w = 0; w < deadlines.size(); ++w)
            if (deadlines[w] && (!expected || *deadlines[w] < expected->first)) expected = std::pair(*deadlines[w], w);
        REQUIRE(next_due.next() == expected);
    }
}
