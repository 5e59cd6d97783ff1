#include <ouro/behavior/metrics.hpp>

namespace ouro {

namespace {

std::pair<std::string_view, std::string_view> key(const n2n::Message& message) {
    return {n2n::Message::protocol_name(message.channel()), message.name()};
}

}  // namespace

void Metrics::connected(const Peer&, Instant) { ++figures_.connections; }

void Metrics::initialized(const Peer&, const Agreement&, Instant) { ++figures_.agreements; }

void Metrics::received(const Peer&, Role, const n2n::Message& message, std::size_t bytes, Instant) {
    Traffic& traffic = figures_.received[key(message)];
    ++traffic.messages;
    traffic.bytes += bytes;
}

void Metrics::sending(const Peer&, Role, const n2n::Message& message, Instant) {
    ++figures_.sent[key(message)].messages;
}

void Metrics::disconnected(const Peer&, Errc reason, const Violation& violation, Instant) {
    ++figures_.ends[reason];
    if (violation.rule != Errc::none) ++figures_.violations;
}

void Metrics::moved(const PeerId&, Temperature from, Temperature to, Instant) { ++figures_.moves[{from, to}]; }

}  // namespace ouro
