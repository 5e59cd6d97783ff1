#include "crawler.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <ouro/base/random.hpp>

#include "support/catch.hpp"

using namespace crawl;
using namespace std::chrono_literals;
using ouro::Instant;
using ouro::PeerAddress;

namespace {

constexpr Instant start{1h};

PeerAddress at(const std::string& text) {
    const auto address = ouro::PeerAddress::from(*ouro::PeerId::parse(text));
    REQUIRE(address);
    return *address;
}
/// Different hosts in different ranges.
PeerAddress host(std::uint32_t number) {
    PeerAddress address;
    address.bytes[0] = 20;
    address.bytes[1] = static_cast<std::uint8_t>(number >> 8);
    address.bytes[2] = static_cast<std::uint8_t>(number);
    address.bytes[3] = 1;
    address.port = 3'001;
    return address;
}
std::string text(const PeerAddress& address) { return std::string(address.peer()->text()); }

Limits quick() {
    Limits limits;
    limits.range_pause = {};
    return limits;
}

}  // namespace

TEST_CASE("A crawler visits each address once, in the order of learning", "[crawl][crawler]") {
    Crawler crawler(quick());
    CHECK(crawler.idle());
    CHECK_FALSE(crawler.next_deadline());
    CHECK(crawler.learn(host(3), 0, Source::user) == Crawler::Learnt::fresh);
    CHECK(crawler.learn(host(1), 1, Source::other) == Crawler::Learnt::fresh);
    CHECK(crawler.learn(host(3), 1, Source::other) == Crawler::Learnt::known);
    CHECK_FALSE(crawler.idle());
    CHECK(crawler.next_deadline() == Instant::min());
    const auto first = crawler.poll_visit(start);
    REQUIRE(first);
    CHECK(first->address == host(3));
    CHECK(first->depth == 0);
    const auto second = crawler.poll_visit(start);
    REQUIRE(second);
    CHECK(second->address == host(1));
    CHECK(second->depth == 1);
    CHECK_FALSE(crawler.poll_visit(start));
    CHECK_FALSE(crawler.next_deadline());
    CHECK(crawler.learn(host(1), 2, Source::other) == Crawler::Learnt::known);
    crawler.ended(host(3));
    CHECK_FALSE(crawler.idle());
    crawler.ended(host(1));
    crawler.ended(host(1));  // a second time, and one that is not known
    crawler.ended(host(7));
    CHECK(crawler.idle());
    CHECK(crawler.counts().visited == 2);
    CHECK(crawler.learn(host(3), 2, Source::other) == Crawler::Learnt::known);
    CHECK_FALSE(crawler.poll_visit(start));
}

TEST_CASE("A crawler has no more visits in progress than its limit", "[crawl][crawler]") {
    Limits limits = quick();
    limits.at_once = 2;
    Crawler crawler(limits);
    for (std::uint32_t i = 0; i < 4; ++i) (void)crawler.learn(host(i), 0, Source::user);
    CHECK(crawler.poll_visit(start));
    CHECK(crawler.poll_visit(start));
    CHECK_FALSE(crawler.poll_visit(start));
    CHECK_FALSE(crawler.next_deadline());
    crawler.ended(host(1));
    CHECK(crawler.poll_visit(start)->address == host(2));
    CHECK_FALSE(crawler.poll_visit(start));
}

