#include "mesh.hpp"

#include <algorithm>

namespace simulation {

namespace {

constexpr std::size_t nodes = 20;
constexpr Duration calm_at_most = 2h;

const PeerId maker_name = PeerId::from_parts("maker.example", 3001);
PeerId served_at(std::size_t i) { return PeerId::from_parts("m" + std::to_string(i) + ".example", 3001); }
PeerId dialled_from(std::size_t i) { return PeerId::from_parts("m" + std::to_string(i) + ".example", 3002); }

responder::Config serving(std::shared_ptr<const TestChain> chain, std::uint64_t seed) {
    responder::Config config;
    config.chain = std::move(chain);
    config.seed = seed;
    return config;
}

}  // namespace

Mesh::Mesh(std::uint64_t seed, Duration troubled)
    : random_(seed),
      net_(options(seed)),
      troubled_(troubled),
      made_(std::make_shared<TestChain>(200)),
      maker_(&net_.add<ResponderBehavior>(maker_name, serving(made_, seed))) {
    maker_->watch([](const responder::Event&) {});
    const auto genuine = [this](const BlockPoint& point) {
        const auto number = static_cast<std::uint64_t>(point.slot) / 20;
        return point == TestChain::made_up(number, point.hash[0]) && point.hash[0] <= fork_;
    };
    for (std::size_t i = 0; i < nodes; ++i) {
        ini::Config config;
        config.seed = random_();
        config.targets = {4, 2};
        players_.push_back(std::make_unique<Player>(net_, dialled_from(i), std::move(config), genuine));
        Player& player = *players_.back();
        Relay& relay = net_.add<ResponderBehavior>(served_at(i), serving(player.shared_chain(), random_()));
        relay.watch([](const responder::Event&) {});
        relays_.push_back(&relay);
        player.on_change([&relay](ChainView::Position common) {
            require(relay.execute(responder::ChainChanged{common}).has_value(), "a relay is gone");
        });
    }
    // Everybody follows somebody before him: a node follows one chain and judges none, and a ring of followers without
    // the maker would be content with itself.
    for (std::size_t i = 0; i < nodes; ++i) {
        ini::KnowPeers known;
        for (std::size_t other = 0; other < i; ++other) known.peers.push_back(served_at(other));
        if (i < 3) known.peers.push_back(maker_name);
        require(players_[i]->node().execute(std::move(known)).has_value(), "peers cannot be known");
        players_[i]->start_sync();
    }
}

emulation::Options Mesh::options(std::uint64_t seed) {
    emulation::Options options;
    options.seed = seed;
    options.jitter = 30ms;
    options.overtaking = 20ms;
    options.reset_every = 10min;
    options.silent_every = 40min;
    return options;
}

void Mesh::run() {
    const Instant end = net_.now() + troubled_;
    while (net_.now() < end) {
        trouble();
        steps_until(net_.now() + std::chrono::milliseconds(below(20'000)));
    }
    emulation::Link calm;
    net_.link(calm);
    net_.reach(maker_name, emulation::Reach::answers);
    for (std::size_t i = 0; i < nodes; ++i) net_.reach(served_at(i), emulation::Reach::answers);
    for (std::size_t i = 0; i < nodes; ++i) {
        ini::KnowPeers known;
        for (std::size_t other = 0; other < i; ++other) known.peers.push_back(served_at(other));
        if (i < 3) known.peers.push_back(maker_name);
        require(players_[i]->node().execute(std::move(known)).has_value(), "peers cannot be known again");
    }
    const Instant since = net_.now();
    while (!converged()) {
        require(net_.now() - since < calm_at_most, "the mesh does not come together");
        steps_until(net_.now() + 10s);
    }
    convergence_ = net_.now() - since;
    for (const auto& player : players_) player->node().stop();
    steps_until(net_.now() + 1min);
    for (const auto& player : players_) player->check_ended();
    for (Relay* relay : relays_) relay->stop();
    maker_->stop();
    steps_until(net_.now() + 10min);
    require(net_.connections() == 0, "a connection is left");
    require(net_.held() == 0, "octets are left");
}

void Mesh::steps_until(Instant end) {
    while (net_.step_by(end)) {
        for (const auto& player : players_) player->check();
        ++steps_;
    }
}

void Mesh::trouble() {
    const std::size_t i = below(nodes);
    switch (below(6)) {
        case 0:
        case 1:
        case 2: {
            const auto common = made_->size() - (below(6) == 0 ? below(20) : 0);
            if (common < made_->size()) {
                made_->roll_back(common);
                ++fork_;
            }
            made_->extend(1 + below(25), fork_);
            require(maker_->execute(responder::ChainChanged{common}).has_value(), "the maker is gone");
            return;
        }
        case 3: return net_.reach(served_at(i), static_cast<emulation::Reach>(below(4)));
        case 4:
            return void(net_.lose(dialled_from(i), i == 0 ? maker_name : served_at(below(i)),
                                  static_cast<emulation::Loss>(below(3))));
        default: {
            const auto& chain = players_[i]->chain();
            if (chain.size() == 0) return;
            const auto first = 1 + below(chain.size());
            const auto last = std::min<ChainView::Position>(chain.size(), first + below(20));
            return players_[i]->fetch(chain.at(first), chain.at(last));
        }
    }
}

bool Mesh::converged() const {
    return std::all_of(players_.begin(), players_.end(), [&](const auto& player) {
        return player->chain().size() == made_->size() && player->chain().tip() == made_->tip();
    });
}

std::string Mesh::summary() const {
    std::uint64_t headers = 0, blocks = 0, requests = 0;
    for (const auto& player : players_) {
        headers += player->headers;
        blocks += player->blocks;
        requests += player->requests;
    }
    return std::to_string(steps_) + " steps, " + std::to_string(headers) + " headers, " + std::to_string(blocks) +
           " blocks of " + std::to_string(requests) + " requests, together after " +
           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(convergence_).count()) + " s";
}

}  // namespace simulation
