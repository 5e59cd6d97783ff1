#include <algorithm>

#include "unit/behavior/node_cast.hpp"

using namespace cast;

namespace {

ini::PeerState upstream(const Both& node) {
    const auto peers = node.behavior().initiator().peers();
    REQUIRE(peers.size() == 1);
    return peers.front();
}

bool in_use(const Both& node) {
    const auto stage = upstream(node).stage;
    return stage != ini::Stage::waiting && stage != ini::Stage::closing;
}

/// Lets the time pass until the node dials, or uses a connection that is there.
Instant next_dial(TwoNodes& pair) {
    REQUIRE_FALSE(in_use(*pair.near));
    REQUIRE(pair.net.run_until([&] { return in_use(*pair.near); }, 1h));
    return pair.net.now();
}

Instant reported(const Both& node) {
    REQUIRE(count<ini::PeerDisconnected>(node) > 0);
    const auto end = last<ini::PeerDisconnected>(node);
    INFO(name(end.reason));
    REQUIRE(end.retry_at);
    CHECK(upstream(node).retry_at == end.retry_at);
    return *end.retry_at;
}

ConnectionId only(const Both& node) {
    REQUIRE(node.connections().size() == 1);
    return node.connections().front();
}

const raw::ByteVector malformed = raw::bytes("820000");

struct Ending {
    const char* what;
    Errc reason;
    Duration least, most;  // of the wait, without jitter
    void (*happens)(TwoNodes& pair);
};

const Ending endings[] = {
    {"the network resets it", Errc::connection_reset, 5s, 5s,
     [](TwoNodes& pair) { pair.near->lose(only(*pair.near), Loss::reset); }},
    {"the peer closes it", Errc::closed_by_peer, 5s, 5s,
     [](TwoNodes& pair) { REQUIRE(pair.far->execute(res::DisconnectPeer{only(*pair.far)})); }},
    {"the peer resets it", Errc::connection_reset, 5s, 5s,
     [](TwoNodes& pair) { pair.far->lose(only(*pair.far), Loss::reset); }},
    {"the peer breaks a rule", Errc::malformed, 10s, 10s,
     [](TwoNodes& pair) { pair.far->inject(only(*pair.far), segment(2, true, malformed)); }},
    {"the peer breaks a rule of our serving side", Errc::malformed, 10s, 10s,
     [](TwoNodes& pair) { pair.far->inject(only(*pair.far), segment(3, false, malformed)); }},
    {"our serving side closes it", Errc::disconnected, 60s, 60s,
     [](TwoNodes& pair) { REQUIRE(pair.near->execute(res::DisconnectPeer{only(*pair.near)})); }},
};

}  // namespace

TEST_CASE("A node dials a lost peer at the reported instant", "[unit][behavior][node]") {
    const Ending& ending = endings[GENERATE(range(std::size_t{0}, std::size(endings)))];
    INFO(ending.what);
    TwoNodes pair;
    pair.include(*pair.near, relay_id);
    REQUIRE(pair.near->execute(ini::StartSync{}));
    pair.net.run_for(10s);
    REQUIRE(in_use(*pair.near));
    ending.happens(pair);
    REQUIRE(pair.net.run_until([&] { return count<ini::PeerDisconnected>(*pair.near) > 0; }, 10s));
    const Instant lost = pair.net.now();
    CHECK(last<ini::PeerDisconnected>(*pair.near).reason == ending.reason);
    const Instant at = reported(*pair.near);
    CHECK(at - lost >= ending.least - 2s);
    CHECK(at - lost <= ending.most + 2s);
    CHECK(next_dial(pair) == at);
}

TEST_CASE("A node reports every dial of an unreachable peer", "[unit][behavior][node]") {
    TwoNodes pair;
    const Reach reach = GENERATE(Reach::refuses, Reach::silent, Reach::unknown);
    pair.net.reach(relay_id, reach);
    pair.include(*pair.near, relay_id);
    for (std::size_t failures = 1; failures <= 8; ++failures) {
        REQUIRE(pair.net.run_until([&] { return count<ini::PeerDisconnected>(*pair.near) == failures; }, 10min));
        const Instant at = reported(*pair.near);
        CHECK(next_dial(pair) == at);
    }
}

