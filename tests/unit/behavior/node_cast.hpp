#pragma once

#include <ouro/behavior/node.hpp>

#include "unit/behavior/cast.hpp"

extern template class ouro::emulation::SimulatedNode<ouro::NodeBehavior>;

/// Nodes that follow and serve, in the tests of connections that are used both ways.
namespace cast {

using Both = SimulatedNode<NodeBehavior>;
using State = node::ConnectionState;

inline node::Config both_ways(std::shared_ptr<const TestChain> chain) {
    node::Config config;
    config.initiator = knowing();
    config.responder = serving(std::move(chain));
    return config;
}

/// What a node makes of its connection with somebody.
inline State state(const Both& node, const PeerId& peer) {
    State found = State::none;
    for (const auto& connection : node.behavior().peers())
        if (connection.peer == peer && found != State::duplex) found = connection.state;
    return found;
}

/// Two nodes that serve the same chain and listen each.
struct TwoNodes {
    explicit TwoNodes(std::size_t blocks = 20, const std::function<void(node::Config&)>& change = {},
                      const Options& options = {})
        : net(options), chain(std::make_shared<TestChain>(blocks)) {
        node::Config config = both_ways(chain);
        if (change) change(config);
        near = &net.add<NodeBehavior>(node_id, config);
        config.seed = config.initiator.seed = config.responder.seed = 2;
        far = &net.add<NodeBehavior>(relay_id, config);
    }

    void include(Both& who, const PeerId& peer) { REQUIRE(who.execute(ini::IncludePeer{peer})); }
    void demote(Both& who, const PeerId& peer) { REQUIRE(who.execute(ini::DemotePeer{peer})); }
    void extend(std::size_t blocks = 1) {
        const auto common = chain->size();
        chain->extend(blocks);
        for (Both* node : {near, far}) REQUIRE(node->execute(res::ChainChanged{common}));
    }
    /// Both use one connection.
    void join() {
        include(*near, relay_id);
        net.run_for(1s);
        include(*far, node_id);
        net.run_for(1s);
        REQUIRE(state(*near, relay_id) == State::duplex);
        REQUIRE(state(*far, node_id) == State::duplex);
    }

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain;
    Both* near = nullptr;
    Both* far = nullptr;
};

}  // namespace cast

template <>
struct Catch::StringMaker<ouro::node::ConnectionState> {
    static std::string convert(ouro::node::ConnectionState state) { return std::string(ouro::node::name(state)); }
};
