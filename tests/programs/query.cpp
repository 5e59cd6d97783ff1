// The subcommands of `query` as a user tries them, also with wrong arguments.

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "programs/mock_node.hpp"
#include "programs/raw_client.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

using Arguments = std::vector<std::string>;

const std::string pool = "pool1pu5jlj4q9w9jlxeu370a3c9myx47md5j5m2str0naunn2q3lkdy";
const std::string account = "stake_test1uqfu74w3wh4gfzu8m6e7j987h4lq9r3t7ef5gaw497uu85qsqfy27";
const std::string key = "13cf55d175ea848b87deb3e914febd7e028e2bf6534475d52fb9c3d0";
const std::string pool_key = "0f292fcaa02b8b2f9b3c8f9fd8e0bb21abedb692a6d5058df3ef2735";
const std::string tx(64, 'c');

const std::string history = R"([{"start": {"time": 0, "slot": 0, "epoch": 0}, "end": null,
    "parameters": {"epochLength": 100, "slotLength": 0.5, "safeZone": 20, "genesisWindow": 40}}])";

/// Answers that a user would write.
const std::string script = R"({"answers": {
    "GetSystemStart": "2022-04-01T00:00:00Z", "GetInterpreter": )" +
                           history + R"(, "GetEpochNo": 7,
    "GetStakePools": [")" + pool_key +
                           R"("],
    "GetFilteredDelegationsAndRewardAccounts": [{"keyHash-)" +
                           key + R"(": ")" + pool_key + R"("}, {"keyHash-)" + key + R"(": 5}],
    "GetStakeDelegDeposits": {"keyHash-)" +
                           key + R"(": 2000000},
    "GetFilteredVoteDelegatees": {"keyHash-)" +
                           key + R"(": "drep-alwaysAbstain"},
    "GetAccountState": {"treasury": 18446744073709551615, "reserves": 1},
    "GetUTxOByAddress": [{"tx": ")" +
                           tx + R"(", "index": 1, "output": "820102"}],
    "GetUTxOByTxIn": [{"tx": ")" +
                           tx + R"(", "index": 2, "output": "820103"}],
    "GetUTxOWhole": [{"tx": ")" +
                           tx + R"(", "index": 1, "output": "820102"}, {"tx": ")" + tx +
                           R"(", "index": 2, "output": "820103"}],
    "GetMaxMajorProtocolVersion": 11,
    "DebugChainDepState": {"lastSlot": 9, "oCertCounters": {")" +
                           pool_key + R"(": 3}, "evolvingNonce": null,
        "candidateNonce": null, "epochNonce": ")" +
                           tx + R"(", "labNonce": null, "lastEpochBlockNonce": null},
    "GetNonMyopicMemberRewards": [{"lovelace": 5, "rewards": {")" +
                           pool_key + R"(": 4}}]
}})";

