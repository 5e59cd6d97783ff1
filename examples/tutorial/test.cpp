// The tutorial's test (docs/tutorial.md): the index among a loss, a fork and a restart, in virtual time.

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <cstdio>

#include <ouro/behavior/responder.hpp>
#include <ouro/chain/synthetic.hpp>
#include <ouro/program/simulated_runtime.hpp>

#include "index.hpp"

using namespace std::chrono_literals;

namespace {

// [equal]
/// Whether the index has exactly the blocks of the chain, in order.
bool equal(sqlite::Database& index, const ouro::ChainView& chain) {
    auto row = index.query("SELECT slot FROM blocks ORDER BY id");
    std::uint64_t position = 0;
    while (row.next()) {
        if (++position > chain.size()) return false;
        if (row.number(0) != static_cast<std::uint64_t>(chain.point(position).slot())) return false;
    }
    return position == chain.size();
}
// [/equal]

}  // namespace

int main() {
    // [network]
    ouro::emulation::SimulatedNetwork net;
    const auto chain =
        std::make_shared<ouro::chain::SyntheticChain>(ouro::chain::SyntheticChain::Options{.blocks = 100});
    ouro::responder::Config config;
    config.chain = chain;
    const auto relay_id = ouro::PeerId::from_parts("relay.example", 3001);
    auto& relay = net.add<ouro::ResponderBehavior>(relay_id, config);

    asio::io_context context;
    ouro::emulation::Clockwork clock(context.get_executor(), net);
    const auto index_id = ouro::PeerId::from_parts("index.example", 3001);
    ouro::SimulatedRuntime runtime(clock, index_id);
    // [/network]

    // [run]
    sqlite::Database index(":memory:");
    const auto run = [&] {
        int code = -1;
        asio::co_spawn(context, index_chain(runtime, ouro::mainnet, {"relay.example:3001"}, index),
                       [&](std::exception_ptr error, int result) { code = error ? 1 : result; });
        context.restart();
        context.run();
        return code == 0 && equal(index, *chain);
    };
    // [/run]

    // [events]
    const auto after = [&](ouro::Duration time, auto what) { net.world().at(net.now() + time, what); };
    const auto fork = [&](std::uint64_t common, std::uint64_t blocks) {
        chain->roll_back(common);
        chain->extend(blocks);
        (void)relay.execute(ouro::responder::ChainChanged{common});
    };
    const auto interrupt = [&] { asio::post(context, [&] { runtime.interrupt(); }); };

    after(1min, [&] { (void)net.lose(index_id, relay_id, ouro::emulation::Loss::reset); });
    after(5min, [&] { fork(95, 10); });
    after(1h, interrupt);
    if (!run()) return 1;

    fork(98, 20);  // while the program does not run
    after(1h, interrupt);
    if (!run()) return 2;
    // [/events]

    try {
        undo(index, {ouro::Point(ouro::BlockPoint{ouro::Slot{1}, {}}), {}, relay_id});
        return 3;  // a block that the index does not have
    } catch (const std::runtime_error&) {
        if (!equal(index, *chain)) return 4;
    }

    std::printf("%llu blocks, as on the chain\n", static_cast<unsigned long long>(chain->size()));
    return 0;
}
