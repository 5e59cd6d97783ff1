#include <ouro/base/types.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include <ouro/base/networks.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"

namespace ouro {

TEST_CASE("an address is a host and a port", "[unit][types]") {
    struct Case {
        std::string text;
        std::string host;
        std::uint16_t port;
    };
    const auto want = GENERATE(Case{"relay.example:3001", "relay.example", 3001}, Case{"10.0.0.1:1", "10.0.0.1", 1},
                               Case{"a_b-c.example.:65535", "a_b-c.example.", 65535}, Case{"[::1]:3001", "::1", 3001},
                               Case{"[2001:db8::ffff:10.0.0.1]:80", "2001:db8::ffff:10.0.0.1", 80},
                               Case{"[fe80::1%Eth0]:80", "fe80::1%Eth0", 80},
                               Case{std::string(253, 'x') + ":1", std::string(253, 'x'), 1});
    INFO(want.text);
    const auto peer = PeerId::parse(want.text);
    REQUIRE(peer.has_value());
    CHECK(peer->text() == want.text);
    CHECK(peer->host() == want.host);
    CHECK(peer->port() == want.port);
    CHECK(PeerId::from_parts(want.host, want.port) == *peer);
}

TEST_CASE("Text that is not an address is refused", "[unit][types]") {
    const auto text = GENERATE(
        std::string(), std::string("relay.example"), std::string("relay.example:"), std::string(":3001"),
        std::string("relay.example:0"), std::string("relay.example:65536"),
        std::string("relay.example:99999999999999999999"), std::string("relay.example:+1"),
        std::string("relay.example:-1"), std::string("relay.example: 1"), std::string("relay.example:1 "),
        std::string("relay.example:0x1"), std::string("::1:3001"), std::string("fe80::1"), std::string("[::1]"),
        std::string("[::1]:"), std::string("[::1]3001"), std::string("::1]:3001"), std::string("[::1:3001"),
        std::string("[]:1"), std::string("[relay.example]:1"), std::string("[10.0.0.1]:1"), std::string("[::g]:1"),
        std::string("[::1%]:1"), std::string("[::1%a%b]:1"), std::string("[::1%a/b]:1"),
        std::string("[" + std::string(46, ':') + "]:1"), std::string("re lay:1"), std::string("re/lay:1"),
        std::string("user@relay:1"), std::string("re\nlay:1"), std::string("re\0lay:1", 8),
        std::string("gr\xc3\xbc\xc3\x9f:1"), std::string(254, 'x') + ":1");
    INFO(text);
    CHECK(PeerId::parse(text).error() == Errc::bad_address);
}

TEST_CASE("an address may be a path", "[unit][types]") {
    struct Case {
        std::string text;
        std::string path;
    };
    const auto want = GENERATE(
        Case{"/run/node.socket", "/run/node.socket"}, Case{"./node.socket", "./node.socket"},
        Case{"../Node", "../Node"}, Case{"/a b:3001", "/a b:3001"}, Case{"unix:/run/node.socket", "/run/node.socket"},
        Case{"unix:node.socket", "./node.socket"}, Case{"Unix:../node", "../node"}, Case{"unix:3001", "./3001"},
        Case{"unix:unix:a", "./unix:a"}, Case{"/" + std::string(106, 'x'), "/" + std::string(106, 'x')});
    INFO(want.text);
    const auto peer = PeerId::parse(want.text);
    REQUIRE(peer.has_value());
    CHECK(peer->text() == want.path);
    CHECK(peer->path() == want.path);
    CHECK(peer->host().empty());
    CHECK(peer->port() == 0);
    CHECK(*PeerId::parse(peer->text()) == *peer);
}

TEST_CASE("A path too long for a socket is refused", "[unit][types]") {
    const auto text = GENERATE(std::string("unix:"), "/" + std::string(107, 'x'), "unix:" + std::string(106, 'x'),
                               std::string("/a\0b", 4), std::string("a/b"), std::string(".node"), std::string("3@/a"));
    INFO(text);
    CHECK(PeerId::parse(text).error() == Errc::bad_address);
}

TEST_CASE("a visitor at a path is another peer than the path", "[unit][types]") {
    const PeerId third = PeerId::visitor_at("/run/node.socket:3001", 3);
    CHECK(third.text() == "3@/run/node.socket:3001");
    CHECK(third.path() == "/run/node.socket:3001");
    CHECK(third.host().empty());
    CHECK(third == PeerId::visitor_at("/run/node.socket:3001", 3));
    CHECK(!(third == PeerId::visitor_at("/run/node.socket:3001", 4)));
    CHECK(!(third == *PeerId::parse("/run/node.socket:3001")));
    CHECK(PeerId::parse(third.text()).error() == Errc::bad_address);
    CHECK(PeerId::from_parts("relay.example", 3001).path().empty());
}

TEST_CASE("Equal addresses share one handle, whatever their case", "[unit][types]") {
    const PeerId one = *PeerId::parse("Relay.Example:3001");
    const PeerId two = *PeerId::parse("relay.EXAMPLE:03001");
    CHECK(one == two);
    CHECK(one.text() == "relay.example:3001");
    CHECK(std::hash<PeerId>{}(one) == std::hash<PeerId>{}(two));
    CHECK(*PeerId::parse("[2001:DB8::1]:80") == *PeerId::parse("[2001:db8::1]:80"));
    CHECK(!(one == *PeerId::parse("relay.example:3002")));
    CHECK(!(one == *PeerId::parse("relay2.example:3001")));
    CHECK(std::unordered_set<PeerId>{one, two}.size() == 1);
}

TEST_CASE("a handle is copied, moved and assigned like a value", "[unit][types]") {
    PeerId none;
    CHECK(!none);
    CHECK(none == PeerId());
    PeerId one = PeerId::from_parts("one", 1);
    PeerId copy = one;
    CHECK(copy == one);
    const PeerId moved = std::move(copy);
    CHECK(!copy);
    CHECK(moved == one);
    one = PeerId::from_parts("two", 2);
    CHECK(one.host() == "two");
    CHECK(moved.text() == "one:1");
    one = none;
    CHECK(!one);
    CHECK(PeerId::from_parts("inbound", 0).text() == "inbound:0");
}

TEST_CASE("An address is cheap to copy and is freed with its last handle", "[unit][types]") {
    const std::string host(200, 'h');
    const auto cost_of_two = [&] {
        const Allocations before = allocations();
        const PeerId first = PeerId::from_parts(host, 1);
        const std::size_t made = allocations().count - before.count;
        const Allocations between = allocations();
        const PeerId second = first;
        CHECK(allocations() == between);
        return made;
    };
    const PeerId keeps_the_table_warm = PeerId::from_parts("warm", 1);
    const std::size_t fresh = cost_of_two();
    CHECK(cost_of_two() == fresh);
    const PeerId kept = PeerId::from_parts(host, 1);
    CHECK(cost_of_two() < fresh);
}

TEST_CASE("threads may make, copy and drop handles to the same few addresses", "[unit][types]") {
    constexpr std::size_t hosts = 3;
    std::atomic<bool> wrong{false};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
        threads.emplace_back([&wrong, t] {
            PeerId kept;
            for (std::size_t i = 0; i < 5000; ++i) {
                const std::string host = "host" + std::to_string((i + t) % hosts);
                const PeerId made = PeerId::from_parts(host, 1);
                const PeerId again = PeerId::from_parts(host, 1);
                PeerId copy = made;
                if (!(made == again) || !(copy == made) || copy.host() != host) wrong = true;
                if (i % 7 == 0) kept = std::move(copy);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(!wrong);
}

TEST_CASE("A connection's number shows which side opened it", "[unit][types]") {
    CHECK(direction(make_connection_id(Direction::outbound, 7)) == Direction::outbound);
    CHECK(direction(make_connection_id(Direction::inbound, 7)) == Direction::inbound);
    CHECK(make_connection_id(Direction::inbound, 7) != make_connection_id(Direction::outbound, 7));
    CHECK(other(Role::initiator) == Role::responder);
    CHECK(other(Role::responder) == Role::initiator);
}

TEST_CASE("networks have names", "[unit][types]") {
    CHECK(*network_by_name("mainnet") == NetworkMagic{764824073});
    CHECK(*network_by_name("preprod") == NetworkMagic{1});
    CHECK(*network_by_name("preview") == NetworkMagic{2});
    CHECK(*network_by_name("sanchonet") == NetworkMagic{4});
    CHECK(*network_by_name("musashi") == NetworkMagic{164});
    CHECK(*network_by_name("dmq-mainnet") == NetworkMagic{2912307721});
    CHECK(*network_by_name("dmq-preprod") == NetworkMagic{2147483649});
    CHECK(*network_by_name("dmq-preview") == NetworkMagic{2147483650});
    CHECK(network_by_name("Mainnet").error() == Errc::bad_argument);
    CHECK(network_by_name("").error() == Errc::bad_argument);
}

TEST_CASE("Each network with a name is found by its name and by its magic", "[unit][types]") {
    for (const KnownNetwork& network : known_networks) {
        CHECK(network_by_name(network.name) == Result(network.magic));
        CHECK(network_name(network.magic) == network.name);
    }
    CHECK(network_name(NetworkMagic{42}).empty());
}

}  // namespace ouro
