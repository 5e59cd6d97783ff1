#include <ouro/emulation/vices.hpp>

#include "unit/behavior/crowd.hpp"

using namespace cast;

namespace {

ini::Config aiming_at(std::size_t established, std::size_t active) {
    ini::Config config = knowing();
    config.targets = {established, active};
    return config;
}

}  // namespace

TEST_CASE("The numbers of warm and hot peers meet the targets", "[unit][behavior][promotion]") {
    Crowd crowd(30, aiming_at(10, 4));
    crowd.know(0, 30);
    CHECK(crowd.counters().connecting == 10);
    crowd.net.run_for(1s);
    const auto now = crowd.counters();
    CHECK(now.known == 30);
    CHECK(now.roots == 0);
    CHECK(now.available == 20);
    CHECK(now.connecting == 0);
    CHECK(now.warm == 6);
    CHECK(now.hot == 4);
    CHECK(crowd.node.connections().size() == 10);
    CHECK(count<ini::TemperatureChanged>(crowd.node) == 14);  // ten to warm, four of them to hot
}

TEST_CASE("The choice of peers is drawn from the seed", "[unit][behavior][promotion]") {
    const auto picked = [](std::uint64_t seed) {
        ini::Config config = aiming_at(5, 2);
        config.seed = seed;
        Crowd crowd(40, config);
        crowd.know(0, 40);
        crowd.net.run_for(1s);
        std::vector<PeerId> peers;
        for (const auto& change : told<ini::TemperatureChanged>(crowd.node)) peers.push_back(change.peer);
        return peers;
    };
    CHECK(picked(1) == picked(1));
    CHECK(picked(1) != picked(2));
}

TEST_CASE("Only a hot peer is followed and fetched from", "[unit][behavior][promotion]") {
    Crowd crowd(6, aiming_at(6, 2));
    crowd.know(0, 6);
    REQUIRE(crowd.node.execute(ini::StartSync{}));
    REQUIRE(crowd.node.execute(ini::RequestBlocks{crowd.chain->at(1), crowd.chain->at(5)}));
    REQUIRE(await<ini::AtTip>(crowd.net, crowd.node));
    crowd.net.run_for(1s);
    CHECK(crowd.temperature(crowd.upstream()) == Temperature::hot);
    CHECK(crowd.temperature(last<ini::RangeDone>(crowd.node).peer) == Temperature::hot);
}

TEST_CASE("A hot peer that disconnects is replaced at once, and so is the upstream", "[unit][behavior][promotion]") {
    Crowd crowd(10, aiming_at(5, 2));
    crowd.know(0, 10);
    REQUIRE(crowd.node.execute(ini::StartSync{}));
    REQUIRE(await<ini::AtTip>(crowd.net, crowd.node));
    const PeerId upstream = crowd.upstream();
    crowd.disconnect(upstream);
    REQUIRE(await<ini::PeerDisconnected>(crowd.net, crowd.node));
    // In the same instant: a warm one is hot, a cold one is dialled, and the sync goes on with somebody else.
    CHECK(crowd.counters().hot == 2);
    CHECK(crowd.counters().warm == 2);
    CHECK(crowd.counters().connecting == 1);
    crowd.chain->extend(3);
    for (Responder* relay : crowd.relays) REQUIRE(relay->execute(res::ChainChanged{10}));
    REQUIRE(crowd.net.run_until([&] { return count<ini::RollForward>(crowd.node) == 13; }, 2s));
    CHECK(crowd.upstream() != upstream);
    CHECK(count<ini::RollBackward>(crowd.node) == 0);
}

TEST_CASE("A peer is not dialled for ten seconds after our disconnect, and for five after its own",
          "[unit][behavior][promotion]") {
    Crowd crowd(1, aiming_at(5, 2));
    crowd.know(0, 1);
    REQUIRE(await<ini::PeerInitialized>(crowd.net, crowd.node));
    const bool ours = GENERATE(true, false);
    if (ours) {
        crowd.targets(0, 0);
        crowd.targets(5, 2);
    } else {
        crowd.disconnect(crowd.ids[0]);
    }
    REQUIRE(crowd.net.run_until([&] { return count<ini::PeerDisconnected>(crowd.node) == 1; }, 10s));
    const auto wait = *last<ini::PeerDisconnected>(crowd.node).retry_at - crowd.net.now();
    CHECK(wait >= (ours ? 8s : 3s));
    CHECK(wait <= (ours ? 12s : 7s));
    CHECK(crowd.counters().available == 0);
    REQUIRE(await<ini::PeerInitialized>(crowd.net, crowd.node, 15s));
}

