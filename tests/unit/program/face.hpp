#pragma once

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <string>

#include <ouro/behavior/responder.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/chain/synthetic.hpp>
#include <ouro/program/node.hpp>
#include <ouro/program/simulated_runtime.hpp>

#include "support/catch.hpp"

extern template class ouro::emulation::SimulatedNode<ouro::ResponderBehavior>;

/// Programs that use nodes, in an emulated network of relays.
namespace face {

using namespace ouro;
using chain::SyntheticChain;
using Relay = emulation::SimulatedNode<ResponderBehavior>;

inline const PeerId node_id = PeerId::from_parts("node.example", 3'001);
inline const PeerId relay_id = PeerId::from_parts("relay.example", 3'002);
inline const PeerId other_id = PeerId::from_parts("other.example", 3'003);

inline std::shared_ptr<SyntheticChain> made_up(ChainView::Position blocks, std::size_t block_bytes = 2'048) {
    SyntheticChain::Options options;
    options.blocks = blocks;
    options.block_bytes = block_bytes;
    return std::make_shared<SyntheticChain>(options);
}
inline BlockPoint at(const ChainView& chain, ChainView::Position position) {
    const Point point = chain.point(position);
    return {point.slot(), point.hash()};
}

/// A network in which programs run one after another.
struct Stage {
    Relay& relay(const PeerId& address, std::shared_ptr<const ChainView> chain) {
        responder::Config config;
        config.chain = std::move(chain);
        return net.add<ResponderBehavior>(address, std::move(config));
    }
    /// The chain of a relay has changed after `common`.
    void changed(Relay& relay, ChainView::Position common) { REQUIRE(relay.execute(responder::ChainChanged{common})); }
    /// Runs `program` to its end. False if it does not end within a bound of handlers.
    bool run(asio::awaitable<void> program) {
        bool done = false;
        std::exception_ptr error;
        asio::co_spawn(context, std::move(program), [&](std::exception_ptr failure) {
            done = true;
            error = std::move(failure);
        });
        context.restart();
        // Where every manager waits and the clockwork does not know that a relay has something to do, the network goes
        // on.
        for (int most = 0; most < 4'000'000 && !done; ++most) {
            const bool ran = context.poll_one() != 0;
            if (!ran && !net.step()) break;
            if (ran) ++handlers;
        }
        if (error) std::rethrow_exception(error);
        return done;
    }

    emulation::SimulatedNetwork net;
    asio::io_context context;
    emulation::Clockwork clock{context.get_executor(), net};
    SimulatedRuntime runtime{clock, node_id};
    std::size_t handlers = 0;  ///< that have run
};

/// Cardano's rules, which count what they hash. A read header has a number that is higher by `mark`, so that a test
/// sees where what is delivered was read.
class CountingRules final : public ChainRules {
  public:
    static constexpr std::uint64_t mark = 1'000'000;

    [[nodiscard]] Result<HeaderInfo> inspect(const Header& header) const override {
        ++headers;
        return marked(rules_->inspect(header));
    }
    [[nodiscard]] Result<HeaderInfo> inspect(const Bytes& block, Checks checks) const override {
        ++blocks;
        return marked(rules_->inspect(block, checks));
    }
    [[nodiscard]] Result<TxId> tx_id(const Tx& tx) const override { return rules_->tx_id(tx); }
    [[nodiscard]] bool is_endorser_block(const Bytes& eb, const BlockPoint& point) const override {
        return rules_->is_endorser_block(eb, point);
    }

    mutable std::size_t headers = 0, blocks = 0;

  private:
    static Result<HeaderInfo> marked(Result<HeaderInfo> info) {
        if (info) info->number = BlockNumber{static_cast<std::uint64_t>(info->number) + mark};
        return info;
    }

    std::shared_ptr<const ChainRules> rules_ = chain::cardano_rules();
};

/// Takes steps until `steps` of them were taken, or the end: +N a block, -N a roll-back, T the tip, then the end.
inline asio::awaitable<void> take(StreamHandle<Step>& chain, std::size_t steps, std::string& taken) {
    for (std::size_t i = 0; i < steps; ++i) {
        auto step = co_await chain.next();
        if (!step) {
            taken += std::string(name(step.error()));
            co_return;
        }
        if (const auto* next = std::get_if<Forward>(&*step))
            taken += "+" + std::to_string(static_cast<std::uint64_t>(next->number)) + " ";
        else if (const auto* back = std::get_if<Backward>(&*step))
            taken += "-" +
                     std::to_string(back->point.is_origin() ? 0 : static_cast<std::uint64_t>(back->point.slot()) / 20) +
                     " ";
        else
            taken += "T ";
    }
}

}  // namespace face
