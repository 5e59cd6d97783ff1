#include <ouro/program/samples.hpp>

#include <algorithm>
#include <set>

#include <ouro/interface/stream.hpp>

#include "support/catch.hpp"

using namespace ouro;

namespace {

/// The value of the only sample of a metric with these labels.
double value(const Samples& samples, std::string_view name,
             const std::vector<std::pair<std::string, std::string>>& labels = {}) {
    const Sample* found = nullptr;
    for (const Sample& sample : samples.all()) {
        if (sample.metric->name != name || sample.labels != labels) continue;
        REQUIRE(found == nullptr);
        found = &sample;
    }
    INFO(name);
    REQUIRE(found != nullptr);
    return found->value;
}

PeerVisitor::Peer peer(std::uint64_t number) {
    return {PeerId::from_parts("relay.example", 3001), make_connection_id(Direction::outbound, number)};
}

}  // namespace

TEST_CASE("Each metric has a name of its own, and a unit and a description", "[unit][program][samples]") {
    std::set<std::string> names;
    for (const MetricDefinition& metric : metric_definitions()) {
        INFO(metric.name);
        CHECK(metric.name.starts_with("ouro."));
        CHECK_FALSE(metric.unit.empty());
        CHECK(metric.help.ends_with('.'));
        const std::string name = prometheus_name(metric);
        CHECK(names.insert(name).second);
        CHECK(std::all_of(name.begin(), name.end(), [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); }));
        CHECK(name.ends_with("_total") == (metric.kind == MetricDefinition::Kind::counter));
    }
    CHECK(names.contains("ouro_messages_received_size_bytes_total"));
    CHECK(names.contains("ouro_keep_alive_round_trip_seconds"));
    CHECK(names.contains("ouro_peers_active"));
}

TEST_CASE("Samples have the events of peers, and of clients", "[unit][program][samples]") {
    Metrics metrics;
    metrics.connected(peer(1), Instant());
    metrics.connected(peer(2), Instant());
    const n2n::Message ping = n2n::Message::of<KeepAlive>(KeepAlive::Ping{7});
    const n2n::Message pong = n2n::Message::of<KeepAlive>(KeepAlive::Pong{7});
    metrics.sending(peer(1), Role::initiator, ping, Instant() + 1s);
    metrics.received(peer(1), Role::initiator, pong, 5, Instant() + 1s + 7ms);
    metrics.sending(peer(2), Role::initiator, ping, Instant() + 1s);
    metrics.received(peer(2), Role::initiator, pong, 5, Instant() + 21s);
    metrics.disconnected(peer(2), Errc::cookie_mismatch, {"keep-alive", {}, {}, Errc::cookie_mismatch}, Instant());
    metrics.moved(peer(2).peer, Temperature::warm, Temperature::cold, Instant());
    LocalMetrics local;
    local.connected(peer(3), Instant());

    Samples samples;
    samples.add(metrics).add(local);
    const std::pair<std::string, std::string> nodes{"protocols", "node-to-node"},
        clients{"protocols", "node-to-client"};
    CHECK(value(samples, "ouro.connections.opened", {nodes}) == 2);
    CHECK(value(samples, "ouro.connections.open", {nodes}) == 1);
    CHECK(value(samples, "ouro.connections.open", {clients}) == 1);
    CHECK(value(samples, "ouro.connections.violations", {nodes}) == 1);
    CHECK(value(samples, "ouro.connections.ended", {nodes, {"reason", "cookie_mismatch"}}) == 1);
    CHECK(value(samples, "ouro.messages.received.size",
                {nodes, {"protocol", "keep-alive"}, {"message", "KeepAliveResponse"}}) == 10);
    CHECK(value(samples, "ouro.messages.sent", {nodes, {"protocol", "keep-alive"}, {"message", "KeepAlive"}}) == 2);
    CHECK(value(samples, "ouro.peers.moves", {{"from", "warm"}, {"to", "cold"}}) == 1);
    const auto times = std::find_if(samples.all().begin(), samples.all().end(), [](const Sample& sample) {
        return sample.metric->name == "ouro.keep_alive.round_trip";
    });
    REQUIRE(times != samples.all().end());
    CHECK(times->count == 2);
    CHECK(times->value == Approx(20.007));
    REQUIRE(times->buckets.size() == 11);
    CHECK(times->buckets[1].count == 0);  // up to 5 ms
    CHECK(times->buckets[2].limit == Approx(0.01));
    CHECK(times->buckets[2].count == 1);
    CHECK(times->buckets.back().count == 1);  // up to 10 s
}

