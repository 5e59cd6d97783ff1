#include <ouro/interface/cares_resolver.hpp>

#include <algorithm>
#include <set>

#include "support/catch.hpp"
#include "support/dns_server.hpp"
#include "support/tcp.hpp"

using namespace ouro;
using support::DnsServer;
using test::run_until;

namespace {

AccessPoint name(const std::string& host, std::optional<std::uint16_t> port = 3001) {
    const auto point = AccessPoint::make(host, port);
    REQUIRE(point);
    return *point;
}

/// A server of names and a resolver that asks it.
struct Names {
    explicit Names(CaresOptions options = {}) : server(context) {
        options.servers = {server.address()};
        resolver = make_cares_resolver(context.get_executor(), options);
    }
    NameAnswer look_up(const AccessPoint& point) {
        std::optional<NameAnswer> got;
        resolver->look_up(point, [&](NameAnswer answer) { got = std::move(answer); });
        REQUIRE(run_until(context, [&] { return got.has_value(); }));
        return *got;
    }
    std::pair<std::error_code, std::set<std::string>> resolve(const std::string& host) {
        std::optional<std::pair<std::error_code, std::set<std::string>>> got;
        resolver->resolve(host, [&](std::error_code error, const std::vector<std::string>& addresses) {
            got = {error, {addresses.begin(), addresses.end()}};
        });
        CHECK_FALSE(got);  // never from inside the call
        REQUIRE(run_until(context, [&] { return got.has_value(); }));
        return *got;
    }

    asio::io_context context;
    DnsServer server;
    std::shared_ptr<Resolver> resolver;
};

std::set<std::string> texts(const NameAnswer& answer) {
    std::set<std::string> result;
    for (const PeerId& peer : answer.peers) result.emplace(peer.text());
    return result;
}

}  // namespace

TEST_CASE("Both address families are looked up, and every address is a peer", "[integration][cares]") {
    Names names;
    names.server.address("relay.example", {"10.0.0.1", "10.0.0.2", "2001:db8::1"}, 77);
    const auto answer = names.look_up(name("relay.example"));
    CHECK(answer.outcome == NameAnswer::Outcome::found);
    CHECK(texts(answer) == std::set<std::string>{"10.0.0.1:3001", "10.0.0.2:3001", "[2001:db8::1]:3001"});
    CHECK(answer.ttl == 77s);
    CHECK(names.server.asked("relay.example", DnsServer::Type::a) == 1);
    CHECK(names.server.asked("relay.example", DnsServer::Type::aaaa) == 1);
    CHECK(names.resolve("relay.example").second == std::set<std::string>{"10.0.0.1", "10.0.0.2", "2001:db8::1"});
}

TEST_CASE("Only the enabled address families are looked up", "[integration][cares]") {
    CaresOptions options;
    options.v6 = false;
    Names names(options);
    names.server.address("relay.example", {"10.0.0.1", "2001:db8::1"}, 77);
    CHECK(texts(names.look_up(name("relay.example"))) == std::set<std::string>{"10.0.0.1:3001"});
    CHECK(names.server.asked("relay.example", DnsServer::Type::aaaa) == 0);
}

TEST_CASE("An unknown name, a name without addresses and a failed server give different errors",
          "[integration][cares]") {
    Names names;
    names.server.address("empty.example", {}, 60);
    names.server.fail("broken.example", DnsServer::Code::server_failed);
    CHECK(names.look_up(name("none.example")).outcome == NameAnswer::Outcome::unknown);
    const auto empty = names.look_up(name("empty.example"));
    CHECK(empty.outcome == NameAnswer::Outcome::found);
    CHECK(empty.peers.empty());
    CHECK(names.look_up(name("broken.example")).outcome == NameAnswer::Outcome::failed);
    CHECK(names.resolve("none.example").first == asio::error::host_not_found);
    CHECK(names.resolve("empty.example").first == asio::error::no_data);
    CHECK(names.resolve("broken.example").first);
    CHECK(names.resolve("a..b").first == asio::error::host_not_found);
}

TEST_CASE("A server without an answer is given up and does not delay others", "[integration][cares]") {
    CaresOptions options;
    options.timeout = 20ms;
    options.tries = 2;
    Names names(options);
    names.server.silence("silent.example");
    names.server.address("relay.example", {"10.0.0.1"}, 60);
    std::vector<std::string> order;
    names.resolver->look_up(name("silent.example"), [&](const NameAnswer& answer) {
        CHECK(answer.outcome == NameAnswer::Outcome::failed);
        order.emplace_back("silent");
    });
    names.resolver->look_up(name("relay.example"), [&](const NameAnswer&) { order.emplace_back("relay"); });
    REQUIRE(run_until(names.context, [&] { return order.size() == 2; }));
    CHECK(order == std::vector<std::string>{"relay", "silent"});
    CHECK(names.server.asked("silent.example", DnsServer::Type::a) == 2);
}