/// What a run prints, as text.
struct Run {
    int code = 0;
    std::string out, err;
};
Run run(const Arguments& arguments) {
    Program program("query", arguments);
    Run run;
    run.code = program.wait();
    run.out = program.out;
    run.err = program.err;
    return run;
}
Arguments text_of(const MockNode& node, const Arguments& more) {
    Arguments all{"--magic", "42", "--socket", node.socket};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace

TEST_CASE("Every query prints text for people", "[programs][query]") {
    const MockNode node(script);
    struct Row {
        Arguments arguments;
        std::string out;
    };
    const std::vector<Row> rows{
        {{"era"}, "conway\n"},
        {{"epoch"}, "7\n"},
        {{"system-start"}, "2022-04-01T00:00:00Z\n"},
        {{"slot-number", "2022-04-01T00:00:10Z"}, "20\n"},
        {{"max-major-version"}, "11\n"},
        {{"stake-pools"}, "- " + pool + "\n"},
        {{"treasury"}, "reserves: 1\ntreasury: 18446744073709551615\n"},
        {{"stake-address-info", "--address", account},
         "-\n  address: " + account + "\n  stakeDelegation: " + pool +
             "\n  voteDelegation: drep-alwaysAbstain\n  rewardAccountBalance: 5\n  stakeRegistrationDeposit: "
             "2000000\n"},
        {{"delegations", "--address", account},
         "-\n  keyHash-" + key + ": " + pool_key + "\n-\n  keyHash-" + key + ": 5\n"},
        {{"member-rewards", "--lovelace", "5"}, "-\n  lovelace: 5\n  rewards:\n    " + pool_key + ": 4\n"},
        {{"utxo", "--address", "010203"}, tx + "#1 820102\n"},
        {{"utxo", "--tx-in", tx + "#2"}, tx + "#2 820103\n"},
        {{"utxo", "--whole-utxo"}, tx + "#1 820102\n" + tx + "#2 820103\n"},
        {{"raw", "8103"}, "821901a0"},
        {{"--at", "immutable", "epoch"}, "7\n"},
        {{"--at", "origin", "epoch"}, "7\n"},
    };
    for (const Row& row : rows) {
        const Run found = run(text_of(node, row.arguments));
        INFO(row.arguments.back() << " says " << found.out << found.err);
        CHECK(found.code == 0);
        CHECK(found.out.substr(0, row.out.size()) == row.out);
    }
    const Run state = run(text_of(node, {"protocol-state"}));
    CHECK(contains(state.out, "candidateNonce: none\nepochNonce: " + tx + "\n"));
    CHECK(contains(state.out, "oCertCounters:\n  " + pool_key + ": 3\n"));
    CHECK(contains(run(text_of(node, {"era-history"})).out, "    slotLength: 0.5\n"));
}

TEST_CASE("The inputs of a pool's leadership come from five queries", "[programs][query]") {
    const std::string genesis = "90831907e6183d00182a008201140a1864140a1a000f4240051b009fdf42f6e4800091" +
                                std::string(18, '0') + "8200018200018200018200018100820200" + "0000a0a082a0a080";
    const std::string stake = R"("GetPoolDistr2": {"pdTotalActiveStake": 15, "unPoolDistr": {")" + pool_key +
                              R"(": {"individualPoolStake": {"numerator": 1, "denominator": 3},
        "individualTotalPoolStake": 5, "individualPoolStakeVrf": ")" +
                              tx + R"("}}}, )";
    std::string whole = script;
    whole.insert(whole.find("\"GetSystemStart\""), R"("GetGenesisConfig": {"cbor": ")" + genesis + R"("}, )" + stake);
    const MockNode node(whole);
    const Run found = run(text_of(node, {"leadership", "inputs", "--stake-pool-id", pool}));
    INFO(found.err);
    CHECK(found.code == 0);
    CHECK(found.out == "epoch: 7\nfirstSlot: 700\nlastSlot: 799\nepochNonce: " + tx +
                           "\nactiveSlotsCoeff:\n  denominator: 20\n  numerator: 1\nslotsPerKESPeriod: 20\npool: " +
                           pool + "\nstake:\n  denominator: 3\n  numerator: 1\nvrf: " + tx + "\n");
    CHECK(contains(run(text_of(node, {"genesis"})).out, "activeSlotsCoeff: 0.05\n"));
    CHECK(contains(run(text_of(node, {"pool-distribution"})).out, "pdTotalActiveStake: 15\n"));
}

TEST_CASE("Every query has a help with its arguments, and refuses others", "[programs][query]") {
    Program help("query", {"--help"});
    CHECK(help.wait() == 0);
    const auto list = help.out.substr(help.out.find("Subcommands:"));
    std::istringstream lines(list.substr(list.find('\n') + 1));
    std::size_t queries = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        if (!line.starts_with("  ") || line[2] == ' ' || !(words >> name)) continue;
        Program one("query", {name, "--help"});
        CHECK(one.wait() == 0);
        INFO(name);
        CHECK(contains(one.out, name));
        Program wrong("query", {"--magic", "42", "--socket", "/nowhere/socket", name, "--nonsense"});
        CHECK(wrong.wait() == 1);
        CHECK((contains(wrong.err, "--nonsense") || contains(wrong.err, "required")));
        ++queries;
    }
    CHECK(queries > 30);
}

TEST_CASE("A server that is terminated while it starts ends", "[programs][mock_node]") {
    for (const char* blocks : {"20", "100000000"}) {
        const support::TemporaryDirectory scratch;
        Program node("mock-node",
                     {"--magic", "42", "--listen", (scratch.path() / "socket").string(), "--synthetic", blocks});
        node.terminate();
        const int code = node.wait();
        CHECK((code == 0 || code == -15));  // in good order, or before it has begun
    }
}

