#include <ouro/program/samples.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>

#include <ouro/interface/stream.hpp>

namespace ouro {

namespace {

using Kind = MetricDefinition::Kind;

constexpr std::array definitions{
    // Events of peers.
    MetricDefinition{"ouro.connections.opened", "{connection}", Kind::counter, "Connections opened by either side."},
    MetricDefinition{"ouro.connections.open", "{connection}", Kind::gauge, "Open connections."},
    MetricDefinition{"ouro.connections.ended", "{connection}", Kind::counter,
                     "Connections that ended, and dials that failed, by reason."},
    MetricDefinition{"ouro.connections.violations", "{connection}", Kind::counter,
                     "Connections that ended because the peer broke a rule."},
    MetricDefinition{"ouro.handshakes.agreed", "{handshake}", Kind::counter, "Handshakes with an agreement."},
    MetricDefinition{"ouro.messages.received", "{message}", Kind::counter, "Messages received, by protocol and kind."},
    MetricDefinition{"ouro.messages.received.size", "By", Kind::counter, "Bytes of the received messages."},
    MetricDefinition{"ouro.messages.sent", "{message}", Kind::counter, "Messages sent, by protocol and kind."},
    MetricDefinition{"ouro.keep_alive.round_trip", "s", Kind::histogram, "Round trips of keep-alive."},
    MetricDefinition{"ouro.peers.moves", "{move}", Kind::counter, "Changes of the temperature of a peer."},
    // The peers of an initiator.
    MetricDefinition{"ouro.peers.known", "{peer}", Kind::gauge, "Known peers, banned ones included."},
    MetricDefinition{"ouro.peers.available", "{peer}", Kind::gauge, "Cold peers that may be dialled now."},
    MetricDefinition{"ouro.peers.connecting", "{peer}", Kind::gauge, "Cold peers on their way to warm."},
    MetricDefinition{"ouro.peers.established", "{peer}", Kind::gauge, "Warm and hot peers."},
    MetricDefinition{"ouro.peers.active", "{peer}", Kind::gauge, "Hot peers."},
    MetricDefinition{"ouro.peers.cooling", "{peer}", Kind::gauge, "Peers on their way from hot to warm."},
    MetricDefinition{"ouro.peers.banned", "{peer}", Kind::gauge, "Banned peers."},
    // The connections of a node.
    MetricDefinition{"ouro.connections.full_duplex", "{connection}", Kind::gauge, "Connections used both ways."},
    MetricDefinition{"ouro.connections.duplex", "{connection}", Kind::gauge,
                     "Connections that may be used both ways, full-duplex ones included."},
    MetricDefinition{"ouro.connections.unidirectional", "{connection}", Kind::gauge, "One-way connections."},
    MetricDefinition{"ouro.connections.inbound", "{connection}", Kind::gauge, "Connections that peers use."},
    MetricDefinition{"ouro.connections.outbound", "{connection}", Kind::gauge, "Connections that this node uses."},
    MetricDefinition{"ouro.connections.terminating", "{connection}", Kind::gauge,
                     "Closed connections whose addresses are not dialled again yet."},
    MetricDefinition{"ouro.connections.reused", "{connection}", Kind::counter,
                     "Dials that an open connection of the peer replaced."},
    MetricDefinition{"ouro.connections.pruned", "{connection}", Kind::counter,
                     "Connections closed for the limit of inbound ones."},
    // The work of a server, of peers or of clients.
    MetricDefinition{"ouro.served.connections", "{connection}", Kind::counter, "Accepted connections."},
    MetricDefinition{"ouro.served.rejected", "{connection}", Kind::counter, "Connections closed at once."},
    MetricDefinition{"ouro.served.handshakes", "{handshake}", Kind::counter, "Handshakes with an agreement."},
    MetricDefinition{"ouro.served.refusals", "{handshake}", Kind::counter, "Handshakes without an agreement."},
    MetricDefinition{"ouro.served.violations", "{connection}", Kind::counter,
                     "Connections that ended because the peer broke a rule."},
    MetricDefinition{"ouro.served.headers", "{header}", Kind::counter, "Headers sent."},
    MetricDefinition{"ouro.served.blocks", "{block}", Kind::counter, "Blocks sent."},
    MetricDefinition{"ouro.served.keep_alives", "{message}", Kind::counter, "Keep-alives answered."},
    MetricDefinition{"ouro.served.requests", "{request}", Kind::counter,
                     "Requests for peer addresses, or requests of clients."},
    MetricDefinition{"ouro.served.transactions", "{transaction}", Kind::counter, "Transactions received, each once."},
    MetricDefinition{"ouro.served.bans", "{ban}", Kind::counter, "Bans of hosts."},
    MetricDefinition{"ouro.served.pruned", "{connection}", Kind::counter,
                     "Connections closed to make room for others."},
    MetricDefinition{"ouro.served.events_dropped", "{event}", Kind::counter, "Events that the program did not take."},
    // Sockets.
    MetricDefinition{"ouro.sockets.open", "{socket}", Kind::gauge, "Open sockets, by direction."},
    MetricDefinition{"ouro.sockets.dialling", "{socket}", Kind::gauge, "Dials in progress."},
    MetricDefinition{"ouro.sockets.turned_away", "{socket}", Kind::counter,
                     "Connections closed because of the limit of one address."},
    MetricDefinition{"ouro.sockets.received", "By", Kind::counter, "Bytes read from all sockets."},
    MetricDefinition{"ouro.sockets.held", "By", Kind::gauge, "Memory of received data that was not taken."},
    MetricDefinition{"ouro.sockets.queued", "By", Kind::gauge, "Data that waits to be sent."},
    MetricDefinition{"ouro.sockets.unacknowledged", "By", Kind::gauge,
                     "Data in the send buffers of connections that have more to send."},
};

const MetricDefinition& definition(std::string_view name) noexcept {
    const auto* const found = std::find_if(definitions.begin(), definitions.end(),
                                           [&](const MetricDefinition& one) { return one.name == name; });
    assert(found != definitions.end());
    return *found;
}

}  // namespace

std::span<const MetricDefinition> metric_definitions() noexcept { return definitions; }

std::string prometheus_name(const MetricDefinition& metric) {
    std::string name(metric.name);
    std::replace(name.begin(), name.end(), '.', '_');
    if (metric.unit == "By") name += "_bytes";
    if (metric.unit == "s") name += "_seconds";
    if (metric.kind == Kind::counter) name += "_total";
    return name;
}

Samples& Samples::add(const MetricDefinition& metric, double value, Labels labels) {
    Sample& sample = all_.emplace_back();
    sample.metric = &metric;
    sample.labels = std::move(labels);
    sample.value = value;
    return *this;
}

void Samples::put(std::string_view name, double value, Labels labels) {
    add(definition(name), value, std::move(labels));
}

void Samples::put(std::string_view name, const MetricFigures::Times& times) {
    const auto seconds = [](Duration time) { return std::chrono::duration<double>(time).count(); };
    put(name, seconds(times.sum));
    Sample& sample = all_.back();
    sample.count = times.count;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < times.limits.size(); ++i) {
        below += times.buckets[i];
        sample.buckets.push_back({seconds(times.limits[i]), below});
    }
}

