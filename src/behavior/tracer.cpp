#include <ouro/behavior/tracer.hpp>

namespace ouro {

namespace {

Trace about(std::string_view what, const PeerVisitor::Peer& peer, Instant now) {
    Trace trace;
    trace.at = now;
    trace.what = what;
    trace.peer = peer.peer;
    trace.connection = peer.connection;
    return trace;
}

void name_message(Trace& trace, const n2n::Message& message) {
    trace.protocol = n2n::Message::protocol_name(message.channel());
    trace.message = message.name();
}

}  // namespace

std::string to_string(const Trace& trace) {
    std::string line(trace.what);
    const auto add = [&](std::string_view word) {
        if (!word.empty()) line.append(" ").append(word);
    };
    add(trace.peer.text());
    add(trace.protocol);
    add(trace.message);
    if (trace.bytes != 0) add(std::to_string(trace.bytes));
    if (trace.reason != Errc::none) add(name(trace.reason));
    if (trace.violation.rule != Errc::none) add("(" + to_string(trace.violation) + ")");
    if (trace.from != trace.to) {
        add(name(trace.from));
        add(name(trace.to));
    }
    return line;
}

void Tracer::connected(const Peer& peer, Instant now) { sink_(about("connected", peer, now)); }

void Tracer::initialized(const Peer& peer, const Agreement&, Instant now) { sink_(about("initialized", peer, now)); }

void Tracer::received(const Peer& peer, Role, const n2n::Message& message, std::size_t bytes, Instant now) {
    Trace trace = about("received", peer, now);
    name_message(trace, message);
    trace.bytes = bytes;
    sink_(trace);
}

void Tracer::sending(const Peer& peer, Role, const n2n::Message& message, Instant now) {
    Trace trace = about("sending", peer, now);
    name_message(trace, message);
    sink_(trace);
}

void Tracer::disconnected(const Peer& peer, Errc reason, const Violation& violation, Instant now) {
    Trace trace = about("disconnected", peer, now);
    trace.reason = reason;
    trace.violation = violation;
    sink_(trace);
}

void Tracer::moved(const PeerId& peer, Temperature from, Temperature to, Instant now) {
    Trace trace = about("moved", {peer, {}}, now);
    trace.from = from;
    trace.to = to;
    sink_(trace);
}

}  // namespace ouro
