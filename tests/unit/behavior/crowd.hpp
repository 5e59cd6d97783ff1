#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "unit/behavior/cast.hpp"

namespace cast {

/// An initiator and many relays of one chain.
struct Crowd {
    explicit Crowd(std::size_t relays_there, const ini::Config& config = knowing(), const Options& options = {})
        : net(options), chain(std::make_shared<TestChain>(10)), node(net.add<InitiatorBehavior>(node_id, config)) {
        for (std::size_t i = 0; i < relays_there; ++i) {
            ids.push_back(PeerId::from_parts("relay" + std::to_string(i) + ".example", 3001));
            relays.push_back(&net.add<ResponderBehavior>(ids.back(), serving(chain)));
        }
    }

    [[nodiscard]] std::vector<PeerId> some(std::size_t first, std::size_t count) const {
        const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(first);
        return {begin, begin + static_cast<std::ptrdiff_t>(count)};
    }
    void know(std::size_t first, std::size_t count) { REQUIRE(node.execute(ini::KnowPeers{some(first, count)})); }
    void roots(std::vector<ini::LocalRoots> groups) { REQUIRE(node.execute(ini::SetLocalRoots{std::move(groups)})); }
    void targets(std::size_t established, std::size_t active) {
        REQUIRE(node.execute(ini::SetTargets{{established, active}}));
    }
    [[nodiscard]] ini::Counters counters() const { return node.behavior().counters(); }
    [[nodiscard]] Temperature temperature(const PeerId& id) const { return state(node, id).temperature; }
    [[nodiscard]] std::size_t warm_among(const std::vector<PeerId>& group) const {
        return among(group, Temperature::warm);
    }
    [[nodiscard]] std::size_t hot_among(const std::vector<PeerId>& group) const {
        return among(group, Temperature::hot);
    }
    [[nodiscard]] std::size_t among(const std::vector<PeerId>& group, Temperature temperature) const {
        return static_cast<std::size_t>(std::count_if(
            group.begin(), group.end(), [&](const PeerId& id) { return this->temperature(id) == temperature; }));
    }
    [[nodiscard]] Responder& relay(const PeerId& id) {
        return *relays[static_cast<std::size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin())];
    }
    /// The relay ends its connections, as a node does that is restarted.
    void disconnect(const PeerId& id) {
        for (const auto& peer : relay(id).behavior().peers())
            REQUIRE(relay(id).execute(res::DisconnectPeer{peer.connection}));
    }
    [[nodiscard]] PeerId upstream() const { return last<ini::RollForward>(node).peer; }

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain;
    Initiator& node;
    std::vector<PeerId> ids;
    std::vector<Responder*> relays;
};

}  // namespace cast
