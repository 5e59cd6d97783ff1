#include <ouro/names/address_range.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace ouro;

namespace {

PeerAddress address(const std::string& host, std::uint16_t port = 3001) {
    return *PeerAddress::from(PeerId::from_parts(host, port));
}

std::vector<AddressRange> ranges(const std::vector<std::string>& texts) {
    std::vector<AddressRange> all;
    for (const std::string& text : texts) all.push_back(*AddressRange::parse(text));
    return all;
}

}  // namespace

TEST_CASE("A range of addresses is read, or refused", "[unit][address]") {
    for (const char* good : {"127.0.0.0/8", "0.0.0.0/0", "10.1.2.3", "10.1.2.3/32", "::/0", "fd00::/8", "::1",
                             "2001:db8::/33", "::ffff:10.0.0.0/104"})
        CHECK(AddressRange::parse(good).error() == Errc::none);
    for (const char* bad : {"", "/", "127.0.0.0/", "/8", "127.0.0.0/33", "::/129", "127.0.0.1/8", "::1/64", "a.example",
                            "127.0.0/8", "127.0.0.0/-1", "127.0.0.0/+8", "127.0.0.0/8 ", " 127.0.0.0/8", "1.2.3.4/8/8",
                            "[::1]", "::1%lo", "127.0.0.0/4294967304"}) {
        INFO(bad);
        CHECK(AddressRange::parse(bad).error() == Errc::bad_address);
    }
}

TEST_CASE("A range contains the addresses that begin with its bits", "[unit][address]") {
    struct Row {
        const char* range;
        const char* host;
        bool inside;
    };
    const Row row = GENERATE(values<Row>({{"127.0.0.0/8", "127.255.255.255", true},
                                          {"127.0.0.0/8", "128.0.0.0", false},
                                          {"127.0.0.0/8", "126.255.255.255", false},
                                          {"127.0.0.0/8", "::ffff:127.0.0.1", true},
                                          {"127.0.0.0/8", "::127.0.0.1", false},
                                          {"100.64.0.0/10", "100.127.255.255", true},
                                          {"100.64.0.0/10", "100.128.0.0", false},
                                          {"10.1.2.3", "10.1.2.3", true},
                                          {"10.1.2.3", "10.1.2.2", false},
                                          {"0.0.0.0/0", "255.255.255.255", true},
                                          {"0.0.0.0/0", "::1", false},
                                          {"::/0", "1.2.3.4", true},
                                          {"fc00::/7", "fdff::1", true},
                                          {"fc00::/7", "fe00::1", false},
                                          {"2001:db8::/33", "2001:db8:7fff::", true},
                                          {"2001:db8::/33", "2001:db8:8000::", false},
                                          {"::1", "::1", true},
                                          {"::1", "::", false}}));
    INFO(row.range << " and " << row.host);
    CHECK(AddressRange::parse(row.range)->contains(address(row.host)) == row.inside);
}

TEST_CASE("Every special range is read and listed once", "[unit][address]") {
    std::vector<AddressRange> all;
    for (const SpecialRange& special : special_ranges()) {
        INFO(special.range);
        const auto range = AddressRange::parse(special.range);
        REQUIRE(range);
        CHECK(std::find(all.begin(), all.end(), *range) == all.end());
        all.push_back(*range);
    }
}

