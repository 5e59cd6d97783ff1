#include "crowd.hpp"

#include <algorithm>

#include <ouro/emulation/vices.hpp>

namespace simulation {

namespace {

constexpr std::size_t relays_there = 100;
constexpr std::size_t strangers_there = 2;
constexpr std::size_t besieged_relays = 30;  // the first ones: each node has a root among them
constexpr ini::Targets usual_targets{10, 4};

PeerId relay_name(std::size_t i) { return PeerId::from_parts("r" + std::to_string(i) + ".example", 3001); }
PeerId player_name(std::size_t i) { return PeerId::from_parts("n" + std::to_string(i) + ".example", 3001); }

std::vector<PeerId> all_relays() {
    std::vector<PeerId> all;
    for (std::size_t i = 0; i < relays_there; ++i) all.push_back(relay_name(i));
    return all;
}

emulation::Options weather(std::uint64_t seed) {
    emulation::Options options;
    options.seed = seed;
    options.jitter = 30ms;
    options.overtaking = 20ms;
    options.reset_every = 30min;
    options.silent_every = 2h;
    options.flip_every = 2'000'000;
    options.send_buffer = 60'000;
    return options;
}

}  // namespace

Crowd::Crowd(std::uint64_t seed, Duration troubled) : World(seed, troubled, weather(seed), 400) {
    const auto vices = emulation::responder_vices();
    for (const PeerId& name : all_relays()) {
        const bool hostile = below(3) == 0;  // patient, otherwise silent peers would disconnect by themselves
        Relay& relay = add_relay(name, chain_, hostile, true);
        if (hostile) relay.meddle(vices[below(vices.size())].make);
    }
    const auto players = 1 + below(3);
    for (std::size_t i = 0; i < players; ++i) {
        ini::Config config;
        config.leios = true;
        config.targets = usual_targets;
        config.events_bytes = 50'000;
        if (below(2) == 0) config.blocks_ahead_bytes = 100'000;
        Player& player = add_player(player_name(i), std::move(config));
        know(player, all_relays());
        ini::SetLocalRoots roots;
        roots.groups.push_back(
            {{relay_name(below(besieged_relays)), relay_name(30 + below(30)), relay_name(60 + below(30))}, 1, 2, true});
        require(player.node().execute(std::move(roots)).has_value(), "roots cannot be set");
        player.fetch_offers();
        player.start_sync();
    }
    for (std::size_t i = 0; i < strangers_there; ++i) add_stranger(i);
}

void Crowd::add_stranger(std::size_t number) {
    ini::Config config;
    config.leios = true;
    config.early_txs = true;
    config.targets = {4, 2};
    config.seed = random_();
    auto& stranger = net_.add<InitiatorBehavior>(PeerId::from_parts("s" + std::to_string(number) + ".example", 3001),
                                                 std::move(config));
    const auto vices = emulation::initiator_vices();
    stranger.meddle(vices[below(vices.size())].make);
    stranger.watch([](const ini::Event&) {});
    std::vector<PeerId> besieged = all_relays();
    besieged.resize(besieged_relays);
    require(stranger.execute(ini::KnowPeers{std::move(besieged)}).has_value(), "peers cannot be known");
    require(stranger.execute(ini::StartSync{}).has_value(), "a sync cannot be started");
    strangers_.push_back(&stranger);
}

emulation::Link Crowd::bad_link() {
    emulation::Link link = net_.world().options();
    link.latency = std::chrono::milliseconds(1 + below(400));
    if (below(2) == 0) link.bandwidth = 5'000 + below(100'000);
    if (below(3) == 0) link.reset_every = std::chrono::seconds(5 + below(300));
    if (below(4) == 0) link.silent_every = std::chrono::seconds(30 + below(600));
    if (below(4) == 0) link.flip_every = 10'000 + below(100'000);
    return link;
}

void Crowd::trouble() {
    const PeerId relay = relay_name(below(relays_there));
    Player& player = *players_[below(players_.size())];
    switch (below(14)) {
        case 0:
        case 1: return grow();
        case 2: return net_.reach(relay, static_cast<emulation::Reach>(1 + below(4)));
        case 3:
        case 4: return net_.reach(relay, emulation::Reach::answers);
        case 5: return net_.link(relay, bad_link());
        case 6: {
            emulation::Capacity slow = net_.world().options();
            slow.chunk = 1 + below(3'000);
            slow.reads = 2'000 + below(50'000);
            return net_.capacity(relay, slow);
        }
        case 7: return lose(player.address(), relay);
        case 8: return player.node().attend(below(3) != 0);
        case 9: {
            const std::size_t established = below(15);
            return player.aim({established, below(std::min<std::size_t>(8, established + 1))});
        }
        case 10: return void(player.node().execute(ini::BanPeer{relay, std::chrono::seconds(1 + below(600))}));
        case 11: return void(player.node().execute(ini::KnowPeers{{relay}}));
        case 12:
            if (below(4) == 0) return void(player.node().execute(ini::DemotePeer{relay}));
            return void(player.node().execute(ini::UnbanPeer{relay}));
        default: return fetch(player, *chain_);
    }
}

void Crowd::cease() {
    for (auto* stranger : strangers_) stranger->stop();
    emulation::Link calm;
    calm.jitter = 5ms;
    net_.link(calm);
    for (const PeerId& relay : all_relays()) {
        net_.reach(relay, emulation::Reach::answers);
        net_.capacity(relay, {});
    }
    for (const auto& player : players_) {
        player->node().attend(true);
        player->aim(usual_targets);
        know(*player, all_relays());  // some were forgotten, as it has to be: their user learns of them again
    }
}

bool Crowd::recovered(Player& player) const {
    const auto counters = player.node().behavior().counters();
    return counters.hot >= usual_targets.active && counters.warm + counters.hot >= usual_targets.established &&
           has_chain(player);
}

}  // namespace simulation
