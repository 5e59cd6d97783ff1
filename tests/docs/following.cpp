// The program of docs/following.md: counts what it follows, from relays or from one's own node.

#include <ouro/program/client.hpp>
#include <ouro/program/node.hpp>
#include <ouro/program/run.hpp>

struct Counts {
    std::uint64_t blocks = 0;
    std::uint64_t undone_to = 0;
};

// [loop]
asio::awaitable<ouro::Errc> count(ouro::Follower chain, Counts& counts) {
    for (;;) {
        auto step = co_await chain.next();
        if (!step) co_return step.error();  // the same as chain.end()
        if (std::holds_alternative<ouro::Forward>(*step))
            ++counts.blocks;
        else if (const auto* back = std::get_if<ouro::Backward>(&*step))
            counts.undone_to = back->point.is_origin() ? 0 : static_cast<std::uint64_t>(back->point.slot());
    }
}
// [/loop]

asio::awaitable<ouro::Errc> count_from_relays(ouro::Runtime& runtime, Counts& counts) {
    // [relays]
    ouro::Node source(runtime, ouro::mainnet);
    source.use("backbone.cardano.iog.io:3001");
    ouro::Follower chain = source.follow({.blocks = true});
    // [/relays]
    co_return co_await count(std::move(chain), counts);
}

asio::awaitable<ouro::Errc> count_from_own_node(ouro::Runtime& runtime, Counts& counts) {
    // [own_node]
    ouro::Client source(runtime, ouro::mainnet);
    source.use("/run/cardano-node/node.socket");
    ouro::Follower chain = source.follow({.blocks = true});
    // [/own_node]
    co_return co_await count(std::move(chain), counts);
}

asio::awaitable<ouro::Errc> count_deep_blocks(ouro::Runtime& runtime, Counts& counts) {
    ouro::Node node(runtime, ouro::mainnet);
    node.use("backbone.cardano.iog.io:3001");
    // [deep]
    ouro::Follower chain = node.follow({.blocks = true, .depth = node.network().k});
    // [/deep]
    co_return co_await count(std::move(chain), counts);
}