TEST_CASE("A learnt address is globally reachable or forbidden", "[unit][address]") {
    struct Row {
        const char* host;
        bool good;
    };
    const Row row = GENERATE(values<Row>({
        {"1.1.1.1", true},
        {"9.255.255.255", true},
        {"11.0.0.0", true},
        {"223.255.255.255", true},
        {"0.0.0.0", false},
        {"0.1.2.3", false},
        {"10.0.0.1", false},
        {"100.63.255.255", true},
        {"100.64.0.1", false},
        {"100.127.255.255", false},
        {"100.128.0.0", true},
        {"127.0.0.1", false},
        {"127.255.255.254", false},
        {"169.254.169.254", false},
        {"172.15.255.255", true},
        {"172.16.0.1", false},
        {"172.31.255.255", false},
        {"172.32.0.0", true},
        {"192.0.0.1", false},
        {"192.0.0.9", true},
        {"192.0.0.10", true},
        {"192.0.0.11", false},
        {"192.0.1.0", true},
        {"192.0.2.1", false},
        {"192.88.99.1", false},
        {"192.168.1.1", false},
        {"198.17.255.255", true},
        {"198.18.0.1", false},
        {"198.19.255.255", false},
        {"198.51.100.7", false},
        {"203.0.113.7", false},
        {"224.0.0.1", false},
        {"239.255.255.255", false},
        {"240.0.0.1", false},
        {"255.255.255.255", false},
        {"::", false},
        {"::1", false},
        {"::ffff:1.1.1.1", true},
        {"::ffff:127.0.0.1", false},
        {"::ffff:10.0.0.1", false},
        {"::ffff:192.0.0.9", true},
        {"::1.1.1.1", false},
        {"64:ff9b::1.1.1.1", false},
        {"64:ff9b:1::1", false},
        {"100::1", false},
        {"2000::1", true},
        {"2001::1", false},
        {"2001:1::1", true},
        {"2001:1::4", false},
        {"2001:2::1", false},
        {"2001:3::1", true},
        {"2001:4:112::1", true},
        {"2001:10::1", false},
        {"2001:20::1", true},
        {"2001:db8::1", false},
        {"2001:1ff:ffff::1", false},
        {"2001:200::1", true},
        {"2002:7f00:1::1", false},
        {"2a00:1450:4001::1", true},
        {"3fff::1", false},
        {"3fff:1000::1", true},
        {"4000::1", false},
        {"5f00::1", false},
        {"fc00::1", false},
        {"fd12:3456::1", false},
        {"fe80::1", false},
        {"fec0::1", false},
        {"ff02::1", false},
    }));
    INFO(row.host);
    CHECK(globally_reachable(address(row.host)) == row.good);
    CHECK(check_shared(address(row.host), {}) == (row.good ? Errc::none : Errc::address_forbidden));
    // Each can be allowed.
    const auto all = ranges({"0.0.0.0/0", "::/0"});
    CHECK(check_shared(address(row.host), all) == Errc::none);
}

TEST_CASE("A learnt address never leads to a service of this machine", "[unit][address]") {
    const auto all = ranges({"0.0.0.0/0", "::/0"});
    const std::string host = GENERATE("127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1");
    INFO(host);
    CHECK(check_shared(address(host, 22), all) == Errc::address_forbidden);
    CHECK(check_shared(address(host, 1'023), all) == Errc::address_forbidden);
    CHECK(check_shared(address(host, 1'024), all) == Errc::none);
    CHECK(check_shared(address("10.0.0.1", 22), all) == Errc::none);
    PeerAddress no_port = address(host);
    no_port.port = 0;
    CHECK(check_shared(no_port, all) == Errc::address_forbidden);
}

TEST_CASE("A site is an IPv4 address, or the /64 of an IPv6 one", "[unit][address]") {
    struct Row {
        std::string_view host, site;
    };
    const Row row = GENERATE(values<Row>({
        {"192.0.2.1", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::FFFF:c000:201", "192.0.2.1"},
        {"2001:db8::1", "2001:db8::/64"},
        {"2001:DB8:0:0:ffff:ffff:ffff:ffff", "2001:db8::/64"},
        {"2001:db8:0:1::", "2001:db8:0:1::/64"},
        {"fd00::1", "fd00::/64"},
        {"::1", "::1"},
        {"fe80::1%eth0", "fe80::1%eth0"},
        {"fe80:0::1%2", "fe80::1%2"},
        {"2001:db8::1%eth0", "2001:db8::/64%eth0"},
        {"client.example", "client.example"},
        {"", ""},
    }));
    INFO(row.host);
    CHECK(site_of(row.host) == row.site);
}
