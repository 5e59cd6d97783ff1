// Transactions as lines of JSON.

#include <filesystem>
#include <string>
#include <vector>

#include <ouro/chain/block.hpp>
#include <ouro/chain/immutable_db.hpp>

#include "programs/points.hpp"
#include "support/temporary_directory.hpp"
#include "tx_json.hpp"
#include "unit/chain/made_block.hpp"

using namespace programs;
using ouro::ChainView;
using ouro::chain::Transaction;

namespace {

const std::string address = "581d61" + std::string(56, '5'), account = "581de1" + std::string(56, '6');
const std::string input = "825820" + std::string(64, '1') + "02";
const std::string asset = "a1581c" + std::string(56, '2') + "a143666f6f";

ouro::chain::Block block_of(const std::string& body, const std::string& auxiliary = "a0",
                            const std::string& invalid = "80") {
    auto block = ouro::chain::Block::read(
        made::later(ouro::BlockTag::conway, {made::array({body}), made::array({"a0"}), auxiliary, invalid}).bytes());
    REQUIRE(block);
    return *block;
}

Json line_of(const ouro::chain::Block& block) { return Json::parse(cli::json(block, block[0]).dump()); }

}  // namespace

TEST_CASE("A line of a transaction has its place, its validity and its fields", "[programs][transactions]") {
    const std::string output = "a3 00" + address + "01821a000f4240" + asset + "05 02 8200 5820" + std::string(64, '7');
    std::string body = "ab 0081" + input + "0181" + output + "02 182a 03 1864 0481830200 00 05a1" + account +
                       "0b 08 05 09" + asset + "24 0d81" + input + "1082" + address + "09 1281" + input;
    std::erase(body, ' ');
    const auto block = block_of(body, "a100a11902a20a", "8100");
    const Json line = line_of(block);
    CHECK(line["event"] == "transaction");
    CHECK(line["era"] == 7);
    CHECK(line["slot"] == 100);
    CHECK(line["block"] == 5);
    CHECK(line["hash"] == ouro::to_hex(block.hash()));
    CHECK(line["index"] == 0);
    CHECK(line["id"] == made::hashed(body));
    CHECK(line["valid"] == false);
    CHECK(line["bytes"] == block[0].as_submitted().size());
    CHECK(line["fee"] == 42);
    CHECK(line["valid-from"] == 5);
    CHECK(line["valid-until"] == 100);
    const Json spent = Json::array({std::string(64, '1') + "#2"});
    CHECK(line["inputs"] == spent);
    CHECK(line["collateral"] == spent);
    CHECK(line["reference-inputs"] == spent);
    REQUIRE(line["outputs"].size() == 1);
    const Json& made_output = line["outputs"][0];
    CHECK(made_output["index"] == 0);
    const auto read = ouro::chain::Address::parse(made_output["address"].get<std::string>());
    REQUIRE(read);
    CHECK("581d" + ouro::to_hex(read->bytes()) == address);
    CHECK(made_output["coin"] == 1'000'000);
    CHECK(made_output["assets"] ==
          Json::array({{{"policy", std::string(56, '2')}, {"name", "666f6f"}, {"quantity", 5}}}));
    CHECK(made_output["datum-hash"] == std::string(64, '7'));
    CHECK(line["collateral-return"][0]["index"] == 1);
    CHECK(line["collateral-return"][0]["coin"] == 9);
    CHECK(line["mint"] ==
          Json::array({{{"policy", std::string(56, '2')}, {"name", "666f6f"}, {"quantity", 5}, {"burnt", true}}}));
    CHECK(line["withdrawals"][0]["coin"] == 11);
    CHECK(line["withdrawals"][0]["address"].get<std::string>().starts_with("stake1"));
    CHECK(line["certificates"] == 1);
    CHECK(line["metadata-labels"] == Json::array({674}));
    CHECK_FALSE(line.contains("malformed"));
}

TEST_CASE("A line of a transaction names the first field that is malformed", "[programs][transactions]") {
    const Json line =
        line_of(block_of("a400800181000200"
                         "03f6"));
    CHECK(line["malformed"]["code"] == "malformed");
    CHECK(line["malformed"]["field"] == "body");
    const Json inner = line_of(block_of("a3008001810002182a"));
    CHECK(inner["malformed"] == Json{{"field", "outputs"}, {"code", "malformed"}, {"offset", 5}});
    CHECK(inner["fee"] == 42);
    CHECK_FALSE(inner.contains("outputs"));
}

TEST_CASE("fetch --txs prints the transactions of each block after its line", "[programs][transactions]") {
    const auto folder = support::test_data("chain/immutable");
    if (!support::have_test_data("chain/immutable")) return;
    constexpr std::size_t count = 60;
    const Relay relay({"--immutable", folder.string()});
    const auto chain = ouro::chain::ImmutableDb::open(folder);
    REQUIRE(chain);
    const auto point = [&](ChainView::Position position) {
        return to_string(ouro::Point(ouro::chain::Block::read(*chain.chain->block(position))->info().point));
    };
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "blocks").string();
    Program fetch("fetch",
                  {"--magic", "1", "--from", point(1), "--to", point(count), "--txs", "--out", file, relay.address()});
    REQUIRE(fetch.wait() == 0);

    const auto lines = json_lines(fetch.out);
    auto next = lines.begin();
    std::size_t transactions = 0;
    for (ChainView::Position position = 1; position <= count; ++position) {
        const auto block = ouro::chain::Block::read(*chain.chain->block(position));
        REQUIRE(block);
        REQUIRE((next != lines.end() && (*next)["event"] == "block"));
        ++next;
        for (const Transaction tx : *block) {
            REQUIRE(next != lines.end());
            CHECK(*next++ == Json::parse(cli::json(*block, tx).dump()));
            ++transactions;
        }
    }
    REQUIRE(next != lines.end());
    CHECK((*next)["event"] == "done");
    CHECK(transactions > 0);
    CHECK(std::filesystem::file_size(file) > 0);
}
