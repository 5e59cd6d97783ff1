// Nodes of the protocols that no example speaks, each a process of its own, to be attacked from outside: `leios-relay`
// offers an endorser block, `leios-node` dials relays and fetches what they offer, `dmq-server` has signatures, and
// `dmq-node` dials servers and pulls theirs. Each prints one line of text for each thing that happens.

#include "soak/prototypes.hpp"

#include <cstdio>
#include <stdexcept>

namespace {

int usage() {
    std::fprintf(stderr,
                 "usage: ouro_prototypes leios-relay LISTEN BUDGET TXS\n"
                 "       ouro_prototypes leios-node BUDGET HOST:PORT...\n"
                 "       ouro_prototypes dmq-server LISTEN BUDGET\n"
                 "       ouro_prototypes dmq-node BUDGET HOST:PORT...\n");
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.empty()) return usage();
    const std::string& what = arguments[0];
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    const auto budget = [&](std::size_t at) { return static_cast<std::size_t>(std::stoull(rest.at(at))); };
    const auto peers = [&] {
        std::vector<ouro::PeerId> all;
        for (std::size_t i = 1; i < rest.size(); ++i) all.push_back(*ouro::PeerId::parse(rest[i]));
        return all;
    };
    try {
        if (what == "leios-relay") return prototypes::leios_relay(rest.at(0), budget(1), budget(2));
        if (what == "leios-node") return prototypes::leios_node(budget(0), peers());
        if (what == "dmq-server") return prototypes::dmq_server(rest.at(0), budget(1));
        if (what == "dmq-node") return prototypes::dmq_node(budget(0), peers());
    } catch (const std::out_of_range&) {
    }
    return usage();
}
