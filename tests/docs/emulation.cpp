// [program]
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <cstdio>
#include <ouro/behavior/initiator.hpp>
#include <ouro/emulation/adapter.hpp>
#include <ouro/emulation/happy.hpp>
#include <ouro/emulation/vices.hpp>
#include <ouro/manager.hpp>

using namespace ouro;
using Node = Manager<emulation::Adapter<n2n::Message>, InitiatorBehavior>;

// The program under test. As a template, it also runs over TCP.
asio::awaitable<void> follow(Node& node, unsigned& headers) {
    (void)node.execute(initiator::StartSync{});
    while (auto event = co_await node.poll_next())
        if (std::holds_alternative<initiator::RollForward>(*event) && ++headers == 200) node.stop();
}

int main() {
    emulation::Options options;
    options.jitter = 100ms;
    options.reset_every = 10min;  // connections break now and then
    emulation::SimulatedNetwork net(options);

    const std::array addresses{PeerId::from_parts("honest.example", 3001), PeerId::from_parts("liar.example", 3001)};
    emulation::HappyRelays happy(net, addresses, 100);  // of a chain of a hundred blocks
    happy.extend_every(20s);
    happy.relays()[1]->meddle(emulation::find_vice(emulation::responder_vices(), "unknown_rollback")->make);

    initiator::Config config;
    config.rules = emulation::MadeUpChain::rules();

    asio::io_context context;
    emulation::Clockwork clock(context.get_executor(), net);
    const PeerId home = PeerId::from_parts("node.example", 3001);
    Node node(std::piecewise_construct, std::forward_as_tuple(clock, home), std::forward_as_tuple(config));
    for (const PeerId& address : addresses) (void)node.execute(initiator::IncludePeer{address});

    unsigned headers = 0;
    const Instant start = net.now();
    asio::co_spawn(context, follow(node, headers), asio::detached);
    context.run();
    const auto took = std::chrono::duration_cast<std::chrono::minutes>(net.now() - start);
    std::printf("%u headers in %d minutes of the network's time\n", headers, static_cast<int>(took.count()));
    return headers == 200 ? 0 : 1;
}
// [/program]
