#include <algorithm>
#include <stdexcept>

#include <ouro/behavior/local_initiator.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/chain/synthetic.hpp>
#include <ouro/chain/tx.hpp>
#include <ouro/emulation/mock_node.hpp>
#include <ouro/n2c/query.hpp>

#include "vectors/scenes.hpp"

namespace vectors {

namespace {

using emulation::MockNode;
using emulation::SimulatedNetwork;
using emulation::SimulatedNode;
namespace loc = ouro::local_initiator;

constexpr NetworkMagic magic{42};

VersionOffer offer() { return {n2c::default_versions(), {magic, false, false, false, false}}; }
Tx tx(const char* bytes) { return {Era::conway, *from_hex(bytes)}; }

/// A mock node, and a client that dials it through the recorder.
struct Pair {
    explicit Pair(SimulatedNetwork& network, VersionOffer client_offer = offer()) : net(network) {
        chain::SyntheticChain::Options options;
        options.blocks = 4;
        options.block_bytes = 520;
        options.header_bytes = 470;
        chain = std::make_shared<chain::SyntheticChain>(options);
        emulation::MockScript script;
        script.offer = offer();
        script.chain = chain;
        script.answers = {{n2c::query::current_era(), *from_hex("06")}};
        script.id_of = [](const Tx& submitted) { return *chain::tx_id(submitted); };
        script.reject = [](const Tx& submitted) -> std::optional<Bytes> {
            if (submitted != tx("84a10203a0f5f6")) return std::nullopt;
            return *from_hex("820681820764646f776e");  // made up: a node's has the ledger's shape
        };
        server = &net.add<MockNode>(server_id, script);
        loc::Config config;
        config.offer = std::move(client_offer);
        config.sync_window = 3;
        config.rules = chain::cardano_rules();
        client = &net.add<LocalInitiatorBehavior>(client_id, config);
        (void)run(loc::Connect{recorder_id});
    }

    /// Runs the command and what follows from it.
    CommandId run(loc::Command command) const {
        const auto id = client->execute(std::move(command));
        if (!id) throw std::logic_error("a command is refused");
        net.run_for(100ms);
        return *id;
    }
    void stop() const {
        client->stop();
        net.run_for(10s);
    }

    SimulatedNetwork& net;
    std::shared_ptr<chain::SyntheticChain> chain;
    SimulatedNode<MockNode>* server = nullptr;
    SimulatedNode<LocalInitiatorBehavior>* client = nullptr;
};

}  // namespace

std::vector<Scene> scenes_of_clients() {
    return {
        {"n2c-handshake-other-network", "the client's network magic is 43, the node's 42: Refused", "none",
         [](SimulatedNetwork& net, Recorder&) {
             Pair(net, {n2c::default_versions(), {NetworkMagic{43}, false, false, false, false}}).stop();
         }},
        {"n2c-handshake-query", "the client queries the versions: QueryReply", "none",
         [](SimulatedNetwork& net, Recorder&) {
             Pair(net, {n2c::default_versions(), {magic, false, false, true, false}}).stop();
         }},
        {"n2c-chain-sync", "local chain-sync from the origin: four blocks, AwaitReply, and two new blocks", "23",
         [](SimulatedNetwork& net, Recorder&) {
             const Pair pair(net);
             (void)pair.run(loc::Follow{});
             pair.chain->extend(2);
             if (!pair.server->execute(local_responder::ChainChanged{4})) throw std::logic_error("refused");
             net.run_for(100ms);
             pair.stop();
         }},
        {"n2c-tx-submission", "local-tx-submission: one transaction is accepted and one rejected", "23",
         [](SimulatedNetwork& net, Recorder&) {
             const Pair pair(net);
             (void)pair.run(loc::SubmitTx{tx("84a10201a0f5f6")});
             (void)pair.run(loc::SubmitTx{tx("84a10203a0f5f6")});
             pair.stop();
         }},
        {"n2c-state-query",
         "local-state-query: the tip is acquired and queried, the second block is acquired again and queried, an "
         "unknown point is refused",
         "23",
         [](SimulatedNetwork& net, Recorder&) {
             const Pair pair(net);
             const CommandId state = pair.run(loc::AcquireState{});
             (void)pair.run(loc::QueryState{state, n2c::query::chain_point()});
             (void)pair.run(loc::QueryState{state, n2c::query::chain_block_number()});
             (void)pair.run(loc::ReacquireState{state, pair.chain->point(2)});
             (void)pair.run(loc::QueryState{state, n2c::query::chain_point()});
             (void)pair.run(loc::QueryState{state, n2c::query::current_era()});
             BlockPoint unknown{Slot{100}, {}};
             unknown.hash.fill(0xab);
             (void)pair.run(loc::ReacquireState{state, Point(unknown)});
             pair.stop();
         }},
        {"n2c-tx-monitor",
         "local-tx-monitor: the mempool is acquired, its transactions, sizes and measures are read, and the client "
         "waits for a change",
         "23",
         [](SimulatedNetwork& net, Recorder&) {
             const Pair pair(net);
             (void)pair.run(loc::SubmitTx{tx("84a10201a0f5f6")});
             const CommandId pool = pair.run(loc::AcquireMempool{});
             (void)pair.run(loc::AskMempool{pool, LocalTxMonitor::NextTx{}});
             (void)pair.run(loc::AskMempool{pool, LocalTxMonitor::NextTx{}});
             (void)pair.run(loc::AskMempool{pool, LocalTxMonitor::HasTx{*chain::tx_id(tx("84a10201a0f5f6"))}});
             (void)pair.run(loc::AskMempool{pool, LocalTxMonitor::GetSizes{}});
             (void)pair.run(loc::AskMempool{pool, LocalTxMonitor::GetMeasures{}});
             (void)pair.run(loc::AskMempool{pool, LocalTxMonitor::Acquire{}});
             (void)pair.run(loc::SubmitTx{tx("84a10202a0f5f6")});
             pair.stop();
         }},
    };
}

}  // namespace vectors
