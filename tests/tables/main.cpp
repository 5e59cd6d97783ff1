// Prints every mini-protocol's constants as the tables of docs/protocols.md:
//
//     build/release/tests/ouro_tables > docs/protocols.md

#include <cstdio>
#include <string>
#include <type_traits>

#include <ouro/dmq/n2c.hpp>
#include <ouro/dmq/n2n.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/n2n/message.hpp>

namespace {

using namespace ouro;

std::string with_commas(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), ",");
    return text;
}

std::string seconds(Duration time) {
    return with_commas(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(time).count()));
}

std::string time_of(const ProtocolTable::Row& row) {
    if (row.time.none()) return row.agency == Agency::nobody ? "" : "none";
    std::string text = seconds(row.time.min);
    if (row.time.min != row.time.max) text += " to " + seconds(row.time.max);
    text += " s";
    if (row.time.waived_for_trusted) text += ", none for a trusted peer";
    return text;
}

std::string size_of(const ProtocolTable::Row& row) {
    if (row.agency == Agency::nobody) return "";
    return row.size == unbounded_message ? "any" : with_commas(row.size);
}

const char* name_of(Agency agency) {
    switch (agency) {
        case Agency::initiator: return "initiator";
        case Agency::responder: return "responder";
        case Agency::nobody: return "nobody";
    }
    return "";
}

void print(const ProtocolTable& table, std::size_t ingress_limit) {
    std::printf("\n### %.*s\n\nProtocol %u; at most %s bytes unread.\n\n", static_cast<int>(table.protocol.size()),
                table.protocol.data(), static_cast<unsigned>(table.channel), with_commas(ingress_limit).c_str());
    std::puts("| state | agency | time limit | bytes of a message | messages |");
    std::puts("|---|---|---|---|---|");
    for (std::size_t state = 0; state < table.states.size(); ++state) {
        const auto& row = table.states[state];
        std::string messages;
        for (std::size_t message = 0; message < table.messages.size(); ++message) {
            const auto next = table.after(state, message);
            if (next == ProtocolTable::illegal) continue;
            if (!messages.empty()) messages += ", ";
            messages += std::string(table.messages[message]) + " → " + std::string(table.states[next].name);
            if (table.ahead[message] != Agency::nobody) messages += " (also ahead)";
        }
        std::printf("| %.*s | %s | %s | %s | %s |\n", static_cast<int>(row.name.size()), row.name.data(),
                    name_of(row.agency), time_of(row).c_str(), size_of(row).c_str(), messages.c_str());
    }
}

template <class... Protocols>
void print(const char* title, std::type_identity<MessageSet<Protocols...>>) {
    std::printf("\n## %s\n", title);
    const auto print_one = []<class P>(std::type_identity<P>) {
        if constexpr (!std::is_same_v<P, RawProtocol>) print(table_of<P>(), P::ingress_limit);
    };
    (print_one(std::type_identity<Protocols>{}), ...);
}

}  // namespace

int main() {
    std::puts("# The mini-protocols\n");
    std::puts(
        "Printed by `ouro_tables` from the constants in `include/ouro/protocol/`; a test compares. A time limit is "
        "how");
    std::puts(
        "long the side without agency waits. A message marked \"also ahead\" may be sent while answers are awaited.");
    print("Node to node", std::type_identity<n2n::Message>{});
    print("Node to client", std::type_identity<n2c::Message>{});
    print("Between nodes of the decentralised message queue", std::type_identity<dmq::n2n::Message>{});
    print("A node of the message queue and its client", std::type_identity<dmq::n2c::Message>{});
}
