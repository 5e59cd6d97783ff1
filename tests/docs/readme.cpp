// [program]
#include <fmt/format.h>

#include <ouro/format.hpp>
#include <ouro/program/node.hpp>
#include <ouro/program/run.hpp>

asio::awaitable<int> print_blocks(ouro::Runtime& runtime) {
    ouro::Node node(runtime, ouro::mainnet);
    node.use("backbone.cardano.iog.io:3001");
    ouro::Follower chain = node.follow({.from = ouro::from_tip, .blocks = true});
    while (auto step = co_await chain.next()) {
        if (const auto* next = std::get_if<ouro::Forward>(&*step))
            fmt::print("block {} at {}: {} bytes\n", next->number, next->point, next->block.size());
        else if (const auto* back = std::get_if<ouro::Backward>(&*step))
            fmt::print("back to {}\n", back->point);
    }
    co_return ouro::exit_code(chain.end());
}

int main() { return ouro::run(print_blocks); }
// [/program]