Samples& Samples::add(const MetricFigures& figures, std::string_view protocols) {
    const std::pair<std::string, std::string> kind{"protocols", protocols};
    const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
    put("ouro.connections.opened", number(figures.connections), {kind});
    put("ouro.connections.open", number(figures.open.size()), {kind});
    put("ouro.connections.violations", number(figures.violations), {kind});
    put("ouro.handshakes.agreed", number(figures.agreements), {kind});
    for (const auto& [reason, count] : figures.ends)
        put("ouro.connections.ended", number(count), {kind, {"reason", std::string(name(reason))}});
    for (const auto& [key, traffic] : figures.received) {
        const Labels labels{kind, {"protocol", std::string(key.first)}, {"message", std::string(key.second)}};
        put("ouro.messages.received", number(traffic.messages), labels);
        put("ouro.messages.received.size", number(traffic.bytes), labels);
    }
    for (const auto& [key, traffic] : figures.sent)
        put("ouro.messages.sent", number(traffic.messages),
            {kind, {"protocol", std::string(key.first)}, {"message", std::string(key.second)}});
    for (const auto& [move, count] : figures.moves)
        put("ouro.peers.moves", number(count),
            {{"from", std::string(name(move.first))}, {"to", std::string(name(move.second))}});
    if (protocols == "node-to-node") put("ouro.keep_alive.round_trip", figures.round_trips);
    return *this;
}

