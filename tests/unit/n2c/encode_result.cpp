#include <ouro/n2c/encode_result.hpp>

#include <ouro/n2c/accounts.hpp>
#include <ouro/n2c/governance_state.hpp>
#include <ouro/n2c/ledger_peers.hpp>
#include <ouro/n2c/protocol_state.hpp>
#include <ouro/n2c/query_rules.hpp>
#include <ouro/n2c/utxo.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"
#include "unit/n2c/ledger_golden.hpp"

using namespace ouro;
using namespace ouro::n2c;
using vectors::json_of;

namespace {

EncodedResult encode(std::string_view query, const std::string& json, Era era = Era::conway) {
    const auto value = parse_json(json);
    REQUIRE(value);
    return encode_result(query, era, *value);
}

std::string trouble(std::string_view query, const std::string& json) { return encode(query, json).trouble; }

const std::string h28(56, 'a');
const std::string h32(64, 'b');

}  // namespace

TEST_CASE("What is encoded from JSON is read as the same JSON", "[unit][n2c][encode_result][golden]") {
    struct Row {
        std::string golden, query;
        std::function<std::string(const Bytes&)> json;
        std::string era = "conway";
    };
    const auto conway = [](auto parse) { return [parse](const Bytes& result) { return parse(Era::conway, result); }; };
    const auto dijkstra = [](const Bytes& result) { return parse_protocol_parameters(Era::dijkstra, result); };
    const std::vector<Row> rows{
        {"queryStakePoolDelegsAndRewards", "GetFilteredDelegationsAndRewardAccounts", json_of(parse_delegations)},
        {"queryConstitution", "GetConstitution", json_of(parse_constitution)},
        {"queryCommitteeMembersState", "GetCommitteeMembersState", json_of(parse_committee)},
        {"queryDRepDelegations", "GetDRepDelegations", json_of(parse_drep_delegations)},
        {"queryGovState", "GetGovState", json_of(conway(parse_governance_state))},
        {"queryProposals", "GetProposals", json_of(parse_proposals)},
        {"queryPoolState", "GetPoolState", json_of(parse_pool_state)},
        {"queryCurrentPParams", "GetCurrentPParams", json_of(conway(parse_protocol_parameters))},
        {"queryCurrentPParams", "GetCurrentPParams", json_of(dijkstra), "dijkstra"},
        {"querySetSnapshotStakePoolDistr", "GetPoolDistr2", json_of(parse_stake_distribution), "dijkstra"},
    };
    if (!vectors::have(vectors::golden / "ledger")) return;
    for (const Row& row : rows) {
        INFO(row.golden);
        for (const Bytes& example : vectors::examples_of(row.golden, row.era)) {
            const std::string json = row.json(example);
            const auto encoded = encode(row.query, json, row.era == "conway" ? Era::conway : Era::dijkstra);
            CHECK(encoded.trouble.empty());
            CHECK(row.json(encoded.cbor) == json);
        }
    }
}

TEST_CASE("Results without golden data are encoded in their shapes", "[unit][n2c][encode_result]") {
    CHECK(encode("GetSystemStart", R"("2022-03-02T00:00:01Z")").cbor == hex("831907e6183d1b000000e8d4a51000"));
    CHECK(encode("GetInterpreter",
                 R"([{"start": {"time": 0, "slot": 0, "epoch": 0}, "end": {"time": 100000000, "slot": 1, "epoch": 2},
                    "parameters": {"epochLength": 5, "slotLength": 0.5, "safeZone": null, "genesisWindow": 6}}])")
              .cbor == hex("818383000000 83 c249056bc75e2d63100000 01 02 84051901f4810106"));
    CHECK(encode("GetLedgerTip", R"({"slot": null, "hash": null})").cbor == hex("80"));
    CHECK(encode("GetLedgerTip", R"({"slot": 5, "hash": ")" + h32 + "\"}").cbor == hex("82055820" + h32));
    CHECK(encode("GetNonMyopicMemberRewards", R"([{"lovelace": 5, "rewards": {")" + h28 + R"(": 4}}])").cbor ==
          hex("a1820005a1581c" + h28 + "04"));
    CHECK(encode("GetStakePools", "[\"" + h28 + "\"]").cbor == hex("d9010281581c" + h28));
    CHECK(encode("GetUTxOWhole", R"([{"tx": ")" + h32 + R"(", "index": 1, "output": "820102"}])").cbor ==
          hex("a1825820" + h32 + "01820102"));
    CHECK(encode("DebugChainDepState",
                 R"({"lastSlot": "origin", "oCertCounters": {}, "evolvingNonce": ")" + h32 +
                     R"(", "candidateNonce": null, "epochNonce": null, "labNonce": null, "lastEpochBlockNonce": null})")
              .cbor == hex("820087 8100 a0 82015820" + h32 + "8100 8100 8100 8100"));
    CHECK(encode("GetRewardProvenance", R"({"cbor": "80"})").cbor == hex("80"));
    for (const std::string_view query : encoded_queries()) {
        const auto names = query_names();
        INFO(query);
        CHECK(std::find(names.begin(), names.end(), query) != names.end());
    }
}

