#include "crawl_history.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace crawl;
using namespace std::chrono_literals;
using ouro::PeerAddress;

namespace {

PeerAddress host(unsigned number) {
    return *PeerAddress::from(ouro::PeerId::from_parts(
        "20.0." + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1), 3'001));
}

Limits quick() {
    Limits limits;
    limits.range_pause = {};
    return limits;
}

/// A visit of a peer that answers and shares these.
Visited answered(Crawler& crawler, PeerAddress address, const std::vector<PeerAddress>& shared) {
    Visited visit{address, 0};
    visit.agreement = ouro::Agreement{};
    visit.agreement->version = ouro::Version{15};
    visit.round_trip = 7ms;
    for (const auto& one : shared)
        if (crawler.learn(one, 1, Source::other) == Crawler::Learnt::fresh) visit.fresh.push_back(one);
    visit.shared = shared;
    return visit;
}

std::uint64_t count(History& history, const std::string& what) {
    auto row = history.database().query("SELECT count(*) FROM " + what);
    REQUIRE(row.next());
    return row.number(0);
}

}  // namespace

TEST_CASE("A history continues a crawl at the visit where it was killed", "[crawl][history]") {
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "history").string();
    {
        History history(file, ouro::preprod);
        CHECK(history.empty());
        Crawler crawler(quick());
        CHECK_FALSE(history.begin(crawler, false));
        REQUIRE(crawler.learn(host(1), 0, Source::user) == Crawler::Learnt::fresh);
        history.learnt(host(1), 0);
        REQUIRE(crawler.poll_visit({}));
        history.visited(answered(crawler, host(1), {host(3), host(2)}));
        crawler.ended(host(1));
        REQUIRE(crawler.poll_visit({}));  // and is killed during this one
    }
    {
        History history(file, ouro::preprod);
        Crawler crawler(quick());
        CHECK(history.begin(crawler, false));
        CHECK(crawler.counts().visited == 1);
        CHECK(crawler.counts().waiting == 2);
        const auto next = crawler.poll_visit({});
        REQUIRE(next);
        CHECK(next->address == host(3));
        CHECK(next->depth == 1);
        history.visited(answered(crawler, host(3), {host(1)}));
        Visited failed{host(2), 1};
        failed.end = {ouro::Errc::connect_failed, "\033[31mrefused"};
        history.visited(failed);
        history.ended();
        CHECK(count(history, "visits WHERE outcome = 0 AND version = 15 AND round_trip_us = 7000") == 2);
        CHECK(count(history, "visits WHERE outcome = 2 AND code = 'connect_failed' AND version IS NULL") == 1);
        CHECK(count(history, "visits WHERE message = '\\x1b[31mrefused'") == 1);
        CHECK(count(history, "shares") == 3);
        CHECK(count(history, "waiting") == 0);
    }
    // The next crawl begins with the peers that have answered.
    History history(file, ouro::preprod);
    Crawler crawler(quick());
    CHECK_FALSE(history.begin(crawler, false));
    history.recall(crawler);
    CHECK(crawler.counts().waiting == 2);
    CHECK(crawler.knows(host(1)));
    CHECK(crawler.knows(host(3)));
    CHECK(count(history, "waiting") == 2);
    CHECK(count(history, "crawls WHERE ended IS NULL") == 1);
}

TEST_CASE("A history forgets to visit peers that have not answered for many crawls", "[crawl][history]") {
    History history("", ouro::preprod);
    {
        Crawler crawler(quick());
        (void)history.begin(crawler, true);
        history.visited(answered(crawler, host(1), {}));
    }
    for (std::uint64_t i = 0; i <= History::recalled; ++i) {
        Crawler crawler(quick());
        (void)history.begin(crawler, true);
        history.recall(crawler);
        CHECK(crawler.knows(host(1)) == (i < History::recalled));
    }
}

TEST_CASE("A history keeps the first and the last crawl in which a peer was shared", "[crawl][history]") {
    History history("", ouro::preprod);
    for (int i = 0; i < 3; ++i) {
        Crawler crawler(quick());
        (void)history.begin(crawler, true);
        history.visited(answered(crawler, host(1), {host(2)}));
    }
    CHECK(count(history, "shares WHERE first = 1 AND last = 3") == 1);
    CHECK(count(history, "shares") == 1);
    CHECK(count(history, "visits") == 3);
}

TEST_CASE("A history is of one network", "[crawl][history]") {
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "history").string();
    {
        History history(file, ouro::preprod);
        Crawler crawler(quick());
        (void)history.begin(crawler, false);
    }
    CHECK_THROWS_AS(History(file, ouro::preview), std::runtime_error);
    const History again(file, ouro::preprod);
    CHECK_THROWS_AS(History(file, ouro::preprod), std::runtime_error);  // it is in use
}
