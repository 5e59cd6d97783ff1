#include <ouro/behavior/tracer.hpp>

#include <ouro/base/json_writer.hpp>

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

template <class M>
Trace about(std::string_view what, const PeerVisitor::Peer& peer, const M& message, std::size_t bytes, Instant now) {
    Trace trace = about(what, peer, now);
    trace.protocol = M::protocol_name(message.channel());
    trace.message = message.name();
    trace.bytes = bytes;
    return trace;
}

Trace end(const PeerVisitor::Peer& peer, Errc reason, const Violation& violation, Instant now) {
    Trace trace = about("disconnected", peer, now);
    trace.reason = reason;
    trace.violation = violation;
    return trace;
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

std::string to_json(const Trace& trace) {
    JsonWriter out;
    out.begin_object();
    const auto add = [&](std::string_view name, std::string_view text) {
        if (!text.empty()) out.key(name).text(text);
    };
    add("event", trace.what);
    add("peer", trace.peer ? printable(trace.peer.text()) : std::string());
    if (trace.connection != ConnectionId{}) out.key("connection").uint(static_cast<std::uint64_t>(trace.connection));
    add("protocol", trace.protocol);
    add("message", trace.message);
    if (trace.bytes != 0) out.key("bytes").uint(trace.bytes);
    if (trace.reason != Errc::none) add("reason", name(trace.reason));
    if (trace.violation.rule != Errc::none) add("violation", to_string(trace.violation));
    if (trace.from != trace.to) {
        add("from", name(trace.from));
        add("to", name(trace.to));
    }
    return out.end_object().str();
}

void Tracer::connected(const Peer& peer, Instant now) { sink_(about("connected", peer, now)); }

void Tracer::initialized(const Peer& peer, const Agreement&, Instant now) { sink_(about("initialized", peer, now)); }

void Tracer::received(const Peer& peer, Role, const n2n::Message& message, std::size_t bytes, Instant now) {
    sink_(about("received", peer, message, bytes, now));
}

void Tracer::sending(const Peer& peer, Role, const n2n::Message& message, Instant now) {
    sink_(about("sending", peer, message, 0, now));
}

void Tracer::disconnected(const Peer& peer, Errc reason, const Violation& violation, Instant now) {
    sink_(end(peer, reason, violation, now));
}

void Tracer::moved(const PeerId& peer, Temperature from, Temperature to, Instant now) {
    Trace trace = about("moved", {peer, {}}, now);
    trace.from = from;
    trace.to = to;
    sink_(trace);
}

void LocalTracer::connected(const Peer& peer, Instant now) { sink_(about("connected", peer, now)); }

void LocalTracer::initialized(const Peer& peer, const Agreement&, Instant now) {
    sink_(about("initialized", peer, now));
}

void LocalTracer::received(const Peer& peer, Role, const n2c::Message& message, std::size_t bytes, Instant now) {
    sink_(about("received", peer, message, bytes, now));
}

void LocalTracer::sending(const Peer& peer, Role, const n2c::Message& message, Instant now) {
    sink_(about("sending", peer, message, 0, now));
}

void LocalTracer::disconnected(const Peer& peer, Errc reason, const Violation& violation, Instant now) {
    sink_(end(peer, reason, violation, now));
}

}  // namespace ouro
