#include <ouro/n2c/query.hpp>

#include <ouro/n2c/message.hpp>

#include "support/catch.hpp"
#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace ouro::n2c;

namespace {

constexpr Version v20 = version(20);
constexpr Version v21 = version(21);

std::string message(const Bytes& query) { return to_hex(cbor::encode(LocalStateQuery::Query{query})); }

}  // namespace

TEST_CASE("Queries of any era have the specification's bytes in their message", "[unit][n2c][query]") {
    CHECK(message(query::system_start()) == "82038101");
    CHECK(message(query::chain_block_number()) == "82038102");
    CHECK(message(query::chain_point()) == "82038103");
    CHECK(message(query::ledger_config()) == "82038104");
    CHECK(message(query::current_era()) == "8203820082028101");
    CHECK(message(query::era_history()) == "8203820082028100");
    CHECK(message(query::era_start(Era::shelley)) == "820382008301810001");
    CHECK(message(query::era_start(Era::byron)) == "820382008301810000");
}

TEST_CASE("Queries of an era contain the era", "[unit][n2c][query]") {
    CHECK(message(query::ledger_tip(Era::conway).ask()) == "82038200820082068100");
    CHECK(message(query::epoch_number(Era::conway).ask()) == "82038200820082068101");
    CHECK(message(query::protocol_parameters(Era::conway).ask()) == "82038200820082068103");
    CHECK(message(query::stake_pools(Era::dijkstra).ask()) == "82038200820082078110");
    CHECK(message(query::epoch_number(Era::shelley).ask()) == "82038200820082018101");
    CHECK(message(query::InEra{Era::babbage, hex("820981182a")}.ask()) == "8203820082008205820981182a");
}

TEST_CASE("The stake distribution has the tag of the version", "[unit][n2c][query]") {
    for (const Version old : {version(16), v20})
        CHECK(to_hex(query::stake_distribution(Era::conway, old).cbor) == "8105");
    for (const Version later : {v21, version(23)})
        CHECK(to_hex(query::stake_distribution(Era::conway, later).cbor) == "811825");
}

TEST_CASE("A query wrapped for bytes keeps its era", "[unit][n2c][query]") {
    const query::InEra wrapped = query::as_cbor(query::epoch_number(Era::alonzo));
    CHECK(wrapped == query::InEra{Era::alonzo, hex("82098101")});
    CHECK(to_hex(query::as_cbor(query::utxo_by_address(Era::conway, {})).cbor) == "82098206d9010280");
}

TEST_CASE("Sets are sorted, hold each thing once, and are tagged from Conway on", "[unit][n2c][query]") {
    const Bytes a = hex("61aa");
    const Bytes b = hex("61bb");
    const Bytes longer = hex("61aa00");
    for (const Era era : {Era::conway, Era::dijkstra}) {
        CHECK(to_hex(query::utxo_by_address(era, {b, a, longer, b, a}).cbor) ==
              "8206d9010283"
              "4261aa"
              "4361aa00"
              "4261bb");
        CHECK(to_hex(query::utxo_by_address(era, {}).cbor) == "8206d9010280");
    }
    for (const Era era : {Era::shelley, Era::allegra, Era::mary, Era::alonzo, Era::babbage})
        CHECK(to_hex(query::utxo_by_address(era, {b, a}).cbor) ==
              "8206"
              "82"
              "4261aa"
              "4261bb");

    const Hash first = wire::point_a().hash();
    const Hash second = wire::point_b().hash();
    const std::string first_hex = "825820" + wire::hash_a;
    const std::string second_hex = "825820" + wire::hash_b;
    const std::vector<query::TxInput> inputs{{second, 0}, {first, 256}, {first, 1}, {second, 0}};
    CHECK(to_hex(query::utxo_by_input(Era::conway, inputs).cbor) ==
          "820fd9010283" + first_hex + "01" + first_hex + "190100" + second_hex + "00");
    CHECK(to_hex(query::utxo_by_input(Era::babbage, query::TxInput{first, 0}).cbor) == "820f81" + first_hex + "00");
}

TEST_CASE("The library's queries for outputs equal the specification's bytes", "[unit][n2c][query]") {
    const std::string address = "61" + std::string(56, '0');
    CHECK(message(query::utxo_by_address(Era::conway, {hex(address)}).ask()) ==
          "8203820082008206"
          "8206d9010281581d" +
              address);
    CHECK(message(query::utxo_by_input(Era::conway, query::TxInput{wire::point_a().hash(), 0}).ask()) ==
          "8203820082008206"
          "820fd9010281825820" +
              wire::hash_a + "00");
}
