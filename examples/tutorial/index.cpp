// The tutorial's second program (docs/tutorial.md): keeps the blocks of a chain in a database.
//
//     index mainnet chain.db backbone.cardano.iog.io:3001

#include <fmt/format.h>
#include <string>
#include <vector>

#include <ouro/program/run.hpp>

#include "index.hpp"
#include "network.hpp"

int main(int argc, char** argv) try {
    const auto network = find_network(argc > 1 ? argv[1] : "");
    if (!network || argc < 4) return fmt::print(stderr, "usage: index NETWORK DATABASE RELAY…\n"), 1;
    sqlite::Database index(argv[2]);
    const std::vector<std::string> relays(argv + 3, argv + argc);
    return ouro::run([&](ouro::Runtime& runtime) { return index_chain(runtime, *network, relays, index); });
} catch (const std::exception& error) {
    return fmt::print(stderr, "{}\n", error.what()), 7;
}
