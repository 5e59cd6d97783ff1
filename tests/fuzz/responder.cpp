// A client that agrees, if the first byte says so, and else says what it likes to a relay with a chain that pulls
// transactions. The relay serves the next client, pulls from it, and keeps nothing of this one.

#include <ouro/behavior/responder.hpp>

#include "session.hpp"
#include "support/rules.hpp"
#include "support/tx.hpp"

using namespace ouro;
using namespace ouro::emulation;
using namespace std::chrono_literals;
using fuzz::promise;
namespace res = ouro::responder;

namespace {

const PeerId other_id = PeerId::from_parts("other.example", 3003);

res::Config serving(std::shared_ptr<const ChainView> chain) {
    res::Config config;
    config.chain = std::move(chain);
    config.leios = true;
    config.rules = support::test_rules();
    config.pull_txs = true;
    config.tx_delay = Duration::zero();
    return config;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t plan = input.byte();

    SimulatedNetwork net;
    const auto chain = std::make_shared<support::TestChain>(20, 1'000);
    auto& relay = net.add<ResponderBehavior>(fuzz::node_id, serving(chain));
    ScriptedPeer& client = net.script(fuzz::raw_id);
    RawConnection& first = client.dial(fuzz::node_id);
    net.run_for(100ms);
    if ((plan & 1U) != 0) first.send(0, false, raw::propose());
    first.pause((plan & 2U) != 0);
    fuzz::speak(net, client, false, input);
    chain->roll_back(10);
    chain->extend(20, 1);
    promise(relay.execute(res::ChainChanged{10}).has_value());
    net.run_for(1s);

    RawConnection& next = net.script(other_id).dial(fuzz::node_id);
    net.run_for(100ms);
    next.send(0, false, raw::propose());
    next.send(8, false, raw::ping(9));
    net.run_for(1s);
    promise(next.received(8, true) == raw::pong(9));
    next.send(4, false, raw::tx_init);
    net.run_for(1s);
    promise(next.received(4, true) == raw::ask_tx_ids(true, 0, 6));
    next.reset();
    first.reset();
    net.run_for(1s);
    promise(relay.behavior().peers().empty());
    promise(net.connections() == 0 && net.held() == 0);
    return 0;
}
