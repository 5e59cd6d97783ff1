#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "unit/behavior/cast.hpp"

namespace cast {

/// An initiator that asks many relays of one chain for blocks.
struct Spread {
    Spread(std::size_t count, std::size_t blocks, std::size_t block_bytes, const Options& options = {},
           const ini::Config& config = knowing())
        : net(options),
          chain(std::make_shared<TestChain>(blocks, block_bytes)),
          bytes(static_cast<std::uint32_t>(block_bytes)),
          node(net.add<InitiatorBehavior>(node_id, config)) {
        for (std::size_t i = 0; i < count; ++i) add(chain);
    }

    /// One relay more.
    Responder& add(std::shared_ptr<const TestChain> served) {
        ids.push_back(PeerId::from_parts("relay" + std::to_string(ids.size()) + ".example", 3001));
        res::Config config = serving(std::move(served));
        config.idle_timeout = {};
        return *relays.emplace_back(&net.add<ResponderBehavior>(ids.back(), std::move(config)));
    }
    /// All relays are included, and hot, and have answered a ping.
    void meet() {
        for (const PeerId& id : ids) REQUIRE(node.execute(ini::IncludePeer{id}));
        REQUIRE(net.run_until(
            [&] {
                const auto peers = node.behavior().peers();
                return std::all_of(peers.begin(), peers.end(), [](const auto& peer) { return peer.round_trip; });
            },
            60s));
    }
    [[nodiscard]] ini::RequestPoints points(ChainView::Position first, ChainView::Position last,
                                            bool sized = true) const {
        ini::RequestPoints wish;
        for (auto p = first; p <= last; ++p) wish.points.push_back(chain->at(p));
        if (sized) wish.bytes.assign(wish.points.size(), bytes);
        return wish;
    }
    CommandId ask(ini::RequestPoints wish) { return *node.execute(std::move(wish)); }
    CommandId ask(ChainView::Position first, ChainView::Position last) { return ask(points(first, last)); }
    template <class Outcome = ini::RangeDone>
    bool ends(Duration at_most) {
        return await<Outcome>(net, node, at_most);
    }

    /// Blocks of a request that were told: each is the one of its index, none came twice, and in order they are if they
    /// were asked for so.
    std::size_t check(CommandId id, ChainView::Position first, bool in_order = true) const {
        std::set<std::uint64_t> seen;
        std::size_t wrong = 0;
        for (const auto& received : told<ini::BlockReceived>(node)) {
            if (received.command != id) continue;
            wrong += received.block == *chain->block(first + received.index) ? 0U : 1U;
            wrong += in_order && received.index != seen.size() ? 1U : 0U;
            wrong += seen.insert(received.index).second ? 0U : 1U;
        }
        CHECK(wrong == 0);
        return seen.size();
    }
    /// Who gave how many of them.
    [[nodiscard]] std::size_t given(const PeerId& peer) const {
        const auto blocks = told<ini::BlockReceived>(node);
        return static_cast<std::size_t>(
            std::count_if(blocks.begin(), blocks.end(), [&](const auto& block) { return block.peer == peer; }));
    }
    [[nodiscard]] std::uint64_t served(std::size_t relay) const { return relays[relay]->behavior().counters().blocks; }
    void lose(std::size_t relay) { CHECK(net.lose(node_id, ids[relay], Loss::reset) == 1); }
    void meddle(std::size_t relay, Meddler<n2n::Message> (*make)()) { relays[relay]->meddle(make); }

    /// The relay gives so many blocks, and nothing of block-fetch after that.
    void falls_silent_after(std::size_t relay, int blocks) {
        relays[relay]->meddle([blocks] {
            return Meddler<n2n::Message>{
                {}, [left = blocks](Hand<n2n::Message>& hand, io::Send<n2n::Message> send) mutable {
                    if (send.message.as<BlockFetch>() && left-- <= 0) return;
                    hand.pass(send);
                }};
        });
    }

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain;
    std::uint32_t bytes;
    Initiator& node;
    std::vector<PeerId> ids;
    std::vector<Responder*> relays;
};

}  // namespace cast
