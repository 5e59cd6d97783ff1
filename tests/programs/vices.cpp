// Every program among the hostile peers of ouro::testing. A finding of a sanitizer fails these tests, as it does all
// that run programs: see Program::wait.

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "programs/crowd.hpp"
#include "programs/mock_node.hpp"
#include "programs/points.hpp"
#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

using Arguments = std::vector<std::string>;

constexpr std::size_t at_once = 24;  // programs

std::string point(std::uint64_t position) { return to_string(some_chain()->point(position)); }

/// A run of a client among many. `may` has the digits of the exit codes that it may end with.
struct Run {
    std::string program;
    Arguments arguments;
    std::string vice;
    std::string may;
};

/// A run that may be over time has a short one: it waits for nothing else. A loss is such a case, too: clients that
/// follow a chain dial again within their time.
std::string time_of(const std::string& may) { return contains(may, "4") ? "1" : "30"; }

/// What the three clients of relays may end with.
struct Ends {
    std::string_view vice;
    std::array<const char*, 3> may;  // follow, fetch and submit-n2n
};
constexpr Ends ends[] = {
    {"silent", {"4", "4", "4"}},
    {"mute_handshake", {"4", "4", "4"}},
    {"refuses", {"3", "3", "3"}},
    {"wrong_magic", {"3", "3", "3"}},
    {"garbage", {"5", "5", "5"}},
    {"trickle", {"4", "4", "4"}},
    {"mute_chain_sync", {"4", "4", "0"}},
    {"mute_block_fetch", {"0", "4", "0"}},
    {"mute_keep_alive", {"0", "0", "0"}},
    {"answers_twice", {"5", "5", "5"}},
    {"wrong_cookie", {"05", "05", "05"}},
    {"out_of_turn", {"5", "5", "0"}},
    {"oversized", {"5", "5", "5"}},
    {"truncates", {"24", "24", "24"}},
    {"no_blocks", {"0", "6", "0"}},
    {"short_range", {"0", "5", "0"}},
    {"wrong_block", {"0", "5", "0"}},
    {"forged_body", {"0", "5", "0"}},
    {"trailing_bytes", {"0", "5", "0"}},
    {"cut_block", {"0", "5", "0"}},
    {"header_alone", {"0", "5", "0"}},
    {"empty_block", {"0", "5", "0"}},
    {"omits_block", {"0", "5", "0"}},
    {"repeats_block", {"0", "5", "0"}},
    {"reorders_blocks", {"0", "05", "0"}},
    {"unreadable_header", {"5", "5", "0"}},
    {"empty_header", {"5", "5", "0"}},
    {"unknown_era", {"7", "7", "0"}},
    {"repeats_header", {"5", "5", "0"}},
    {"forward_and_back", {"5", "56", "0"}},
    {"rolls_back_to_origin", {"5", "56", "0"}},
    {"drips_headers", {"4", "4", "0"}},
    {"silent_after_intersect", {"4", "4", "0"}},
    {"claims_more", {"0", "0", "0"}},
    {"lies_about_intersection", {"5", "5", "0"}},
    {"knows_no_intersection", {"5", "6", "0"}},
    {"unknown_rollback", {"5", "56", "0"}},
    {"unregistered", {"5", "5", "5"}},
    {"floods", {"5", "5", "5"}},
    {"closes", {"24", "24", "247"}},
    {"resets", {"24", "24", "247"}},
    {"vanishes", {"24", "24", "247"}},
    {"stops_reading", {"024", "024", "0247"}},
    {"proposes_too", {"5", "5", "5"}},
    {"changes_version", {"5", "5", "5"}},
    {"shares_private_addresses", {"0", "0", "0"}},
    {"shares_too_many", {"0", "0", "0"}},
    {"mute_leios_fetch", {"0", "0", "0"}},
    {"false_offers", {"0", "0", "0"}},
    {"wrong_endorser_block", {"0", "0", "0"}},
    {"more_eb_txs", {"0", "0", "0"}},
};

