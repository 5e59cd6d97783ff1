#include <ouro/behavior/metrics.hpp>

namespace ouro {

namespace {

void connect(MetricFigures& figures, const PeerVisitor::Peer& peer) {
    ++figures.connections;
    figures.open.insert(peer.connection);
}

void disconnect(MetricFigures& figures, const PeerVisitor::Peer& peer, Errc reason, const Violation& violation) {
    figures.open.erase(peer.connection);
    ++figures.ends[reason];
    if (violation.rule != Errc::none) ++figures.violations;
}

template <class M>
void receive(MetricFigures& figures, const M& message, std::size_t bytes) {
    MetricFigures::Traffic& traffic = figures.received[{M::protocol_name(message.channel()), message.name()}];
    ++traffic.messages;
    traffic.bytes += bytes;
}

template <class M>
void send(MetricFigures& figures, const M& message) {
    ++figures.sent[{M::protocol_name(message.channel()), message.name()}].messages;
}

}  // namespace

void MetricFigures::Times::add(Duration time) noexcept {
    ++count;
    sum += time;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        if (time > limits[i]) continue;
        ++buckets[i];
        return;
    }
}

void Metrics::connected(const Peer& peer, Instant) { connect(figures_, peer); }

void Metrics::initialized(const Peer&, const Agreement&, Instant) { ++figures_.agreements; }

void Metrics::received(const Peer& peer, Role, const n2n::Message& message, std::size_t bytes, Instant now) {
    receive(figures_, message, bytes);
    const auto* keep_alive = message.as<KeepAlive>();
    if (keep_alive == nullptr || !std::holds_alternative<KeepAlive::Pong>(*keep_alive)) return;
    const auto ping = pings_.extract(peer.connection);
    if (ping) figures_.round_trips.add(now - ping.mapped());
}

void Metrics::sending(const Peer& peer, Role, const n2n::Message& message, Instant now) {
    send(figures_, message);
    const auto* keep_alive = message.as<KeepAlive>();
    if (keep_alive != nullptr && std::holds_alternative<KeepAlive::Ping>(*keep_alive)) pings_[peer.connection] = now;
}

void Metrics::disconnected(const Peer& peer, Errc reason, const Violation& violation, Instant) {
    disconnect(figures_, peer, reason, violation);
    pings_.erase(peer.connection);
}

void Metrics::moved(const PeerId&, Temperature from, Temperature to, Instant) { ++figures_.moves[{from, to}]; }

void LocalMetrics::connected(const Peer& peer, Instant) { connect(figures_, peer); }

void LocalMetrics::initialized(const Peer&, const Agreement&, Instant) { ++figures_.agreements; }

void LocalMetrics::received(const Peer&, Role, const n2c::Message& message, std::size_t bytes, Instant) {
    receive(figures_, message, bytes);
}

void LocalMetrics::sending(const Peer&, Role, const n2c::Message& message, Instant) { send(figures_, message); }

void LocalMetrics::disconnected(const Peer& peer, Errc reason, const Violation& violation, Instant) {
    disconnect(figures_, peer, reason, violation);
}

}  // namespace ouro