TEST_CASE("A known peer is forgotten at its sixth failure, and a root is not", "[unit][behavior][promotion]") {
    const bool root = GENERATE(false, true);
    Crowd crowd(1, aiming_at(5, 2));
    crowd.net.reach(crowd.ids[0], Reach::refuses);
    if (root)
        crowd.roots({{crowd.ids, 1, 1, false}});
    else
        crowd.know(0, 1);
    crowd.net.run_for(20min);
    const auto failures = told<ini::PeerDisconnected>(crowd.node);
    if (root) {
        CHECK(failures.size() > 8);
        CHECK(failures.back().retry_at);
        CHECK(crowd.counters().known == 1);
    } else {
        CHECK(failures.size() == 6);
        CHECK_FALSE(failures.back().retry_at);
        CHECK(crowd.counters().known == 0);
        crowd.net.reach(crowd.ids[0], Reach::answers);
        crowd.know(0, 1);  // it may be learnt again
        CHECK(await<ini::PeerInitialized>(crowd.net, crowd.node));
    }
}

TEST_CASE("A failing peer takes no place while it waits", "[unit][behavior][promotion]") {
    Crowd crowd(12, aiming_at(4, 2));
    for (std::size_t i = 0; i < 8; ++i) crowd.net.reach(crowd.ids[i], i % 2 == 0 ? Reach::refuses : Reach::silent);
    crowd.know(0, 12);
    crowd.net.run_for(5min);
    CHECK(crowd.hot_among(crowd.some(8, 4)) == 2);
    CHECK(crowd.warm_among(crowd.some(8, 4)) == 2);
}

TEST_CASE("Lower targets demote and disconnect, and higher ones promote again, on the same connections if they stayed",
          "[unit][behavior][promotion]") {
    Crowd crowd(8, aiming_at(8, 4));
    crowd.know(0, 8);
    REQUIRE(crowd.node.execute(ini::StartSync{}));
    REQUIRE(await<ini::AtTip>(crowd.net, crowd.node));
    crowd.net.run_for(1s);
    crowd.targets(8, 0);
    CHECK(crowd.counters().hot == 0);
    CHECK(crowd.counters().warm == 8);
    CHECK(crowd.counters().cooling == 1);  // the upstream, which owes the next header
    crowd.net.run_for(1s);
    crowd.chain->extend();
    for (Responder* relay : crowd.relays) REQUIRE(relay->execute(res::ChainChanged{10}));
    crowd.net.run_for(1s);
    CHECK(count<ini::RollForward>(crowd.node) == 10);  // none is followed now
    crowd.targets(8, 4);
    crowd.net.run_for(1s);
    CHECK(crowd.counters().hot == 4);
    CHECK(count<ini::RollForward>(crowd.node) == 11);
    CHECK(count<ini::PeerConnected>(crowd.node) == 8);
    CHECK(count<ini::PeerDisconnected>(crowd.node) == 0);
    crowd.targets(3, 1);
    crowd.net.run_for(400s);
    CHECK(crowd.counters().hot == 1);
    CHECK(crowd.counters().warm == 2);
    CHECK(crowd.node.connections().size() == 3);
    for (const auto& gone : told<ini::PeerDisconnected>(crowd.node)) CHECK(gone.reason == Errc::disconnected);
    for (const Responder* relay : crowd.relays) CHECK(relay->behavior().counters().violations == 0);
}

TEST_CASE("A peer is hot, warm and hot again on one connection, and is then followed as before",
          "[unit][behavior][promotion]") {
    Crowd crowd(1, aiming_at(1, 1));
    crowd.know(0, 1);
    std::size_t blocks = 10;
    REQUIRE(crowd.node.execute(ini::StartSync{}));
    REQUIRE(await<ini::AtTip>(crowd.net, crowd.node));
    for (int round = 0; round < 5; ++round) {
        crowd.targets(1, 0);
        crowd.net.run_for(1s);
        crowd.chain->extend(400);  // answers what is owed
        REQUIRE(crowd.relays[0]->execute(res::ChainChanged{blocks}));
        blocks += 400;
        crowd.net.run_for(5s);
        CHECK(crowd.counters().warm == 1);
        CHECK(crowd.counters().cooling == 0);
        crowd.targets(1, 1);
        REQUIRE(await<ini::AtTip>(crowd.net, crowd.node));
        CHECK(followed(crowd.node) == points_of(*crowd.chain));
    }
    CHECK(count<ini::PeerConnected>(crowd.node) == 1);
    CHECK(crowd.relays[0]->behavior().counters().violations == 0);
}