TEST_CASE("A mock node listens on TCP, and does what it is asked to do wrong", "[programs][mock_node]") {
    Program tcp("mock-node", {"--magic", "42", "--json", "--listen", "127.0.0.1:0", "--synthetic", "20"});
    const Json first = Json::parse(tcp.line());
    CHECK(first["event"] == "listening");
    const RawClient client(first["address"]);
    client.send("00000000 0000 000a 8200a119801782182af4");
    CHECK(client.receive().size() > 4);
    tcp.terminate();
    CHECK(tcp.wait() == 0);

    const MockNode faulty(script, "20", {"--fault", "point-too-old"});
    const Run old = run(text_of(faulty, {"epoch"}));
    CHECK(old.code == 6);
    CHECK(contains(old.err, "the ledger's state: "));
    const MockNode mute("{}", "20", {"--unknown", "wait"});
    CHECK(run(text_of(mute, {"--timeout", "0.2", "epoch"})).code == 4);
    const MockNode mismatched("{}", "20", {"--unknown", "error"});
    const Run mismatch = run(text_of(mismatched, {"epoch"}));
    CHECK(mismatch.code == 6);
    CHECK(contains(mismatch.err, "the ledger is neither in conway nor in babbage"));
    for (const auto& [option, text] : {std::pair("--fault", "slow"), std::pair("--unknown", "ignore"),
                                       std::pair("--latency", "x"), std::pair("--immutable", "/nowhere")}) {
        Program program("mock-node", {"--magic", "42", "--listen", "/nowhere/socket", option, text});
        CHECK(program.wait() == (std::string(option) == "--immutable" ? 7 : 1));
    }
}

TEST_CASE("A result of JSON is one line, with exact numbers", "[programs][query]") {
    const MockNode node(script);
    const Run found = run(node.arguments({"treasury"}));
    CHECK(found.code == 0);
    CHECK(found.out ==
          R"({"event":"result","query":"treasury","result":{"reserves":1,"treasury":18446744073709551615}})"
          "\n");
    const auto tip = json_lines(run(node.arguments({"tip"})).out).at(0);
    CHECK(tip["result"]["block"] == 19);
    CHECK(tip["result"]["era"] == "conway");
    const auto utxo = json_lines(run(node.arguments({"utxo", "--whole-utxo"})).out);
    REQUIRE(utxo.size() == 3);
    CHECK(utxo[1]["index"] == 2);
    CHECK(utxo[2]["outputs"] == 2);
}

TEST_CASE("Wrong arguments of query are named, with the reason and its place", "[programs][query]") {
    struct Row {
        Arguments arguments;
        const char* said;
    };
    const std::string address = "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8";
    std::string changed = pool;
    changed[10] = changed[10] == 'q' ? 'p' : 'q';
    const std::vector<Row> rows{
        {{}, "A subcommand is required"},
        {{"pool-stat"}, "no query is called pool-stat"},
        {{"tip", "now"}, "tip: it takes no argument now"},
        {{"leadership"}, "A subcommand is required"},
        {{"leadership", "inputs"}, "--stake-pool-id is required"},
        {{"pool-state", "--stake-pool-id", changed}, "its checksum is wrong, at character 11"},
        {{"pool-state", "--stake-pool-id", account}, "it is an id of another kind"},
        {{"pool-state", "--stake-pool-id", "pool1b"}, "is not a pool id (pool1… or 56 hexadecimal digits)"},
        {{"pool-params"}, "--stake-pool-id is required"},
        {{"utxo"}, "--address"},
        {{"utxo", "--address", address}, "is an address of the main network, and the node is of the network 42"},
        {{"utxo", "--address", "01", "--whole-utxo"}, "--whole-utxo"},
        {{"utxo", "--tx-in", tx}, "is not TXID#INDEX"},
        {{"utxo", "--tx-in", tx + "#70000"}, "is not TXID#INDEX"},
        {{"stake-address-info", "--address", "0102"}, "has no stake credential"},
        {{"drep-state", "--drep-id", "abstain"}, "abstain is a vote, and not registered"},
        {{"drep-state", "--drep-id", pool}, "is not a DRep id"},
        {{"committee-state", "--status", "old"}, "old is not active, expired or unrecognized"},
        {{"committee-state", "--cold", pool}, "is not a cold credential"},
        {{"proposals", "--action", "gov_action1"}, "is not a governance action"},
        {{"slot-number", "tomorrow"}, "tomorrow is not a time in UTC"},
        {{"slot-number", "2023-02-30T00:00:00Z"}, "is not a time in UTC"},
        {{"raw", "xy"}, "xy is not hexadecimal"},
        {{"raw"}, "HEX is required"},
        {{"slot-number"}, "TIME is required"},
        {{"delegations"}, "--address is required"},
        {{"stake-deposits"}, "--address is required"},
        {{"vote-delegations", "--address", pool}, "it is an id of another kind"},
        {{"member-rewards"}, "At least 1 option from [--address,--lovelace] is required"},
        {{"member-rewards", "--lovelace", "x"}, "--lovelace = x"},
        {{"stake-pool-default-vote"}, "--stake-pool-id is required"},
        {{"stake-snapshot", "--stake-pool-id", "drep1x"}, "drep1x is not a pool id"},
        {{"pool-distribution", "--stake-pool-id", "0102"}, "0102 is not a pool id"},
        {{"spo-stake-distribution", "--stake-pool-id", changed}, "its checksum is wrong, at character 11"},
        {{"drep-delegations", "--drep-id", pool}, "it is an id of another kind"},
        {{"drep-stake-distribution", "--drep-id", "abstane"}, "abstane is not a DRep id"},
        {{"ledger-peer-snapshot", "--all"}, "not expected: --all"},
        {{"committee-state", "--hot", pool}, "is not a hot credential"},
        {{"stake-pools", "now"}, "stake-pools: it takes no argument now"},
        {{"--at", "yesterday", "tip"}, "yesterday is not tip, immutable, origin or SLOT.HASH"},
        {{"--max-size", "0", "tip"}, "--max-size"},
    };
    for (const Row& row : rows) {
        Arguments arguments{"--magic", "42", "--socket", "/nowhere/socket"};
        arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
        const Run found = run(arguments);
        INFO(row.said << " is expected of " << found.err);
        CHECK(found.code == 1);
        CHECK(contains(found.err, row.said));
        CHECK(found.out.empty());
    }
}