TEST_CASE("A crawler pauses between visits in one range, and visits others meanwhile", "[crawl][crawler]") {
    Limits limits;
    limits.range_pause = 5s;
    Crawler crawler(limits);
    for (const char* address : {"20.0.0.1:1", "20.0.0.2:1", "20.0.0.2:2", "20.0.1.1:1", "[2600:1:2::1]:1",
                                "[2600:1:2:ffff::1]:1", "[2600:1:3::1]:1"})
        REQUIRE(crawler.learn(at(address), 0, Source::other) == Crawler::Learnt::fresh);
    const auto visits = [&](Instant now) {
        std::vector<std::string> all;
        while (const auto next = crawler.poll_visit(now)) all.push_back(text(next->address));
        return all;
    };
    CHECK(visits(start) == std::vector<std::string>{"20.0.0.1:1", "20.0.1.1:1", "[2600:1:2::1]:1", "[2600:1:3::1]:1"});
    CHECK(crawler.next_deadline() == start + 5s);
    CHECK(visits(start + 4s).empty());
    CHECK(visits(start + 5s) == std::vector<std::string>{"20.0.0.2:1", "[2600:1:2:ffff::1]:1"});
    CHECK(crawler.learn(at("20.0.1.9:1"), 0, Source::other) == Crawler::Learnt::fresh);
    CHECK(visits(start + 6s) == std::vector<std::string>{"20.0.1.9:1"});  // that range has rested
    CHECK(crawler.next_deadline() == start + 10s);
    CHECK(visits(start + 10s) == std::vector<std::string>{"20.0.0.2:2"});
    CHECK_FALSE(crawler.next_deadline());
}

TEST_CASE("A crawler visits only addresses that may be dialled, and any that the user names", "[crawl][crawler]") {
    Limits limits = quick();
    limits.allowed = {*ouro::AddressRange::parse("10.0.0.0/8")};
    Crawler crawler(limits);
    for (const char* bad : {"127.0.0.1:3001", "192.168.0.1:3001", "169.254.169.254:80", "[::1]:3001", "[fe80::1]:3001",
                            "224.0.0.1:3001", "0.0.0.1:3001"})
        CHECK(crawler.learn(at(bad), 1, Source::other) == Crawler::Learnt::forbidden);
    PeerAddress without_port = host(1);
    without_port.port = 0;
    CHECK(crawler.learn(without_port, 1, Source::other) == Crawler::Learnt::forbidden);
    CHECK(crawler.known() == 0);
    CHECK(crawler.counts().forbidden == 8);
    CHECK(crawler.learn(at("10.1.2.3:3001"), 1, Source::other) == Crawler::Learnt::fresh);
    CHECK(crawler.learn(at("127.0.0.1:3001"), 0, Source::user) == Crawler::Learnt::fresh);
}

TEST_CASE("A crawler knows a limited number of addresses of a host, of a range, and in all", "[crawl][crawler]") {
    Limits limits = quick();
    limits.most_known = 20;
    limits.most_in_range = 8;
    limits.most_of_host = 3;
    Crawler crawler(limits);
    const auto learn = [&](const std::string& text, Source source = Source::other) {
        return crawler.learn(at(text), 1, source);
    };
    for (int port = 1; port <= 3; ++port) CHECK(learn("20.0.0.1:" + std::to_string(port)) == Crawler::Learnt::fresh);
    CHECK(learn("20.0.0.1:4") == Crawler::Learnt::left_out);
    CHECK(learn("20.0.0.1:4", Source::user) == Crawler::Learnt::fresh);
    for (int i = 2; i <= 5; ++i) CHECK(learn("20.0.0." + std::to_string(i) + ":1") == Crawler::Learnt::fresh);
    CHECK(learn("20.0.0.9:1") == Crawler::Learnt::left_out);
    // A host of IPv6 has its whole /64.
    for (int i = 1; i <= 3; ++i) CHECK(learn("[2600::" + std::to_string(i) + "]:1") == Crawler::Learnt::fresh);
    CHECK(learn("[2600::9]:1") == Crawler::Learnt::left_out);
    CHECK(learn("[2600:0:0:1::9]:1") == Crawler::Learnt::fresh);
    for (std::uint32_t i = 1; i <= 8; ++i) CHECK(crawler.learn(host(i), 1, Source::other) == Crawler::Learnt::fresh);
    CHECK(crawler.known() == 20);
    CHECK(crawler.learn(host(9), 1, Source::other) == Crawler::Learnt::left_out);
    CHECK(crawler.counts().left_out == 4);
}

