#include <ouro/program/root_peers.hpp>

#include <ouro/behavior/initiator.hpp>

#include "support/catch.hpp"

using namespace ouro;
namespace ini = ouro::initiator;

namespace {

Topology topology(const std::string& json) {
    auto read = Topology::parse(json);
    INFO(to_string(read.error));
    REQUIRE(read);
    return *std::move(read.topology);
}
const std::string file = R"({
    "localRoots": [{"accessPoints": [{"address": "relay.example", "port": 3001}, {"address": "10.0.0.1", "port": 3001}],
                    "valency": 2}],
    "publicRoots": [{"accessPoints": [{"address": "public.example", "port": 3001}], "advertise": true}],
    "bootstrapPeers": [{"address": "10.0.1.1", "port": 3001}]})";

std::vector<PeerId> numbered(std::size_t count) {
    std::vector<PeerId> peers;
    for (std::size_t i = 0; i < count; ++i)
        peers.push_back(PeerId::from_parts("10.1.0." + std::to_string(i + 1), 3001));
    return peers;
}

void answer(RootPeers& roots, const std::string& host, std::vector<PeerId> peers, Instant now) {
    std::vector<NameBook::Lookup> others;
    while (const auto lookup = roots.names().poll_lookup(now)) {
        const bool wanted = lookup->name.host() == host;
        roots.names().answered(lookup->number,
                               {wanted ? NameAnswer::Outcome::found : NameAnswer::Outcome::failed,
                                wanted ? peers : decltype(peers){}, 60s},
                               now);
    }
}

template <class C>
std::vector<C> of(const std::vector<ini::Command>& commands) {
    std::vector<C> result;
    for (const auto& command : commands)
        if (const auto* one = std::get_if<C>(&command)) result.push_back(*one);
    return result;
}

}  // namespace

TEST_CASE("Groups become an initiator's roots once their names are known", "[unit][root_peers]") {
    const auto read = Topology::parse(R"({"localRoots": [
        {"accessPoints": [{"address": "a.example", "port": 1}, {"address": "10.0.0.9", "port": 9}],
         "hotValency": 2, "warmValency": 3, "trustable": true},
        {"accessPoints": [{"address": "b.example", "port": 1}], "valency": 4, "advertise": true},
        {"accessPoints": [{"address": "c.example", "port": 1}], "valency": 1, "behindFirewall": true,
         "diffusionMode": "InitiatorOnly"}],
        "publicRoots": []})");
    REQUIRE(read);
    const auto peer = [](const char* host) { return PeerId::from_parts(host, 1); };
    bool known = false;
    const auto peers_of = [&](const AccessPoint& point) -> std::vector<PeerId> {
        if (point.peer()) return {point.peer()};
        if (!known) return {};
        if (point.host() == "a.example") return {peer("10.0.0.1"), peer("10.0.0.2")};
        if (point.host() == "c.example") return {peer("10.0.0.4")};
        return {peer("10.0.0.2"), peer("10.0.0.3")};
    };
    auto groups = local_roots(*read.topology, peers_of);
    REQUIRE(groups.size() == 1);
    CHECK(groups[0].peers == std::vector{PeerId::from_parts("10.0.0.9", 9)});
    CHECK(groups[0].hot_valency == 1);
    CHECK(groups[0].warm_valency == 1);
    known = true;
    groups = local_roots(*read.topology, peers_of);
    REQUIRE(groups.size() == 3);
    CHECK(groups[0].peers == std::vector{peer("10.0.0.1"), peer("10.0.0.2"), PeerId::from_parts("10.0.0.9", 9)});
    CHECK(groups[0].hot_valency == 2);
    CHECK(groups[0].warm_valency == 3);
    CHECK(groups[0].trusted);
    CHECK_FALSE(groups[0].advertise);
    CHECK(groups[1].peers == std::vector{peer("10.0.0.3")});  // 10.0.0.2 is the first group's
    CHECK(groups[1].hot_valency == 1);
    CHECK(groups[1].advertise);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(groups[i].behind_firewall == (i == 2));
        CHECK(groups[i].initiator_only == (i == 2));
    }
}

TEST_CASE("Addresses are reported at once, and names when they are looked up", "[unit][root_peers]") {
    Instant now{1h};
    RootPeers roots(topology(file), now, 1);
    auto commands = roots.commands();
    REQUIRE(of<ini::SetLocalRoots>(commands).size() == 1);
    REQUIRE(of<ini::SetLocalRoots>(commands)[0].groups.size() == 1);
    CHECK(of<ini::SetLocalRoots>(commands)[0].groups[0].peers.size() == 1);
    REQUIRE(of<ini::KnowPeers>(commands).size() == 1);
    CHECK(of<ini::KnowPeers>(commands)[0].peers == std::vector{PeerId::from_parts("10.0.1.1", 3001)});
    CHECK(roots.commands().empty());

    answer(roots, "relay.example", {PeerId::from_parts("10.0.0.2", 3001), PeerId::from_parts("10.0.0.3", 3001)}, now);
    commands = roots.commands();
    REQUIRE(of<ini::SetLocalRoots>(commands).size() == 1);
    CHECK(of<ini::SetLocalRoots>(commands)[0].groups[0].peers.size() == 3);
    CHECK(of<ini::SetLocalRoots>(commands)[0].groups[0].hot_valency == 2);
    CHECK(of<ini::KnowPeers>(commands).empty());  // nothing new of those

    now += 60s;
    answer(roots, "public.example", numbered(3), now);
    commands = roots.commands();
    REQUIRE(of<ini::KnowPeers>(commands).size() == 1);
    CHECK(of<ini::KnowPeers>(commands)[0].peers.size() == 3);
    CHECK(of<ini::KnowPeers>(commands)[0].advertise);
    CHECK(of<ini::SetLocalRoots>(commands)[0].groups[0].peers.size() == 3);  // its lookup has failed, what it had stays
}