Samples& Samples::add(const initiator::Counters& counters, std::span<const initiator::PeerState> peers) {
    struct Group {
        const char* name;
        std::size_t known = 0, connecting = 0, established = 0, active = 0, banned = 0;
    };
    std::array<Group, 2> groups{{{"roots"}, {"others"}}};
    for (const initiator::PeerState& peer : peers) {
        using initiator::Stage;
        Group& group = groups[peer.root ? 0 : 1];
        ++group.known;
        group.connecting += peer.temperature == Temperature::cold &&
                            (peer.stage == Stage::dialling || peer.stage == Stage::handshaking);
        group.established += peer.temperature == Temperature::warm || peer.temperature == Temperature::hot;
        group.active += peer.temperature == Temperature::hot;
        group.banned += peer.temperature == Temperature::banned;
    }
    for (const Group& group : groups) {
        const Labels labels{{"group", group.name}};
        put("ouro.peers.known", static_cast<double>(group.known), labels);
        put("ouro.peers.connecting", static_cast<double>(group.connecting), labels);
        put("ouro.peers.established", static_cast<double>(group.established), labels);
        put("ouro.peers.active", static_cast<double>(group.active), labels);
        put("ouro.peers.banned", static_cast<double>(group.banned), labels);
    }
    put("ouro.peers.available", static_cast<double>(counters.available));
    put("ouro.peers.cooling", static_cast<double>(counters.cooling));
    return *this;
}

Samples& Samples::add(const responder::Counters& counters) {
    const auto count = [this](std::string_view name, std::uint64_t value) {
        put(name, static_cast<double>(value), {{"protocols", "node-to-node"}});
    };
    count("ouro.served.connections", counters.connections);
    count("ouro.served.rejected", counters.rejected);
    count("ouro.served.handshakes", counters.handshakes);
    count("ouro.served.refusals", counters.refusals);
    count("ouro.served.violations", counters.violations);
    count("ouro.served.headers", counters.headers);
    count("ouro.served.blocks", counters.blocks);
    count("ouro.served.keep_alives", counters.keep_alives);
    count("ouro.served.requests", counters.peer_requests);
    count("ouro.served.transactions", counters.txs);
    count("ouro.served.bans", counters.bans);
    count("ouro.served.pruned", counters.pruned);
    count("ouro.served.events_dropped", counters.events_dropped);
    return *this;
}

Samples& Samples::add(const local_responder::Counters& counters) {
    const auto count = [this](std::string_view name, std::uint64_t value) {
        put(name, static_cast<double>(value), {{"protocols", "node-to-client"}});
    };
    count("ouro.served.connections", counters.connections);
    count("ouro.served.rejected", counters.rejected);
    count("ouro.served.handshakes", counters.handshakes);
    count("ouro.served.refusals", counters.refusals);
    count("ouro.served.violations", counters.violations);
    count("ouro.served.blocks", counters.blocks);
    count("ouro.served.requests", counters.requests);
    count("ouro.served.events_dropped", counters.events_dropped);
    return *this;
}

Samples& Samples::add(const node::Counters& counters) {
    put("ouro.connections.full_duplex", static_cast<double>(counters.full_duplex));
    put("ouro.connections.duplex", static_cast<double>(counters.duplex));
    put("ouro.connections.unidirectional", static_cast<double>(counters.unidirectional));
    put("ouro.connections.inbound", static_cast<double>(counters.inbound));
    put("ouro.connections.outbound", static_cast<double>(counters.outbound));
    put("ouro.connections.terminating", static_cast<double>(counters.terminating));
    put("ouro.connections.reused", static_cast<double>(counters.reused));
    put("ouro.connections.pruned", static_cast<double>(counters.pruned));
    return *this;
}

Samples& Samples::add(const StreamFigures& figures) {
    put("ouro.sockets.open", static_cast<double>(figures.inbound), {{"direction", "inbound"}});
    put("ouro.sockets.open", static_cast<double>(figures.connections - figures.inbound), {{"direction", "outbound"}});
    put("ouro.sockets.dialling", static_cast<double>(figures.dials));
    put("ouro.sockets.turned_away", static_cast<double>(figures.turned_away));
    put("ouro.sockets.received", static_cast<double>(figures.received));
    put("ouro.sockets.held", static_cast<double>(figures.held));
    put("ouro.sockets.queued", static_cast<double>(figures.queued));
    put("ouro.sockets.unacknowledged", static_cast<double>(figures.unacknowledged));
    return *this;
}

}  // namespace ouro
