// The program of docs/embedding.md: a node inside a program that has a loop of its own.

#include <chrono>
#include <cstdio>
#include <thread>

#include <ouro/chain/synthetic.hpp>
// [includes]
#include <asio/io_context.hpp>
#include <ouro/program/node.hpp>
// [/includes]

namespace {

/// What else the program does: a frame of a game, the events of a window.
void draw() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

}  // namespace

int main() {
    const auto chain =
        std::make_shared<ouro::chain::SyntheticChain>(ouro::chain::SyntheticChain::Options{.blocks = 50});
    unsigned blocks = 0;
    // [loop]
    asio::io_context context(1);
    ouro::Node relay(context.get_executor(), ouro::preview);
    ouro::Node node(context.get_executor(), ouro::preview);
    node.use(relay.listen("127.0.0.1:0", chain).address);
    ouro::Follower follower = node.follow({.blocks = true});
    for (int frame = 0; frame < 10'000 && blocks < 50; ++frame) {
        context.poll();                          // everything that can be done now
        while (auto step = follower.try_next())  // everything that has arrived
            if (std::holds_alternative<ouro::Forward>(*step)) ++blocks;
        draw();
    }
    // [/loop]
    std::printf("%u blocks\n", blocks);
    return blocks == 50 ? 0 : 1;
}
