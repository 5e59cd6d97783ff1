#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/behavior/initiator.hpp>
#include <ouro/behavior/responder.hpp>
#include <ouro/emulation/network.hpp>

#include "support/catch.hpp"
#include "support/chain.hpp"
#include "support/rules.hpp"
#include "support/wire.hpp"

// Compiled once, in cast.cpp: every test of a behavior has both.
extern template class ouro::emulation::SimulatedNode<ouro::InitiatorBehavior>;
extern template class ouro::emulation::SimulatedNode<ouro::ResponderBehavior>;

/// Who plays in the tests of behaviors, and how they are asked what they were told.
namespace cast {

using namespace ouro;
using namespace ouro::emulation;
using namespace std::chrono_literals;
using support::TestChain;
namespace ini = ouro::initiator;
namespace res = ouro::responder;

using Initiator = SimulatedNode<InitiatorBehavior>;
using Responder = SimulatedNode<ResponderBehavior>;

inline const PeerId node_id = PeerId::from_parts("node.example", 3001);
inline const PeerId relay_id = PeerId::from_parts("relay.example", 3002);
inline const PeerId other_id = PeerId::from_parts("other.example", 3003);
inline const PeerId raw_id = PeerId::from_parts("raw.example", 3004);

/// All events of one kind, oldest first.
template <class E, class N>
std::vector<E> told(const N& node) {
    std::vector<E> all;
    for (const auto& event : node.events())
        if (const auto* e = std::get_if<E>(&event)) all.push_back(*e);
    return all;
}
template <class E, class N>
std::size_t count(const N& node) {
    std::size_t n = 0;
    for (const auto& event : node.events()) n += std::holds_alternative<E>(event) ? 1 : 0;
    return n;
}
template <class E, class N>
E last(const N& node) {
    const auto all = told<E>(node);
    REQUIRE(!all.empty());
    return all.back();
}
/// Runs until `node` was told of one more `E` than now; whether it was.
template <class E, class N>
bool await(SimulatedNetwork& net, const N& node, Duration at_most = 2s) {
    const std::size_t before = count<E>(node);
    return net.run_until([&] { return count<E>(node) > before; }, at_most);
}

/// The message, if it is one of type `M`; else null.
template <class M, class... Protocols>
const M* message_as(const MessageSet<Protocols...>& message) {
    const M* found = nullptr;
    const auto look = [&]<class P>(const P*) {
        if constexpr (std::constructible_from<typename P::Message, M>)
            if (const auto* own = message.template as<P>()) found = std::get_if<M>(own);
    };
    (look(static_cast<const Protocols*>(nullptr)), ...);
    return found;
}
/// How many requests of type `M` peers have made of a serving side that answers by command.
template <class M, class N>
std::size_t requests(const N& node) {
    std::size_t n = 0;
    for (const auto& event : node.events())
        if (const auto* asked = std::get_if<res::Requested>(&event)) n += message_as<M>(asked->message) ? 1 : 0;
    return n;
}
/// A request of type `M`, and who made it.
template <class M>
struct RequestOf {
    ConnectionId connection{};
    PeerId peer;
    M message;
};
template <class M, class N>
RequestOf<M> last_request(const N& node) {
    std::optional<RequestOf<M>> latest;
    for (const auto& event : node.events())
        if (const auto* asked = std::get_if<res::Requested>(&event))
            if (const M* message = message_as<M>(asked->message)) latest = {asked->connection, asked->peer, *message};
    REQUIRE(latest);
    return *latest;
}
/// Runs until `node` was asked with one more `M` than now; whether it was.
template <class M, class N>
bool await_request(SimulatedNetwork& net, const N& node, Duration at_most = 2s) {
    const std::size_t before = requests<M>(node);
    return net.run_until([&] { return requests<M>(node) > before; }, at_most);
}

/// A config that knows the points of made-up headers and blocks.
inline ini::Config knowing() {
    ini::Config config;
    config.rules = support::test_rules();
    return config;
}
inline res::Config serving(std::shared_ptr<const TestChain> chain) {
    res::Config config;
    config.chain = std::move(chain);
    return config;
}
inline ini::PeerState state(const Initiator& node, const PeerId& peer) {
    for (auto& state : node.behavior().peers())
        if (state.peer == peer) return state;
    FAIL("no such peer");
    return {};
}

/// Where the user of a node stands in a sync, with zero in the only one: the points of all reported headers, without
/// those that were rolled back.
template <class N>
std::vector<Point> followed(const N& node, CommandId sync = {}) {
    std::vector<Point> points;
    const auto of_sync = [&](const auto* event) { return event && (sync == CommandId{} || event->command == sync); };
    for (const auto& event : node.events()) {
        if (const auto* at = std::get_if<ini::Intersected>(&event); of_sync(at)) points = {at->point};
        if (const auto* forward = std::get_if<ini::RollForward>(&event); of_sync(forward))
            points.emplace_back(*TestChain::point_of(forward->header));
        if (const auto* back = std::get_if<ini::RollBackward>(&event); of_sync(back)) {
            while (!points.empty() && points.back() != back->point) points.pop_back();
            if (points.empty()) points = {back->point};
        }
    }
    return points;
}
inline std::vector<Point> points_of(const TestChain& chain, ChainView::Position from = 0) {
    std::vector<Point> points;
    for (ChainView::Position p = from; p <= chain.size(); ++p) points.push_back(chain.point(p));
    return points;
}

/// An initiator and a relay that serves a chain.
struct Pair {
    explicit Pair(std::size_t blocks, const ini::Config& config = knowing(), const Options& options = {},
                  std::size_t block_bytes = 100)
        : net(options),
          chain(std::make_shared<TestChain>(blocks, block_bytes)),
          relay(net.add<ResponderBehavior>(relay_id, serving(chain))),
          node(net.add<InitiatorBehavior>(node_id, config)) {}

    CommandId include(const PeerId& peer = relay_id) { return *node.execute(ini::IncludePeer{peer}); }
    CommandId sync(std::vector<Point> points = {}) { return *node.execute(ini::StartSync{std::move(points)}); }
    CommandId fetch(ChainView::Position first, ChainView::Position last) {
        return *node.execute(ini::RequestBlocks{chain->at(first), chain->at(last)});
    }
    /// The chain goes on, or parts from itself behind `common`.
    void extend(std::size_t blocks = 1) {
        const auto common = chain->size();
        chain->extend(blocks);
        REQUIRE(relay.execute(res::ChainChanged{common}));
    }
    void switch_fork(ChainView::Position common, std::size_t blocks, std::uint8_t fork) {
        chain->roll_back(common);
        chain->extend(blocks, fork);
        REQUIRE(relay.execute(res::ChainChanged{common}));
    }

    SimulatedNetwork net;
    std::shared_ptr<TestChain> chain;
    Responder& relay;
    Initiator& node;
};

}  // namespace cast

template <>
struct Catch::StringMaker<ouro::Errc> {
    static std::string convert(ouro::Errc error) { return std::string(ouro::name(error)); }
};
template <>
struct Catch::StringMaker<ouro::Violation> {
    static std::string convert(const ouro::Violation& violation) { return ouro::to_string(violation); }
};
template <>
struct Catch::StringMaker<ouro::Point> {
    static std::string convert(const ouro::Point& point) { return ouro::to_string(point); }
};