TEST_CASE("Samples have the counters of behaviors and interfaces", "[unit][program][samples]") {
    initiator::PeerState hot, banned, dialling;
    hot.root = true;
    hot.temperature = Temperature::hot;
    banned.temperature = Temperature::banned;
    dialling.stage = initiator::Stage::dialling;
    const std::vector<initiator::PeerState> peers{hot, banned, dialling};
    initiator::Counters counters;
    counters.available = 4;
    responder::Counters served;
    served.blocks = 9;
    local_responder::Counters clients;
    clients.requests = 3;
    node::Counters connections;
    connections.duplex = 2;
    StreamFigures figures;
    figures.connections = 5;
    figures.inbound = 2;
    figures.held = 77;
    Samples samples;
    samples.add(counters, peers).add(served).add(clients).add(connections).add(figures);
    CHECK(value(samples, "ouro.peers.known", {{"group", "roots"}}) == 1);
    CHECK(value(samples, "ouro.peers.active", {{"group", "roots"}}) == 1);
    CHECK(value(samples, "ouro.peers.established", {{"group", "others"}}) == 0);
    CHECK(value(samples, "ouro.peers.banned", {{"group", "others"}}) == 1);
    CHECK(value(samples, "ouro.peers.connecting", {{"group", "others"}}) == 1);
    CHECK(value(samples, "ouro.peers.available") == 4);
    CHECK(value(samples, "ouro.served.blocks", {{"protocols", "node-to-node"}}) == 9);
    CHECK(value(samples, "ouro.served.requests", {{"protocols", "node-to-client"}}) == 3);
    CHECK(value(samples, "ouro.connections.duplex") == 2);
    CHECK(value(samples, "ouro.sockets.open", {{"direction", "outbound"}}) == 3);
    CHECK(value(samples, "ouro.sockets.held") == 77);
}

TEST_CASE("Samples of two parts of a program are added up", "[unit][program][samples]") {
    Metrics one, other;
    for (Metrics* metrics : {&one, &other}) {
        metrics->connected(peer(1), Instant());
        metrics->sending(peer(1), Role::initiator, n2n::Message::of<KeepAlive>(KeepAlive::Ping{7}), Instant());
        metrics->received(peer(1), Role::initiator, n2n::Message::of<KeepAlive>(KeepAlive::Pong{7}), 5,
                          Instant() + 7ms);
    }
    other.connected(peer(2), Instant());
    other.disconnected(peer(2), Errc::idle, {}, Instant());
    responder::Counters served;
    served.blocks = 9;
    Samples first, second;
    first.add(one).add(served);
    second.add(other).add(served).add(initiator::Counters(), {});
    Samples sum;
    sum.add(first).add(second);
    const std::pair<std::string, std::string> nodes{"protocols", "node-to-node"};
    CHECK(value(sum, "ouro.connections.opened", {nodes}) == 3);
    CHECK(value(sum, "ouro.connections.open", {nodes}) == 2);
    CHECK(value(sum, "ouro.connections.ended", {nodes, {"reason", "idle"}}) == 1);
    CHECK(value(sum, "ouro.served.blocks", {nodes}) == 18);
    CHECK(value(sum, "ouro.peers.available") == 0);
    const auto times = std::find_if(sum.all().begin(), sum.all().end(), [](const Sample& sample) {
        return sample.metric->name == "ouro.keep_alive.round_trip";
    });
    REQUIRE(times != sum.all().end());
    CHECK(times->value == Approx(0.014));
    CHECK(times->count == 2);
    CHECK(times->buckets[1].count == 0);
    CHECK(times->buckets[2].count == 2);
    CHECK(sum.all().size() == second.all().size());  // each metric with its labels stands once
}
