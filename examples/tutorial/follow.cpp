// The tutorial's first program (docs/tutorial.md): prints blocks as they arrive.
//
//     follow mainnet backbone.cardano.iog.io:3001

// [includes]
#include <fmt/format.h>
#include <string>
#include <vector>

#include <ouro/format.hpp>
#include <ouro/program/node.hpp>
#include <ouro/program/run.hpp>
// [/includes]

#include "network.hpp"

// [follow]
asio::awaitable<int> follow(ouro::Runtime& runtime, ouro::Network network, std::vector<std::string> relays) {
    ouro::Node node(runtime, network);
    for (const std::string& relay : relays) node.use(relay);
    ouro::Follower chain = node.follow({.from = ouro::from_tip, .blocks = true});
    while (auto step = co_await chain.next()) {
        if (const auto* next = std::get_if<ouro::Forward>(&*step))
            fmt::print("block {} at {}: {} bytes\n", next->number, next->point, next->block.size());
        else if (const auto* back = std::get_if<ouro::Backward>(&*step))
            fmt::print("back to {}\n", back->point);
        else
            fmt::print("that is all there is now\n");
    }
    fmt::print(stderr, "ended: {}\n", chain.end());
    co_return ouro::exit_code(chain.end());
}
// [/follow]

// [main]
int main(int argc, char** argv) try {
    const auto network = find_network(argc > 1 ? argv[1] : "");
    if (!network || argc < 3) return fmt::print(stderr, "usage: follow NETWORK RELAY…\n"), 1;
    const std::vector<std::string> relays(argv + 2, argv + argc);
    return ouro::run([&](ouro::Runtime& runtime) { return follow(runtime, *network, relays); });
} catch (const std::exception& error) {
    return fmt::print(stderr, "{}\n", error.what()), 7;
}
// [/main]
