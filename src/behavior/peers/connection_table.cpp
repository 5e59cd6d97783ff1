#include "connection_table.hpp"

namespace ouro::node {

namespace {

using Table = std::array<std::array<ConnectionStep, connection_calls>, connection_states>;

constexpr Table table = [] {
    Table result{};
    for (std::size_t state = 0; state < connection_states; ++state)
        result[state].fill({static_cast<ConnectionState>(state), ConnectionAnswer::illegal});
    for (const ConnectionRow& row : connection_rows)
        result[static_cast<std::size_t>(row.from)][static_cast<std::size_t>(row.call)] = row.step;
    return result;
}();

constexpr bool rows_are_unique() {
    for (const ConnectionRow& a : connection_rows)
        for (const ConnectionRow& b : connection_rows)
            if (&a != &b && a.from == b.from && a.call == b.call) return false;
    return true;
}
static_assert(rows_are_unique(), "a call in one state leads to two");

}  // namespace

ConnectionStep step(ConnectionState state, ConnectionCall call) noexcept {
    return table[static_cast<std::size_t>(state)][static_cast<std::size_t>(call)];
}

std::string_view name(ConnectionState state) noexcept {
    using enum ConnectionState;
    switch (state) {
        case none: return "none";
        case reserved: return "reserved";
        case unnegotiated_out: return "unnegotiated_out";
        case unnegotiated_in: return "unnegotiated_in";
        case outbound_uni: return "outbound_uni";
        case outbound_dup_idle: return "outbound_dup_idle";
        case outbound_dup: return "outbound_dup";
        case outbound_idle_uni: return "outbound_idle_uni";
        case outbound_idle_dup: return "outbound_idle_dup";
        case inbound_idle_uni: return "inbound_idle_uni";
        case inbound_idle_dup: return "inbound_idle_dup";
        case inbound_uni: return "inbound_uni";
        case inbound_dup: return "inbound_dup";
        case duplex: return "duplex";
        case terminating: return "terminating";
    }
    return "";
}

void count(ConnectionState state, Counters& counters) noexcept {
    using enum ConnectionState;
    switch (state) {
        case none:
        case reserved: return;
        case terminating: ++counters.terminating; return;
        case unnegotiated_out: ++counters.outbound; return;
        case unnegotiated_in: ++counters.inbound; return;
        case outbound_uni:
        case outbound_idle_uni:
            ++counters.unidirectional;
            ++counters.outbound;
            return;
        case outbound_dup_idle:
        case outbound_dup:
        case outbound_idle_dup:
            ++counters.duplex;
            ++counters.outbound;
            return;
        case inbound_idle_uni:
        case inbound_uni:
            ++counters.unidirectional;
            ++counters.inbound;
            return;
        case inbound_idle_dup:
        case inbound_dup:
            ++counters.duplex;
            ++counters.inbound;
            return;
        case duplex:
            ++counters.full_duplex;
            ++counters.duplex;
            ++counters.inbound;
            ++counters.outbound;
            return;
    }
}

}  // namespace ouro::node