TEST_CASE("A cooling peer with outstanding answers is not waited for longer than the cooling time",
          "[unit][behavior][promotion]") {
    Crowd crowd(1, aiming_at(1, 1));
    crowd.know(0, 1);
    REQUIRE(crowd.node.execute(ini::StartSync{}));
    REQUIRE(await<ini::AtTip>(crowd.net, crowd.node));
    crowd.targets(1, 0);
    const Instant start = crowd.net.now();
    REQUIRE(await<ini::PeerDisconnected>(crowd.net, crowd.node, 400s));
    CHECK(crowd.net.now() == start + 300s);
    CHECK(last<ini::PeerDisconnected>(crowd.node).reason == Errc::disconnected);
    CHECK(state(crowd.node, crowd.ids[0]).failures == 0);
}

TEST_CASE("Roots come first: each group has its valencies, whatever the targets", "[unit][behavior][promotion]") {
    Crowd crowd(20, aiming_at(4, 2));
    crowd.know(10, 10);
    crowd.net.run_for(1s);
    CHECK(crowd.counters().hot == 2);
    crowd.roots({{crowd.some(0, 5), 2, 3, false}, {crowd.some(5, 5), 3, 5, true}});
    crowd.net.run_for(1s);
    CHECK(crowd.hot_among(crowd.some(0, 5)) == 2);
    CHECK(crowd.warm_among(crowd.some(0, 5)) == 1);
    CHECK(crowd.hot_among(crowd.some(5, 5)) == 3);
    CHECK(crowd.warm_among(crowd.some(5, 5)) == 2);
    // They count like all others, so no place is left.
    CHECK(crowd.hot_among(crowd.some(10, 10)) == 0);
    CHECK(crowd.counters().roots == 10);

    SECTION("one that disconnects is replaced from its group") {
        PeerId left;
        for (const PeerId& id : crowd.some(0, 5))
            if (crowd.temperature(id) == Temperature::hot) left = id;
        crowd.net.reach(left, Reach::refuses);
        crowd.disconnect(left);
        crowd.net.run_for(1s);
        CHECK(crowd.hot_among(crowd.some(0, 5)) == 2);
        CHECK(crowd.warm_among(crowd.some(0, 5)) == 1);
    }
    SECTION("the members of a removed group stay known and no more") {
        crowd.roots({{crowd.some(0, 5), 1, 1, false}});
        crowd.net.run_for(20s);
        CHECK(crowd.hot_among(crowd.some(0, 5)) == 1);
        CHECK(crowd.counters().roots == 5);
        CHECK(crowd.counters().hot == 2);
        CHECK(crowd.counters().warm == 2);
        CHECK(crowd.counters().known == 20);
    }
    SECTION("no target removes one") {
        crowd.targets(0, 0);
        crowd.net.run_for(400s);
        CHECK(crowd.hot_among(crowd.some(0, 10)) == 5);
        CHECK(crowd.warm_among(crowd.some(0, 10)) == 3);
        CHECK(crowd.node.connections().size() == 8);
    }
}

TEST_CASE("Groups of roots that contradict each other are refused, and nothing changes",
          "[unit][behavior][promotion]") {
    Crowd crowd(4);
    crowd.roots({{crowd.some(0, 2), 1, 2, false}});
    const std::vector<ini::LocalRoots> bad = GENERATE_REF(
        values<std::vector<ini::LocalRoots>>({{{crowd.some(0, 2), 3, 3, false}},                                   //
                                              {{crowd.some(0, 2), 2, 1, false}},                                   //
                                              {{crowd.some(0, 2), 1, 1, false}, {crowd.some(1, 2), 1, 1, false}},  //
                                              {{{PeerId()}, 1, 1, false}}}));
    CHECK(crowd.node.execute(ini::SetLocalRoots{bad}).error() == Errc::bad_argument);
    crowd.net.run_for(1s);
    CHECK(crowd.hot_among(crowd.some(0, 2)) == 1);
    CHECK(crowd.counters().known == 2);
}

