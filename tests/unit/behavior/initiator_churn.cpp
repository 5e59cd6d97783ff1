#include <algorithm>
#include <cmath>
#include <set>

#include <ouro/base/random.hpp>

#include "unit/behavior/neighbours.hpp"

using namespace cast;

namespace {

ini::Config churning(std::size_t established, std::size_t active, std::size_t known) {
    ini::Config config = sharing(established, active, known);
    config.churn = ini::Churn();
    return config;
}

/// Who has been hot, and the fewest of each kind there were after the first hour.
struct Watch {
    explicit Watch(Neighbours& world) {
        world.node.watch([this, &world](const ini::Event& event) {
            if (const auto* change = std::get_if<ini::TemperatureChanged>(&event)) {
                if (change->to == Temperature::hot) been_hot.insert(change->peer.text());
                if (change->from == Temperature::hot && change->to == Temperature::warm)
                    cooled.push_back({change->peer, world.net.now()});
            }
            if (const auto* down = std::get_if<ini::PeerDisconnected>(&event)) left.insert(down->peer.text());
        });
    }
    std::set<std::string_view> been_hot, left;
    std::vector<std::pair<PeerId, Instant>> cooled;
};

/// How many of 57 peers beside three roots have been hot after so many rounds, where each pick is drawn: eight of the
/// hot ones are no roots, nine of the warm ones, and thirty are known beside them. Two of each kind go and two come.
double been_hot_by_chance(std::size_t rounds, std::uint64_t& random) {
    std::vector<int> unknown(57), cold, warm, hot;
    for (std::size_t i = 0; i < unknown.size(); ++i) unknown[i] = static_cast<int>(i);
    std::set<int> been_hot;
    const auto move = [&](std::vector<int>& from, std::vector<int>& to, std::size_t count) {
        for (; count > 0; --count) {
            std::swap(from[detail::next_random(random) % from.size()], from.back());
            to.push_back(from.back());
            from.pop_back();
        }
    };
    move(unknown, hot, 8);
    move(unknown, warm, 9);
    move(unknown, cold, 30);
    been_hot.insert(hot.begin(), hot.end());
    for (; rounds > 0; --rounds) {
        move(hot, warm, 2);
        move(warm, hot, 2);
        been_hot.insert(hot.begin(), hot.end());
        move(warm, cold, 2);
        move(cold, unknown, 6);
        move(unknown, cold, 6);
        move(cold, warm, 2);
    }
    return static_cast<double>(been_hot.size());
}

}  // namespace

TEST_CASE("Churn over a day meets the targets again and again and never removes a root", "[unit][behavior][churn]") {
    Neighbours world(60, churning(20, 10, 50));
    world.spread(8);
    Watch watch(world);
    const auto roots = world.some(0, 3);
    REQUIRE(world.node.execute(ini::SetLocalRoots{ini::LocalRoots{roots, 2, 3}}));
    REQUIRE(world.net.run_until([&] { return world.counters().known == 50; }, 3h));
    world.net.run_for(5min);
    std::size_t met = 0;
    for (int minute = 0; minute < 24 * 60; ++minute) {
        world.net.run_for(1min);
        const auto now = world.counters();
        CHECK(now.hot >= 8);  // a fifth of ten is given up
        CHECK(now.hot <= 10);
        CHECK(now.hot + now.warm + now.connecting >= 18);
        CHECK(now.hot + now.warm + now.connecting <= 20);
        CHECK(now.known >= 44);
        CHECK(now.known <= 50);
        met += now.hot == 10 && now.hot + now.warm == 20 && now.known == 50 ? 1 : 0;
    }
    CHECK(met > 24 * 60 * 4 / 5);
    std::set<Instant> rounds;
    for (const auto& [peer, at] : watch.cooled) rounds.insert(at);
    CHECK(rounds.size() >= 22);  // one in 65 minutes
    double sum = 0, squares = 0;
    constexpr int runs = 1'000;
    std::uint64_t random = 1;
    for (int run = 0; run < runs; ++run) {
        const double been_hot = been_hot_by_chance(rounds.size(), random);
        sum += been_hot;
        squares += been_hot * been_hot;
    }
    const double mean = sum / runs, deviation = std::sqrt(squares / runs - mean * mean);
    for (const PeerId& root : roots) watch.been_hot.erase(root.text());
    INFO(watch.been_hot.size() << " have been hot, by chance " << mean << " give or take " << deviation);
    CHECK(std::abs(static_cast<double>(watch.been_hot.size()) - mean) < 4 * deviation);
    CHECK(mean - 4 * deviation > 8 + 2);  // who gives the same two up for each other again and again has no more
    for (const PeerId& root : roots) {
        CHECK(watch.left.count(root.text()) == 0);
        CHECK(state(world.node, root).root);
    }
    CHECK(watch.left.size() > 20);
}

