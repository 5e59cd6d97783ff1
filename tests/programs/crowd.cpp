#include "programs/crowd.hpp"

#include <ouro/behavior/initiator.hpp>
#include <ouro/behavior/local_initiator.hpp>
#include <ouro/behavior/responder.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/chain/tx.hpp>
#include <ouro/n2c/query.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"

namespace programs {

namespace {

using namespace std::chrono_literals;
using ouro::PeerId;

constexpr ouro::NetworkMagic between_nodes{1}, of_clients{42};

PeerId host(std::size_t number) { return PeerId::from_parts("192.0.2.2", static_cast<std::uint16_t>(number + 1)); }
const PeerId program_under_test = PeerId::from_parts("192.0.2.3", 3'001);

ouro::Tx transaction() { return {ouro::Era::conway, ouro::hex(some_tx)}; }

ouro::emulation::MockScript script() {
    ouro::emulation::MockScript script;
    script.offer.data.magic = of_clients;
    script.chain = some_chain();
    script.answers.emplace_back(ouro::n2c::query::current_era(), ouro::hex("06"));
    script.answers.emplace_back(ouro::hex("8200820082068101"), ouro::hex("810a"));  // the epoch
    script.mempool.entries.push_back({*ouro::chain::tx_id(transaction()), transaction()});
    return script;
}

ouro::BlockPoint block(std::uint64_t position) {
    const ouro::Point point = some_chain()->point(position);
    return {point.slot(), point.hash()};
}

}  // namespace

std::shared_ptr<const ouro::chain::SyntheticChain> some_chain() {
    ouro::chain::SyntheticChain::Options options;
    options.blocks = blocks_of_crowds;
    static const auto chain = std::make_shared<const ouro::chain::SyntheticChain>(options);
    return chain;
}

HostileRelays::HostileRelays() {
    ouro::responder::Config config;
    config.offer.data.magic = between_nodes;
    config.offer.data.peer_sharing = true;
    config.shareable = [] { return std::vector<PeerId>{host(0), PeerId::from_parts("127.0.0.1", 22)}; };
    config.chain = some_chain();
    config.rules = ouro::chain::cardano_rules();
    config.idle_timeout = {};
    config.pull_txs = true;
    config.tx_delay = {};
    for (const auto& vice : ouro::emulation::responder_vices()) {
        const PeerId at = host(names.size());
        bridge.network().add<ouro::ResponderBehavior>(at, config).meddle(vice.make);
        names.emplace_back(vice.name);
        addresses.push_back(bridge.listen(at));
    }
    bridge.start();
}

HostileInitiators::HostileInitiators(const std::string& address) {
    using namespace ouro::initiator;
    Config config;
    config.offer.data.magic = between_nodes;
    config.offer.data.peer_sharing = true;
    config.rules = ouro::chain::cardano_rules();
    config.early_txs = true;
    bridge.place(program_under_test, address);
    for (const auto& vice : ouro::emulation::initiator_vices()) {
        auto& node = bridge.network().add<ouro::InitiatorBehavior>(host(count++), config);
        node.meddle(vice.make);
        node.watch([](const Event&) {});
        REQUIRE(node.execute(IncludePeer(program_under_test)));
        REQUIRE(node.execute(StartSync()));
        REQUIRE(node.execute(RequestBlocks{block(1), block(blocks_of_crowds)}));
        REQUIRE(node.execute(SubmitTx(*ouro::chain::tx_id(transaction()), transaction())));
    }
    bridge.start();
}

HostileNodes::HostileNodes(const std::string& folder) {
    for (const auto& vice : ouro::emulation::local_vices()) {
        const PeerId at = host(names.size());
        bridge.network().add<ouro::emulation::MockNode>(at, script()).meddle(vice.make);
        names.emplace_back(vice.name);
        paths.push_back(bridge.listen(at, folder + "/" + std::to_string(paths.size())));
    }
    bridge.start();
}

HostileClients::HostileClients(const std::string& path) {
    using namespace ouro::local_initiator;
    Config config;
    config.offer.data.magic = of_clients;
    config.reconnect = Reconnect{};
    bridge.place(program_under_test, path);
    for (const auto& vice : ouro::emulation::local_vices()) {
        auto& client = bridge.network().add<ouro::LocalInitiatorBehavior>(host(count++), config);
        client.meddle(vice.make);
        client.watch([&client](const Event& event) {
            if (const auto* state = std::get_if<StateAcquired>(&event))
                (void)client.execute(QueryState(state->command, ouro::n2c::query::current_era()));
            if (const auto* mempool = std::get_if<MempoolAcquired>(&event))
                (void)client.execute(AskMempool{mempool->command, ouro::LocalTxMonitor::GetSizes{}, {}});
        });
        REQUIRE(client.execute(Connect(program_under_test, ouro::Duration::max())));
        REQUIRE(client.execute(Follow(ouro::List<ouro::Point>{})));
        REQUIRE(client.execute(AcquireState{}));
        REQUIRE(client.execute(AcquireMempool{}));
        REQUIRE(client.execute(SubmitTx(transaction())));
    }
    bridge.start();
}

}  // namespace programs
