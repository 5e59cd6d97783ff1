#include "interface/turn_line.hpp"

#include <algorithm>
#include <vector>

#include "support/catch.hpp"

using ouro::detail::TurnLine;

namespace {

/// Connections by number, each of which joins with the account of what it has used.
struct Line {
    void join(std::size_t number) {
        if (accounts.size() <= number) accounts.resize(number + 1);
        line.join(number, accounts[number]);
    }
    /// The next one, which uses `little` if it is the good one, and else `much`.
    std::size_t next() {
        const std::size_t number = line.next();
        accounts[number] = line.account();
        line.use(accounts[number], number == good ? little : much);
        return number;
    }

    static constexpr std::size_t good = 0;
    std::size_t little = 140;
    std::size_t much = 1'500;
    TurnLine<std::size_t> line;
    std::vector<std::uint64_t> accounts;
};

constexpr std::size_t good = Line::good;

}  // namespace

TEST_CASE("A connection that uses little goes before those that always have more, even if it comes often",
          "[unit][interface][turn_line]") {
    const std::size_t peers = GENERATE(std::size_t{1}, std::size_t{50}, std::size_t{500}, std::size_t{5'000});
    Line l;
    l.join(good);
    CHECK(l.next() == good);
    for (std::size_t flood = 1; flood <= peers; ++flood) l.join(flood);
    // Somewhere in the third round, of which it had no turn.
    for (std::size_t turns = 0; turns < 2 * peers + peers / 2; ++turns) l.join(l.next());
    for (std::size_t pings = 0; pings < 100; ++pings) {
        l.join(good);
        CHECK(l.next() == good);
        for (std::size_t turns = 0; turns < std::max<std::size_t>(peers / 10, 1); ++turns) l.join(l.next());
    }
    // With more than all others use it is one of them.
    l.little = 4 * TurnLine<std::size_t>::spread;
    l.join(good);
    CHECK(l.next() == good);
    l.join(good);
    CHECK(l.next() != good);
}

TEST_CASE("A connection that used much waits little more than one turn of each other one",
          "[unit][interface][turn_line]") {
    constexpr std::size_t peers = 100;
    Line l;
    l.little = 10'000'000;  // that the good one used while nothing else waited
    l.much = 4'096;
    l.join(good);
    CHECK(l.next() == good);
    for (std::size_t flood = 1; flood <= peers; ++flood) l.join(flood);
    l.join(good);
    std::size_t turns = 0;
    while (l.next() != good && turns < 100 * peers) l.join(1 + turns++ % peers);
    CHECK(turns <= (2 * TurnLine<std::size_t>::spread / l.much + 1) * peers);
    CHECK(turns >= peers);
}

TEST_CASE("A connection that comes and goes gets no more turns than those that stay", "[unit][interface][turn_line]") {
    constexpr std::size_t peers = 100;
    Line l;
    for (std::size_t flood = 1; flood <= peers; ++flood) l.join(flood);
    std::vector<std::size_t> aside;  // drained for a moment, and back with the next turn
    l.little = l.much;
    std::size_t waited = 0;
    std::size_t worst = 0;
    l.join(good);
    for (std::size_t turns = 0; turns < 20 * peers; ++turns) {
        const std::size_t number = l.next();
        for (const std::size_t back : aside) l.join(back);
        aside.clear();
        ++waited;
        if (number == good) {
            worst = std::max(worst, waited);
            waited = 0;
            l.join(good);
        } else if (number % 2 == 0) {
            aside.push_back(number);
        } else {
            l.join(number);
        }
    }
    CHECK(worst <= 2 * peers + 2);
    CHECK(worst > 0);
}

TEST_CASE("An endless stream of short connections does not delay another one", "[unit][interface][turn_line]") {
    constexpr std::size_t peers = 100;
    Line l;
    l.join(good);
    REQUIRE(l.next() == good);
    l.accounts[good] += 10'000'000;  // it used much before
    std::size_t newest = peers;
    for (std::size_t number = 1; number <= peers; ++number) l.join(number);
    l.join(good);
    std::size_t turns = 0;
    for (; l.next() != good && turns < 1'000 * peers; ++turns) l.join(++newest);
    CHECK(turns <= (2 * TurnLine<std::size_t>::spread / l.much + 2) * (peers + 1));
}

TEST_CASE("An idle connection saves up little", "[unit][interface][turn_line]") {
    Line l;
    for (std::size_t flood = 1; flood <= 3; ++flood) l.join(flood);
    for (int turns = 0; turns < 3'000; ++turns) l.join(l.next());
    l.little = l.much;
    std::size_t in_a_row = 0;
    for (l.join(good); in_a_row < 3'000 && l.next() == good; l.join(good)) ++in_a_row;
    CHECK(in_a_row <= TurnLine<std::size_t>::spread / l.much + 2);
}

TEST_CASE("Turns are shorter if more connections wait", "[unit][interface][turn_line]") {
    Line l;
    l.join(1);
    CHECK(l.next() == 1);
    CHECK(l.line.turn() == 512 * 1'024);
    for (std::size_t number = 1; number <= 8; ++number) l.join(number);
    (void)l.next();
    CHECK(l.line.turn() == 64 * 1'024);
    for (std::size_t number = 9; number <= 5'000; ++number) l.join(number);
    CHECK(l.line.turn() == 512);
    // So a round of many is short: at most a long turn, or the shortest one of each.
    CHECK(l.line.size() * l.line.turn() <= 5'000 * std::size_t{512});
}

TEST_CASE("Connections with more data take turns in the order in which they came", "[unit][interface][turn_line]") {
    Line l;
    for (std::size_t number = 1; number <= 3; ++number) l.join(number);
    std::vector<std::size_t> order;
    for (int turns = 0; turns < 9; ++turns) {
        order.push_back(l.next());
        l.join(order.back());
    }
    CHECK(order == std::vector<std::size_t>{1, 2, 3, 1, 2, 3, 1, 2, 3});
    l.line.clear();
    CHECK(l.line.empty());
}

TEST_CASE("What a connection used while it was alone does not put it behind a newcomer",
          "[unit][interface][turn_line]") {
    TurnLine<int> line;
    line.join(1, 0);
    REQUIRE(line.next() == 1);
    std::uint64_t account = line.account();
    line.use(account, 8'192);
    line.join(1, account);
    line.join(2, 0);
    CHECK(line.next() == 1);
}
