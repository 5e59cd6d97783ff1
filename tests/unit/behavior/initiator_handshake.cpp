#include "unit/behavior/cast.hpp"

using namespace cast;

namespace {

/// A node and a relay that do not agree.
struct Apart {
    Apart(VersionOffer ours, VersionOffer theirs)
        : relay(net.add<ResponderBehavior>(relay_id, config_of<res::Config>(std::move(theirs)))),
          node(net.add<InitiatorBehavior>(node_id, config_of<ini::Config>(std::move(ours)))) {
        REQUIRE(node.execute(ini::IncludePeer{relay_id}));
        net.run_for(1s);
    }
    template <class C>
    static C config_of(VersionOffer offer) {
        C config;
        config.offer = std::move(offer);
        return config;
    }

    SimulatedNetwork net;
    Responder& relay;
    Initiator& node;
};

const std::vector<Version> both = n2n::default_versions();

}  // namespace

TEST_CASE("A relay of another network refuses, and both sides report the reason", "[unit][behavior][handshake]") {
    Apart two({both, {preview, true, false, false, false}}, {both, {mainnet, false, false, false, false}});
    const auto at_relay = last<res::PeerRefused>(two.relay);
    CHECK(at_relay.error == Errc::magic_mismatch);
    CHECK(std::get<Refused>(at_relay.reason).text.find("expected network magic 764824073, received 2") !=
          std::string::npos);
    CHECK(two.relay.behavior().counters().refusals == 1);

    const auto here = last<ini::PeerRefused>(two.node);
    CHECK(here.by_peer);
    CHECK(here.error == Errc::magic_mismatch);
    CHECK(here.reason == at_relay.reason);
    CHECK(last<ini::PeerDisconnected>(two.node).reason == Errc::magic_mismatch);
    CHECK(last<ini::PeerDisconnected>(two.node).retry_at);
    CHECK(count<ini::PeerInitialized>(two.node) == 0);
    CHECK(last<res::PeerDisconnected>(two.relay).violation == Violation{});
    CHECK(two.net.connections() == 0);
    CHECK(two.net.held() == 0);
}

TEST_CASE("A relay without our versions reports its own", "[unit][behavior][handshake]") {
    Apart two({{Version{14}}, {mainnet, true, false, false, false}},
              {{Version{15}}, {mainnet, false, false, false, false}});
    CHECK(last<res::PeerRefused>(two.relay).error == Errc::version_mismatch);
    const auto here = last<ini::PeerRefused>(two.node);
    CHECK(here.by_peer);
    CHECK(here.error == Errc::version_mismatch);
    CHECK(here.reason == RefuseReason(VersionMismatch{{Version{15}}}));
    CHECK(last<ini::PeerDisconnected>(two.node).reason == Errc::version_mismatch);
    CHECK(two.net.connections() == 0);
}

TEST_CASE("The highest common version is agreed with the combined wishes of both sides",
          "[unit][behavior][handshake]") {
    Apart two({{Version{14}, Version{15}, Version{16}}, {mainnet, true, true, false, false}},
              {{Version{14}, Version{15}}, {mainnet, false, true, false, false}});
    CHECK(last<ini::PeerInitialized>(two.node).agreement ==
          Agreement{Version{15}, {mainnet, true, true, false, false}});
    CHECK(last<res::PeerInitialized>(two.relay).agreement == last<ini::PeerInitialized>(two.node).agreement);
}

TEST_CASE("A query is answered with all versions, and then the connection ends", "[unit][behavior][handshake]") {
    Apart two({both, {mainnet, true, false, true, false}}, {both, {mainnet, false, true, false, false}});
    const auto answered = told<ini::QueryAnswered>(two.node);
    REQUIRE(answered.size() == 1);
    CHECK(answered[0].peer == relay_id);
    CHECK(answered[0].versions == VersionTable(both, {mainnet, false, true, false, false}));
    CHECK(last<ini::PeerDisconnected>(two.node).reason == Errc::query_answered);
    CHECK_FALSE(last<ini::PeerDisconnected>(two.node).retry_at);
    CHECK(count<ini::PeerInitialized>(two.node) == 0);
    CHECK(two.node.behavior().peers().empty());
    CHECK(count<res::PeerInitialized>(two.relay) == 0);
    CHECK(two.relay.behavior().counters().refusals == 0);
    CHECK(two.net.connections() == 0);
    two.net.run_for(600s);
    CHECK(count<ini::PeerConnected>(two.node) == 1);
}
