#include <ouro/n2c/message.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"

using namespace ouro;

TEST_CASE("Node-to-client versions 16 to 23 are offered, with bit 15", "[unit][n2c][message]") {
    CHECK(n2c::default_versions() == std::vector<Version>{Version{32'784}, Version{32'785}, Version{32'786},
                                                          Version{32'787}, Version{32'788}, Version{32'789},
                                                          Version{32'790}, Version{32'791}});
    CHECK(n2c::version(9) == Version{32'777});
}

TEST_CASE("Each feature is available from its version on", "[unit][n2c][message]") {
    using n2c::Feature;
    const std::pair<Feature, unsigned> since[] = {{Feature::acquire_immutable_tip, 16},
                                                  {Feature::ledger_config, 20},
                                                  {Feature::measures, 20},
                                                  {Feature::stake_with_totals, 21}};
    for (const auto& [feature, first] : since)
        for (unsigned number = 14; number <= 24; ++number) {
            INFO("feature " << static_cast<unsigned>(feature) << " in version " << number);
            CHECK(n2c::has(n2c::version(number), feature) == (number >= first));
        }
}

TEST_CASE("A message is not sent to nodes that are too old for it", "[unit][n2c][message]") {
    using Query = LocalStateQuery;
    const std::pair<n2c::Message, unsigned> since[] = {{LocalTxMonitor::GetMeasures{}, 20},
                                                       {LocalTxMonitor::GetSizes{}, 0},
                                                       {LocalTxMonitor::Acquire{}, 0},
                                                       {Query::Acquire{Query::ImmutableTip{}}, 16},
                                                       {Query::ReAcquire{Query::ImmutableTip{}}, 16},
                                                       {Query::Acquire{Query::VolatileTip{}}, 0},
                                                       {Query::ReAcquire{Query::VolatileTip{}}, 0},
                                                       {Query::Acquire{Point()}, 0},
                                                       {LocalChainSync::RequestNext{}, 0}};
    for (const auto& [message, first] : since)
        for (unsigned number = 14; number <= 24; ++number) {
            INFO(to_hex(cbor::encode(message)) << " in version " << number);
            CHECK(n2c::allowed(n2c::version(number), message) == (number >= first));
        }
}

TEST_CASE("The node-to-client set finds each protocol by its channel", "[unit][n2c][message]") {
    const auto decode = [](int channel, std::string_view digits) {
        const Bytes bytes = hex(digits);
        return n2c::Message::decode(static_cast<Channel>(channel), Item{bytes, nullptr});
    };
    REQUIRE(decode(0, "8200a0"));
    CHECK(decode(0, "8200a0")->as<n2c::Handshake>());
    CHECK(decode(5, "8100")->as<LocalChainSync>());
    CHECK(decode(6, "8101")->as<LocalTxSubmission>());
    CHECK(decode(7, "8101")->as<LocalStateQuery>());
    CHECK(decode(9, "8101")->as<LocalTxMonitor>());
    for (const int other : {1, 2, 3, 4, 8, 10, 14, 15}) CHECK(decode(other, "8101").error() == Errc::unknown_protocol);

    for (const int local : {5, 6, 7, 9}) CHECK(n2c::Message::ingress_limit(static_cast<Channel>(local)) == 0xffffffff);
    CHECK(n2c::Message::ingress_limit(Channel{0}) == 5'760);
    CHECK(n2c::Message::ingress_limit(Channel{2}) == 0);

    const n2c::Message message = LocalStateQuery::Query{hex("8101")};
    CHECK(message.channel() == Channel{7});
    CHECK(to_hex(cbor::encode(message)) == "82038101");
}
