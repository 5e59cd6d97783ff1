#include <cstdio>

#include <ouro/program/node.hpp>
#include <ouro/program/run.hpp>

asio::awaitable<int> program(ouro::Runtime& runtime) {
    ouro::Node node(runtime, ouro::mainnet);
    node.use("backbone.cardano.iog.io:3001");
    ouro::Follower chain = node.follow({.from = ouro::from_tip, .blocks = true});
    while (auto step = co_await chain.next())
        if (auto* forward = std::get_if<ouro::Forward>(&*step))
            std::printf("%s: a block of %zu bytes\n", to_string(forward->point).c_str(), forward->block.size());
    co_return ouro::exit_code(chain.end());
}

int main() { return ouro::run(program); }
