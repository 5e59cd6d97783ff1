#include "interface/sites.hpp"

#include "support/catch.hpp"

using ouro::detail::Sites;

TEST_CASE("A site has a limited number of places for all its addresses", "[unit][interface]") {
    Sites sites(2);
    CHECK(sites.enter("2001:db8::1"));
    CHECK(sites.enter("2001:db8::2"));
    CHECK_FALSE(sites.enter("2001:db8::3"));
    CHECK(sites.enter("2001:db8:0:1::1"));
    sites.leave("2001:db8::2");
    CHECK(sites.enter("2001:db8::3"));
    CHECK_FALSE(sites.enter("2001:db8::1"));
}

TEST_CASE("Each IPv4 address is a site, and so is each link-local one", "[unit][interface]") {
    Sites sites(1);
    for (const auto host : {"192.0.2.1", "192.0.2.2", "fe80::1%lo", "fe80::2%lo", "::1"}) {
        CHECK(sites.enter(host));
        CHECK_FALSE(sites.enter(host));
    }
}

TEST_CASE("Without a limit every connection has a place", "[unit][interface]") {
    Sites sites(0);
    for (int i = 0; i < 1'000; ++i) CHECK(sites.enter("192.0.2.1"));
    sites.leave("192.0.2.1");
}

TEST_CASE("The first refusal of a site is marked, and again after its connections have ended", "[unit][interface]") {
    Sites sites(1);
    for (int i = 0; i < 2; ++i) {
        REQUIRE(sites.enter("192.0.2.1"));
        REQUIRE_FALSE(sites.enter("192.0.2.1"));
        CHECK(sites.first_refusal("192.0.2.1"));
        CHECK_FALSE(sites.first_refusal("192.0.2.1"));
        sites.leave("192.0.2.1");
    }
}
