// The program `watch`, on the chain of a relay and on that of a node.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <ouro/chain/block.hpp>

#include "programs/points.hpp"
#include "programs/real_blocks.hpp"
#include "support/temporary_directory.hpp"
#include "tx_json.hpp"
#include "unit/chain/chunk_writer.hpp"
#include "watched.hpp"

using namespace programs;
using ouro::chain::Block;

namespace {

/// The address with the most outputs in the blocks from `first` on.
std::string busiest(const std::vector<ouro::Bytes>& blocks, std::size_t first) {
    std::map<std::string, std::uint64_t> outputs;
    for (std::size_t i = first; i < blocks.size(); ++i) {
        const Block block = read_block(blocks[i]);
        for (const ouro::chain::Transaction tx : block) {
            const auto made = tx.produced();
            for (const ouro::chain::Output& each : made->outputs) ++outputs[cli::address_text(each.address)];
        }
    }
    const auto most = std::max_element(outputs.begin(), outputs.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    REQUIRE(most != outputs.end());
    return most->first;
}

cli::Watched watching(const std::string& address) {
    return cli::Watched({*ouro::chain::Address::parse(address)}, 2'160);
}

/// The names of the outputs that an address has after `blocks`, without those of the first.
std::set<std::string> unspent(const std::string& address, const std::vector<ouro::Bytes>& blocks) {
    cli::Watched watched = watching(address);
    for (std::size_t i = 1; i < blocks.size(); ++i) REQUIRE(watched.forward(read_block(blocks[i])));
    std::set<std::string> names;
    for (const auto& [output, holding] : watched.unspent())
        names.insert(cli::output_name(output.transaction, output.index));
    return names;
}

}  // namespace

TEST_CASE("watch prints what an address receives and spends on the chain of a relay", "[programs][watch]") {
    if (!support::have_test_data("chain/immutable")) return;
    // The first block has none before it to begin at.
    const auto blocks = real_blocks();
    const std::string address = busiest(blocks, 1);
    cli::Watched watched = watching(address);

    const Relay relay({"--immutable", support::test_data("chain/immutable").string()});
    Program watch("watch",
                  {"--magic", "1", address, "--from", point_text(blocks[0]), "--relay", relay.address(), "--json"});
    for (std::size_t i = 1; i < blocks.size(); ++i) {
        const Block block = read_block(blocks[i]);
        const auto movements = watched.forward(block);
        REQUIRE(movements);
        for (const cli::Movement& each : *movements) {
            const Json line = Json::parse(watch.line());
            CHECK(line["event"] == (each.kind == cli::Movement::Kind::spent ? "spent" : "received"));
            CHECK(line["undone"] == false);
            CHECK(line["address"] == address);
            CHECK(line["coin"] == each.holding.coin);
            CHECK(line["output"] == cli::output_name(each.output.transaction, each.output.index));
            CHECK(line["transaction"] == ouro::to_hex(each.transaction));
            CHECK(line["hash"] == ouro::to_hex(block.hash()));
        }
    }
    CHECK(Json::parse(watch.line())["event"] == "at-tip");
    CHECK(watched.balance(0) > 0);
    watch.interrupt();
    CHECK(watch.wait() == 130);
}

TEST_CASE("watch follows a node, undoes what a rollback removes, and prints it again when it returns",
          "[programs][watch]") {
    if (!support::have_test_data("chain/immutable")) return;
    constexpr std::size_t removed = 40;
    const auto blocks = real_blocks();
    const std::vector<ouro::Bytes> shorter(blocks.begin(), blocks.end() - removed);
    const std::string address = busiest(blocks, shorter.size());
    REQUIRE(unspent(address, shorter) != unspent(address, blocks));

    const support::TemporaryDirectory scratch, database;
    ouro::chain::ChunkFiles(shorter).write(database, "00000");
    const std::string socket = (scratch.path() / "node.socket").string();
    std::optional<Program> node;
    const auto start = [&](const std::string& folder) {
        if (node) {
            node->interrupt();
            CHECK(node->wait() == 0);
        }
        node.emplace("mock-node",
                     std::vector<std::string>{"--magic", "42", "--json", "--listen", socket, "--immutable", folder});
        REQUIRE(contains(node->line(), "listening"));
    };
    const std::string whole = support::test_data("chain/immutable").string();
    start(whole);
    Program watch("watch", {"--magic", "42", address, "--from", point_text(blocks[0]), "--socket", socket, "--json",
                            "--retry", "--timeout", "60"});

    std::vector<Json> done;  // movements that are not undone, in order
    std::size_t undone = 0;
    const auto read_to_tip = [&](const std::vector<ouro::Bytes>& chain) {
        for (;;) {
            const Json line = Json::parse(watch.line(), nullptr, false);
            REQUIRE(line.is_object());
            if (line["event"] == "at-tip") {
                CHECK(point_text(chain.back()) ==
                      std::to_string(line["slot"].get<std::uint64_t>()) + "." + line["hash"].get<std::string>());
                break;
            }
            if (line["undone"] == true) {
                Json last = line;
                last["undone"] = false;
                REQUIRE(!done.empty());
                CHECK(done.back() == last);  // the last one first
                done.pop_back();
                ++undone;
            } else {
                done.push_back(line);
            }
        }
        std::set<std::string> names;
        for (const Json& line : done) {
            if (line["event"] == "received")
                CHECK(names.insert(line["output"].get<std::string>()).second);
            else
                CHECK(names.erase(line["output"].get<std::string>()) == 1);
        }
        CHECK(names == unspent(address, chain));
    };
    read_to_tip(blocks);
    CHECK(undone == 0);
    const auto before = done;
    start(database.path().string());
    read_to_tip(shorter);
    CHECK(undone > 0);
    start(whole);
    read_to_tip(blocks);
    CHECK(done == before);
    watch.interrupt();
    CHECK(watch.wait() == 130);
}

TEST_CASE("watch refuses an address that cannot be read", "[programs][watch]") {
    Program watch("watch", {"--magic", "1", "addr1nonsense", "--relay", "127.0.0.1:1"});
    CHECK(watch.wait() == 1);
    CHECK(contains(watch.err, "addr1nonsense"));
}
