#pragma once

#include <ouro/behavior/local_initiator.hpp>
#include <ouro/behavior/local_responder.hpp>
#include <ouro/emulation/mock_node.hpp>
#include <ouro/n2c/query.hpp>

#include "support/hex.hpp"
#include "support/rules.hpp"
#include "unit/behavior/cast.hpp"

// Compiled once, in local_cast.cpp.
extern template class ouro::emulation::SimulatedNode<ouro::LocalInitiatorBehavior>;
extern template class ouro::emulation::SimulatedNode<ouro::LocalResponderBehavior>;
extern template class ouro::emulation::SimulatedNode<ouro::emulation::MockNode>;

/// Who plays in the tests of the local protocols.
namespace cast {

namespace loc = ouro::local_initiator;
namespace loc_res = ouro::local_responder;

using LocalClient = SimulatedNode<LocalInitiatorBehavior>;
using LocalServer = SimulatedNode<LocalResponderBehavior>;
using Mock = SimulatedNode<MockNode>;

inline loc::Config knowing_blocks() {
    loc::Config config;
    config.rules = support::test_rules();
    return config;
}

/// The outcome of a command: all events but those of a chain that repeat its id.
template <class N>
std::vector<loc::Event> outcomes(const N& node, CommandId command) {
    std::vector<loc::Event> all;
    for (const auto& event : node.events())
        std::visit(
            [&](const auto& e) {
                if (e.command == command) all.push_back(event);
            },
            event);
    return all;
}
/// Why it failed; nothing where it has not ended, or ended well.
template <class N>
std::optional<Errc> failure(const N& node, CommandId command) {
    const auto all = outcomes(node, command);
    if (all.size() != 1) return std::nullopt;
    const auto* failed = std::get_if<loc::Failed>(&all[0]);
    return failed ? std::optional(failed->reason) : std::nullopt;
}

inline const Tx some_tx{Era::conway, ByronTxKind::transaction, Bytes::copy(raw::bytes("84a0a0f5f6"))};
inline TxId id_of(const Tx& tx) {
    TxId id{tx.era, tx.byron, {}};
    std::copy_n(tx.cbor.data(), std::min<std::size_t>(tx.cbor.size(), 32), id.hash.begin());
    return id;
}

/// A client and a server, connected.
template <class Server>
struct LocalPair {
    template <class Script>
    explicit LocalPair(Script script, loc::Config config = knowing_blocks(), bool connect = true)
        : server(net.add<Server>(relay_id, std::move(script))),
          client(net.add<LocalInitiatorBehavior>(node_id, std::move(config))) {
        if (!connect) return;
        connection = *client.execute(loc::Connect{relay_id});
        REQUIRE(net.run_until([&] { return count<loc::Connected>(client) == 1; }, 5s));
    }

    template <class C>
    CommandId call(C command) {
        const auto id = client.execute(std::move(command));
        REQUIRE(id);
        return *id;
    }
    /// Carries the call to its end.
    template <class C>
    loc::Event ask(C command) {
        const CommandId id = call(std::move(command));
        REQUIRE(net.run_until([&] { return !outcomes(client, id).empty(); }, 10s));
        const auto all = outcomes(client, id);
        REQUIRE(all.size() == 1);
        return all[0];
    }
    template <class C>
    Errc refused(C command) {
        const auto id = client.execute(std::move(command));
        return id ? Errc::none : id.error();
    }

    SimulatedNetwork net;
    SimulatedNode<Server>& server;
    LocalClient& client;
    CommandId connection{};
};
using MockPair = LocalPair<MockNode>;
/// Nobody answers but the test.
using ServerPair = LocalPair<LocalResponderBehavior>;

}  // namespace cast