TEST_CASE("No more peers are known than the limit", "[unit][behavior][promotion]") {
    ini::Config config = aiming_at(1, 1);
    config.max_known = 3;
    Crowd crowd(5, config);
    CHECK(crowd.node.execute(ini::KnowPeers{crowd.some(0, 4)}).error() == Errc::queue_full);
    CHECK(crowd.counters().known == 0);
    crowd.know(0, 3);
    CHECK(crowd.node.execute(ini::KnowPeers{crowd.some(3, 1)}).error() == Errc::queue_full);
    CHECK(crowd.node.execute(ini::IncludePeer{crowd.ids[3]}).error() == Errc::queue_full);
    CHECK(crowd.node.execute(ini::BanPeer{crowd.ids[3]}).error() == Errc::queue_full);
    CHECK(crowd.node.execute(ini::SetLocalRoots{ini::LocalRoots{crowd.some(3, 1)}}).error() == Errc::queue_full);
    crowd.know(0, 3);  // no news
    CHECK(crowd.node.execute(ini::DemotePeer{crowd.ids[1]}));
    crowd.net.run_for(10s);
    crowd.know(3, 1);
    CHECK(crowd.counters().known == 3);
}

TEST_CASE("A peer without our chain is replaced for two minutes", "[unit][behavior][promotion]") {
    Crowd crowd(2, aiming_at(4, 1));
    const auto other_chain = std::make_shared<TestChain>(5);
    other_chain->extend(30, 1);
    const PeerId stranger = PeerId::from_parts("stranger.example", 3001);
    Responder& relay = crowd.net.add<ResponderBehavior>(stranger, serving(other_chain));
    crowd.know(0, 1);
    REQUIRE(crowd.node.execute(ini::StartSync{{crowd.chain->point(8)}}));
    REQUIRE(await<ini::AtTip>(crowd.net, crowd.node));
    REQUIRE(crowd.node.execute(ini::KnowPeers{{stranger}}));
    crowd.net.run_for(1s);
    crowd.net.reach(crowd.ids[0], Reach::refuses);
    crowd.disconnect(crowd.ids[0]);
    crowd.net.run_for(1s);
    CHECK(crowd.temperature(stranger) == Temperature::warm);
    CHECK(relay.behavior().counters().violations == 0);
    CHECK(count<ini::SyncEnded>(crowd.node) == 0);
    crowd.know(1, 1);
    REQUIRE(await<ini::AtTip>(crowd.net, crowd.node));
    CHECK(crowd.temperature(crowd.ids[1]) == Temperature::hot);
    CHECK(crowd.temperature(stranger) == Temperature::warm);
    crowd.targets(4, 2);
    crowd.net.run_for(60s);
    CHECK(crowd.temperature(stranger) == Temperature::warm);
    crowd.net.run_for(60s);
    CHECK(crowd.temperature(stranger) == Temperature::hot);
}

TEST_CASE("A peer that rolls back beyond the history is not banned, and not hot for three minutes",
          "[unit][behavior][promotion]") {
    Crowd crowd(1, aiming_at(1, 1));
    crowd.relays[0]->meddle(find_vice(responder_vices(), "unknown_rollback")->make);
    crowd.know(0, 1);
    REQUIRE(crowd.node.execute(ini::StartSync{}));
    REQUIRE(await<ini::PeerDisconnected>(crowd.net, crowd.node));
    const Instant start = crowd.net.now();
    CHECK(last<ini::PeerDisconnected>(crowd.node).violation.rule == Errc::unknown_rollback);
    CHECK(count<ini::PeerBanned>(crowd.node) == 0);
    crowd.net.run_for(170s);
    CHECK(crowd.temperature(crowd.ids[0]) == Temperature::warm);
    REQUIRE(await<ini::PeerDisconnected>(crowd.net, crowd.node, 20s));  // hot again, and it does the same again
    CHECK(crowd.net.now() >= start + 180s);
}

TEST_CASE("Members of a group that do not answer do not delay others", "[unit][behavior][promotion]") {
    Crowd crowd(12, aiming_at(0, 0));
    for (std::size_t i = 0; i < 12; ++i)
        if (i != 7) crowd.net.reach(crowd.ids[i], ouro::emulation::Reach::silent);
    crowd.roots({{crowd.some(0, 12), 2, 2, false}});
    CHECK(crowd.counters().connecting == 2);
    REQUIRE(crowd.net.run_until([&] { return crowd.temperature(crowd.ids[7]) == Temperature::hot; }, 2s));
}

TEST_CASE("Late answers of more members than a group's valency close the surplus", "[unit][behavior][promotion]") {
    Options slow;
    slow.latency = 400ms;
    Crowd crowd(6, aiming_at(0, 0), slow);
    crowd.roots({{crowd.some(0, 6), 2, 2, false}});
    crowd.net.run_for(300ms);
    CHECK(crowd.counters().connecting == 4);
    crowd.net.run_for(10s);
    CHECK(crowd.hot_among(crowd.ids) == 2);
    CHECK(crowd.warm_among(crowd.ids) == 0);
    CHECK(crowd.counters().connecting == 0);
}
