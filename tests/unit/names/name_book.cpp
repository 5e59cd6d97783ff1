#include <ouro/names/name_book.hpp>

#include <string>

#include "support/catch.hpp"

using namespace ouro;
using namespace std::chrono_literals;

namespace {

using Outcome = NameAnswer::Outcome;

AccessPoint name(const std::string& host, std::optional<std::uint16_t> port = 3001) {
    const auto point = AccessPoint::make(host, port);
    REQUIRE(point);
    return *point;
}
PeerId peer(int last) { return PeerId::from_parts("10.0.0." + std::to_string(last), 3001); }
std::vector<AccessPoint> names(std::size_t count, const std::string& domain) {
    std::vector<AccessPoint> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(name("n" + std::to_string(i) + "." + domain));
    return all;
}

/// Whether a name has come to stand for other peers since it was last asked.
struct Changes {
    bool in(const NameBook& book) { return std::exchange(seen, book.changes()) != book.changes(); }
    std::uint64_t seen = 0;
};

/// A book of one name, and the time.
struct Book {
    Book() { book.set({relay}, {}, now); }
    /// Whether a lookup is wished for, which then gets its answer.
    bool look_up(Outcome outcome, std::vector<PeerId> peers = {}, Duration ttl = 0s) {
        const auto lookup = book.poll_lookup(now);
        if (!lookup) return false;
        CHECK(lookup->name == relay);
        book.answered(lookup->number, {outcome, std::move(peers), ttl}, now);
        return true;
    }
    /// How long it takes until the next one is wished for.
    Duration wait() {
        REQUIRE(book.next_deadline());
        const Duration span = *book.next_deadline() - now;
        now = *book.next_deadline() - 1ns;
        CHECK_FALSE(book.poll_lookup(now));
        now += 1ns;
        return span;
    }

    const AccessPoint relay = name("relay.example");
    NameBook book;
    Changes changed;
    Instant now{1h};
};

}  // namespace

TEST_CASE("A name stands for the addresses of its last answer until its time to live is over", "[unit][name_book]") {
    Book b;
    CHECK(b.book.peers(b.relay).empty());
    CHECK(b.look_up(Outcome::found, {peer(1), peer(2)}, 300s));
    CHECK(b.book.peers(b.relay) == std::vector{peer(1), peer(2)});
    CHECK(b.changed.in(b.book));
    CHECK_FALSE(b.changed.in(b.book));
    CHECK(b.wait() == 300s);
    CHECK(b.book.peers(b.relay).size() == 2);  // old ones are better than none
    CHECK(b.look_up(Outcome::found, {peer(3)}, 300s));
    CHECK(b.book.peers(b.relay) == std::vector{peer(3)});
    CHECK(b.changed.in(b.book));
}

TEST_CASE("The order and repetition of addresses do not matter", "[unit][name_book]") {
    Book b;
    CHECK(b.look_up(Outcome::found, {peer(1), peer(2), peer(1)}, 300s));
    CHECK(b.book.peers(b.relay).size() == 2);
    CHECK(b.changed.in(b.book));
    b.wait();
    CHECK(b.look_up(Outcome::found, {peer(2), peer(1)}, 300s));
    CHECK_FALSE(b.changed.in(b.book));
}

TEST_CASE("An answer is valid for at least a minute and at most fifteen", "[unit][name_book]") {
    const auto [ttl, held] = GENERATE(table<Duration, Duration>(
        {{0s, 60s}, {59s, 60s}, {61s, 61s}, {900s, 900s}, {901s, 900s}, {std::chrono::hours(24 * 365), 900s}}));
    Book b;
    CHECK(b.look_up(Outcome::found, {peer(1)}, ttl));
    CHECK(b.wait() == held);
}

TEST_CASE("A name without addresses is looked up again after a minute, and an unknown name after fifteen",
          "[unit][name_book]") {
    Book b;
    CHECK(b.look_up(Outcome::found, {}, 900s));
    CHECK(b.wait() == 60s);
    CHECK(b.look_up(Outcome::unknown));
    CHECK(b.wait() == 900s);
    CHECK_FALSE(b.changed.in(b.book));
}

TEST_CASE("Failures back off, keep the last answer, and end with the next answer", "[unit][name_book]") {
    Book b;
    CHECK(b.look_up(Outcome::found, {peer(1)}, 60s));
    CHECK(b.changed.in(b.book));
    CHECK(b.wait() == 60s);
    for (const Duration next : {125s, 255s, 515s, 900s, 900s}) {
        CHECK(b.look_up(Outcome::failed));
        CHECK(b.wait() == next);
        CHECK(b.book.peers(b.relay) == std::vector{peer(1)});
    }
    CHECK(b.look_up(Outcome::unknown));
    CHECK(b.book.peers(b.relay) == std::vector{peer(1)});
    CHECK_FALSE(b.changed.in(b.book));
    b.wait();
    CHECK(b.look_up(Outcome::found, {peer(2)}, 70s));
    CHECK(b.wait() == 70s);
    SECTION("the first failure waits a minute") {
        Book fresh;
        CHECK(fresh.look_up(Outcome::failed));
        CHECK(fresh.wait() == 60s);
    }
}

