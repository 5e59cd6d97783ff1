#include <ouro/emulation/vices.hpp>

#include <optional>
#include <set>

#include "unit/behavior/local_cast.hpp"

using namespace cast;

namespace {

struct Row {
    std::string_view vice;
    Errc at_client, at_node;  // why each ends the connection with a peer of this vice
};
constexpr Row rows[] = {
    {"silent", Errc::state_timeout, Errc::state_timeout},
    {"mute_after_handshake", Errc::none, Errc::none},
    {"garbage", Errc::unknown_protocol, Errc::unknown_protocol},
    {"trickle", Errc::state_timeout, Errc::state_timeout},
    {"oversized", Errc::message_too_large, Errc::message_too_large},
    {"huge_items", Errc::answer_too_large, Errc::message_too_large},
    {"truncates", Errc::truncated, Errc::truncated},
    {"nonsense", Errc::malformed, Errc::malformed},
    {"says_twice", Errc::out_of_turn, Errc::out_of_turn},
    {"unregistered", Errc::unknown_protocol, Errc::unknown_protocol},
    {"closes", Errc::closed_by_peer, Errc::closed_by_peer},
    {"resets", Errc::connection_reset, Errc::connection_reset},
    {"vanishes", Errc::none, Errc::none},
    {"stops_reading", Errc::none, Errc::none},
};

MockScript script() {
    MockScript script;
    script.chain = std::make_shared<TestChain>(20);
    return script;
}

loc::Config usual() {
    loc::Config config = knowing_blocks();
    config.answer_bytes = 1U << 20;
    return config;
}

/// Lets the client follow the chain, and ask for the state and the mempool.
void use(MockPair& pair) {
    pair.call(loc::Connect{relay_id, Duration::max()});
    pair.call(loc::Follow{List<Point>{}, Duration::max()});
    pair.call(loc::AcquireState{});
    pair.call(loc::AcquireMempool{});
    pair.net.run_for(10s);
    for (const auto& event : pair.client.events()) {
        if (const auto* state = std::get_if<loc::StateAcquired>(&event))
            (void)pair.client.execute(loc::QueryState{state->command, n2c::query::chain_point()});
        if (const auto* mempool = std::get_if<loc::MempoolAcquired>(&event))
            (void)pair.client.execute(loc::AskMempool{mempool->command, LocalTxMonitor::GetSizes{}, {}});
    }
}

template <class Disconnected, class N>
Errc reason(const N& node) {
    for (const auto& event : node.events())
        if (const auto* gone = std::get_if<Disconnected>(&event)) return gone->reason;
    return Errc::none;
}

}  // namespace

TEST_CASE("A client detects every vice of a node", "[unit][emulation][vices]") {
    CHECK(std::size(rows) == local_vices().size());
    for (const LocalVice& vice : local_vices()) {
        const auto row = std::find_if(std::begin(rows), std::end(rows), [&](auto& r) { return r.vice == vice.name; });
        REQUIRE(row != std::end(rows));
        INFO(vice.name);
        MockPair pair(script(), usual(), false);
        pair.server.meddle(vice.make);
        use(pair);
        pair.net.run_for(5min);
        CHECK(reason<loc::Disconnected>(pair.client) == row->at_client);
    }
}

TEST_CASE("A node detects every vice of a client", "[unit][emulation][vices]") {
    for (const LocalVice& vice : local_vices()) {
        const auto row = std::find_if(std::begin(rows), std::end(rows), [&](auto& r) { return r.vice == vice.name; });
        REQUIRE(row != std::end(rows));
        INFO(vice.name);
        MockPair pair(script(), usual(), false);
        pair.client.meddle(vice.make);
        use(pair);
        pair.net.run_for(5min);
        CHECK(reason<loc_res::PeerDisconnected>(pair.server) == row->at_node);
    }
}

TEST_CASE("Vices of clients and their nodes have different names", "[unit][emulation][vices]") {
    std::set<std::string_view> names;
    for (const LocalVice& vice : local_vices()) {
        CHECK(names.insert(vice.name).second);
        CHECK_FALSE(vice.what.empty());
    }
}