TEST_CASE("An address of the node's network is taken by its name or magic", "[programs][query]") {
    const MockNode node(script);
    const Run found =
        run(text_of(node, {"utxo", "--address", "addr_test1vz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerspjrlsz"}));
    INFO(found.err);
    CHECK(found.code == 0);
    const Run other = run({"--network", "mainnet", "--socket", node.socket, "utxo", "--address", account});
    CHECK(other.code == 1);
    CHECK(contains(other.err, "is an address of a test network, and the node is of the main network"));
}

TEST_CASE("The environment names the node's socket and network", "[programs][query]") {
    const MockNode node(script);
    const auto with = [&](const char* network) {
        ::setenv("CARDANO_NODE_SOCKET_PATH", node.socket.c_str(), 1);
        ::setenv("CARDANO_NODE_NETWORK_ID", network, 1);
        const Run found = run({"epoch"});
        ::unsetenv("CARDANO_NODE_SOCKET_PATH");
        ::unsetenv("CARDANO_NODE_NETWORK_ID");
        return found;
    };
    const Run found = with("42");
    CHECK(found.code == 0);
    CHECK(found.out == "7\n");
    CHECK(with("mainnet").code == 3);
    const Run wrong = with("mainet");
    CHECK(wrong.code == 1);
    CHECK(contains(wrong.err, "CARDANO_NODE_NETWORK_ID: mainet is neither the name nor the magic of a network"));
}

TEST_CASE("A query of an era that the ledger has left is repeated in the era that the node names",
          "[programs][query]") {
    // The node says that its era is Babbage, and answers queries of Conway.
    const MockNode node(R"({"answers": {"GetCurrentEra": {"cbor": "05"}, "GetEpochNo": 7}})");
    const Run found = run(text_of(node, {"epoch"}));
    CHECK(found.code == 0);
    CHECK(found.out == "7\n");
    CHECK(contains(found.err, "the ledger is not in babbage any more: the query was repeated in conway"));
    const Run outputs = run(text_of(node, {"utxo", "--whole-utxo"}));
    CHECK(outputs.code == 2);  // repeated too, and not in the script
    const Run raw = run(text_of(node, {"raw", "8200820082058101"}));
    CHECK(raw.code == 6);
    CHECK(contains(raw.err, "the query is about Babbage, and the ledger is in Conway"));
}

