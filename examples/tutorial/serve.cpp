// The tutorial's last program (docs/tutorial.md): follows relays, stores their chain, and serves it to other nodes.
//
//     serve mainnet chain.blocks 0.0.0.0:3001 backbone.cardano.iog.io:3001

#include <fmt/format.h>
#include <chrono>
#include <string>
#include <system_error>
#include <vector>

#include <ouro/chain/stored_chain.hpp>
#include <ouro/program/keeper.hpp>
#include <ouro/program/node.hpp>
#include <ouro/program/run.hpp>

#include "network.hpp"

// [serve]
asio::awaitable<int> serve(ouro::Runtime& runtime, ouro::Network network, std::string address,
                           std::vector<std::string> relays, std::shared_ptr<ouro::chain::StoredChain> stored) {
    ouro::Node node(runtime, network);
    node.listen(address, stored);
    for (const std::string& relay : relays) node.use(relay);
    ouro::chain::Keeper keeper(stored, network);
    ouro::Follower chain = node.follow(keeper.options());
    while (auto step = co_await chain.next()) {
        const auto error = keeper.apply(*step);
        if (error == ouro::Errc::unknown_rollback) {
            node.ban(std::get<ouro::Backward>(*step).peer, std::chrono::hours(1));
            chain = node.follow(keeper.options());
        } else if (error) {
            throw std::system_error(error);
        }
        if (const auto change = keeper.poll_change()) node.chain_changed(change->common);
    }
    co_return ouro::exit_code(chain.end());
}
// [/serve]

int main(int argc, char** argv) try {
    const auto network = find_network(argc > 1 ? argv[1] : "");
    if (!network || argc < 5) return fmt::print(stderr, "usage: serve NETWORK FILE ADDRESS RELAY…\n"), 1;
    // [open]
    const auto opened = ouro::chain::StoredChain::open(argv[2], {.magic = network->magic});
    if (!opened) return fmt::print(stderr, "{}\n", opened.damage.message), 7;
    // [/open]
    const std::vector<std::string> relays(argv + 4, argv + argc);
    return ouro::run([&](ouro::Runtime& runtime) { return serve(runtime, *network, argv[3], relays, opened.chain); });
} catch (const std::exception& error) {
    return fmt::print(stderr, "{}\n", error.what()), 7;
}
