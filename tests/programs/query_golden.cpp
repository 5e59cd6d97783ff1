// The ledger's own examples of results, from a mock node to the JSON that `query` prints.

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "programs/mock_node.hpp"
#include "support/json_value.hpp"
#include "unit/n2c/ledger_golden.hpp"

using namespace programs;

namespace {

using Arguments = std::vector<std::string>;

/// An example, the query that it answers, and the subcommand that sends it.
struct Pair {
    std::string golden, query;
    Arguments subcommand;
    std::set<std::string> added{};  ///< members that the ledger leaves out
    std::string era = "conway";
    bool ipv4_reversed = false;
};

const std::string account = "stake_test1uqfu74w3wh4gfzu8m6e7j987h4lq9r3t7ef5gaw497uu85qsqfy27";
const std::string pool(56, 'a');

const std::vector<Pair>& pairs() {
    static const Arguments at_account{"--address", account}, of_pool{"--stake-pool-id", pool};
    const auto with = [](const char* name, const Arguments& more) {
        Arguments all{name};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    static const std::vector<Pair> all{
        {"queryStakePoolDelegsAndRewards", "GetFilteredDelegationsAndRewardAccounts", with("delegations", at_account)},
        {"queryAccountsDeposits", "GetStakeDelegDeposits", with("stake-deposits", at_account)},
        {"queryDRepDelegatees", "GetFilteredVoteDelegatees", with("vote-delegations", at_account)},
        {"queryChainAccountState", "GetAccountState", {"treasury"}},
        {"queryConstitution", "GetConstitution", {"constitution"}},
        {"queryDRepState", "GetDRepState", {"drep-state"}, {"delegators"}},
        {"queryDRepStakeDistr", "GetDRepStakeDistr", {"drep-stake-distribution"}},
        {"queryCommitteeMembersState", "GetCommitteeMembersState", {"committee-state"}},
        {"queryStakePoolDefaultVote", "QueryStakePoolDefaultVote", with("stake-pool-default-vote", of_pool)},
        {"queryDRepDelegations", "GetDRepDelegations", {"drep-delegations"}},
        {"queryGovState", "GetGovState", {"gov-state"}, {"proposalRoots", "votingSnapshot", "treasury", "withdrawals"}},
        {"queryRatifyState", "GetRatifyState", {"ratify-state"}, {"treasury", "withdrawals"}},
        {"queryProposals", "GetProposals", {"proposals"}},
        {"queryPoolParameters", "GetStakePoolParams", with("pool-params", of_pool), {}, "conway", true},
        {"queryPoolState", "GetPoolState", {"pool-state"}, {}, "conway", true},
        {"querySPOStakeDistr", "GetSPOStakeDistr", {"spo-stake-distribution"}},
        {"queryStakeSnapshots", "GetStakeSnapshots", {"stake-snapshot"}},
        {"queryStakeSnapshots", "GetStakeSnapshots", {"stake-snapshot"}, {}, "dijkstra"},
        {"querySetSnapshotStakePoolDistr", "GetPoolDistr2", {"pool-distribution"}},
        {"querySetSnapshotStakePoolDistr", "GetStakeDistribution2", {"stake-distribution"}, {}, "dijkstra"},
        {"queryCurrentEpochNo", "GetEpochNo", {"epoch"}},
        {"queryCurrentPParams", "GetCurrentPParams", {"protocol-parameters"}},
        {"queryCurrentPParams", "GetCurrentPParams", {"protocol-parameters"}, {}, "dijkstra"},
        {"queryFuturePParams", "GetFuturePParams", {"future-pparams"}},
    };
    return all;
}

/// What the query prints, from a node whose answer is `result`.
std::string printed(const Pair& pair, const std::string& result) {
    const MockNode node("{\"era\": " + std::string(pair.era == "conway" ? "6" : "7") + ", \"answers\": {\"" +
                        pair.query + "\": " + result + "}}");
    Program query("query", node.arguments(pair.subcommand));
    const int code = query.wait();
    INFO(pair.query << " says " << query.err);
    REQUIRE(code == 0);
    const std::string begin = R"("result":)";
    const auto at = query.out.find(begin);
    REQUIRE(at != std::string::npos);
    return query.out.substr(at + begin.size(), query.out.rfind('}') - at - begin.size());
}

/// Named exception: the examples have the IPv4 addresses of relays reversed beside the text of their JSON.
ouro::Bytes corrected(const ouro::Bytes& example) {
    std::string digits = ouro::to_hex(example);
    for (const auto& [reversed, right] : {std::pair("440100007f", "447f000001"), std::pair("440100000a", "440a000001")})
        for (std::size_t at = digits.find(reversed); at != std::string::npos; at = digits.find(reversed, at))
            digits.replace(at, 10, right);
    return ouro::hex(digits);
}

}  // namespace

TEST_CASE("query prints the ledger's JSON of what a mock node answers, as bytes or as JSON",
          "[programs][query][mock_node][golden]") {
    if (!vectors::have(vectors::golden / "ledger")) return;
    for (const Pair& pair : pairs()) {
        INFO(pair.era << "/" << pair.golden);
        std::string all;
        for (const ouro::Bytes& example : vectors::examples_of(pair.golden, pair.era)) {
            const ouro::Bytes bytes = pair.ipv4_reversed ? corrected(example) : example;
            const std::string json = printed(pair, "{\"cbor\": \"" + ouro::to_hex(bytes) + "\"}");
            CHECK(printed(pair, json) == json);
            all += (all.empty() ? "" : ",") + json;
        }
        const std::string ledgers = vectors::text_of(vectors::golden / "ledger" / pair.era / (pair.golden + ".json"));
        CHECK(support::canonical_json('[' + all + ']', pair.added) == support::canonical_json(ledgers));
    }
}