TEST_CASE("Genesis and ledger peers are read as the JSON that they were encoded from", "[unit][n2c][encode_result]") {
    const std::string genesis =
        R"({"activeSlotsCoeff":0.05,"epochLength":100,"genDelegs":{")" + h28 + R"(":{"delegate":")" + h28 +
        R"(","vrf":")" + h32 +
        R"("}},"initialFunds":{"00ff":5},"maxKESEvolutions":10,)"
        R"("maxLovelaceSupply":45000000000000000,"networkId":"Mainnet","networkMagic":7,"protocolParams":{)"
        R"("minFeeA":0,"minFeeB":0,"maxBlockBodySize":0,"maxTxSize":2048,"maxBlockHeaderSize":0,"keyDeposit":0,)"
        R"("poolDeposit":0,"eMax":0,"nOpt":100,"a0":0.3,"rho":0,"tau":0,"decentralisationParam":1,)"
        R"("extraEntropy":{"contents":")" +
        h32 +
        R"(","tag":"Nonce"},"protocolVersion":{"major":2,"minor":0},)"
        R"("minUTxOValue":0,"minPoolCost":0},"securityParam":10,"slotLength":0.2,"slotsPerKESPeriod":20,)"
        R"("staking":{"pools":{},"stake":{")" +
        h28 + R"(":")" + h28 + R"("}},"systemStart":"2020-05-14T00:00:00Z","updateQuorum":5})";
    CHECK(json_of(parse_genesis)(encode("GetGenesisConfig", genesis).cbor) == genesis);

    const std::string relays =
        R"("relativeStake":{"denominator":3,"numerator":1},"relays":[{"address":"10.0.0.1","port":3001},)"
        R"({"address":"2001:db8::1","port":3002},{"domain":"relay.example","port":3003},{"domain":"srv.example"}]}]})";
    const std::string accumulated = R"({"accumulatedStake":{"denominator":2,"numerator":1},)";
    const std::string big = R"({"slotNo":5,"bigLedgerPools":[)" + accumulated + relays;
    CHECK(json_of(parse_ledger_peers)(encode("GetLedgerPeerSnapshot", big).cbor) == big);
    const std::string at = R"({"slotNo":5,"blockHash":")" + h32 + R"(","networkMagic":42,)";
    for (const std::string& peers :
         {at + R"("bigLedgerPools":[)" + accumulated + relays, at + R"("allLedgerPools":[{)" + relays,
          R"({"slotNo":"origin","networkMagic":42,"allLedgerPools":[]})" + std::string()})
        CHECK(json_of(parse_ledger_peers)(encode("GetLedgerPeerSnapshot by kind", peers).cbor) == peers);
}

TEST_CASE("JSON of another shape is refused with the place", "[unit][n2c][encode_result]") {
    CHECK(trouble("GetEpochNo", "-1") == "not a whole number of 64 bits");
    CHECK(trouble("GetEpochNo", "18446744073709551616") == "not a whole number of 64 bits");
    CHECK(trouble("GetAccountState", R"({"treasury": 1})") == "reserves: not there");
    CHECK(trouble("GetSPOStakeDistr", R"({"ab": 1})") == "ab: not a text of 56 hexadecimal digits");
    CHECK(trouble("GetStakePools", "{}") == "not a list");
    CHECK(trouble("GetStakeDelegDeposits", R"({"key": 1})") == "key: not keyHash-… or scriptHash-…");
    CHECK(trouble("QueryStakePoolDefaultVote", "\"No\"") ==
          "not one of DefaultNo, DefaultAbstain, DefaultNoConfidence");
    CHECK(trouble("GetRewardProvenance", "{}") == "not {\"cbor\": …}, which is the only form of this result");
    CHECK(trouble("GetEpochNo", R"({"cbor": "xy"})") == "cbor: not a text of hexadecimal digits");
    CHECK(trouble("GetSystemStart", "\"now\"") == "not a time, such as 2020-07-21T02:24:00Z");
}
