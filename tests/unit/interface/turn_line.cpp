#include "interface/turn_line.hpp"

#include <vector>

#include "support/catch.hpp"

using ouro::detail::TurnLine;

namespace {

/// Connections by number, each of which joins with the round of its last turn, and with what it used in it.
struct Line {
    void join(std::size_t who) {
        if (rounds.size() <= who) rounds.resize(who + 1);
        line.join(who, rounds[who], who == good ? little : TurnLine<std::size_t>::shortest);
    }
    std::size_t next() {
        const std::size_t who = line.next();
        rounds[who] = line.round();
        return who;
    }

    static constexpr std::size_t good = 0;
    std::size_t little = 140;  // that `good` uses
    TurnLine<std::size_t> line;
    std::vector<std::uint64_t> rounds;
};

constexpr std::size_t good = Line::good;

}  // namespace

TEST_CASE("what comes alone goes before peers that always have more", "[unit][interface][turn_line]") {
    const std::size_t peers = GENERATE(std::size_t{1}, std::size_t{50}, std::size_t{500}, std::size_t{5'000});
    Line l;
    for (std::size_t flood = 1; flood <= peers; ++flood) l.join(flood);
    // Somewhere in the third round, of which it had no turn.
    for (std::size_t turns = 0; turns < 2 * peers + peers / 2; ++turns) l.join(l.next());
    for (int pings = 0; pings < 3; ++pings) {
        l.join(good);
        CHECK(l.next() == good);
    }
    // With what it used it is one of them.
    l.little = 512;
    l.join(good);
    CHECK(l.next() != good);
}

TEST_CASE("nothing waits longer than two rounds, also behind peers that come alone each time",
          "[unit][interface][turn_line]") {
    constexpr std::size_t peers = 100;
    Line l;
    for (std::size_t flood = 1; flood <= peers; ++flood) l.join(flood);
    std::vector<std::size_t> aside;  // drained for a moment, and back with the next turn
    l.little = 512;
    std::size_t waited = 0;
    std::size_t worst = 0;
    l.join(good);
    for (std::size_t turns = 0; turns < 20 * peers; ++turns) {
        const std::size_t who = l.next();
        for (const std::size_t back : aside) l.join(back);
        aside.clear();
        ++waited;
        if (who == good) {
            worst = std::max(worst, waited);
            waited = 0;
            l.join(good);
        } else if (who % 2 == 0) {
            aside.push_back(who);
        } else {
            l.join(who);
        }
    }
    CHECK(worst <= 2 * peers + 2);
    CHECK(worst > 0);
}

TEST_CASE("a turn is shorter the more connections wait", "[unit][interface][turn_line]") {
    Line l;
    l.join(1);
    CHECK(l.next() == 1);
    CHECK(l.line.turn() == 512 * 1'024);
    for (std::size_t who = 1; who <= 8; ++who) l.join(who);
    (void)l.next();
    CHECK(l.line.turn() == 64 * 1'024);
    for (std::size_t who = 9; who <= 5'000; ++who) l.join(who);
    CHECK(l.line.turn() == 512);
    // So a round of many is short: at most a long turn, or the shortest one of each.
    CHECK(l.line.size() * l.line.turn() <= 5'000 * std::size_t{512});
}

TEST_CASE("connections with more take turns in the order they came", "[unit][interface][turn_line]") {
    Line l;
    for (std::size_t who = 1; who <= 3; ++who) l.join(who);
    std::vector<std::size_t> order;
    for (int turns = 0; turns < 9; ++turns) {
        order.push_back(l.next());
        l.join(order.back());
    }
    CHECK(order == std::vector<std::size_t>{1, 2, 3, 1, 2, 3, 1, 2, 3});
    l.line.clear();
    CHECK(l.line.empty());
}