/// What clients of a node's socket may end with.
struct EndsAtNode {
    std::string_view vice;
    std::array<const char*, 6> may;  // query twice, submit, mempool, follow and fetch
};
constexpr EndsAtNode ends_at_nodes[] = {
    {"silent", {"4", "4", "4", "4", "4", "4"}},         {"mute_after_handshake", {"4", "4", "4", "4", "4", "4"}},
    {"garbage", {"5", "5", "5", "5", "5", "5"}},        {"trickle", {"4", "4", "4", "4", "4", "4"}},
    {"oversized", {"7", "7", "7", "7", "5", "5"}},      {"truncates", {"2", "2", "2", "2", "24", "24"}},
    {"nonsense", {"5", "5", "5", "5", "5", "5"}},       {"says_twice", {"5", "5", "5", "5", "5", "5"}},
    {"unregistered", {"5", "5", "5", "5", "5", "5"}},   {"closes", {"2", "2", "27", "2", "24", "24"}},
    {"resets", {"2", "2", "27", "2", "24", "24"}},      {"vanishes", {"4", "4", "47", "4", "4", "4"}},
    {"stops_reading", {"4", "4", "47", "4", "4", "4"}}, {"huge_items", {"7", "5", "7", "0", "0", "0"}},
};

/// Runs all of them, some at a time, to their ends.
void check_ends(const std::vector<Run>& runs) {
    std::deque<std::unique_ptr<Program>> running;
    std::size_t started = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        for (; started < std::min(i + at_once, runs.size()); ++started) {
            running.push_back(std::make_unique<Program>(runs[started].program, runs[started].arguments));
            running.back()->end_input();
        }
        Program& program = *running.front();
        const int code = program.wait();
        INFO(runs[i].program << " with a peer of the vice " << runs[i].vice << " says " << program.out << program.err);
        CHECK(contains(runs[i].may, std::to_string(code)));
        (void)json_lines(program.out);
        running.pop_front();
    }
}

}  // namespace

TEST_CASE("Clients of relays end as specified with every hostile relay", "[programs][vices][follow][fetch][submit]") {
    HostileRelays relays;
    const std::vector<std::pair<std::string, Arguments>> programs{
        {"follow", {"--count", std::to_string(blocks_of_crowds)}},
        {"fetch", {"--from", point(1), "--to", point(blocks_of_crowds)}},
        {"submit-n2n", {"--tx", some_tx}},
    };
    CHECK(std::size(ends) == relays.names.size());
    std::vector<Run> runs;
    for (std::size_t i = 0; i < relays.names.size(); ++i) {
        const auto row = std::find_if(std::begin(ends), std::end(ends),
                                      [&](const Ends& one) { return one.vice == relays.names[i]; });
        INFO(relays.names[i]);
        REQUIRE(row != std::end(ends));
        for (std::size_t which = 0; which < programs.size(); ++which) {
            const std::string may = row->may[which];
            Arguments arguments{"--magic", "1", "--json", "--timeout", time_of(may), relays.addresses[i]};
            runs.push_back({programs[which].first, join(arguments, programs[which].second), relays.names[i], may});
        }
    }
    check_ends(runs);
}

TEST_CASE("A node connected to hostile relays has the chain of the honest one", "[programs][vices][node]") {
    HostileRelays relays;
    const Relay honest({"--synthetic", std::to_string(blocks_of_crowds)});
    const support::TemporaryDirectory scratch;
    Arguments arguments{"--magic",
                        "1",
                        "--json",
                        "--listen",
                        "127.0.0.1:0",
                        "--store",
                        (scratch.path() / "chain").string(),
                        "--pull-txs",
                        "--share-peers",
                        "--allow-range",
                        "127.0.0.0/8"};
    Program node("node", join(join(arguments, relays.addresses), {honest.address()}));
    Json line = Json::object();
    while (line.value("block", 0U) + 1 < blocks_of_crowds) {
        line = Json::parse(node.line(), nullptr, false);
        REQUIRE(line.is_object());
    }
    CHECK(line["hash"] == ouro::to_hex(some_chain()->point(blocks_of_crowds).hash()));
    CHECK(relays.bridge.await_turns(relays.names.size()));
    node.terminate();
    CHECK(node.wait() == 0);
    CHECK(json_lines(node.out).back()["blocks"] == blocks_of_crowds);
}