TEST_CASE("Two local and eight other names are looked up at the same time", "[unit][name_book]") {
    NameBook book;
    const Instant now{1h};
    book.set(names(5, "local"), names(20, "other"), now);
    std::vector<NameBook::Lookup> underway;
    const auto take = [&] {
        std::size_t local = 0, other = 0;
        while (const auto lookup = book.poll_lookup(now)) {
            (lookup->name.host().ends_with("local") ? local : other) += 1;
            underway.push_back(*lookup);
        }
        return std::pair(local, other);
    };
    CHECK(take() == std::pair<std::size_t, std::size_t>(2, 8));
    const auto first = underway;
    for (const auto& lookup : first) book.answered(lookup.number, {Outcome::failed, {}, {}}, now);
    CHECK(take() == std::pair<std::size_t, std::size_t>(2, 8));
    for (const auto& lookup : first) book.answered(lookup.number, {Outcome::failed, {}, {}}, now);  // nothing
    CHECK(take() == std::pair<std::size_t, std::size_t>(0, 0));
    for (const auto& lookup : underway) book.answered(lookup.number, {Outcome::failed, {}, {}}, now);
    CHECK(take() == std::pair<std::size_t, std::size_t>(1, 4));
    for (const auto& lookup : underway) book.answered(lookup.number, {Outcome::failed, {}, {}}, now);
    CHECK(take() == std::pair<std::size_t, std::size_t>(0, 0));
    CHECK(underway.size() == 25);
}

TEST_CASE("The results of remaining names are kept, and others are forgotten", "[unit][name_book]") {
    NameBook book;
    Changes changed;
    Instant now{1h};
    const auto stays = name("stays.example"), goes = name("goes.example"), comes = name("comes.example");
    book.set({stays, goes}, {}, now);
    const auto first = book.poll_lookup(now), second = book.poll_lookup(now);
    book.answered(first->number, {Outcome::found, {peer(1)}, 300s}, now);
    REQUIRE(changed.in(book));
    SECTION("one with a lookup in progress") {
        book.set({stays, comes}, {}, now);
        CHECK_FALSE(changed.in(book));
        book.answered(second->number, {Outcome::found, {peer(2)}, 300s}, now);
        CHECK(book.peers(goes).empty());
        CHECK_FALSE(changed.in(book));
        CHECK(book.peers(stays) == std::vector{peer(1)});
        const auto third = book.poll_lookup(now);
        REQUIRE(third);
        CHECK(third->name == comes);
        CHECK_FALSE(book.poll_lookup(now));
    }
    SECTION("one with an answer") {
        book.answered(second->number, {Outcome::found, {peer(2)}, 300s}, now);
        REQUIRE(changed.in(book));
        book.set({stays}, {}, now);
        CHECK(changed.in(book));
        CHECK(book.peers(goes).empty());
        now += 300s;
        const auto again = book.poll_lookup(now);
        REQUIRE(again);
        CHECK(again->name == stays);
        CHECK_FALSE(book.poll_lookup(now));
    }
}

TEST_CASE("An address needs no lookup", "[unit][name_book]") {
    NameBook book;
    const auto address = name("10.0.0.7");
    book.set({address}, {name("10.0.0.8")}, Instant());
    CHECK_FALSE(book.poll_lookup(Instant()));
    CHECK(book.peers(address) == std::vector{peer(7)});
}

TEST_CASE("A name stands for no more than 256 peers", "[unit][name_book]") {
    Book b;
    std::vector<PeerId> many;
    for (std::uint16_t port = 1; port <= 1'000; ++port) many.push_back(PeerId::from_parts("10.0.0.1", port));
    CHECK(b.look_up(Outcome::found, many, 60s));
    CHECK(b.book.peers(b.relay).size() == NameBook::most_peers);
}

TEST_CASE("A service is drawn by weight among those of the lowest priority", "[unit][name_book]") {
    const std::vector<Service> services{
        {"far", 1, 20, 1'000}, {"heavy", 2, 10, 30}, {".", 3, 1, 60'000}, {"light", 4, 10, 10}, {"none", 5, 10, 0}};
    std::uint64_t random = 5;
    std::map<std::string, int> drawn;
    for (int i = 0; i < 4'100; ++i) {
        const Service* one = choose_service(services, random);
        REQUIRE(one);
        ++drawn[one->host];
    }
    CHECK(drawn.size() == 3);
    CHECK(drawn["heavy"] > 2'800);
    CHECK(drawn["light"] > 850);
    CHECK(drawn["none"] > 50);
    CHECK(choose_service({}, random) == nullptr);
    CHECK(choose_service(std::vector<Service>{{".", 0, 0, 0}}, random) == nullptr);
}

TEST_CASE("Only the first 64 services of the lowest priority are used", "[unit][name_book]") {
    std::vector<Service> services{{"far", 1, 9, 60'000}};
    for (std::size_t i = 0; i < most_services; ++i) services.push_back({"first", 1, 1, 0});
    services.push_back({"nowhere", 0, 1, 60'000});  // not a service
    for (int i = 0; i < 200; ++i) services.push_back({"later", 1, 1, 60'000});
    std::uint64_t random = 3;
    for (int i = 0; i < 1'000; ++i) CHECK(choose_service(services, random)->host == "first");
    services.erase(services.begin() + 1);
    int later = 0;
    for (int i = 0; i < 1'000; ++i) later += choose_service(services, random)->host == "later" ? 1 : 0;
    CHECK(later > 900);  // now it is the 64th
}
