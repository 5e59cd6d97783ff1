// Every state query between this library and the other implementations: their clients at `mock-node`, and `query` at
// their servers.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include <ouro/chain/synthetic.hpp>

#include "interop/listed_chain.hpp"
#include "interop/query_list.hpp"
#include "interop/same_item.hpp"
#include "programs/mock_node.hpp"
#include "support/hex.hpp"
#include "support/test_data.hpp"

using namespace programs;
using interop::QueryRow;

namespace {

struct Peer {
    std::string name;
    unsigned version;  ///< the highest node-to-client version that it speaks
};

const Peer pallas{"pallas-network", 23}, gouroboros{"gouroboros", 20};

/// What comes of a query.
enum class Outcome : std::uint8_t {
    same,     ///< both sides have the query's bytes, and the result with all its values
    lacks,    ///< the peer has no function for it
    asks,     ///< the peer sends other bytes
    reads,    ///< the peer reads a result with other values
    refuses,  ///< the peer refuses the query or the result
};

/// What a peer does with a query instead of `same`, and why.
struct Deviation {
    std::string_view peer, side, query;
    Outcome outcome;
    std::string_view why;
};

constexpr std::string_view none = "has no such query", plain = "sends a list where the reference has a tagged set",
                           untagged = "does not read a tagged set", old_shape = "reads the shape before version 21",
                           bare = "expects no list around the result", no_argument = "does not read the argument",
                           padded = "pads a short hash of a pool's metadata";

const std::vector<Deviation> deviations{
    {"pallas-network", "client", "GetStakeDistribution2", Outcome::refuses, old_shape},
    {"pallas-network", "client", "GetPoolDistr2", Outcome::refuses, old_shape},
    {"pallas-network", "client", "GetUTxOByAddress", Outcome::asks, plain},
    {"pallas-network", "client", "GetUTxOByTxIn", Outcome::asks, plain},
    {"pallas-network", "client", "GetFilteredDelegationsAndRewardAccounts", Outcome::asks, plain},
    {"pallas-network", "client", "GetFilteredVoteDelegatees", Outcome::asks, plain},
    {"pallas-network", "client", "GetGenesisConfig", Outcome::reads, "leaves out the last fields"},
    {"pallas-network", "client", "GetGovState", Outcome::refuses, "does not read the ledger's example"},
    {"pallas-network", "client", "DebugChainDepState", Outcome::lacks, none},
    {"pallas-network", "client", "QueryStakePoolDefaultVote", Outcome::lacks, none},
    {"pallas-network", "client", "GetMaxMajorProtocolVersion", Outcome::lacks, none},
    {"pallas-network", "server", "GetUTxOByAddress", Outcome::refuses, untagged},
    {"pallas-network", "server", "GetUTxOByTxIn", Outcome::refuses, untagged},
    {"pallas-network", "server", "GetFilteredDelegationsAndRewardAccounts", Outcome::refuses, untagged},
    {"pallas-network", "server", "GetFilteredVoteDelegatees", Outcome::refuses, untagged},
    {"pallas-network", "server", "QueryStakePoolDefaultVote", Outcome::refuses, none},
    {"pallas-network", "server", "GetMaxMajorProtocolVersion", Outcome::refuses, none},
    {"gouroboros", "client", "GetNonMyopicMemberRewards", Outcome::refuses, "reads rewards of accounts only"},
    {"gouroboros", "client", "GetUTxOByAddress", Outcome::asks, plain},
    {"gouroboros", "client", "GetUTxOByTxIn", Outcome::asks, plain},
    {"gouroboros", "client", "DebugChainDepState", Outcome::refuses, bare},
    {"gouroboros", "client", "GetConstitution", Outcome::refuses, bare},
    {"gouroboros", "client", "GetGovState", Outcome::refuses, bare},
    {"gouroboros", "client", "GetDRepState", Outcome::refuses, bare},
    {"gouroboros", "client", "GetCommitteeMembersState", Outcome::refuses, bare},
    {"gouroboros", "client", "GetRatifyState", Outcome::refuses, bare},
    {"gouroboros", "client", "GetDRepStakeDistr", Outcome::refuses, "reads no result of it"},
    {"gouroboros", "client", "GetStakePoolParams", Outcome::reads, padded},
    {"gouroboros", "client", "GetPoolState", Outcome::reads, padded},
    {"gouroboros", "client", "GetLedgerPeerSnapshot", Outcome::asks, "sends the form of version 23"},
    {"gouroboros", "client", "GetFuturePParams", Outcome::lacks, none},
    {"gouroboros", "client", "QueryStakePoolDefaultVote", Outcome::lacks, none},
    {"gouroboros", "server", "GetNonMyopicMemberRewards", Outcome::refuses, no_argument},
    {"gouroboros", "server", "GetPoolState", Outcome::refuses, no_argument},
    {"gouroboros", "server", "GetPoolDistr", Outcome::refuses, no_argument},
    {"gouroboros", "server", "GetLedgerPeerSnapshot", Outcome::refuses, "reads the form of version 23 only"},
    {"gouroboros", "server", "GetFuturePParams", Outcome::refuses, none},
    {"gouroboros", "server", "QueryStakePoolDefaultVote", Outcome::refuses, none},
};

std::string path_of(const Peer& peer) { return std::string(OURO_INTEROP_BIN) + "/" + peer.name; }

void report(const Peer& peer, std::string_view side, const QueryRow& row, std::string_view outcome) {
    std::printf("cell|%s|%s|query %s|%s\n", peer.name.c_str(), std::string(side).c_str(), row.name.c_str(),
                std::string(outcome).c_str());
    std::fflush(stdout);
}

constexpr std::string_view to_string(Outcome outcome) {
    constexpr std::array names{"same", "lacks", "asks", "reads", "refuses"};
    return names[static_cast<std::size_t>(outcome)];
}

/// Compares an outcome with the one that is known, and adds it to the table.
void settle(const Peer& peer, std::string_view side, const QueryRow& row, Outcome outcome, const std::string& what) {
    Outcome expected = Outcome::same;
    std::string_view why = "pass";
    for (const Deviation& known : deviations)
        if (known.peer == peer.name && known.side == side && known.query == row.name)
            expected = known.outcome, why = known.why;
    INFO(peer.name << " as " << side << ", " << row.name << ": " << what);
    CHECK(to_string(outcome) == to_string(expected));
    report(peer, side, row, outcome == expected ? why : "FAIL");
}

const std::string& result_of(const QueryRow& row, unsigned version) {
    return version > 20 || row.before == "=" ? row.newest : row.before;
}

/// The mock node with all results of a version.
class Recorder {
  public:
    explicit Recorder(unsigned version) : node_(script(version), "20", {"--max-version", std::to_string(version)}) {}

