#include "crowd.hpp"

#include <algorithm>

#include <ouro/emulation/vices.hpp>

namespace simulation {

namespace {

constexpr std::size_t relays_there = 100;
constexpr std::size_t held_at_most = 256U << 20;  // octets, of everybody together
constexpr Duration calm_at_most = 3h;             // a ban takes one, and so may a peer that is silent at its tip
constexpr ini::Targets usual_targets{10, 4};

PeerId relay_name(std::size_t i) { return PeerId::from_parts("r" + std::to_string(i) + ".example", 3001); }

}  // namespace

Crowd::Crowd(std::uint64_t seed, Duration troubled)
    : random_(seed), net_(options(seed)), troubled_(troubled), chain_(std::make_shared<TestChain>(300, 400)) {
    add_relays();
    add_players();
}

emulation::Options Crowd::options(std::uint64_t seed) {
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

void Crowd::add_relays() {
    const auto vices = emulation::responder_vices();
    for (std::size_t i = 0; i < relays_there; ++i) {
        responder::Config config;
        config.chain = chain_;
        config.seed = random_();
        const bool hostile = below(3) == 0;
        if (hostile) config.idle_timeout = {};  // else those who say nothing would leave by themselves
        Relay& relay = net_.add<ResponderBehavior>(relay_name(i), std::move(config));
        relay.watch([](const responder::Event&) {});
        relays_.push_back(&relay);
        if (hostile)
            relay.meddle(vices[below(vices.size())].make);
        else
            ++honest_;
    }
}

void Crowd::add_players() {
    const auto players = 1 + below(3);
    for (std::size_t i = 0; i < players; ++i) {
        ini::Config config;
        config.seed = random_();
        config.targets = usual_targets;
        config.events_octets = 50'000;
        const auto genuine = [this](const BlockPoint& point) {
            const auto number = static_cast<std::uint64_t>(point.slot) / 20;
            return point == TestChain::made_up(number, point.hash[0]) && point.hash[0] <= fork_;
        };
        players_.push_back(std::make_unique<Player>(
            net_, PeerId::from_parts("n" + std::to_string(i) + ".example", 3001), std::move(config), genuine));
        Player& player = *players_.back();
        ini::KnowPeers known;
        for (std::size_t relay = 0; relay < relays_there; ++relay) known.peers.push_back(relay_name(relay));
        require(player.node().execute(std::move(known)).has_value(), "peers cannot be known");
        ini::SetLocalRoots roots;
        roots.groups.push_back(
            {{relay_name(below(30)), relay_name(30 + below(30)), relay_name(60 + below(30))}, 1, 2, true});
        require(player.node().execute(std::move(roots)).has_value(), "roots cannot be set");
        player.start_sync();
    }
}

void Crowd::run() {
    const Instant end = net_.now() + troubled_;
    while (net_.now() < end) {
        trouble();
        steps_until(net_.now() + std::chrono::milliseconds(below(10'000)));
    }
    cease();
    const Instant calm = net_.now();
    while (!converged()) {
        require(net_.now() - calm < calm_at_most, "the nodes do not recover");
        if (below(4) == 0) grow();
        steps_until(net_.now() + 10s);
    }
    convergence_ = net_.now() - calm;
    stop();
}

void Crowd::steps_until(Instant end) {
    while (net_.step_by(end)) {
        for (const auto& player : players_) player->check();
        if (++steps_ % 4'096 == 0) require(net_.held() <= held_at_most, "more octets are held than ever should be");
    }
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

void Crowd::grow() {
    const auto common = chain_->size() - (below(8) == 0 ? below(20) : 0);
    if (common < chain_->size()) {
        chain_->roll_back(common);
        ++fork_;
    }
    chain_->extend(1 + below(fork_ == 0 ? 3 : 25), fork_);
    for (Relay* relay : relays_)
        require(relay->execute(responder::ChainChanged{common}).has_value(), "a relay is gone");
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
        case 7: return void(net_.lose(player.address(), relay, static_cast<emulation::Loss>(below(3))));
        case 8: return player.node().attend(below(3) != 0);
        case 9: return player.aim({below(15), below(8)});
        case 10: return void(player.node().execute(ini::BanPeer{relay, std::chrono::seconds(1 + below(600))}));
        case 11: return void(player.node().execute(ini::KnowPeers{{relay}}));
        case 12:
            if (below(4) == 0) return void(player.node().execute(ini::DemotePeer{relay}));
            return void(player.node().execute(ini::UnbanPeer{relay}));
        default: {
            const auto first = 1 + below(chain_->size());
            const auto last = std::min<ChainView::Position>(chain_->size(), first + below(30));
            return player.fetch(chain_->at(first), chain_->at(last));
        }
    }
}

void Crowd::cease() {
    emulation::Link calm;
    calm.jitter = 5ms;
    net_.link(calm);
    for (std::size_t i = 0; i < relays_there; ++i) {
        net_.reach(relay_name(i), emulation::Reach::answers);
        net_.capacity(relay_name(i), {});
    }
    ini::KnowPeers known;  // some were forgotten, as it has to be: their user learns of them again
    for (std::size_t relay = 0; relay < relays_there; ++relay) known.peers.push_back(relay_name(relay));
    for (const auto& player : players_) {
        player->node().attend(true);
        player->aim(usual_targets);
        require(player->node().execute(known).has_value(), "peers cannot be known again");
    }
}

bool Crowd::converged() const {
    return std::all_of(players_.begin(), players_.end(), [&](const auto& player) {
        const auto counters = player->node().behavior().counters();
        return counters.hot >= usual_targets.active && counters.warm + counters.hot >= usual_targets.established &&
               player->chain().size() == chain_->size() && player->chain().tip() == chain_->tip();
    });
}

void Crowd::stop() {
    for (const auto& player : players_) player->node().stop();
    steps_until(net_.now() + 1min);
    for (const auto& player : players_) {
        player->check_ended();
        require(player->node().behavior().idle(), "a stopped node has connections");
    }
    for (Relay* relay : relays_) relay->stop();
    steps_until(net_.now() + 10min);
    require(net_.connections() == 0, "a connection is left");
    require(net_.held() == 0, "octets are left");
}

std::string Crowd::summary() const {
    std::uint64_t headers = 0, blocks = 0, requests = 0, bans = 0, stalls = 0;
    for (const auto& player : players_) {
        headers += player->headers;
        blocks += player->blocks;
        requests += player->requests;
        bans += player->bans;
        stalls += player->stalls;
    }
    return std::to_string(players_.size()) + " nodes, " + std::to_string(honest_) + " honest relays, " +
           std::to_string(steps_) + " steps, " + std::to_string(headers) + " headers, " + std::to_string(blocks) +
           " blocks of " + std::to_string(requests) + " requests, " + std::to_string(bans) + " bans, " +
           std::to_string(stalls) + " stalls, calm after " +
           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(convergence_).count()) + " s";
}

}  // namespace simulation
