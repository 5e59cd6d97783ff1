#include "mesh.hpp"

namespace simulation {

namespace {

constexpr std::size_t nodes = 20;

const PeerId maker_name = PeerId::from_parts("maker.example", 3001);
PeerId served_at(std::size_t i) { return PeerId::from_parts("m" + std::to_string(i) + ".example", 3001); }
PeerId dialled_from(std::size_t i) { return PeerId::from_parts("m" + std::to_string(i) + ".example", 3002); }

// Every node follows an earlier one: a node follows one chain and judges none, and a ring of followers without the
// maker would be content with itself.
std::vector<PeerId> before(std::size_t i) {
    std::vector<PeerId> all;
    if (i < 3) all.push_back(maker_name);
    for (std::size_t other = 0; other < i; ++other) all.push_back(served_at(other));
    return all;
}

emulation::Options weather(std::uint64_t seed) {
    emulation::Options options;
    options.seed = seed;
    options.jitter = 30ms;
    options.overtaking = 20ms;
    options.reset_every = 10min;
    options.silent_every = 40min;
    return options;
}

}  // namespace

Mesh::Mesh(std::uint64_t seed, Duration troubled) : World(seed, troubled, weather(seed), 100) {
    add_relay(maker_name, chain_);
    for (std::size_t i = 0; i < nodes; ++i) {
        ini::Config config;
        config.targets = {4, 2};
        Player& player = add_player(dialled_from(i), std::move(config));
        Relay& relay = add_relay(served_at(i), player.shared_chain());
        player.on_change([&relay](ChainView::Position common) {
            require(relay.execute(responder::ChainChanged{common}).has_value(), "a relay is gone");
        });
    }
    for (std::size_t i = 0; i < nodes; ++i) {
        know(*players_[i], before(i));
        players_[i]->start_sync();
    }
}

void Mesh::trouble() {
    const std::size_t i = below(nodes);
    switch (below(6)) {
        case 0:
        case 1:
        case 2: return grow();
        case 3: return net_.reach(served_at(i), static_cast<emulation::Reach>(below(4)));
        case 4: return lose(dialled_from(i), i == 0 ? maker_name : served_at(below(i)));
        default: return fetch(*players_[i], players_[i]->chain());
    }
}

void Mesh::cease() {
    net_.link(emulation::Link{});
    for (std::size_t i = 0; i < nodes; ++i) {
        net_.reach(served_at(i), emulation::Reach::answers);
        know(*players_[i], before(i));
    }
}

}  // namespace simulation
