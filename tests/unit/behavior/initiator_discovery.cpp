#include <cmath>
#include <set>

#include <ouro/base/random.hpp>

#include "unit/behavior/neighbours.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

const std::string sharing_data = "841a2d964a09f401f4";

/// A node whose only relay speaks peer-sharing by hand.
struct Asked {
    explicit Asked(const ini::Config& config = sharing(5, 2, 100), const std::string& data = sharing_data)
        : relay(net, raw_id), node(net.add<InitiatorBehavior>(node_id, config)) {
        relay.answer = raw::accept(15, data);
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
    }
    Result<CommandId> ask(std::uint8_t amount) { return node.execute(ini::AskPeers{raw_id, amount}); }
    void send(const std::string& bytes, Duration then = 1s) {
        relay.send(10, raw::bytes(bytes));
        net.run_for(then);
    }
    [[nodiscard]] ByteVector heard() { return relay.heard(10); }

    SimulatedNetwork net;
    RawRelay relay;
    Initiator& node;
};

/// Draws `count` of those with these weights, one after the other; how many of the first `which` are among them.
std::size_t drawn(std::vector<std::uint64_t> weights, std::size_t which, std::size_t count, std::uint64_t& random) {
    std::size_t among = 0;
    for (; count > 0; --count) {
        std::uint64_t sum = 0;
        for (const auto weight : weights) sum += weight;
        std::uint64_t lot = detail::next_random(random) % sum;
        std::size_t at = 0;
        for (; lot >= weights[at]; ++at) lot -= weights[at];
        weights[at] = 0;
        among += at < which ? 1 : 0;
    }
    return among;
}