    [[nodiscard]] const std::string& socket() const { return node_.socket; }
    [[nodiscard]] Program ask(const std::vector<std::string>& words) const {
        return Program("query", node_.arguments(words));
    }
    /// The bytes of the queries of the next client, by name, when it has left.
    std::multimap<std::string, std::string> log() {
        std::multimap<std::string, std::string> queries;
        for (;;) {
            const Json line = Json::parse(node_.program.line(), nullptr, false);
            REQUIRE(line.is_object());
            if (line["event"] == "client-left" || line["event"] == "refused") return queries;
            if (line.contains("query")) queries.emplace(line.value("name", ""), line["query"].get<std::string>());
        }
    }

  private:
    static std::string script(unsigned version) {
        std::string answers;
        for (const QueryRow& row : interop::query_list()) {
            const std::string& result = result_of(row, version);
            if (result.empty() || result == "own") continue;
            answers += (answers.empty() ? "\"" : ", \"") + row.name + "\": " + result;
        }
        return R"({"answers": {)" + answers + "}}";
    }

    MockNode node_;
};

/// What `query` sends and gets of a query, from the mock node.
struct Recorded {
    std::string query, result, line;
};

/// Of all queries that nodes of a version have; `all` are the bytes of every query that was sent, with its result.
std::map<std::string, Recorded> record(Recorder& node, unsigned version, std::map<std::string, std::string>& all) {
    std::map<std::string, Recorded> rows;
    for (const QueryRow& row : interop::query_list()) {
        if (result_of(row, version).empty()) continue;
        Program query = node.ask(row.subcommand);
        const int code = query.wait();
        INFO(row.name << " in version " << version << ": " << query.err);
        REQUIRE(code == 0);
        const auto sent = node.log();
        REQUIRE(sent.count(row.name) == 1);
        for (const auto& [name, digits] : sent) {
            if (all.contains(digits)) continue;
            Program raw = node.ask({"raw", digits});
            REQUIRE(raw.wait() == 0);
            node.log();
            all[digits] = json_lines(raw.out).at(0)["result"].get<std::string>();
        }
        const std::string& digits = sent.find(row.name)->second;
        rows[row.name] = {digits, all[digits], query.out};
    }
    return rows;
}

bool have(const Peer& peer, std::string_view side) {
    if (!support::have_test_data("golden/ledger") || !support::have_test_data("golden/consensus/QueryVersion3"))
        return false;
    if (std::filesystem::exists(path_of(peer))) return true;
    for (const QueryRow& row : interop::query_list()) report(peer, side, row, "skipped");
    std::printf("skipped, for there is no %s\n", path_of(peer).c_str());
    return false;
}

/// Where a value differs from the result of a query; empty if nowhere. Some functions take off the list around a
/// result.
std::string difference(const std::string& value, const std::string& result) {
    const std::string shown = interop::same_item(ouro::hex(value)), whole = interop::same_item(ouro::hex(result));
    if (shown == whole || '[' + shown + ']' == whole) return "";
    const std::string inner = whole.front() == '[' && shown.front() != '[' ? whole.substr(1) : whole;
    const auto at = std::mismatch(shown.begin(), shown.end(), inner.begin(), inner.end());
    const auto around = [](const std::string& text, auto place) {
        const auto offset = static_cast<std::size_t>(place - text.begin());
        return text.substr(offset - std::min<std::size_t>(offset, 40), 120);
    };
    return around(shown, at.first) + "\ninstead of " + around(inner, at.second);
}

void check_client(const Peer& peer) {
    if (!have(peer, "client")) return;
    Recorder older(20), newer(23);
    std::map<std::string, std::string> results, newer_results;
    const auto of_older = record(older, 20, results);
    const auto of_newer = record(newer, 23, newer_results);
    for (const QueryRow& row : interop::query_list()) {
        const bool old = peer.version < 23 || result_of(row, 23).empty();
        if (result_of(row, old ? 20 : 23).empty()) continue;  // no query of the peer's version
        Recorder& node = old ? older : newer;
        const Recorded& ours = (old ? of_older : of_newer).at(row.name);
        std::vector<std::string> arguments{"client",   "query",       "--magic", "42",
                                           "--socket", node.socket(), "--query", row.name};
        const auto with = interop::QueryArguments().options();
        arguments.insert(arguments.end(), with.begin(), with.end());
        Program client(path_of(peer), arguments);
        client.wait();
        const auto sent = node.log();
        const Json last = [&] {  // of the query
            Json found;
            for (const Json& line : json_lines(client.out))
                if (line["event"] != "done") found = line;
            return found;
        }();
        const std::string seen = last.dump() + "\nours " + ours.query + " " + ours.result;
        const auto asked = sent.find(row.name);
        if (last["event"] == "lacks") {
            settle(peer, "client", row, Outcome::lacks, seen);
        } else if (asked == sent.end() || asked->second != ours.query) {
            settle(peer, "client", row, Outcome::asks, (asked == sent.end() ? "nothing" : asked->second) + seen);
        } else if (last["event"] != row.name) {
            settle(peer, "client", row, Outcome::refuses, seen + client.err);
        } else {
            const std::string different = difference(last["value"], ours.result);
            settle(peer, "client", row, different.empty() ? Outcome::same : Outcome::reads, different);
        }
    }
}

void check_server(const Peer& peer) {
    if (!have(peer, "server")) return;
    Recorder node(peer.version);
    std::map<std::string, std::string> all;
    const auto ours = record(node, peer.version, all);
    const support::TemporaryDirectory scratch;
    const auto file = [&](const char* name) { return (scratch.path() / name).string(); };
    {
        std::ofstream script(file("script"));
        for (const auto& [query, result] : all) script << "query " << query << " " << result << "\n";
        script << "decode\n";
    }
    ouro::chain::SyntheticChain::Options options;
    options.blocks = 20;
    interop::ListedChain(ouro::chain::SyntheticChain(options), options.blocks).write(file("chain"));
    Program server(path_of(peer), {"serve", "--magic", "42", "--chain", file("chain"), "--script", file("script"),
                                   "--socket", file("socket")});
    REQUIRE(contains(server.line(), "listening"));
    for (const QueryRow& row : interop::query_list()) {
        if (!ours.contains(row.name)) continue;
        std::vector<std::string> arguments{"--magic", "42", "--json", "--socket", file("socket"), "--timeout", "3"};
        arguments.insert(arguments.end(), row.subcommand.begin(), row.subcommand.end());
        Program query("query", arguments);
        const int code = query.wait();
        const Outcome outcome = code != 0                             ? Outcome::refuses
                                : query.out != ours.at(row.name).line ? Outcome::reads
                                                                      : Outcome::same;
        settle(peer, "server", row, outcome, query.out + query.err);
    }
}

}  // namespace

TEST_CASE("pallas-network's client asks and reads every query as this library does", "[interop][queries]") {
    check_client(pallas);
}

TEST_CASE("query gets every result from pallas-network's server", "[interop][queries]") { check_server(pallas); }

TEST_CASE("gouroboros' client asks and reads every query as this library does", "[interop][queries]") {
    check_client(gouroboros);
}

TEST_CASE("query gets every result from gouroboros' server", "[interop][queries]") { check_server(gouroboros); }
