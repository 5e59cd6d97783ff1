#include <ouro/n2c/governance_state.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"
#include "unit/n2c/ledger_golden.hpp"

using namespace ouro;
using namespace ouro::n2c;
using vectors::check;
using vectors::json_of;

namespace {

auto in_conway(Result<RatifyState> (*parse)(Era, const Bytes&)) {
    return [parse](const Bytes& result) { return parse(Era::conway, result); };
}
auto in_conway(Result<GovernanceState> (*parse)(Era, const Bytes&)) {
    return [parse](const Bytes& result) { return parse(Era::conway, result); };
}

}  // namespace

TEST_CASE("The state of governance is the ledger's JSON", "[unit][n2c][governance_state][golden]") {
    check({"queryGovState",
           json_of(in_conway(parse_governance_state)),
           {"proposalRoots", "votingSnapshot", "treasury", "withdrawals"}});
    check({"queryRatifyState", json_of(in_conway(parse_ratify_state)), {"treasury", "withdrawals"}});
}

TEST_CASE("Queries about the state of governance have no arguments", "[unit][n2c][governance_state]") {
    CHECK(query::governance_state(Era::conway).cbor == hex("811818"));
    CHECK(query::ratify_state(Era::conway).cbor == hex("811820"));
    CHECK(query::as_cbor(query::governance_state(Era::conway)).cbor == hex("8209811818"));
}

TEST_CASE("Fields that the ledger's JSON omits are read and written", "[unit][n2c][governance_state][golden]") {
    if (!vectors::have(vectors::golden / "ledger")) return;
    const auto ratify = parse_ratify_state(Era::conway, vectors::examples_of("queryRatifyState", "conway").at(1));
    REQUIRE(ratify);
    CHECK(ratify->next.treasury == 1'000'000'000);
    REQUIRE(ratify->next.withdrawals.size() == 2);
    CHECK(ratify->delayed);
    CHECK(to_json(*ratify).find(R"("treasury":1000000000,"withdrawals":{"scriptHash-a646)") != std::string::npos);
    const auto state = parse_governance_state(Era::conway, vectors::examples_of("queryGovState", "conway").at(0));
    REQUIRE(state);
    const std::string json = to_json(*state);
    CHECK(json.find(R"("votingSnapshot":{"psDRepDistr":{},"psDRepState":{},"psPoolDistr":{},"psProposals":[]})") !=
          std::string::npos);
    CHECK(json.find(R"("proposalRoots":{"Committee":null)") != std::string::npos);
}

TEST_CASE("Future parameters may be none, definite or potential", "[unit][n2c][governance_state][golden]") {
    if (!vectors::have(vectors::golden / "ledger")) return;
    const std::string whole = to_hex(vectors::examples_of("queryGovState", "conway").at(0));
    const std::string parameters = to_hex(vectors::examples_of("queryCurrentPParams", "conway").at(0));
    // The future parameters follow those of the present and the past.
    const std::string before = parameters + parameters;
    const std::size_t at = whole.find(before) + before.size();
    REQUIRE(whole.substr(at, 4) == "8100");
    const auto with = [&](const std::string& future) {
        std::string changed = whole;
        changed.replace(at, 4, future);
        return parse_governance_state(Era::conway, hex(changed));
    };
    using Kind = FutureParameters::Kind;
    CHECK(with("8100")->future_parameters == FutureParameters{});
    const auto definite = with("8201" + parameters);
    REQUIRE(definite);
    CHECK(definite->future_parameters == FutureParameters{Kind::definite, definite->parameters});
    const auto potential = with("820281" + parameters);
    REQUIRE(potential);
    CHECK(potential->future_parameters == FutureParameters{Kind::potential, definite->parameters});
    CHECK(to_json(with("820280")->future_parameters) == R"({"contents":null,"tag":"PotentialPParamsUpdate"})");
    for (const std::string& wrong :
         {std::string("8101"), "8200" + parameters, "8202" + parameters, std::string("8103")}) {
        INFO(wrong.substr(0, 8));
        CHECK(with(wrong).error() == Errc::malformed);
    }
}
