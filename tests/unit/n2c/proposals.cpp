#include <ouro/n2c/proposals.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"
#include "unit/n2c/ledger_golden.hpp"

using namespace ouro;
using namespace ouro::n2c;
using vectors::check;
using vectors::json_of;

namespace {

const std::string a(56, 'a');
const std::string digits_of_c(64, 'c');
const std::string id = "82 5820" + digits_of_c + "01";
const std::string anchor = "82 6175 5820" + digits_of_c;

ActionId action_id() {
    ActionId made;
    made.tx.fill(0xcc);
    made.index = 1;
    return made;
}

/// A list of one proposal with `action`.
Bytes proposal(const std::string& action) {
    return hex("81 87" + id + "a0 a0 a0 84 05 581de1" + a + action + anchor + "07 08");
}

Result<GovernanceAction> action_of(const std::string& action) {
    const auto parsed = parse_proposals(proposal(action));
    if (!parsed) return {parsed.error(), parsed.offset()};
    return parsed->at(0).action;
}

/// An action that changes the parameters in `map`.
std::string change(const std::string& map) { return "84 00 f6" + map + "f6"; }

}  // namespace

TEST_CASE("Proposals are the ledger's JSON", "[unit][n2c][proposals][golden]") {
    check({"queryProposals", json_of(parse_proposals)});
}

TEST_CASE("A query for proposals contains a sorted set of ids", "[unit][n2c][proposals]") {
    ActionId second = action_id();
    second.index = 258;
    CHECK(query::proposals(Era::conway).cbor == hex("82181f d9010280"));
    CHECK(query::proposals(Era::conway, {second, action_id(), second}).cbor ==
          hex("82181f d9010282" + id + "82 5820" + digits_of_c + "190102"));
}

TEST_CASE("An action has the parts of its kind", "[unit][n2c][proposals]") {
    CHECK(action_of("8106") == Result(GovernanceAction(InfoAction())));
    CHECK(action_of("8203" + id) == Result(GovernanceAction(NoConfidence{action_id()})));
    CHECK(action_of("8203f6") == Result(GovernanceAction(NoConfidence{})));
    CHECK(action_of("8301f6820b00") == Result(GovernanceAction(HardForkInitiation{{}, {11, 0}})));
    CHECK(action_of("83 02 a0 581c" + a)->index() == 2);
    CHECK(action_of("85 04 f6 80 a0 820102") == Result(GovernanceAction(UpdateCommittee{{}, {}, {}, {1, 2}})));
    for (const char* wrong : {"820600", "8103", "8303f600", "8201f6", "8302a0", "8404f680a0", "8107", "80",
                              "8505f6f6f6f6", "8301f6 8100", "8502a0f60000", "83 04 f6 80 a0"}) {
        INFO(wrong);
        CHECK(action_of(wrong).error() == Errc::malformed);
    }
    CHECK(to_json(GovernanceAction(NoConfidence{})) == R"({"contents":null,"tag":"NoConfidence"})");
    CHECK(to_json(GovernanceAction(InfoAction{})) == R"({"tag":"InfoAction"})");
}

TEST_CASE("A change of parameters keeps unknown ones", "[unit][n2c][proposals]") {
    const auto updates = [](const std::string& map) {
        const auto action = action_of(change(map));
        REQUIRE(action);
        return std::get<ParameterChange>(*action);
    };
    const ParameterChange change_of_dijkstra =
        updates("a6 1822 05 1825 d81e820605 1826 f6 1827 d81e820102 0c 07 1828 8101");
    REQUIRE(change_of_dijkstra.updates.size() == 6);
    CHECK(change_of_dijkstra.updates[0] == ParameterUpdate{34, std::uint64_t{5}});
    CHECK(change_of_dijkstra.updates[0].name() == "maxRefScriptSizePerBlock");
    CHECK(change_of_dijkstra.updates[2] == ParameterUpdate{38, std::optional<Rational>()});
    CHECK(change_of_dijkstra.updates[4] == ParameterUpdate{12, UnknownParameter{hex("07")}});
    CHECK(change_of_dijkstra.updates[5] == ParameterUpdate{40, UnknownParameter{hex("8101")}});
    CHECK(change_of_dijkstra.updates[5].name().empty());
    CHECK(to_json(GovernanceAction(change_of_dijkstra)) ==
          R"({"contents":[null,{"maxRefScriptSizePerBlock":5,"refScriptCostMultiplier":1.2,"maxPledgeLeverage":null,)"
          R"("minPoolMargin":0.5,"unknown-12":"07","unknown-40":"8101"},null],"tag":"ParameterChange"})");
    for (const char* wrong : {"a1 00 f6", "a1 09 05", "a1 12 80", "a1 13 81 d81e820102", "a1 14 8101", "a1 1819 80",
                              "a1 181a 80", "a1 1826 05", "a1 20 05", "80", "a1 1828 ff"}) {
        INFO(wrong);
        CHECK(action_of(change(wrong)).error() == Errc::malformed);
    }
}

TEST_CASE("A proposal of another shape is refused", "[unit][n2c][proposals]") {
    REQUIRE(parse_proposals(proposal("8106")));
    vectors::sweep(proposal("8106"), json_of(parse_proposals));
    const auto refused = [](const std::string& digits) {
        return parse_proposals(hex(digits)).error() == Errc::malformed;
    };
    const std::string rest = "84 05 581de1" + a + "8106" + anchor + "07 08";
    CHECK(refused("81 86" + id + "a0 a0 a0" + rest));
    CHECK(refused("81 87 82 5820" + digits_of_c + "1a00010000 a0 a0 a0" + rest));
    CHECK(refused("81 87" + id + "a1 8200581c" + a + "03 a0 a0" + rest));
    CHECK(refused("81 87" + id + "a0 a0 a1 8200581c" + a + "01" + rest));
    CHECK(refused("81 87" + id + "a0 a0 a0 84 05 581da1" + a + "8106" + anchor + "07 08"));
}
