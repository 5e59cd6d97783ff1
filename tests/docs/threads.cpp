// The program of docs/threads.md: two nodes on two threads, and calls from a third.

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <cstdio>
#include <thread>

#include <ouro/chain/synthetic.hpp>
#include <ouro/program/node.hpp>

int main() {
    const auto chain =
        std::make_shared<ouro::chain::SyntheticChain>(ouro::chain::SyntheticChain::Options{.blocks = 1'000});

    // [contexts]
    asio::io_context serving(1), following(1);
    ouro::Node relay(serving.get_executor(), ouro::preview);
    const ouro::PeerId address = relay.listen("127.0.0.1:0", chain).address;
    ouro::Node node(following.get_executor(), ouro::preview);
    node.use(address);
    ouro::Follower steps = node.follow();
    std::thread first([&] { serving.run(); });
    std::thread second([&] { following.run(); });
    // [/contexts]

    // [calls]
    std::uint64_t headers = 0;
    while (headers < chain->size()) {
        const auto step = steps.async_next(asio::use_future).get();
        if (step && std::holds_alternative<ouro::Forward>(*step)) ++headers;
    }
    ouro::Tx tx(ouro::Era::conway, {});
    const auto submitted = asio::co_spawn(node.get_executor(), node.submit(std::move(tx)), asio::use_future).get();
    // [/calls]

    // [close]
    asio::co_spawn(node.get_executor(), node.close(), asio::use_future).get();
    asio::co_spawn(relay.get_executor(), relay.close(), asio::use_future).get();
    first.join();
    second.join();
    // [/close]

    const bool refused = submitted.error() == ouro::Errc::malformed;  // it is empty
    std::printf("%llu headers\n", static_cast<unsigned long long>(headers));
    return refused ? 0 : 1;
}
