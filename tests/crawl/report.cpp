#include "crawl_report.hpp"

#include <algorithm>
#include <string>

#include "crawl_graph.hpp"
#include "crawl_history.hpp"
#include "support/catch.hpp"

using namespace crawl;
using namespace std::chrono_literals;
using ouro::PeerAddress;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

PeerAddress host(std::size_t number) {
    return *PeerAddress::from(ouro::PeerId::from_parts("20." + std::to_string(number / 40'000) + "." +
                                                           std::to_string(number / 200 % 200) + "." +
                                                           std::to_string(number % 200 + 1),
                                                       3'001));
}

/// A crawl of this number of peers, each of which shares ten others.
void crawl_once(History& history, std::size_t peers) {
    Crawler crawler(Limits{});
    (void)history.begin(crawler, true);
    for (std::size_t i = 0; i < peers; ++i) {
        Visited visit{host(i), static_cast<std::uint32_t>(i == 0 ? 0 : i < 20 ? 1 : 2)};
        if (i % 7 == 6) {
            visit.end = {ouro::Errc::connect_timeout, "no <b>answer</b> & \"nothing\""};
        } else {
            visit.agreement = ouro::Agreement{};
            visit.agreement->version = ouro::Version{i % 3 == 0 ? 14U : 15U};
            visit.connect = visit.handshake = visit.round_trip = std::chrono::milliseconds(i % 300 + 1);
            for (std::size_t k = 1; k <= 10; ++k) visit.shared.push_back(host((i * 10 + k) % peers));
        }
        history.visited(visit);
    }
    history.ended();
}

}  // namespace

TEST_CASE("A report of an empty history says so", "[crawl][report]") {
    History history("", ouro::preprod);
    CHECK(contains(report(history.database(), "preprod"), "No peer has been visited yet"));
}

TEST_CASE("A report shows versions, reachability, round trips, and which peers share which", "[crawl][report]") {
    History history("", ouro::preprod);
    crawl_once(history, 70);
    crawl_once(history, 70);
    const std::string page = report(history.database(), "a <network>");
    CHECK(contains(page, "<title>Peers of a &lt;network&gt;</title>"));
    for (const char* title : {"Versions", "Reachability over time", "Round trips", "Sharing", "Peers"})
        CHECK(contains(page, "<h2>" + std::string(title) + "</h2>"));
    CHECK(contains(page, "<b>60</b><span>peers answered</span>"));
    CHECK(contains(page, "of 70 visited"));
    CHECK(contains(page, "60 answered, 10 not reached") == false);  // the parts of a column are from the top down
    CHECK(count(page, "10 not reached, 60 answered") == 2);
    CHECK(count(page, "<circle class=\"up\"") == 60);
    CHECK(count(page, "<circle class=\"down\"") == 10);
    CHECK(contains(page, "20.0.0.1:3001"));
    CHECK(contains(page, "no &lt;b&gt;answer&lt;/b&gt; &amp; &quot;nothing&quot;"));
    CHECK_FALSE(contains(page, "<b>answer"));
}

TEST_CASE("A report needs no other file and no network", "[crawl][report]") {
    History history("", ouro::preprod);
    crawl_once(history, 30);
    const std::string page = report(history.database(), "preprod");
    CHECK(contains(page, "default-src 'none'"));
    for (const char* outside : {"src=", "href=", "url(", "@import", "http:", "https:", "fetch("})
        CHECK_FALSE(contains(page, outside));
}

TEST_CASE("A report of a large history is of bounded size", "[crawl][report]") {
    History history("", ouro::preprod);
    crawl_once(history, 3'000);
    for (int i = 0; i < 80; ++i) crawl_once(history, 30);
    crawl_once(history, 3'000);
    const std::string page = report(history.database(), "preprod");
    CHECK(page.size() < 2'000'000);
    CHECK(contains(page, "250 of 3000 peers"));
    CHECK(contains(page, "500 of the 3000 peers"));
    CHECK(contains(page, "older crawls are left out"));
}

TEST_CASE("A graph puts peers on rings by their depth", "[crawl][report]") {
    CHECK(contains(draw_graph({}, {}), "</svg>"));
    const std::string one = draw_graph({{"a", 0, 0, true}}, {});
    CHECK(contains(one, "cx=\"500.0\" cy=\"500.0\""));
    const std::string three = draw_graph({{"a", 0, 1, true}, {"b", 1, 1, false}, {"c", 5, 2, true}}, {{0, 1}, {1, 2}});
    CHECK(count(three, "class=\"ring\"") == 2);
    CHECK(count(three, "<line ") == 2);
    CHECK(contains(three, "b, shared by 1, depth 1"));
}
