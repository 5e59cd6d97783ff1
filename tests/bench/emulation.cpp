// Measures how fast an emulated network runs: a few real nodes among a hundred relays, hours of virtual time. Run by
// hand: `ouro_bench_emulation [HOURS [SEED [NODES]]]`. A new block every twenty seconds, to all relays at once.

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <ouro/behavior/initiator.hpp>
#include <ouro/behavior/responder.hpp>
#include <ouro/emulation/network.hpp>
#include <ouro/emulation/vices.hpp>

#include "support/chain.hpp"
#include "support/rules.hpp"

namespace {

using namespace ouro;

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

PeerId address(const char* name, int number) {
    return PeerId::from_parts(name + std::to_string(number), static_cast<std::uint16_t>(3001 + number));
}

/// What happened, and how long it took.
struct Taken {
    std::size_t steps = 0, messages = 0;
    double seconds = 0;
};

/// `hostile`: every fourth relay has a vice, one after the other.
Taken run(Duration span, std::uint64_t seed, int nodes, emulation::Options options, bool hostile = false) {
    options.seed = seed;
    emulation::SimulatedNetwork net(options);
    const auto chain = std::make_shared<support::TestChain>(100);
    std::vector<emulation::SimulatedNode<ResponderBehavior>*> relays;
    std::vector<emulation::SimulatedNode<InitiatorBehavior>*> initiators;
    for (int i = 0; i < 100; ++i) {
        responder::Config config;
        config.chain = chain;
        config.soft_limit = 0;
        relays.push_back(&net.add<ResponderBehavior>(address("relay", i), config));
        relays.back()->watch([](const auto&) {});
        const auto vices = emulation::responder_vices();
        if (hostile && i % 4 == 0) relays.back()->meddle(vices[static_cast<std::size_t>(i) / 4 % vices.size()].make);
    }
    for (int i = 0; i < nodes; ++i) {
        initiator::Config config;
        config.seed = seed + static_cast<std::uint64_t>(i);
        config.rules = support::test_rules();
        initiators.push_back(&net.add<InitiatorBehavior>(address("node", i), config));
        initiators.back()->watch([](const auto&) {});
        for (int j = 0; j < 100; ++j) (void)initiators.back()->execute(initiator::IncludePeer{address("relay", j)});
        (void)initiators.back()->execute(initiator::StartSync{});
    }
    Taken taken;
    const double begin = processor_seconds();
    const Instant end = net.now() + span;
    Instant block = net.now();
    (void)net.run_until(
        [&] {
            ++taken.steps;
            if (net.now() >= block) {
                block += 20s;
                const auto common = chain->size();
                chain->extend();
                for (auto* relay : relays) (void)relay->execute(responder::ChainChanged{common});
                for (auto* node : initiators)
                    (void)node->execute(initiator::RequestBlocks{chain->at(common), chain->at(common)});
            }
            return net.now() >= end;
        },
        span);
    taken.seconds = processor_seconds() - begin;
    for (const auto* relay : relays) {
        const auto& counters = relay->behavior().counters();
        taken.messages += 2 * (counters.keep_alives + counters.headers + counters.blocks + counters.handshakes);
    }
    return taken;
}

void print(const char* name, const Taken& taken) {
    std::printf("%-8s %9zu steps  %8zu messages  %.3f s of processor time  %8.0f steps/s  %.2f us a message\n", name,
                taken.steps, taken.messages, taken.seconds, static_cast<double>(taken.steps) / taken.seconds,
                1e6 * taken.seconds / static_cast<double>(taken.messages));
}

}  // namespace

int main(int argc, char** argv) {
    const auto hours = std::chrono::hours(argc > 1 ? std::atoi(argv[1]) : 3);
    const auto seed = static_cast<std::uint64_t>(argc > 2 ? std::atoi(argv[2]) : 1);
    const int nodes = argc > 3 ? std::atoi(argv[3]) : 1;
    print("calm", run(hours, seed, nodes, {}));
    emulation::Options weather;
    weather.jitter = 50ms;
    weather.send_buffer = 30'000;
    print("weather", run(hours, seed, nodes, weather));
    emulation::Options storm = weather;
    storm.bandwidth = 100'000;
    storm.overtaking = 200ms;
    storm.reset_every = 20min;
    storm.silent_every = 60min;
    storm.flip_every = 100'000;
    storm.reads = 200'000;
    print("storm", run(hours, seed, nodes, storm, true));
}
