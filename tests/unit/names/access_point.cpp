#include <ouro/names/access_point.hpp>

#include "support/catch.hpp"

using namespace ouro;

TEST_CASE("An address with a port is one peer", "[unit][access_point]") {
    for (const auto& [host, text] : std::vector<std::pair<std::string, std::string>>{
             {"1.2.3.4", "1.2.3.4:3001"}, {"2001:DB8::1", "[2001:db8::1]:3001"}, {"127.0.0.1", "127.0.0.1:3001"}}) {
        INFO(host);
        const auto point = AccessPoint::make(host, 3001);
        REQUIRE(point);
        CHECK(point->peer().text() == text);
        CHECK(point->text() == text);
        CHECK_FALSE(point->service());
    }
}

TEST_CASE("A name is no peer before its lookup, and a name alone is a service", "[unit][access_point]") {
    const auto name = AccessPoint::make("Relay.Example.", 3001);
    REQUIRE(name);
    CHECK_FALSE(name->peer());
    CHECK(name->host() == "relay.example");
    CHECK(name->text() == "relay.example:3001");
    CHECK(name == AccessPoint::make("relay.example", 3001));
    CHECK_FALSE(name == AccessPoint::make("relay.example", 3002));
    const auto service = AccessPoint::make("_cardano._tcp.relay.example", std::nullopt);
    REQUIRE(service);
    CHECK(service->service());
    CHECK(service->text() == "_cardano._tcp.relay.example");
}

TEST_CASE("An invalid or unspecified address is refused", "[unit][access_point]") {
    for (const char* host : {"", ".", "0.0.0.0", "::", "1.2.3", "1.2.3.256", "1.2.3.4.5", "::1::", "12345::", "a b",
                             "relay/example", "fe80::1%eth0", "[::1]"}) {
        INFO(host);
        CHECK(AccessPoint::make(host, 3001).error() == Errc::bad_address);
    }
    CHECK(AccessPoint::make(std::string(254, 'a'), 3001).error() == Errc::bad_address);
    CHECK(AccessPoint::make("relay.example", 0).error() == Errc::bad_address);
    CHECK(AccessPoint::make("1.2.3.4", std::nullopt).error() == Errc::bad_address);
    CHECK(AccessPoint::make("2001:db8::1", std::nullopt).error() == Errc::bad_address);
}
