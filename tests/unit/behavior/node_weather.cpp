// Nodes that use connections both ways, in trouble: seeds, random demotions, losses.

#include <map>
#include <random>

#include "unit/behavior/node_cast.hpp"

using namespace cast;

namespace {

/// Some nodes that all know each other and serve one chain.
struct Mesh {
    Mesh(std::size_t nodes, std::uint64_t seed, const Options& options)
        : net(options), random(seed), chain(std::make_shared<TestChain>(50)) {
        for (std::size_t i = 0; i < nodes; ++i) addresses.push_back(PeerId::from_parts("n.example", port(i)));
        for (std::size_t i = 0; i < nodes; ++i) {
            node::Config config = both_ways(chain);
            config.seed = config.initiator.seed = config.responder.seed = seed + i;
            config.initiator.back_off_jitter = 2s;
            all.push_back(&net.add<NodeBehavior>(addresses[i], config));
        }
        for (std::size_t i = 0; i < nodes; ++i) {
            include_all(i);
            REQUIRE(all[i]->execute(ini::StartSync{}));
        }
    }

    static std::uint16_t port(std::size_t i) { return static_cast<std::uint16_t>(3001 + i); }
    std::size_t below(std::size_t bound) { return random() % bound; }

    void include_all(std::size_t i) {
        for (std::size_t other = 0; other < all.size() || other < addresses.size(); ++other)
            if (other != i) (void)all[i]->execute(ini::IncludePeer{addresses[other]});
    }
    void extend(std::size_t blocks) {
        const auto common = chain->size();
        chain->extend(blocks);
        for (Both* node : all) REQUIRE(node->execute(res::ChainChanged{common}));
    }
    void trouble() {
        const std::size_t i = below(all.size());
        const std::size_t other = (i + 1 + below(all.size() - 1)) % all.size();
        switch (below(5)) {
            case 0: (void)all[i]->execute(ini::DemotePeer{addresses[other]}); break;
            case 1: include_all(i); break;
            case 2: extend(1 + below(3)); break;
            case 3: {
                const auto first = 1 + below(chain->size());
                const auto end = std::min<std::size_t>(chain->size(), first + below(10));
                if (all[i]->execute(ini::RequestBlocks{chain->at(first), chain->at(end)})) ++requests;
                break;
            }
            default: net.lose(addresses[i], addresses[other], static_cast<Loss>(below(3)));
        }
    }
    /// Steps, and looks after each whether two nodes have more than one connection with each other.
    void run_for(Duration span) {
        const Instant end = net.now() + span;
        while (net.step_by(end)) most_at_once = std::max(most_at_once, most_between_two());
    }
    [[nodiscard]] std::size_t most_between_two() const {
        std::map<std::pair<std::string_view, std::string_view>, std::size_t> count;
        std::size_t most = 0;
        for (const auto& end : net.open_ends())
            if (!end.silent) most = std::max(most, ++count[{end.home.text(), end.other.text()}]);
        return most;
    }
    [[nodiscard]] bool settled() const {
        for (const Both* node : all) {
            if (node->behavior().initiator().counters().hot != all.size() - 1) return false;
            if (node->behavior().counters().full_duplex != all.size() - 1) return false;
        }
        return true;
    }

    SimulatedNetwork net;
    std::mt19937_64 random;
    std::shared_ptr<TestChain> chain;
    std::vector<PeerId> addresses;
    std::vector<Both*> all;
    std::size_t requests = 0;
    std::size_t most_at_once = 0;
};

Options weather(std::uint64_t seed) {
    Options options;
    options.seed = seed;
    options.jitter = 30ms;
    options.overtaking = 20ms;
    return options;
}

std::uint64_t play(std::size_t nodes, std::uint64_t seed) {
    Mesh mesh(nodes, seed, weather(seed));
    for (int i = 0; i < 150; ++i) {
        mesh.trouble();
        mesh.run_for(std::chrono::milliseconds(mesh.below(10'000)));
    }
    // Now everybody wants everybody, and nothing is lost any more.
    for (std::size_t i = 0; i < nodes; ++i) mesh.include_all(i);
    mesh.run_for(3min);  // what was lost in silence is noticed
    for (int i = 0; i < 720 && !mesh.settled(); ++i) {
        if (i % 6 == 0) mesh.extend(1);
        mesh.run_for(10s);
        for (std::size_t n = 0; n < nodes; ++n) mesh.include_all(n);
    }
    CHECK(mesh.settled());
    mesh.extend(1);
    mesh.run_for(1min);
    std::size_t outcomes = 0;
    for (Both* node : mesh.all) {
        CHECK(followed(*node).back() == mesh.chain->tip().point);
        outcomes += count<ini::RangeDone>(*node) + count<ini::NoBlocks>(*node) + count<ini::RangeFailed>(*node);
        for (const auto& end : told<ini::PeerDisconnected>(*node))
            CHECK((end.violation.rule == Errc::none || end.violation.rule == Errc::state_timeout));
    }
    CHECK(mesh.most_at_once == 1);
    for (Both* node : mesh.all) node->stop();
    mesh.run_for(1min);
    CHECK(outcomes == mesh.requests);
    CHECK(mesh.net.connections() == 0);
    CHECK(mesh.net.held() == 0);
    for (const Both* node : mesh.all) CHECK(node->behavior().idle());
    return mesh.net.digest();
}

}  // namespace

TEST_CASE("Nodes that lose each other end with one connection between any two, used in both directions",
          "[unit][behavior][node][weather]") {
    const std::size_t nodes = GENERATE(std::size_t{2}, std::size_t{3});
    const auto seed = static_cast<std::uint64_t>(GENERATE(range(1, 11)));
    CAPTURE(nodes, seed);
    play(nodes, seed);
}

TEST_CASE("The same seed gives the same run in both directions", "[unit][behavior][node][weather]") {
    CHECK(play(3, 42) == play(3, 42));
    CHECK(play(3, 42) != play(3, 43));
}