TEST_CASE("A name alone stands for its services of the lowest priority, with their port and time to live",
          "[integration][cares]") {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        CaresOptions options;
        options.seed = seed;
        Names names(options);
        names.server.service("_cardano._tcp.example", 123,
                             {{20, 1, 1, "far.example"}, {10, 5, 3002, "one.example"}, {10, 5, 3003, "two.example"}});
        names.server.address("one.example", {"10.0.0.1", "10.0.0.11"}, 600);
        names.server.address("two.example", {"10.0.0.2"}, 600);
        const auto answer = names.look_up(name("_cardano._tcp.example", std::nullopt));
        CHECK(answer.outcome == NameAnswer::Outcome::found);
        CHECK(answer.ttl == 123s);
        const auto peers = texts(answer);
        CHECK((peers == std::set<std::string>{"10.0.0.1:3002", "10.0.0.11:3002"} ||
               peers == std::set<std::string>{"10.0.0.2:3003"}));
        seen.insert(peers.begin(), peers.end());
    }
    CHECK(seen.size() == 3);
}

TEST_CASE("Of a name with many services the first 64 are used", "[integration][cares]") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CaresOptions options;
        options.seed = seed;
        Names names(options);
        std::vector<std::tuple<std::uint16_t, std::uint16_t, std::uint16_t, std::string>> services;
        for (std::uint16_t i = 0; i < 64; ++i) services.emplace_back(1, 1, 3'001, "one.example");
        for (std::uint16_t i = 0; i < 136; ++i) services.emplace_back(1, 60'000, 3'002, "two.example");
        names.server.service("_cardano._tcp.example", 60, services);
        names.server.address("one.example", {"10.0.0.1"}, 60);
        names.server.address("two.example", {"10.0.0.2"}, 60);
        CHECK(texts(names.look_up(name("_cardano._tcp.example", std::nullopt))) ==
              std::set<std::string>{"10.0.0.1:3001"});
    }
}

TEST_CASE("A name may have no services, or state that it has none", "[integration][cares]") {
    Names names;
    names.server.service("none.example", 60, {{0, 0, 0, ""}});
    names.server.service("lost.example", 60, {{0, 0, 3001, "nowhere.example"}});
    const auto none = names.look_up(name("none.example", std::nullopt));
    CHECK(none.outcome == NameAnswer::Outcome::found);
    CHECK(none.peers.empty());
    CHECK(names.look_up(name("lost.example", std::nullopt)).outcome == NameAnswer::Outcome::unknown);
    CHECK(names.look_up(name("absent.example", std::nullopt)).outcome == NameAnswer::Outcome::unknown);
    names.server.fail("broken.example", DnsServer::Code::server_failed);
    CHECK(names.look_up(name("broken.example", std::nullopt)).outcome == NameAnswer::Outcome::failed);
}

TEST_CASE("Lookups beyond a limit wait, and beyond a second limit fail at once", "[integration][cares]") {
    CaresOptions options;
    options.at_once = 2;
    options.waiting = 3;
    options.v6 = false;
    Names names(options);
    names.server.address("relay.example", {"10.0.0.1"}, 60);
    std::size_t good = 0, failed = 0;
    for (int i = 0; i < 8; ++i)
        names.resolver->resolve("relay.example", [&](std::error_code error, const std::vector<std::string>&) {
            ++(error ? failed : good);
        });
    REQUIRE(run_until(names.context, [&] { return good + failed == 8; }));
    CHECK(good == 5);
    CHECK(failed == 3);
    CHECK(names.server.asked() == 5);
}

TEST_CASE("Destroying a resolver drops its lookups", "[integration][cares]") {
    Names names;
    names.server.silence("silent.example");
    const auto held = std::make_shared<int>(0);
    names.resolver->look_up(name("silent.example"), [held](const NameAnswer&) { ++*held; });
    names.resolver->look_up(name("silent.example", std::nullopt), [held](const NameAnswer&) { ++*held; });
    REQUIRE(run_until(names.context, [&] { return names.server.asked() >= 3; }));
    names.resolver.reset();
    names.context.restart();
    names.context.poll();
    CHECK(*held == 0);
    CHECK(held.use_count() == 1);
}

TEST_CASE("Options of c-ares out of range are refused", "[integration][cares]") {
    asio::io_context context;
    CaresOptions options;
    SECTION("an invalid server") { options.servers = {"nonsense"}; }
    SECTION("a timeout of zero") { options.timeout = 0s; }
    SECTION("no tries") { options.tries = 0; }
    SECTION("no concurrent lookups") { options.at_once = 0; }
    SECTION("no address family") { options.v4 = options.v6 = false; }
    CHECK_THROWS_AS(make_cares_resolver(context.get_executor(), options), std::invalid_argument);
}

TEST_CASE("A dial finds its peer with c-ares", "[integration][cares]") {
    Names names;
    names.server.address("relay.example", {"127.0.0.1"}, 60);
    asio::ip::tcp::acceptor acceptor(names.context, {asio::ip::make_address("127.0.0.1"), 0});
    TcpOptions options;
    options.resolver = names.resolver;
    test::PlayerOf<n2n::Message> player(names.context, options);
    const auto id = make_connection_id(Direction::outbound, 1);
    player.io.dispatch(io::Connect{id, PeerId::from_parts("relay.example", acceptor.local_endpoint().port())});
    CHECK(run_until(names.context, [&] { return player.count<io::Connected>() == 1; }));
}