TEST_CASE("A round starts every 55 to 65 minutes and demotes a fifth of the hot peers", "[unit][behavior][churn]") {
    Neighbours world(60, churning(20, 10, 50));
    world.spread(8);
    Watch watch(world);
    REQUIRE(world.node.execute(ini::KnowPeers{world.some(0, 50)}));
    const Instant start = world.net.now();
    world.net.run_for(12h);
    std::vector<Instant> rounds;
    for (const auto& [peer, at] : watch.cooled)
        if (rounds.empty() || rounds.back() != at) rounds.push_back(at);
    REQUIRE(rounds.size() >= 11);
    CHECK(watch.cooled.size() == 2 * rounds.size());
    Instant last = start;
    for (const Instant at : rounds) {
        CHECK(at - last >= 3'300s);
        CHECK(at - last <= 3'900s);
        last = at;
    }
}

TEST_CASE("Without churn good peers stay", "[unit][behavior][churn]") {
    Neighbours world(60, sharing(20, 10, 50));
    world.spread(8);
    Watch watch(world);
    REQUIRE(world.node.execute(ini::KnowPeers{world.some(0, 50)}));
    world.net.run_for(12h);
    CHECK(watch.been_hot.size() == 10);
    CHECK(watch.left.empty());
}

TEST_CASE("The upstream of a sync is demoted last", "[unit][behavior][churn]") {
    Neighbours world(12, churning(6, 3, 12));
    REQUIRE(world.node.execute(ini::KnowPeers{world.ids}));
    REQUIRE(world.node.execute(ini::StartSync{}));
    REQUIRE(await<ini::AtTip>(world.net, world.node));
    const PeerId upstream = last<ini::RollForward>(world.node).peer;
    for (int minute = 0; minute < 6 * 60; minute += 2) {  // who has nothing new for minutes is left for that
        world.chain->extend();
        for (Responder* relay : world.relays) REQUIRE(relay->execute(res::ChainChanged{world.chain->size() - 1}));
        world.net.run_for(2min);
    }
    for (const auto& change : told<ini::TemperatureChanged>(world.node))
        if (change.peer == upstream) CHECK(change.to != Temperature::cold);
    CHECK(state(world.node, upstream).temperature == Temperature::hot);
    CHECK(count<ini::PeerDisconnected>(world.node) >= 5);
}

TEST_CASE("Targets set in the middle of a round apply at once", "[unit][behavior][churn]") {
    Neighbours world(60, churning(20, 10, 50));
    REQUIRE(world.node.execute(ini::KnowPeers{world.some(0, 50)}));
    world.net.run_for(1min);
    REQUIRE(world.net.run_until([&] { return world.counters().hot + world.counters().warm < 20; }, 2h));
    REQUIRE(world.node.execute(ini::SetTargets{{30, 15, 50, 0}}));
    world.net.run_for(10s);
    CHECK(world.counters().hot == 15);
    CHECK(world.counters().hot + world.counters().warm == 30);
    world.net.run_for(50min);
    CHECK(world.counters().hot + world.counters().warm == 30);
}

TEST_CASE("Churn without replacements ends each step at its time limit", "[unit][behavior][churn]") {
    ini::Config config = churning(4, 2, 20);
    config.churn->interval = 20min;
    config.churn->jitter = 0s;
    Neighbours world(4, config);
    REQUIRE(world.node.execute(ini::KnowPeers{world.ids}));
    for (int round = 0; round < 20; ++round) {
        world.net.run_for(20min);
        CHECK(world.counters().hot + world.counters().warm + world.counters().connecting >= 1);
    }
    world.net.run_for(15min);
    CHECK(world.counters().hot == 2);
    CHECK(world.counters().warm == 2);
    CHECK(world.counters().known == 4);
}