TEST_CASE("A query that the ledger's era does not have is refused in words", "[programs][query]") {
    const MockNode node(R"({"era": 5})");
    const Run found = run(text_of(node, {"gov-state"}));
    CHECK(found.code == 2);  // nodes of Babbage know it
    const Run constitution = run(text_of(node, {"constitution"}));
    CHECK(constitution.code == 6);
    CHECK(contains(constitution.err, "GetConstitution needs the era Conway or later; the query is about Babbage"));
    const MockNode byron(R"({"era": 0})");
    CHECK(contains(run(text_of(byron, {"epoch"})).err, "needs the era Shelley or later; the query is about Byron"));
}

TEST_CASE("A snapshot of ledger peers is written to a file that is read as one", "[programs][query]") {
    const bool all = GENERATE(false, true);
    const std::string pools =
        R"("LedgerPools": [{)" + std::string(all ? "" : R"("accumulatedStake": {"numerator": 1, "denominator": 2}, )") +
        R"("relativeStake": {"numerator": 1, "denominator": 2}, "relays": [{"domain": "relay.example", "port": 3001},
           {"domain": "srv.example"}, {"address": "10.0.0.1", "port": 3002}]}])";
    MockNode node(R"({"answers": {"GetLedgerPeerSnapshot by kind": {"slotNo": 5, "blockHash": ")" +
                  std::string(64, 'a') + R"(", "networkMagic": 42, ")" + (all ? "all" : "big") + pools.substr(1) +
                  "}}}");
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "peers.json").string();
    std::vector<std::string> arguments{"ledger-peer-snapshot", "--out", file};
    if (all) arguments.emplace_back("--all-pools");
    const Run run_once = run(text_of(node, arguments));
    INFO(run_once.err);
    REQUIRE(run_once.code == 0);
    std::ifstream in(file);
    const Json written = Json::parse(in, nullptr, false);
    Json expected{{"relativeStake", 0.5},
                  {"relays",
                   {{{"address", "relay.example"}, {"port", 3001}},
                    {{"address", "srv.example"}},
                    {{"address", "10.0.0.1"}, {"port", 3002}}}}};
    if (!all) expected["accumulatedStake"] = 0.5;
    CHECK(written == Json{{"NodeToClientVersion", 23},
                          {"NetworkMagic", 42},
                          {"Point", {{"blockPointSlot", 5}, {"blockPointHash", std::string(64, 'a')}}},
                          {all ? "allLedgerPools" : "bigLedgerPools", Json::array({expected})}});
    CHECK(run(text_of(node, arguments)).code != 0);  // it exists
    arguments.emplace_back("--force");
    CHECK(run(text_of(node, arguments)).code == 0);
}

TEST_CASE("A query that the node's version does not have is not sent, and the error says what it needs",
          "[programs][query]") {
    MockNode node(R"({"answers": {"GetLedgerPeerSnapshot": {"slotNo": 5, "bigLedgerPools": []}}})", "20",
                  {"--max-version", "20"});
    const Run found = run(text_of(node, {"max-major-version"}));
    CHECK(found.code == 6);
    CHECK(
        contains(found.err, "GetMaxMajorProtocolVersion needs node-to-client version 21 or later; the node speaks 20"));
    CHECK(run(text_of(node, {"ledger-peer-snapshot"})).out == "slotNo: 5\nbigLedgerPools: none\n");
    const Run raw = run(text_of(node, {"raw", "82008200820682182700"}));
    CHECK(contains(raw.err, "GetDRepDelegations needs node-to-client version 23 or later; the node speaks 20"));
    node.program.terminate();
    node.program.wait();
    for (const Json& line : json_lines(node.program.out))
        if (line.value("message", "") == "Query") CHECK(line["answered"] == true);
}

TEST_CASE("A result longer than --max-size is refused, and so is one of another shape", "[programs][query]") {
    const MockNode node(script);
    const Run found = run(text_of(node, {"--max-size", "20", "protocol-state"}));
    CHECK(found.code == 7);
    CHECK(contains(found.err, "an answer longer than its limit"));
    const Run outputs = run(text_of(node, {"--max-size", "20", "utxo", "--whole-utxo"}));
    CHECK(outputs.code == 7);
    CHECK(contains(outputs.err, "an answer longer than its limit"));
    const MockNode wrong(R"({"answers": {"GetEpochNo": {"cbor": "f6"}, "GetUTxOWhole": {"cbor": "a1f6f6"}}})");
    const Run shape = run(text_of(wrong, {"epoch"}));
    CHECK(shape.code == 5);
    CHECK(contains(shape.err, "epoch: local-state-query, byte 0"));
    CHECK(run(text_of(wrong, {"utxo", "--whole-utxo"})).code == 5);
}
