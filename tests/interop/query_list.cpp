#include "interop/query_list.hpp"

#include <algorithm>

#include "unit/n2c/ledger_golden.hpp"

namespace interop {

namespace {

std::string as_bytes(const std::string& digits) { return R"({"cbor": ")" + digits + "\"}"; }

/// The longest of the ledger's examples.
std::string ledger(const char* name) {
    const auto examples = vectors::examples_of(name, "conway");
    const auto longest = std::max_element(examples.begin(), examples.end(),
                                          [](const auto& a, const auto& b) { return a.size() < b.size(); });
    REQUIRE(longest != examples.end());
    return as_bytes(ouro::to_hex(*longest));
}

/// The example of consensus, without its envelope.
std::string consensus(const char* name, int version = 19) {
    const auto bytes = vectors::bytes_of(vectors::golden / "consensus" / "QueryVersion3" /
                                         ("CardanoNodeToClientVersion" + std::to_string(version)) /
                                         ("Result_Conway_" + std::string(name)));
    REQUIRE(bytes.view()[0] == 0x81);
    return as_bytes(ouro::to_hex(bytes.view().subspan(1)));
}

std::vector<QueryRow> make_list() {
    const QueryArguments with;
    const std::string account = "e0" + with.credential, hash(64, 'c');
    const std::vector<std::string> of_account{"--address", account}, of_pool{"--stake-pool-id", with.pool};
    const auto word = [](const char* name, const std::vector<std::string>& more) {
        std::vector<std::string> words{name};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    };
    const std::string outputs =
        R"([{"tx": ")" + with.input + R"(", "index": 0, "output": "a200581d)" + with.address + R"(011a000f4240"}])";
    const std::string pools_by_stake =
        R"("bigLedgerPools": [{"accumulatedStake": {"numerator": 1, "denominator": 2},
            "relativeStake": {"numerator": 1, "denominator": 3},
            "relays": [{"address": "10.0.0.1", "port": 3001}, {"domain": "relay.example", "port": 3003}]}]})";
    const std::string of_pools = as_bytes("a1581c" + with.pool + "82d81e8201025820" + hash);
    return {
        {"GetSystemStart", {"system-start"}, R"("2022-04-01T00:00:00Z")"},
        {"GetChainBlockNo", {"tip"}, "own"},
        {"GetChainPoint", {"tip"}, "own"},
        {"GetInterpreter",
         {"era-history"},
         R"([{"start": {"time": 0, "slot": 0, "epoch": 0}, "end": {"time": 100, "slot": 5, "epoch": 1},
              "parameters": {"epochLength": 5, "slotLength": 20, "safeZone": 4320, "genesisWindow": 4320}},
             {"start": {"time": 100, "slot": 5, "epoch": 1}, "end": {"time": 100100, "slot": 100005, "epoch": 1001},
              "parameters": {"epochLength": 100, "slotLength": 1, "safeZone": 20, "genesisWindow": 40}}])"},
        {"GetCurrentEra", {"era"}, "own"},
        {"GetEpochNo", {"epoch"}, "500"},
        {"GetNonMyopicMemberRewards",
         {"member-rewards", "--lovelace", "5"},
         R"([{"lovelace": 5, "rewards": {")" + with.pool + R"(": 4}}])"},
        {"GetCurrentPParams", {"protocol-parameters"}, ledger("queryCurrentPParams"), consensus("EmptyPParams", 16)},
        {"GetStakeDistribution", {"stake-distribution"}, "", consensus("StakeDistribution", 16)},
        {"GetStakeDistribution2", {"stake-distribution"}, ledger("querySetSnapshotStakePoolDistr"), ""},
        {"GetUTxOByAddress", {"utxo", "--address", with.address}, outputs},
        {"GetUTxOWhole", {"utxo", "--whole-utxo"}, outputs},
        {"GetUTxOByTxIn", {"utxo", "--tx-in", with.input + "#0"}, outputs},
        {"GetFilteredDelegationsAndRewardAccounts", word("delegations", of_account),
         ledger("queryStakePoolDelegsAndRewards")},
        {"GetGenesisConfig", {"genesis"}, consensus("GenesisConfig"), consensus("GenesisConfig", 16)},
        {"DebugChainDepState",
         {"protocol-state"},
         R"({"lastSlot": 9, "oCertCounters": {")" + with.pool + R"(": 3}, "evolvingNonce": null,
             "candidateNonce": null, "epochNonce": ")" +
             hash + R"(", "labNonce": null, "lastEpochBlockNonce": null})"},
        {"GetStakePools", {"stake-pools"}, "[\"" + with.pool + "\"]"},
        {"GetStakePoolParams", word("pool-params", of_pool), ledger("queryPoolParameters")},
        {"GetPoolState", {"pool-state"}, ledger("queryPoolState")},
        {"GetStakeSnapshots", {"stake-snapshot"}, ledger("queryStakeSnapshots")},
        {"GetPoolDistr", {"pool-distribution"}, "", of_pools},
        {"GetPoolDistr2", {"pool-distribution"}, ledger("querySetSnapshotStakePoolDistr"), ""},
        {"GetStakeDelegDeposits", word("stake-deposits", of_account), ledger("queryAccountsDeposits")},
        {"GetConstitution", {"constitution"}, ledger("queryConstitution")},
        {"GetGovState", {"gov-state"}, ledger("queryGovState")},
        {"GetDRepState", {"drep-state"}, ledger("queryDRepState")},
        {"GetDRepStakeDistr", {"drep-stake-distribution"}, ledger("queryDRepStakeDistr")},
        {"GetCommitteeMembersState", {"committee-state"}, ledger("queryCommitteeMembersState")},
        {"GetFilteredVoteDelegatees", word("vote-delegations", of_account), ledger("queryDRepDelegatees")},
        {"GetAccountState", {"treasury"}, ledger("queryChainAccountState")},
        {"GetSPOStakeDistr", {"spo-stake-distribution"}, ledger("querySPOStakeDistr")},
        {"GetProposals", {"proposals"}, ledger("queryProposals")},
        {"GetRatifyState", {"ratify-state"}, ledger("queryRatifyState")},
        {"GetFuturePParams", {"future-pparams"}, ledger("queryFuturePParams")},
        {"GetLedgerPeerSnapshot", {"ledger-peer-snapshot"}, "", R"({"slotNo": 5, )" + pools_by_stake},
        {"GetLedgerPeerSnapshot by kind",
         {"ledger-peer-snapshot"},
         R"({"slotNo": 5, "blockHash": ")" + hash + R"(", "networkMagic": 42, )" + pools_by_stake,
         ""},
        {"QueryStakePoolDefaultVote", word("stake-pool-default-vote", of_pool), ledger("queryStakePoolDefaultVote")},
        {"GetMaxMajorProtocolVersion", {"max-major-version"}, "11", ""},
        {"GetDRepDelegations", {"drep-delegations"}, ledger("queryDRepDelegations"), ""},
    };
}

}  // namespace

const std::vector<QueryRow>& query_list() {
    static const std::vector<QueryRow> list = make_list();
    return list;
}

}  // namespace interop
