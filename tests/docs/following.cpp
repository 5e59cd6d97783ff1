// The program of docs/following.md: counts what it follows, from relays or from one's own node.

#include <unordered_map>

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
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

/// The latest headers of each peer.
struct Chains {
    void append(const ouro::PeerId& peer, const ouro::Header&) {
        ++waiting[peer];
        ++headers[peer];
    }
    void undo(const ouro::PeerId&, const ouro::Point&) {}
    void remove(const ouro::PeerId& peer, ouro::Errc reason) { ends[peer] = reason; }
    bool has_room(const ouro::PeerId& peer) { return waiting[peer] < 10; }
    asio::awaitable<void> wait_for_room(const ouro::PeerId& peer) {
        co_await asio::post(asio::use_awaitable);
        waiting[peer] = 0;
    }

    std::unordered_map<ouro::PeerId, std::size_t> waiting;
    std::unordered_map<ouro::PeerId, std::size_t> headers;
    std::unordered_map<ouro::PeerId, ouro::Errc> ends;
};

// [headers]
asio::awaitable<void> compare(ouro::Node& node, ouro::PeerId peer, Chains& chains) {
    node.use(peer);
    ouro::Headers stream = node.headers(peer, ouro::from_tip);
    while (auto step = co_await stream.next()) {
        if (const auto* forward = std::get_if<ouro::Forward>(&*step)) chains.append(peer, forward->header);
        if (const auto* back = std::get_if<ouro::Backward>(&*step)) chains.undo(peer, back->point);
        if (!chains.has_room(peer)) {
            stream.pause();
            co_await chains.wait_for_room(peer);
            stream.resume();
        }
    }
    chains.remove(peer, stream.end());
}
// [/headers]

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