TEST_CASE("No more public roots are reported than the target of roots, and they are drawn at random",
          "[unit][root_peers]") {
    const auto told = [](std::uint64_t seed) {
        RootPeers roots(topology(file), Instant(), seed, 10);
        answer(roots, "public.example", numbered(50), Instant());
        std::vector<PeerId> peers;
        for (const auto& command : of<ini::KnowPeers>(roots.commands()))
            peers.insert(peers.end(), command.peers.begin(), command.peers.end());
        CHECK(peers.size() == 10);
        CHECK(peers[0] == PeerId::from_parts("10.0.1.1", 3001));  // bootstrap peers first
        return peers;
    };
    CHECK(told(1) == told(1));
    CHECK(told(1) != told(2));
}

TEST_CASE("An initiator takes the reported roots before and after the file was read again", "[unit][root_peers]") {
    Instant now{1h};
    RootPeers roots(topology(file), now, 1);
    InitiatorBehavior node{ini::Config()};
    const auto tell = [&] {
        for (auto& command : roots.commands()) CHECK(node.execute(command, now));
        while (node.poll_command()) {
        }
    };
    tell();
    answer(roots, "relay.example", {PeerId::from_parts("10.0.0.2", 3001)}, now);
    tell();
    CHECK(node.counters().roots == 2);
    CHECK(node.counters().known == 3);
    roots.set(topology(R"({"localRoots": [{"accessPoints": [{"address": "relay.example", "port": 3001}], "valency": 1}],
                           "publicRoots": []})"),
              now);
    CHECK_FALSE(roots.names().poll_lookup(now));  // it is known
    tell();
    CHECK(node.counters().roots == 1);
    CHECK(node.counters().known == 3);
}

namespace {

/// A topology with bootstrap peers, and a snapshot of pools with the same stake, each with one address.
Topology with_ledger_peers(std::size_t pools, std::int64_t after = 0) {
    Topology made;
    made.bootstrap_peers.push_back(*AccessPoint::make("10.9.0.1", 3001));
    made.use_ledger_after_slot = after;
    made.ledger_peers.emplace().slot = Slot{100};
    made.ledger_peers->all = true;
    for (std::size_t i = 0; i < pools; ++i) {
        LedgerSnapshot::Pool pool;
        pool.stake = 1.0 / static_cast<double>(pools);
        made.ledger_peers->add_relay(pool, "10.2.0." + std::to_string(i + 1), std::uint16_t{3001});
        made.ledger_peers->pools.push_back(std::move(pool));
    }
    return made;
}
std::vector<PeerId> reported(RootPeers& roots) {
    std::vector<PeerId> peers;
    for (const auto& command : of<ini::KnowPeers>(roots.commands())) {
        CHECK_FALSE(command.advertise);
        peers.insert(peers.end(), command.peers.begin(), command.peers.end());
    }
    return peers;
}

}  // namespace

TEST_CASE("Ledger peers fill the target of roots", "[unit][root_peers]") {
    RootPeers roots(with_ledger_peers(200), Instant(), 1, 40);
    const auto all = reported(roots);
    CHECK(all.size() == 40);
    CHECK(all[0] == PeerId::from_parts("10.9.0.1", 3001));  // the named ones first
    CHECK(roots.commands().empty());

    RootPeers few(with_ledger_peers(5), Instant(), 1, 40);
    CHECK(reported(few).size() == 6);
    RootPeers late(with_ledger_peers(5, 101), Instant(), 1, 40);  // the snapshot is older
    CHECK(reported(late).size() == 1);
    RootPeers never(with_ledger_peers(5, -1), Instant(), 1, 40);
    CHECK(reported(never).size() == 1);
}

TEST_CASE("A reload loads a new snapshot, and an unchanged one gives the same ledger peers", "[unit][root_peers]") {
    RootPeers roots(with_ledger_peers(200), Instant(), 3, 20);
    const auto before = reported(roots);
    roots.set(with_ledger_peers(200), Instant());
    CHECK(reported(roots) == before);
    auto changed = with_ledger_peers(200);
    changed.ledger_peers->pools.erase(changed.ledger_peers->pools.begin() + 1, changed.ledger_peers->pools.end());
    roots.set(changed, Instant());
    CHECK(reported(roots) == std::vector{PeerId::from_parts("10.9.0.1", 3001), PeerId::from_parts("10.2.0.1", 3001)});
}

TEST_CASE("One peer of each relay that was drawn becomes known when its name is looked up", "[unit][root_peers]") {
    Topology topology = with_ledger_peers(0);
    LedgerSnapshot::Pool pool;
    pool.stake = 1;
    topology.ledger_peers->add_relay(pool, "pool.example", std::nullopt);
    topology.ledger_peers->pools.push_back(pool);
    RootPeers roots(std::move(topology), Instant(), 1);
    CHECK(reported(roots).size() == 1);
    answer(roots, "_cardano._tcp.pool.example", numbered(50), Instant());
    CHECK(reported(roots).size() == 1);
    answer(roots, "_cardano._tcp.pool.example", numbered(60), Instant() + 60s);
    CHECK(reported(roots).empty());
}