TEST_CASE("A node that drops a peer and promotes it again dials at the reported instant", "[unit][behavior][node]") {
    const bool time_wait = GENERATE(true, false);
    const bool late = GENERATE(false, true);  // whether the peer's time to begin is over
    TwoNodes pair(20, [&](node::Config& config) {
        config.initiator.targets = {1, 1};
        if (!time_wait) config.time_wait = {};
    });
    REQUIRE(pair.near->execute(ini::KnowPeers{{relay_id}}));
    pair.net.run_for(late ? 10s : 1s);
    const bool used = GENERATE(false, true);  // by the peer, which goes on with it
    if (used) pair.include(*pair.far, node_id);
    pair.net.run_for(1s);
    CAPTURE(time_wait, late, used);
    const Instant given_up = pair.net.now();
    REQUIRE(pair.near->execute(ini::SetTargets{{0, 0}}));
    REQUIRE(pair.near->execute(ini::SetTargets{{1, 1}}));
    CHECK(last<ini::PeerDisconnected>(*pair.near).reason == Errc::disconnected);
    const Instant at = reported(*pair.near);
    CHECK(at - given_up >= 8s);
    if (used) CHECK(at - given_up <= 12s);
    if (!used && time_wait) CHECK(at - given_up >= 60s);
    CHECK(next_dial(pair) == at);
    pair.net.run_for(10s);
    CHECK(upstream(*pair.near).stage == ini::Stage::ready);
}

TEST_CASE("A node that demotes and includes a peer waits as reported", "[unit][behavior][node]") {
    TwoNodes pair;
    res::Config one_way = serving(pair.chain);
    one_way.offer.data.initiator_only = true;
    pair.net.add<ResponderBehavior>(raw_id, one_way);
    pair.include(*pair.near, raw_id);
    pair.net.run_for(1s);
    pair.demote(*pair.near, raw_id);  // a connection that goes one way is closed in good order
    pair.include(*pair.near, raw_id);
    REQUIRE(pair.net.run_until([&] { return count<ini::PeerDisconnected>(*pair.near) == 1; }, 10s));
    CHECK(last<ini::PeerDisconnected>(*pair.near).reason == Errc::demoted);
    const Instant at = reported(*pair.near);
    CHECK(at == pair.net.now() + 60s);
    SECTION("and nothing else happens") { CHECK(next_dial(pair) == at); }
    SECTION("even if it is included once more") {
        pair.include(*pair.near, raw_id);
        CHECK(upstream(*pair.near).retry_at == at);
        CHECK(next_dial(pair) == at);
    }
}

TEST_CASE("A root that is banned is dialled at the end of the ban", "[unit][behavior][node]") {
    TwoNodes pair;
    const Duration time = GENERATE(Duration(1s), Duration(1min));
    pair.include(*pair.near, relay_id);
    pair.net.run_for(1s);
    REQUIRE(pair.near->execute(ini::BanPeer{relay_id, time}));
    const Instant until = pair.net.now() + time;
    REQUIRE(pair.net.run_until([&] { return count<ini::PeerDisconnected>(*pair.near) == 1; }, 10s));
    CHECK(reported(*pair.near) == until);
    CHECK(next_dial(pair) == until);
}

TEST_CASE("A peer known only for its ban is not dialled afterwards, as reported", "[unit][behavior][node]") {
    TwoNodes pair;
    REQUIRE(pair.near->execute(ini::KnowPeers{{relay_id}}));
    pair.net.run_for(1s);
    REQUIRE(in_use(*pair.near));
    pair.demote(*pair.near, relay_id);
    REQUIRE(pair.near->execute(ini::BanPeer{relay_id, 1min}));
    pair.net.run_for(10s);
    CHECK_FALSE(last<ini::PeerDisconnected>(*pair.near).retry_at);
    pair.net.run_for(10min);
    CHECK(pair.net.figures().dials == 1);
}

TEST_CASE("A restart of the only upstream costs a node ten seconds at most in the median", "[unit][behavior][node]") {
    std::vector<Duration> waits;
    TwoNodes pair;
    pair.include(*pair.near, relay_id);
    for (std::size_t restart = 1; restart <= 10; ++restart) {
        pair.net.run_for(3s);
        if (restart % 2 == 0)
            pair.far->lose(only(*pair.far), Loss::reset);
        else
            REQUIRE(pair.far->execute(res::DisconnectPeer{only(*pair.far)}));
        pair.net.reach(relay_id, Reach::refuses);
        const Instant lost = pair.net.now();
        pair.net.run_for(1s);
        pair.net.reach(relay_id, Reach::answers);
        REQUIRE(pair.net.run_until([&] { return count<ini::PeerInitialized>(*pair.near) == restart + 1; }, 2min));
        waits.push_back(pair.net.now() - lost);
    }
    std::sort(waits.begin(), waits.end());
    CHECK(waits[4] <= 10s);
    CHECK(waits[9] <= 10s);
}