TEST_CASE("A crawler that hears of a million addresses keeps no more than its limit", "[crawl][crawler]") {
    Limits limits = quick();
    limits.most_known = 5'000;
    Crawler crawler(limits);
    std::uint64_t random = 1;
    for (int i = 0; i < 1'000'000; ++i) {
        PeerAddress address;
        const std::uint64_t drawn = ouro::detail::next_random(random);
        for (std::size_t byte = 0; byte < 8; ++byte) address.bytes[byte] = static_cast<std::uint8_t>(drawn >> 8 * byte);
        address.v6 = i % 2 == 0;
        if (address.v6) address.bytes[0] = 0x26;
        address.port = 3'001;
        (void)crawler.learn(address, 1, Source::other);
    }
    CHECK(crawler.known() == 5'000);
    CHECK(crawler.ranges() <= 5'000);
    CHECK(crawler.hosts() <= 5'000);
    CHECK(crawler.counts().left_out + crawler.counts().forbidden == 1'000'000 - 5'000);
}

TEST_CASE("A crawler starts no more visits than its limit", "[crawl][crawler]") {
    Limits limits = quick();
    limits.most_visits = 2;
    Crawler crawler(limits);
    for (std::uint32_t i = 0; i < 3; ++i) (void)crawler.learn(host(i), 0, Source::user);
    CHECK(crawler.poll_visit(start));
    CHECK(crawler.poll_visit(start));
    CHECK_FALSE(crawler.poll_visit(start));
    CHECK_FALSE(crawler.next_deadline());
    CHECK_FALSE(crawler.idle());
    crawler.ended(host(0));
    crawler.ended(host(1));
    CHECK(crawler.idle());
    CHECK(crawler.counts().waiting == 1);
}

TEST_CASE("A crawler continues an earlier run", "[crawl][crawler]") {
    Crawler crawler(quick());
    crawler.restore(host(1), 0, true);
    crawler.restore(host(2), 4, false);
    crawler.restore(host(2), 4, true);
    CHECK(crawler.counts().visited == 1);
    CHECK(crawler.learn(host(1), 0, Source::user) == Crawler::Learnt::known);
    const auto next = crawler.poll_visit(start);
    REQUIRE(next);
    CHECK(next->address == host(2));
    CHECK(next->depth == 4);
    CHECK_FALSE(crawler.poll_visit(start));
}

TEST_CASE("A crawler of random orders visits every address once and obeys its limits", "[crawl][crawler]") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        std::uint64_t random = seed;
        const auto below = [&](std::uint64_t most) { return ouro::detail::next_random(random) % most; };
        Limits limits;
        limits.at_once = 1 + below(8);
        limits.range_pause = std::chrono::seconds(below(3));
        Crawler crawler(limits);
        std::set<std::string> expected, visited;
        std::vector<PeerAddress> underway;
        std::map<std::uint64_t, Instant> started;
        Instant now = start;
        for (int step = 0; step < 3'000; ++step) {
            switch (below(4)) {
                case 0: {
                    PeerAddress address = host(static_cast<std::uint32_t>(below(10)));
                    address.bytes[3] = static_cast<std::uint8_t>(1 + below(20));
                    if (crawler.learn(address, 1, Source::other) == Crawler::Learnt::fresh)
                        CHECK(expected.insert(text(address)).second);
                    break;
                }
                case 1:
                    if (const auto next = crawler.poll_visit(now)) {
                        CHECK(visited.insert(text(next->address)).second);
                        underway.push_back(next->address);
                        CHECK(underway.size() <= limits.at_once);
                        const auto [last, first] = started.try_emplace(range_of(next->address), now);
                        if (!first) CHECK(now - last->second >= limits.range_pause);
                        last->second = now;
                    } else if (const auto due = crawler.next_deadline()) {
                        CHECK(*due > now);
                        now = *due;
                    }
                    break;
                case 2:
                    if (underway.empty()) break;
                    std::swap(underway[below(underway.size())], underway.back());
                    crawler.ended(underway.back());
                    underway.pop_back();
                    break;
                default: now += std::chrono::milliseconds(below(500));
            }
        }
        while (!crawler.idle()) {
            for (const auto& address : underway) crawler.ended(address);
            underway.clear();
            while (const auto next = crawler.poll_visit(now)) {
                CHECK(visited.insert(text(next->address)).second);
                underway.push_back(next->address);
            }
            now += 1s;
        }
        CHECK(visited == expected);
        CHECK(visited.size() > 180);  // of 200 that were drawn
    }
}
