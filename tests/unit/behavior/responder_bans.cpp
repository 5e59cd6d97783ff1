#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

PeerId at(std::string_view host, std::uint16_t port) { return PeerId::from_parts(host, port); }

/// A relay that serves a chain, and the clients that come to it.
struct Gate {
    explicit Gate(std::size_t max_bans = 10'000) : relay(net.add<ResponderBehavior>(relay_id, config(max_bans))) {}
    static res::Config config(std::size_t max_bans) {
        res::Config config = serving(std::make_shared<TestChain>(5));
        config.idle_timeout = Duration::zero();
        config.max_bans = max_bans;
        return config;
    }
    template <class C>
    Errc say(C command) {
        const auto id = relay.execute(std::move(command));
        return id ? Errc::none : id.error();
    }
    /// Whether one who dials from there is let in.
    bool admits(const PeerId& from) {
        RawConnection& connection = net.script(from).dial(relay_id);
        net.run_for(1s);
        const bool open = connection.open();
        connection.reset();
        net.run_for(1s);
        return open;
    }

    SimulatedNetwork net;
    Responder& relay;
};

}  // namespace

TEST_CASE("A ban closes every connection of a host on all ports, and no other", "[unit][behavior][ban]") {
    Gate g;
    RawClient one(g.net, relay_id, true, at("192.0.2.1", 1'001));
    RawClient two(g.net, relay_id, false, at("192.0.2.1", 1'002));  // still in its handshake
    RawClient other(g.net, relay_id, true, at("192.0.2.2", 1'001));
    REQUIRE(g.relay.behavior().peers().size() == 3);
    CHECK(g.say(res::BanPeer{at("192.0.2.1", 3'001), 1h}) == Errc::none);
    g.net.run_for(1s);
    CHECK(one.connection().error() == Errc::connection_reset);
    CHECK(two.connection().error() == Errc::connection_reset);
    CHECK(other.connection().open());
    CHECK(count<res::PeerDisconnected>(g.relay) == 2);
    for (const auto& gone : told<res::PeerDisconnected>(g.relay)) {
        CHECK(gone.reason == Errc::banned);
        CHECK(gone.violation == Violation{});
    }
    CHECK(g.relay.behavior().counters().bans == 1);
    CHECK(g.relay.behavior().counters().rejected == 0);
    other.send(8, raw::ping(1));
    g.net.run_for(1s);
    CHECK(other.heard(8) == raw::pong(1));
}

TEST_CASE("A banned host may reconnect any number of times and is disconnected at once without an event",
          "[unit][behavior][ban]") {
    Gate g;
    CHECK(g.say(res::BanPeer{at("192.0.2.1", 3'001), 1h, Errc::out_of_turn}) == Errc::none);
    for (std::uint16_t port = 1; port <= 20; ++port) CHECK_FALSE(g.admits(at("192.0.2.1", port)));
    CHECK(g.relay.events().empty());
    CHECK(g.relay.behavior().idle());
    CHECK(g.net.connections() == 0);
    CHECK(g.relay.behavior().counters().rejected == 20);
    CHECK(g.relay.behavior().counters().connections == 0);
    const auto bans = g.relay.behavior().bans();
    REQUIRE(bans.size() == 1);
    CHECK(bans[0].host == "192.0.2.1");
    CHECK(bans[0].reason == Errc::out_of_turn);
    CHECK(bans[0].rejected == 20);
    CHECK(g.admits(at("192.0.2.2", 1)));
}

TEST_CASE("A ban ends at its time, by its own deadline", "[unit][behavior][ban]") {
    Gate g;
    const Instant start = g.net.now();
    CHECK(g.say(res::BanPeer{at("192.0.2.1", 1), 1h}) == Errc::none);
    CHECK(g.say(res::BanPeer{at("192.0.2.2", 1), 2h}) == Errc::none);
    CHECK(g.relay.behavior().next_deadline() == start + 1h);
    for (const auto& ban : g.relay.behavior().bans()) CHECK(ban.until == start + (ban.host == "192.0.2.1" ? 1h : 2h));
    g.net.run_for(1h - 1s);
    CHECK_FALSE(g.admits(at("192.0.2.1", 1)));  // which takes two seconds
    CHECK(g.relay.behavior().bans().size() == 1);
    CHECK(g.relay.behavior().next_deadline() == start + 2h);
    CHECK(g.admits(at("192.0.2.1", 2)));
    CHECK_FALSE(g.admits(at("192.0.2.2", 2)));
    g.net.run_for(1h);
    CHECK(g.relay.behavior().bans().empty());
    CHECK_FALSE(g.relay.behavior().next_deadline());
    CHECK(g.admits(at("192.0.2.2", 3)));
}

TEST_CASE("A later ban replaces an earlier one, and a ban can be lifted", "[unit][behavior][ban]") {
    Gate g;
    const Instant start = g.net.now();
    CHECK(g.say(res::BanPeer{at("192.0.2.1", 1), 1h, Errc::malformed}) == Errc::none);
    SECTION("longer") {
        CHECK(g.say(res::BanPeer{at("192.0.2.1", 2), 3h}) == Errc::none);
        CHECK(g.relay.behavior().next_deadline() == start + 3h);
        CHECK(g.relay.behavior().bans().at(0).reason == Errc::banned);
        g.net.run_for(2h);
        CHECK_FALSE(g.admits(at("192.0.2.1", 3)));
    }
    SECTION("shorter") {
        CHECK(g.say(res::BanPeer{at("192.0.2.1", 2), 1s}) == Errc::none);
        g.net.run_for(2s);
        CHECK(g.admits(at("192.0.2.1", 3)));
    }
    SECTION("for ever") {
        CHECK(g.say(res::BanPeer{at("192.0.2.1", 2), Duration::max()}) == Errc::none);
        CHECK_FALSE(g.relay.behavior().next_deadline());
        g.net.run_for(10'000h);
        CHECK_FALSE(g.admits(at("192.0.2.1", 3)));
        CHECK(g.relay.behavior().bans().at(0).until == Instant::max());
    }
    SECTION("lifted") {
        CHECK(g.say(res::UnbanPeer{at("192.0.2.1", 77)}) == Errc::none);
        CHECK(g.say(res::UnbanPeer{at("192.0.2.1", 77)}) == Errc::unknown_peer);
        CHECK_FALSE(g.relay.behavior().next_deadline());
        CHECK(g.admits(at("192.0.2.1", 3)));
    }
}

TEST_CASE("An address is the same host in every form", "[unit][behavior][ban]") {
    Gate g;
    CHECK(g.say(res::BanPeer{*PeerId::parse("[2001:DB8:0:0::1]:3001")}) == Errc::none);
    CHECK(g.say(res::BanPeer{*PeerId::parse("[fe80:0::1%eth0]:3001")}) == Errc::none);
    CHECK_FALSE(g.admits(at("2001:db8::1", 1)));
    CHECK_FALSE(g.admits(at("fe80::1%eth0", 1)));
    CHECK(g.admits(at("2001:db8:0:1::1", 1)));
    CHECK(g.admits(at("fe80::1%eth1", 1)));
    CHECK(g.say(res::BanPeer{*PeerId::parse("[::ffff:192.0.2.7]:3001")}) == Errc::none);
    CHECK_FALSE(g.admits(at("192.0.2.7", 1)));
    CHECK(g.say(res::BanPeer{*PeerId::parse("Client.Example:3001")}) == Errc::none);
    CHECK_FALSE(g.admits(at("client.example", 1)));
    CHECK(g.say(res::UnbanPeer{*PeerId::parse("[2001:0db8::1]:1")}) == Errc::none);
    CHECK(g.admits(at("2001:db8::1", 1)));
}

TEST_CASE("A ban of an IPv6 address applies to its /64, because a host can choose any address there",
          "[unit][behavior][ban]") {
    Gate g;
    RawClient same(g.net, relay_id, true, at("2001:db8:1:2:aaaa::1", 1'001));
    RawClient other(g.net, relay_id, true, at("2001:db8:1:3:aaaa::1", 1'001));
    CHECK(g.say(res::BanPeer{at("2001:db8:1:2::1", 3'001)}) == Errc::none);
    g.net.run_for(1s);
    CHECK(same.connection().error() == Errc::connection_reset);
    CHECK(other.connection().open());
    for (const std::string_view host : {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"})
        CHECK_FALSE(g.admits(at(host, 1)));
    REQUIRE(g.relay.behavior().bans().size() == 1);
    CHECK(g.relay.behavior().bans()[0].host == "2001:db8:1:2::/64");
    CHECK(g.relay.behavior().bans()[0].rejected == 2);
    // A link-local address is one host's alone.
    CHECK(g.say(res::BanPeer{at("fe80::1%eth0", 1)}) == Errc::none);
    CHECK(g.admits(at("fe80::2%eth0", 1)));
}

TEST_CASE("The list of bans has a limit, and expired ones make room", "[unit][behavior][ban]") {
    Gate g(3);
    for (std::uint16_t i = 1; i <= 3; ++i)
        CHECK(g.say(res::BanPeer{at("192.0.2." + std::to_string(i), 1), i * 1h}) == Errc::none);
    CHECK(g.say(res::BanPeer{at("192.0.2.4", 1)}) == Errc::queue_full);
    CHECK(g.say(res::BanPeer{at("192.0.2.3", 1), 9h}) == Errc::none);  // which is there already
    CHECK(g.relay.behavior().bans().size() == 3);
    CHECK(g.relay.behavior().counters().bans == 4);
    CHECK(g.admits(at("192.0.2.4", 1)));
    g.net.run_for(1h);
    CHECK(g.say(res::BanPeer{at("192.0.2.4", 1)}) == Errc::none);
    CHECK_FALSE(g.admits(at("192.0.2.4", 1)));
    CHECK(g.say(res::BanPeer{at("192.0.2.5", 1)}) == Errc::queue_full);
}

TEST_CASE("A ban without an address or of zero length is refused", "[unit][behavior][ban]") {
    Gate g;
    CHECK(g.say(res::BanPeer{}) == Errc::bad_argument);
    CHECK(g.say(res::BanPeer{at("192.0.2.1", 1), 0s}) == Errc::bad_argument);
    CHECK(g.say(res::BanPeer{at("192.0.2.1", 1), -1s}) == Errc::bad_argument);
    CHECK(g.say(res::UnbanPeer{at("192.0.2.1", 1)}) == Errc::unknown_peer);
    CHECK(g.relay.behavior().bans().empty());
    CHECK(g.relay.behavior().counters().bans == 0);
}

TEST_CASE("A peer that breaks a rule is disconnected and not banned", "[unit][behavior][ban]") {
    Gate g;
    for (int i = 0; i < 5; ++i) {
        RawClient client(g.net, relay_id, true, at("192.0.2.1", static_cast<std::uint16_t>(i + 1)));
        client.send(2, raw::await_reply);
        g.net.run_for(1s);
        CHECK(client.connection().error() == Errc::connection_reset);
    }
    CHECK(g.relay.behavior().counters().violations == 5);
    CHECK(g.relay.behavior().bans().empty());
    CHECK(g.admits(at("192.0.2.1", 99)));
}