TEST_CASE("Servers serve an honest peer after every hostile initiator", "[programs][vices][relay][node]") {
    const bool is_node = GENERATE(false, true);
    std::string address;
    std::unique_ptr<Relay> relay, upstream;
    std::unique_ptr<Program> node;
    if (!is_node) {
        relay = std::make_unique<Relay>(
            Arguments{"--synthetic", std::to_string(blocks_of_crowds), "--pull-txs", "--share", "192.0.2.9:3001"});
        address = relay->address();
    } else {
        upstream = std::make_unique<Relay>(Arguments{"--synthetic", std::to_string(blocks_of_crowds)});
        node = std::make_unique<Program>("node", Arguments{"--magic", "1", "--json", "--listen", "127.0.0.1:0",
                                                           "--pull-txs", "--share-peers", upstream->address()});
        Json line = Json::parse(node->line(), nullptr, false);
        REQUIRE(line.is_object());
        address = line.value("address", "");
        while (line.value("block", 0U) + 1 < blocks_of_crowds) {
            line = Json::parse(node->line(), nullptr, false);
            REQUIRE(line.is_object());
        }
    }
    {
        HostileInitiators initiators(address);
        CHECK(initiators.await_turns());
        Program fetch("fetch",
                      {"--magic", "1", "--json", "--from", point(1), "--to", point(blocks_of_crowds), address});
        CHECK(fetch.wait() == 0);
    }
    Program& server = is_node ? *node : relay->program;
    server.terminate();
    CHECK(server.wait() == 0);
    CHECK(json_lines(server.out).back()["event"] == "done");
}

TEST_CASE("Clients of a socket end as specified with every hostile node",
          "[programs][vices][query][submit][mempool][follow][fetch]") {
    const support::TemporaryDirectory folder;
    HostileNodes nodes(folder.path().string());
    const std::vector<std::pair<std::string, Arguments>> programs{
        {"query", {"tip"}},
        {"query", {"epoch"}},
        {"submit", {some_tx}},
        {"mempool", {}},
        {"follow", {"--count", std::to_string(blocks_of_crowds)}},
        {"fetch", {"--from", "origin", "--to", point(blocks_of_crowds)}},
    };
    CHECK(std::size(ends_at_nodes) == nodes.names.size());
    std::vector<Run> runs;
    for (std::size_t i = 0; i < nodes.names.size(); ++i) {
        const auto row = std::find_if(std::begin(ends_at_nodes), std::end(ends_at_nodes),
                                      [&](const EndsAtNode& one) { return one.vice == nodes.names[i]; });
        INFO(nodes.names[i]);
        REQUIRE(row != std::end(ends_at_nodes));
        for (std::size_t which = 0; which < programs.size(); ++which) {
            const std::string may = row->may[which];
            Arguments arguments{"--magic", "42", "--json", "--timeout", time_of(may), "--socket", nodes.paths[i]};
            runs.push_back({programs[which].first, join(arguments, programs[which].second), nodes.names[i], may});
        }
    }
    check_ends(runs);
}

TEST_CASE("A mock node serves an honest client after every hostile client", "[programs][vices][mock_node]") {
    MockNode node(std::string(R"({"mempool": [")") + some_tx + "\"]}", std::to_string(blocks_of_crowds));
    {
        HostileClients clients(node.socket);
        CHECK(clients.await_turns());
        Program mempool("mempool", node.arguments({}));
        CHECK(mempool.wait() == 0);
    }
    node.program.terminate();
    CHECK(node.program.wait() == 0);
    CHECK(json_lines(node.program.out).back()["event"] == "done");
}

TEST_CASE("A program ended by a sanitizer fails its test", "[programs][vices][!shouldfail]") {
    Program program("/bin/sh", {"-c", "exit 99"});
    (void)program.wait();
}

TEST_CASE("A program ended by a sanitizer has its own exit code", "[programs][vices]") {
    Program program("/bin/sh", {"-c", "echo $ASAN_OPTIONS; echo $LSAN_OPTIONS; echo $UBSAN_OPTIONS"});
    CHECK(program.wait() == 0);
    std::istringstream lines(program.out);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) CHECK(line.ends_with("exitcode=99"));
    CHECK(count == 3);
}
