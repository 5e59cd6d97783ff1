// A mock node that serves the chain of a node's database.

#include <filesystem>
#include <string>
#include <vector>

#include "programs/mock_node.hpp"
#include "programs/points.hpp"
#include "programs/real_blocks.hpp"
#include "unit/chain/chunk_writer.hpp"

using namespace programs;
using ouro::Bytes;
using ouro::chain::ChunkFiles;

namespace {

namespace fs = std::filesystem;

/// A mock node that answers for epoch 7, and serves the database in `folder`.
MockNode serving(const fs::path& folder) {
    return MockNode(R"({"answers": {"GetEpochNo": 7}})", "", {"--immutable", folder.string()});
}

struct Run {
    int code;
    std::string out, err;
};
Run run(const char* name, std::vector<std::string> arguments) {
    Program program(name, std::move(arguments));
    const int code = program.wait();
    return {code, program.out, program.err};
}

/// Whether a follower gets all of `blocks` but the first, which has none before it to begin at, and the tip after them.
bool serves(const MockNode& node, const std::vector<Bytes>& blocks) {
    const Run follow = run("follow", node.arguments({"--from", point_text(blocks.front()), "--count",
                                                     std::to_string(blocks.size() - 1), "--blocks"}));
    INFO(follow.err);
    CHECK(follow.code == 0);
    std::vector<std::string> points;
    for (std::size_t i = 1; i < blocks.size(); ++i) points.push_back(point_text(blocks[i]));
    const Json tip = json_lines(run("query", node.arguments({"tip"})).out).at(0)["result"];
    CHECK(std::to_string(tip["slot"].get<std::uint64_t>()) + "." + tip["hash"].get<std::string>() == points.back());
    CHECK(tip["block"] == static_cast<std::uint64_t>(read_block(blocks.back()).number()));
    return points_in(follow.out) == points;
}

}  // namespace

TEST_CASE("A mock node serves the blocks of a node's database", "[programs][mock_node]") {
    if (!support::have_test_data("chain/immutable")) return;
    const auto blocks = real_blocks();
    const MockNode node = serving(support::test_data("chain/immutable"));
    CHECK(serves(node, blocks));

    const support::TemporaryDirectory scratch;
    const fs::path file = scratch.path() / "blocks";
    const Run fetch =
        run("fetch",
            node.arguments({"--from", point_text(blocks[9]), "--to", point_text(blocks[99]), "--out", file.string()}));
    INFO(fetch.err);
    CHECK(fetch.code == 0);
    std::string bytes;
    for (std::size_t i = 10; i < 100; ++i) bytes.append(blocks[i].view().begin(), blocks[i].view().end());
    CHECK((content(file) == bytes));
}

TEST_CASE("A state is acquired at a block of a mock node's database, and at no other point", "[programs][mock_node]") {
    if (!support::have_test_data("chain/immutable")) return;
    const auto blocks = real_blocks();
    const MockNode node = serving(support::test_data("chain/immutable"));
    const auto epoch_at = [&](const std::string& where) {
        return run("query", node.arguments({"--at", where, "epoch"}));
    };
    for (const std::string& where : {point_text(blocks.front()), point_text(blocks[400]), point_text(blocks.back()),
                                     std::string("origin"), std::string("immutable"), std::string("tip")}) {
        const Run found = epoch_at(where);
        INFO(where << " " << found.err);
        CHECK(found.code == 0);
        CHECK(json_lines(found.out).at(0)["result"] == 7);
    }
    const std::string slot = point_text(blocks[400]).substr(0, point_text(blocks[400]).find('.') + 1);
    const Run elsewhere = epoch_at(slot + std::string(64, 'a'));
    CHECK(elsewhere.code == 6);
    CHECK(json_lines(elsewhere.out).back()["code"] == "point_not_on_chain");
}

TEST_CASE("A mock node refuses a directory that is no database, and says which", "[programs][mock_node]") {
    const support::TemporaryDirectory scratch;
    scratch.write("file", {});
    struct Row {
        fs::path folder;
        const char* said;
    };
    const std::vector<Row> rows{{scratch.path() / "none", "No such file or directory"},
                                {scratch.path(), "there is no file NNNNN.chunk in it"},
                                {scratch.path() / "file", "Not a directory"}};
    for (const Row& row : rows) {
        const std::string socket = (scratch.path() / "socket").string();
        const Run node = run("mock-node", {"--magic", "42", "--listen", socket, "--immutable", row.folder.string()});
        INFO(node.err);
        CHECK(node.code == 7);
        CHECK(contains(node.err, row.folder.string() + ": " + row.said));
        CHECK(node.out.empty());
        CHECK(!fs::exists(socket));
    }
    const Run both = run("mock-node", {"--magic", "42", "--listen", "a", "--immutable", "b", "--synthetic", "3"});
    CHECK(both.code == 1);
    CHECK(contains(both.err, "--immutable"));
}

TEST_CASE("A mock node serves the whole blocks of a truncated chunk, and says what it leaves out",
          "[programs][mock_node]") {
    if (!support::have_test_data("chain/immutable")) return;
    auto blocks = real_blocks();
    blocks.resize(40);
    const support::TemporaryDirectory database;
    ChunkFiles files(blocks);
    std::size_t served = 39;
    SECTION("one byte is missing") { files.chunk.pop_back(); }
    SECTION("half of the chunk is missing") {
        std::size_t whole = 0;
        for (served = 0; served < 20; ++served) whole += blocks[served].size();
        files.chunk.resize(whole + 1);
    }
    SECTION("nothing is whole") {
        files.chunk.resize(100);
        served = 0;
    }
    files.write(database, "00000");
    MockNode node = serving(database.path());
    CHECK(contains(node.program.note(), "00000.chunk is incomplete, and " + std::to_string(served) + " blocks of it"));
    if (served == 0) {
        CHECK(json_lines(run("query", node.arguments({"tip"})).out).at(0)["result"]["slot"].is_null());
        return;
    }
    blocks.resize(served);
    CHECK(serves(node, blocks));
}

TEST_CASE("A chunk that is damaged inside ends a mock node before it listens", "[programs][mock_node]") {
    if (!support::have_test_data("chain/immutable")) return;
    const auto blocks = real_blocks();
    const support::TemporaryDirectory database;
    ChunkFiles({blocks[0], blocks[1]}).write(database, "00000");
    ChunkFiles({blocks[3], blocks[4]}).write(database, "00001");
    const std::string socket = (database.path() / "socket").string();
    const Run node =
        run("mock-node", {"--magic", "42", "--json", "--listen", socket, "--immutable", database.path().string()});
    CHECK(node.code == 7);
    CHECK(json_lines(node.out).at(0)["code"] == "chunk_damaged");
    CHECK(contains(node.err + node.out, "00001.chunk"));
}
