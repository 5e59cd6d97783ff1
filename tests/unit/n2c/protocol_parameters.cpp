#include <ouro/n2c/protocol_parameters.hpp>

#include "support/catch.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace ouro::n2c;

namespace {

// Each parameter a number of its own, so that none can stand for another.
const std::string common = "01 02 03 04 05 06 07 08 09 d81e820a0b d81e820c0d d81e820e0f";
const std::string neutral = "d81e821011 8100";
const std::string scripts = "12 a10081 1864 82 d81e821314 d81e821516 8217181a 82181b181c 181d 181e 181f";
const std::string governance =
    "85 d81e820101 d81e820102 d81e820103 d81e820104 d81e820105"
    "8a d81e820201 d81e820202 d81e820203 d81e820204 d81e820205"
    "   d81e820206 d81e820207 d81e820208 d81e820209 d81e82020a"
    "1821 1822 1823 1824 1825 1826 d81e8218271828";

ProtocolParameters common_parameters() {
    ProtocolParameters p;
    p.min_fee_a = 1;
    p.min_fee_b = 2;
    p.max_block_body = 3;
    p.max_tx = 4;
    p.max_block_header = 5;
    p.key_deposit = 6;
    p.pool_deposit = 7;
    p.max_epoch = 8;
    p.wanted_pools = 9;
    p.pledge_influence = {10, 11};
    p.expansion = {12, 13};
    p.treasury = {14, 15};
    p.version = {200, 201};
    p.min_pool_cost = 99;
    return p;
}

ScriptParameters script_parameters() {
    return {18, hex("a100811864"), {19, 20}, {21, 22}, {23, 26}, {27, 28}, 29, 30, 31};
}

GovernanceParameters governance_parameters() {
    GovernanceParameters g;
    for (std::size_t i = 0; i < 5; ++i) g.pool_voting_thresholds[i] = {1, i + 1};
    for (std::size_t i = 0; i < 10; ++i) g.drep_voting_thresholds[i] = {2, i + 1};
    g.committee_min_size = 33;
    g.committee_max_term = 34;
    g.action_lifetime = 35;
    g.action_deposit = 36;
    g.drep_deposit = 37;
    g.drep_activity = 38;
    g.script_cost_per_byte = {39, 40};
    return g;
}

const std::string nested = "82 18c8 18c9";
const std::string flat = "18c8 18c9";

void check_parsed(Era era, const std::string& digits, const ProtocolParameters& expected) {
    INFO("era " << static_cast<unsigned>(era) << ": " << digits);
    const Bytes whole = hex(digits);
    const auto parsed = parse_protocol_parameters(era, whole);
    REQUIRE(parsed);
    CHECK(*parsed == expected);
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(parse_protocol_parameters(era, whole.slice(0, size)).error() == Errc::malformed);
    CHECK(parse_protocol_parameters(era, hex(digits + "00")).error() == Errc::malformed);
}

void check_refused(Era era, std::string_view why, const std::vector<std::string>& all) {
    for (const std::string& digits : all) {
        INFO("era " << static_cast<unsigned>(era) << ", " << why << ": " << digits);
        CHECK(parse_protocol_parameters(era, hex(digits)).error() == Errc::malformed);
    }
}

}  // namespace

TEST_CASE("Shelley's parameters are read in both layouts", "[unit][n2c][protocol_parameters]") {
    ProtocolParameters expected = common_parameters();
    expected.decentralization = {16, 17};
    expected.min_utxo_value = 98;
    for (const Era era : {Era::shelley, Era::allegra, Era::mary}) {
        check_parsed(era, "91" + common + neutral + nested + "1862 1863", expected);
        check_parsed(era, "92" + common + neutral + flat + "1862 1863", expected);
    }
    expected.extra_entropy = wire::point_a().hash();
    check_parsed(Era::mary, "91" + common + "d81e821011 82015820" + wire::hash_a + nested + "1862 1863", expected);
}

TEST_CASE("Alonzo's parameters are read in both layouts", "[unit][n2c][protocol_parameters]") {
    ProtocolParameters expected = common_parameters();
    expected.decentralization = {16, 17};
    expected.scripts = script_parameters();
    check_parsed(Era::alonzo, "9818" + common + neutral + nested + "1863" + scripts, expected);
    check_parsed(Era::alonzo, "9819" + common + neutral + flat + "1863" + scripts, expected);
}