const PeerId v4 = PeerId::from_parts("1.2.3.4", 3'001);
const PeerId v6 = PeerId::from_parts("2001:db8::1", 3'001);
const std::string both = "82019f83001a04030201190bb986011a20010db8000001190bb9ff";

}  // namespace

TEST_CASE("One root is enough to learn a network of fifty", "[unit][behavior][discovery]") {
    const std::uint64_t seed = GENERATE(1U, 2U, 3U);
    ini::Config config = sharing(10, 4, 100);
    config.seed = seed;
    config.churn = ini::Churn();  // those in use tell of those they know, and no more: others have to come into use
    config.churn->interval = 10min;
    config.churn->jitter = 1min;
    Neighbours world(50, config);
    world.spread(5);
    world.root(0);
    REQUIRE(world.net.run_until([&] { return world.counters().known == 50; }, 12h));
    CHECK(world.counters().roots == 1);
    world.net.run_for(3min);
    CHECK(world.counters().hot == 4);
    CHECK(world.counters().warm == 6);
    for (const auto& news : told<ini::PeersShared>(world.node)) {
        CHECK(news.command == CommandId{});
        CHECK(news.peers.size() <= 10);
    }
}

TEST_CASE("A peer is asked for peers five minutes after its promotion and every fifteen minutes from then on",
          "[unit][behavior][discovery]") {
    Neighbours world(1, sharing(5, 2, 100));
    world.root(0);
    REQUIRE(await<ini::PeerInitialized>(world.net, world.node));
    world.net.run_for(299s);
    CHECK(world.requests() == 0);
    world.net.run_for(2s);
    CHECK(world.requests() == 1);
    world.net.run_for(898s);
    CHECK(world.requests() == 1);
    world.net.run_for(2s);
    CHECK(world.requests() == 2);

    SECTION("even if it has disconnected and returned") {
        REQUIRE(world.relays[0]->execute(res::DisconnectPeer{world.relays[0]->behavior().peers()[0].connection}));
        world.net.run_for(600s);
        CHECK(world.counters().hot == 1);
        CHECK(world.requests() == 2);
        world.net.run_for(310s);
        CHECK(world.requests() == 3);
    }
}

TEST_CASE("At most two peers are asked at a time, and a late one makes room", "[unit][behavior][discovery]") {
    ini::Config config = sharing(4, 2, 100);
    SimulatedNetwork net;
    Initiator& node = net.add<InitiatorBehavior>(node_id, config);
    std::vector<std::unique_ptr<RawRelay>> relays;
    for (std::size_t i = 0; i < 4; ++i) {
        relays.push_back(std::make_unique<RawRelay>(net, Neighbours::address(i)));
        relays.back()->answer = raw::accept(15, sharing_data);
        REQUIRE(node.execute(ini::KnowPeers{{Neighbours::address(i)}}));
    }
    const auto asked = [&] {
        std::size_t sum = 0;
        for (const auto& relay : relays) sum += relay->heard(10).empty() ? 0 : 1;
        return sum;
    };
    net.run_for(305s);
    CHECK(asked() == 2);
    // 96 are missing: 48 of each of two.
    for (const auto& relay : relays)
        if (!relay->heard(10).empty()) CHECK(relay->heard(10) == raw::bytes("82001830"));
    net.run_for(10s);
    CHECK(asked() == 4);
    // Whoever is late is still waited for, as long as the protocol says.
    CHECK(count<ini::PeerDisconnected>(node) == 0);
    net.run_for(60s);
    CHECK(count<ini::PeerDisconnected>(node) == 4);
    CHECK(last<ini::PeerDisconnected>(node).violation.protocol == "peer-sharing");
    CHECK(last<ini::PeerDisconnected>(node).reason == Errc::state_timeout);
}

TEST_CASE("A request asks for the missing number of peers, at least eight and at most 255",
          "[unit][behavior][discovery]") {
    const auto [known, wanted] = GENERATE(table<std::size_t, std::string>({
        {2, "820008"},
        {9, "820008"},
        {10, "820009"},
        {256, "820018ff"},
        {1'000, "820018ff"},
    }));
    Asked a(sharing(1, 1, known));
    a.net.run_for(301s);
    CHECK(a.heard() == raw::bytes(wanted));
}

TEST_CASE("A learnt peer is no root, and no more are learnt than the target allows", "[unit][behavior][discovery]") {
    Asked a(sharing(2, 2, 2));
    a.net.run_for(301s);
    a.send(both);
    const auto news = last<ini::PeersShared>(a.node);
    CHECK(news.peer == raw_id);
    CHECK(news.peers == std::vector{v4, v6});
    CHECK(news.fresh == 1);
    CHECK(a.node.behavior().counters().known == 2);
    CHECK(a.node.behavior().counters().roots == 1);
    CHECK_FALSE(state(a.node, v4).root);
    a.net.run_for(1h);
    CHECK(a.heard() == raw::bytes("820008"));  // once
}

TEST_CASE("An address that cannot be a peer's is not learnt", "[unit][behavior][discovery]") {
    Asked a;
    a.net.run_for(301s);
    // No port, 0.0.0.0, 224.0.0.1, 255.255.255.255, ::, ff02::1, and one that is good.
    a.send(
        "82019f83001a0403020100830000190bb983001a010000e0190bb983001affffffff190bb9860100000000190bb9"
        "86011aff020000000001190bb983001a04030201190bb9ff");
    CHECK(last<ini::PeersShared>(a.node).peers == std::vector{v4});
    CHECK(last<ini::PeersShared>(a.node).refused == 6);
    CHECK(a.node.behavior().counters().known == 2);
}

TEST_CASE("An address in IPv4 form and in IPv6 form is one peer", "[unit][behavior][discovery]") {
    Asked a;
    a.net.run_for(301s);
    // 1.2.3.4, and ::ffff:1.2.3.4.
    a.send("82019f83001a04030201190bb98601000019ffff1a01020304190bb9ff");
    CHECK(last<ini::PeersShared>(a.node).fresh == 1);
    CHECK(a.node.behavior().counters().known == 2);
}

TEST_CASE("A learnt address that is not globally reachable is neither kept nor dialled",
          "[unit][behavior][discovery]") {
    ini::Config config = sharing(5, 2, 100);
    const bool allowed = GENERATE(false, true);
    config.discovery.allowed.clear();
    if (allowed) config.discovery.allowed.push_back(*AddressRange::parse("127.0.0.0/8"));
    Asked a(config);
    a.net.run_for(301s);
    // 127.0.0.1 at ports 3001 and 22, 10.0.0.1, ::ffff:127.0.0.1, and 1.2.3.4.
    a.send(
        "82019f83001a0100007f190bb983001a0100007f1683001a0100000a190bb98601000019ffff1a7f000001190bb9"
        "83001a04030201190bb9ff");
    const auto news = last<ini::PeersShared>(a.node);
    const PeerId loopback = PeerId::from_parts("127.0.0.1", 3'001);
    CHECK(news.refused == (allowed ? 2 : 4));
    CHECK(news.peers.size() == (allowed ? 3 : 1));
    CHECK(news.peers.back() == v4);
    if (allowed) CHECK(news.peers.front() == loopback);
    const std::size_t fresh = allowed ? 2 : 1;  // 127.0.0.1 has come in both forms
    CHECK(news.fresh == fresh);
    CHECK(a.node.behavior().counters().known == 1 + fresh);
    a.net.run_for(1s);
    CHECK(a.net.figures().dials == 1 + fresh);
    CHECK(count<ini::PeerDisconnected>(a.node) == fresh);     // nothing listens there
    CHECK(state(a.node, raw_id).stage == ini::Stage::ready);  // it has broken no rule
}

TEST_CASE("An address of the node itself is not learnt", "[unit][behavior][discovery]") {
    Asked a;
    const std::string own = GENERATE("1.2.3.4:3001", "[::ffff:1.2.3.4]:3001");
    REQUIRE(a.node.execute(ini::SetOwnAddresses{{*PeerId::parse(own)}}));
    a.net.run_for(301s);
    a.send(both);
    CHECK(last<ini::PeersShared>(a.node).fresh == 1);
    CHECK(state(a.node, v6).failures == 1);  // nothing listens there
    CHECK(a.node.behavior().counters().known == 2);
}

TEST_CASE("Only peers that agreed to share are asked", "[unit][behavior][discovery]") {
    const auto [ours, theirs] =
        GENERATE(table<bool, std::string>({{true, "841a2d964a09f400f4"}, {false, sharing_data}}));
    ini::Config config = sharing(5, 2, 100);
    config.offer.data.peer_sharing = ours;
    Asked a(config, theirs);
    a.net.run_for(1h);
    CHECK(a.heard().empty());
    const auto id = a.ask(5);
    REQUIRE(id);
    CHECK(last<ini::SharingFailed>(a.node).command == *id);
    CHECK(last<ini::SharingFailed>(a.node).reason == Errc::no_peer);
    CHECK(count<ini::PeerDisconnected>(a.node) == 0);
}

TEST_CASE("Requests of the user are sent at once, one after the other, and each has one outcome",
          "[unit][behavior][discovery]") {
    Asked a;
    const auto first = a.ask(2), second = a.ask(3);
    REQUIRE(first);
    REQUIRE(second);
    a.net.run_for(1s);
    CHECK(a.heard() == raw::bytes("820002"));
    a.send(both);
    CHECK(last<ini::PeersShared>(a.node).command == *first);
    CHECK(last<ini::PeersShared>(a.node).peers == std::vector{v4, v6});
    CHECK(a.heard() == raw::bytes("820002820003"));
    a.send("820180");
    CHECK(last<ini::PeersShared>(a.node).command == *second);
    CHECK(last<ini::PeersShared>(a.node).peers.empty());
    CHECK(count<ini::PeersShared>(a.node) == 2);
    CHECK(count<ini::SharingFailed>(a.node) == 0);
}

TEST_CASE("A request to a peer that is not connected yet waits for it", "[unit][behavior][discovery]") {
    Neighbours world(2, sharing(0, 0, 0));
    world.spread(1);
    REQUIRE(world.node.execute(ini::IncludePeer{world.ids[0]}));
    const auto id = world.node.execute(ini::AskPeers{world.ids[0], 7});
    REQUIRE(id);
    world.net.run_for(1s);
    REQUIRE(count<ini::PeersShared>(world.node) == 1);
    CHECK(last<ini::PeersShared>(world.node).command == *id);
    CHECK(last<ini::PeersShared>(world.node).peers == std::vector{world.ids[1]});
    CHECK(last<ini::PeersShared>(world.node).fresh == 0);  // no more are wanted
}

TEST_CASE("A request without an answer fails once, with the reason", "[unit][behavior][discovery]") {
    Asked a;
    const auto id = a.ask(9), behind = a.ask(9);
    REQUIRE(id);
    REQUIRE(behind);
    a.net.run_for(1s);
    SECTION("the peer sends nothing for ten seconds") {
        a.net.run_for(10s);
        const auto failures = told<ini::SharingFailed>(a.node);
        REQUIRE(failures.size() == 2);
        CHECK(failures[0].command == *id);
        CHECK(failures[0].reason == Errc::state_timeout);
        CHECK(failures[1].command == *behind);
        CHECK(failures[1].reason == Errc::no_peer);
        // What comes late is still good.
        a.send(both);
        CHECK(last<ini::PeersShared>(a.node).command == CommandId{});
        CHECK(last<ini::PeersShared>(a.node).fresh == 2);
    }
    SECTION("the connection is lost") {
        a.net.lose(raw_id, node_id, Loss::reset);
        a.net.run_for(1s);
        CHECK(last<ini::SharingFailed>(a.node).command == *id);
        CHECK(last<ini::SharingFailed>(a.node).reason == Errc::connection_reset);
        CHECK(count<ini::SharingFailed>(a.node) == 1);  // the other one may still come to its turn
        a.net.run_for(15s);
        CHECK(last<ini::SharingFailed>(a.node).command == *behind);
    }
    SECTION("the peer is demoted") {
        REQUIRE(a.node.execute(ini::DemotePeer{raw_id}));
        a.net.run_for(10s);
        CHECK(count<ini::SharingFailed>(a.node) == 2);
        CHECK(last<ini::SharingFailed>(a.node).reason == Errc::unknown_peer);
    }
    SECTION("the node stops") {
        a.node.stop();
        CHECK(count<ini::SharingFailed>(a.node) == 2);
        CHECK(last<ini::SharingFailed>(a.node).reason == Errc::stopped);
    }
    a.net.run_for(1min);
    CHECK(count<ini::SharingFailed>(a.node) + count<ini::PeersShared>(a.node) <= 3);
}

TEST_CASE("An invalid request is refused", "[unit][behavior][discovery]") {
    ini::Config config = sharing(5, 2, 100);
    config.discovery.max_asks = 3;
    Asked a(config);
    CHECK(a.ask(0).error() == Errc::bad_argument);
    CHECK(a.node.execute(ini::AskPeers{other_id, 5}).error() == Errc::unknown_peer);
    for (int i = 0; i < 3; ++i) CHECK(a.ask(1));
    CHECK(a.ask(1).error() == Errc::queue_full);
    a.send("820180");
    CHECK(a.ask(1));
}

TEST_CASE("A peer that answers with more than requested breaks a rule", "[unit][behavior][discovery]") {
    Asked a;
    const auto id = a.ask(1);
    REQUIRE(id);
    a.net.run_for(1s);
    a.send(both, 100ms);
    const auto gone = last<ini::PeerDisconnected>(a.node);
    CHECK(gone.violation == Violation{"peer-sharing", "Busy", "SharePeers", Errc::too_many_addresses, {}});
    CHECK(last<ini::SharingFailed>(a.node).command == *id);
    CHECK(last<ini::SharingFailed>(a.node).reason == Errc::too_many_addresses);
    CHECK(count<ini::PeersShared>(a.node) == 0);
    CHECK(a.node.behavior().counters().known == 1);
}

TEST_CASE("An unrequested answer breaks a rule", "[unit][behavior][discovery]") {
    Asked a;
    a.send("820180", 100ms);
    CHECK(last<ini::PeerDisconnected>(a.node).reason == Errc::unknown_protocol);
}

TEST_CASE("A node that disconnects sends Done in peer-sharing too", "[unit][behavior][discovery]") {
    Asked a;
    REQUIRE(a.ask(1));
    a.net.run_for(1s);
    a.send("820180");
    a.node.stop();
    a.net.run_for(1s);
    CHECK(a.heard() == raw::bytes("8200018102"));
}

TEST_CASE("Above the target only learnt peers are forgotten", "[unit][behavior][discovery]") {
    Neighbours world(40, sharing(4, 2, 40));
    for (std::size_t i = 0; i < 40; ++i) world.tells[i] = world.ids;
    REQUIRE(world.node.execute(ini::KnowPeers{world.some(0, 6)}));
    REQUIRE(world.net.run_until([&] { return world.counters().known == 40; }, 6h));
    REQUIRE(world.node.execute(ini::SetTargets{{4, 2, 10, 0}}));
    CHECK(world.counters().known == 10);
    for (const PeerId& id : world.some(0, 6)) CHECK(state(world.node, id).peer == id);
    CHECK(world.counters().warm + world.counters().hot == 4);
    REQUIRE(world.node.execute(ini::SetTargets{{2, 1, 2, 0}}));
    world.net.run_for(10min);
    CHECK(world.counters().known == 6);
}

TEST_CASE("Peers with more failures are forgotten first", "[unit][behavior][discovery]") {
    // What is forgotten is counted, and beside it what would be of the same peers where each counts as often as it has
    // failed and once more, and where all count alike.
    constexpr std::uint64_t seeds = 60, draws = 100;
    std::uint64_t random = 1;
    std::size_t good = 0, bad = 0;
    double weighted = 0, alike = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        ini::Config config = sharing(15, 1, 20);  // all are dialled, for so many are not there
        config.seed = seed;
        config.discovery.inbound_at_once = 20;
        std::vector<ini::InboundPeer> there;
        config.discovery.inbound = [&] { return there; };
        Neighbours world(20, config);
        for (std::size_t i = 0; i < 10; ++i) world.net.reach(world.ids[i], Reach::refuses);
        for (const PeerId& id : world.ids) there.push_back({id, world.net.now() - 1h});
        world.net.run_for(61s + 40s);
        REQUIRE(world.counters().known == 20);
        REQUIRE(world.counters().warm + world.counters().hot == 10);
        REQUIRE(world.node.execute(ini::SetTargets{{5, 1, 20, 0}}));
        world.net.run_for(3s);
        REQUIRE(world.counters().warm + world.counters().hot == 5);
        std::vector<std::uint64_t> weights;  // the good ones' first
        for (const std::size_t first : {10U, 0U})
            for (std::size_t i = first; i < first + 10; ++i) {
                const auto peer = state(world.node, world.ids[i]);
                if (peer.temperature == Temperature::cold) weights.push_back(peer.failures + 1);
            }
        REQUIRE(weights.size() == 15);
        for (std::uint64_t draw = 0; draw < draws; ++draw)
            weighted += static_cast<double>(drawn(weights, 5, 5, random)) / draws;
        alike += 5.0 * 5 / 15;
        REQUIRE(world.node.execute(ini::SetTargets{{5, 1, 15, 0}}));
        CHECK(world.counters().known == 15);
        for (std::size_t i = 0; i < 20; ++i) {
            const auto peers = world.node.behavior().peers();
            const bool known = std::any_of(peers.begin(), peers.end(),
                                           [&](const ini::PeerState& peer) { return peer.peer == world.ids[i]; });
            (i < 10 ? bad : good) += known ? 0 : 1;
        }
    }
    CHECK(good + bad == 5 * seeds);
    const double deviation = std::sqrt(weighted);  // no less than it is: each counts at most once
    INFO(good << " good ones of " << weighted << " as weighted, " << alike << " were all alike");
    CHECK(std::abs(static_cast<double>(good) - weighted) < 4 * deviation);
    CHECK(alike - weighted > 8 * deviation);  // else nothing would be said
}

TEST_CASE("Targets that contradict each other are refused, and nothing changes", "[unit][behavior][discovery]") {
    const ini::Targets bad = GENERATE(values<ini::Targets>({{4, 5, 100, 0},
                                                            {101, 5, 100, 0},
                                                            {4, 2, 100, 101},
                                                            {200, 101, 300, 0},
                                                            {1'001, 20, 2'000, 0},
                                                            {30, 20, 10'001, 0}}));
    Neighbours world(1, sharing(4, 2, 40));
    CHECK(world.node.execute(ini::SetTargets{bad}).error() == Errc::bad_argument);
    ini::Config config;
    config.targets = bad;
    CHECK_THROWS_AS(InitiatorBehavior(config), std::invalid_argument);
    CHECK(ini::check(ini::Targets()) == Errc::none);
}

TEST_CASE("Some inbound peers become known, and only mature ones", "[unit][behavior][discovery]") {
    ini::Config config = sharing(1, 1, 100);  // the root has the only place
    std::vector<ini::InboundPeer> there;
    std::size_t looked = 0;
    config.discovery.inbound = [&] {
        ++looked;
        return there;
    };
    Neighbours world(1, config);
    for (std::size_t i = 1; i <= 25; ++i)
        there.push_back({Neighbours::address(i), world.net.now() + (i <= 20 ? 0s : 30min)});
    world.net.run_for(14min);
    world.root(0);
    world.net.run_for(30s);
    CHECK(world.counters().known == 1);  // no peer stays for long enough
    world.net.run_for(60s);
    CHECK(world.counters().known == 11);
    world.net.run_for(60s);
    CHECK(world.counters().known == 21);
    world.net.run_for(25min);
    CHECK(world.counters().known == 21);
    world.net.run_for(10min);
    CHECK(world.counters().known == 26);
    CHECK(looked <= 60);
}

TEST_CASE("It is drawn at random whether peers are asked first or inbound ones are taken",
          "[unit][behavior][discovery]") {
    std::size_t asked_first = 0;
    constexpr std::uint64_t seeds = 40;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        ini::Config config = sharing(2, 1, 100);
        config.seed = seed;
        config.discovery.inbound_every = 20ms;  // the latency: so both are due at one instant
        Instant from = Instant::max();
        SimulatedNetwork* clock = nullptr;
        config.discovery.inbound = [&]() -> std::vector<ini::InboundPeer> {
            if (!clock || clock->now() < from) return {};
            return {{Neighbours::address(7), clock->now() - 1h}};
        };
        Asked a(config);
        clock = &a.net;
        from = a.net.now() + 300s;
        a.net.run_for(301s);
        CHECK(a.node.behavior().counters().known == 2);
        // 99 are missing, or 98.
        const bool first = a.heard() == raw::bytes("82001863");
        if (!first) CHECK(a.heard() == raw::bytes("82001862"));
        asked_first += first ? 1 : 0;
    }
    CHECK(asked_first > seeds / 4);
    CHECK(asked_first < seeds * 3 / 4);
}

TEST_CASE("Peers with an agreement and without failures may be shared", "[unit][behavior][discovery]") {
    Neighbours world(4, sharing(4, 2, 40));
    world.tells[0] = {world.ids[1]};
    REQUIRE(world.node.execute(ini::SetLocalRoots{ini::LocalRoots{world.ids[0], 1, 1, false, true}}));
    REQUIRE(world.node.execute(ini::KnowPeers{{world.ids[2]}}));
    world.net.reach(world.ids[3], Reach::refuses);
    REQUIRE(world.node.execute(ini::KnowPeers{{world.ids[3]}, true}));
    CHECK(world.node.behavior().shareable().empty());
    world.net.run_for(400s);
    CHECK(world.node.behavior().shareable() == std::vector{world.ids[0], world.ids[1]});
    // One that is not reached any more is not told of.
    world.net.reach(world.ids[1], Reach::refuses);
    REQUIRE(world.relays[1]->execute(res::DisconnectPeer{world.relays[1]->behavior().peers()[0].connection}));
    world.net.run_for(30s);
    CHECK(world.node.behavior().shareable() == std::vector{world.ids[0]});
}
