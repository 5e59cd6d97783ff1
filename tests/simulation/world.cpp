#include "world.hpp"
#include "support/rules.hpp"

#include <algorithm>

namespace simulation {

namespace {

constexpr std::size_t held_at_most = 256U << 20;  // bytes, of all nodes together
constexpr Duration calm_at_most = 3h;             // a ban takes one, and so may a peer that is silent at its tip
constexpr std::uint64_t eb_count = 4;             // endorser blocks that each relay has and offers

support::TestEb eb_of(std::uint64_t number) { return support::TestEb(number, 100); }

}  // namespace

World::World(std::uint64_t seed, Duration troubled, const emulation::Options& options, std::size_t block_bytes)
    : random_(seed), net_(options), chain_(std::make_shared<TestChain>(300, block_bytes)), troubled_(troubled) {}

void World::run() {
    const Instant end = net_.now() + troubled_;
    while (net_.now() < end) {
        trouble();
        steps_until(net_.now() + std::chrono::milliseconds(below(10'000)));
    }
    cease();
    const Instant calm = net_.now();
    while (!std::all_of(players_.begin(), players_.end(), [&](const auto& player) { return recovered(*player); })) {
        require(net_.now() - calm < calm_at_most, "the nodes do not recover");
        if (below(4) == 0) grow();
        steps_until(net_.now() + 10s);
    }
    recovery_ = net_.now() - calm;
    stop();
    judge();
}

void World::steps_until(Instant end) {
    while (net_.step_by(end)) {
        if (!eb_requests_.empty()) answer_ebs();
        for (const auto& player : players_) player->check();
        if (++steps_ % 4'096 == 0) require(net_.held() <= held_at_most, "more bytes are held than ever should be");
    }
}

// As the user of a relay does that has endorser blocks: each is offered, and then its transactions. A peer that wants
// another one is disconnected, for there is no other answer.
void World::answer_ebs() {
    for (auto& [relay, event] : std::exchange(eb_requests_, {})) {
        const auto say = [&, to = relay](auto command) { (void)to->execute(std::move(command)); };
        const auto number = [](const BlockPoint& block) -> std::optional<std::uint64_t> {
            for (std::uint64_t n = 1; n <= eb_count; ++n)
                if (eb_of(n).point == block) return n;
            return std::nullopt;
        };
        if (const auto* gone = std::get_if<responder::PeerDisconnected>(&event))
            eb_offers_[relay].erase(gone->connection);
        const auto* asked = std::get_if<responder::Requested>(&event);
        if (!asked) continue;
        if (asked->message.as<LeiosNotify>()) {
            const std::uint64_t told = eb_offers_[relay][asked->connection]++;
            const support::TestEb eb = eb_of(1 + told / 2);
            if (told >= 2 * eb_count) continue;
            if (told % 2 == 0)
                say(responder::Answer{asked->connection, eb.offer()});
            else
                say(responder::Answer{asked->connection, LeiosNotify::BlockTxsOffer{eb.point}});
        } else if (const auto* wish = asked->message.as<LeiosFetch>()) {
            if (const auto n = number(support::requested_block(*wish)))
                say(responder::Answer{asked->connection, eb_of(*n).answer(*wish)});
            else
                say(responder::DisconnectPeer{asked->connection});
        }
    }
}

void World::stop() {
    for (const auto& player : players_) player->node().stop();
    steps_until(net_.now() + 1min);
    for (const auto& player : players_) {
        player->check_ended();
        require(player->node().behavior().idle(), "a stopped node has connections");
    }
    for (Relay* relay : relays_) relay->stop();
    steps_until(net_.now() + 10min);
    require(net_.connections() == 0, "a connection is left");
    require(net_.held() == 0, "bytes are left");
}

World::Relay& World::add_relay(const PeerId& address, std::shared_ptr<const TestChain> chain, bool patient,
                               bool leios) {
    responder::Config config;
    config.chain = std::move(chain);
    config.seed = random_();
    config.leios = leios;
    if (patient) config.idle_timeout = {};
    Relay& relay = net_.add<ResponderBehavior>(address, std::move(config));
    relay.watch([this, leios, at = &relay](const responder::Event& event) {
        if (leios) eb_requests_.emplace_back(at, event);
    });
    relays_.push_back(&relay);
    return relay;
}

Player& World::add_player(const PeerId& address, ini::Config config) {
    config.seed = random_();
    const auto genuine = [this](const BlockPoint& point) {
        const auto number = static_cast<std::uint64_t>(point.slot) / 20;
        return point == TestChain::made_up(number, point.hash[0]) && point.hash[0] <= fork_;
    };
    players_.push_back(std::make_unique<Player>(net_, address, std::move(config), genuine));
    return *players_.back();
}

void World::know(Player& player, std::vector<PeerId> peers) {
    require(player.node().execute(ini::KnowPeers{std::move(peers)}).has_value(), "peers cannot be known");
}

void World::grow() {
    const auto common = chain_->size() - (below(8) == 0 ? below(20) : 0);
    if (common < chain_->size()) {
        chain_->roll_back(common);
        ++fork_;
    }
    chain_->extend(1 + below(fork_ == 0 ? 3 : 25), fork_);
    for (Relay* maker : makers())
        require(maker->execute(responder::ChainChanged{common}).has_value(), "a relay is gone");
}

void World::fetch(Player& player, const TestChain& chain) {
    if (chain.size() == 0) return;
    const auto first = 1 + below(chain.size());
    const auto last = std::min<ChainView::Position>(chain.size(), first + below(30));
    if (below(2) == 0) return player.fetch(chain.at(first), chain.at(last));
    ini::RequestPoints wish;
    wish.in_order = below(2) == 0;
    for (auto p = first; p <= last; ++p) wish.points.push_back(chain.at(p));
    // What is said of their size need not be true, and large ones go to many peers.
    if (below(3) != 0) wish.bytes.assign(wish.points.size(), static_cast<std::uint32_t>(1 + below(60'000)));
    player.fetch(std::move(wish));
}

std::string World::summary() const {
    std::uint64_t headers = 0, blocks = 0, requests = 0, bans = 0, stalls = 0, ebs = 0;
    for (const auto& player : players_) {
        headers += player->headers;
        blocks += player->blocks;
        requests += player->requests;
        bans += player->bans;
        stalls += player->stalls;
        ebs += player->ebs;
    }
    return std::to_string(players_.size()) + " nodes, " + std::to_string(steps_) + " steps, " +
           std::to_string(headers) + " headers, " + std::to_string(blocks) + " blocks of " + std::to_string(requests) +
           " requests, " + std::to_string(bans) + " bans, " + std::to_string(stalls) + " stalls, " +
           std::to_string(ebs) + " endorser blocks or parts of them, recovered in " +
           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(recovery_).count()) + " s";
}

}  // namespace simulation