TEST_CASE("Babbage's parameters are read in both layouts", "[unit][n2c][protocol_parameters]") {
    ProtocolParameters expected = common_parameters();
    expected.scripts = script_parameters();
    check_parsed(Era::babbage, "96" + common + nested + "1863" + scripts, expected);
    check_parsed(Era::babbage, "97" + common + flat + "1863" + scripts, expected);
}

TEST_CASE("From Conway on there is one layout, and Dijkstra's list may grow", "[unit][n2c][protocol_parameters]") {
    ProtocolParameters expected = common_parameters();
    expected.scripts = script_parameters();
    expected.governance = governance_parameters();
    const std::string parameters = common + nested + "1863" + scripts + governance;
    check_parsed(Era::conway, "981f" + parameters, expected);
    check_parsed(Era::dijkstra, "981f" + parameters, expected);
    expected.others = {hex("00"), hex("d81e820102"), hex("9f01ff")};
    check_parsed(Era::dijkstra, "9822" + parameters + "00 d81e820102 9f01ff", expected);

    const std::string scripts_referred_to = "1829 182a 182b d81e82182c182d", pools = "d81e82182e182f d81e8218301831";
    expected.others.clear();
    expected.reference_scripts = ReferenceScriptParameters{41, 42, 43, {44, 45}};
    check_parsed(Era::dijkstra, "9823" + parameters + scripts_referred_to, expected);
    expected.others = {hex("f6")};
    check_parsed(Era::dijkstra, "9824" + parameters + scripts_referred_to + "f6", expected);
    expected.others.clear();
    expected.pool_limits = PoolLimits{Rational{46, 47}, {48, 49}};
    check_parsed(Era::dijkstra, "9825" + parameters + scripts_referred_to + pools, expected);
    expected.pool_limits->max_pledge_leverage.reset();
    expected.others = {hex("9f01ff")};
    check_parsed(Era::dijkstra, "9826" + parameters + scripts_referred_to + "f6 d81e8218301831 9f01ff", expected);
    check_refused(Era::dijkstra, "a parameter of another type",
                  {"9823" + parameters + "182a 182b d81e82182c182d 00",
                   "9825" + parameters + scripts_referred_to + "f7 d81e8218301831"});
    check_refused(Era::conway, "more than Conway has", {"9820" + parameters + "00", "9822" + parameters + "000000"});
    check_refused(Era::conway, "the version as two", {"9820" + common + flat + "1863" + scripts + governance});
}

TEST_CASE("Parameters of another shape are refused", "[unit][n2c][protocol_parameters]") {
    const std::string shelley = common + neutral + nested + "1862 1863";
    check_refused(Era::byron, "an era without them", {"91" + shelley, "80" + shelley, "80", "8101"});
    check_refused(Era::shelley, "another era's length", {"96" + shelley, "80", "9f" + shelley + "ff", "93" + shelley});
    check_refused(Era::babbage, "another era's parameters", {"91" + shelley});
    check_refused(Era::shelley, "the version of the other layout", {"91" + common + neutral + flat + "1862"});
    check_refused(Era::shelley, "an entropy of another shape",
                  {"91" + common + "d81e821011 8101" + nested + "1862 1863",
                   "91" + common + "d81e821011 820000" + nested + "1862 1863",
                   "91" + common + "d81e821011 820141ff" + nested + "1862 1863",
                   "91" + common + "d81e821011 80" + nested + "1862 1863"});
    const auto alonzo = [](const std::string& changed) { return "96" + common + nested + "1863" + changed; };
    REQUIRE(parse_protocol_parameters(Era::babbage, hex(alonzo(scripts))));
    check_refused(Era::babbage, "cost models that are no map",
                  {alonzo("12 80 82 d81e821314 d81e821516 8217181a 82181b181c 181d 181e 181f")});
    check_refused(Era::babbage, "prices of another shape",
                  {alonzo("12 a0 83 d81e821314 d81e821516 00 8217181a 82181b181c 181d 181e 181f"),
                   alonzo("12 a0 82 13 d81e821516 8217181a 82181b181c 181d 181e 181f")});
    check_refused(Era::babbage, "units of another shape",
                  {alonzo("12 a0 82 d81e821314 d81e821516 8117 82181b181c 181d 181e 181f")});
}
