#include <ouro/n2c/query_rules.hpp>

#include <ouro/n2c/query.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"

using namespace ouro;
using namespace ouro::n2c;

namespace {

Bytes in_era(Era era, const std::string& digits) { return query::InEra(era, hex(digits)).ask(); }

bool sent(Version version, const Bytes& query) {
    return allowed(version, n2c::Message::of<LocalStateQuery>(LocalStateQuery::Message(LocalStateQuery::Query{query})));
}

}  // namespace

TEST_CASE("A query is allowed from the version that introduced it", "[unit][n2c][query_rules]") {
    struct Row {
        const char* query;
        std::uint64_t since;
    };
    for (const Row& row :
         {Row{"82181f80", 17}, Row{"811820", 17}, Row{"811821", 18}, Row{"811822", 19}, Row{"82182300", 20},
          Row{"82182480", 21}, Row{"811825", 21}, Row{"811826", 21}, Row{"82182200", 23}, Row{"82182201", 23},
          Row{"82182780", 23}, Row{"8101", 16}, Row{"811818", 16}, Row{"821819 80", 16}}) {
        INFO(row.query);
        const Bytes bare = in_era(Era::conway, row.query);
        const Bytes wrapped = query::as_cbor({Era::conway, hex(row.query)}).ask();
        for (std::uint64_t number = 16; number <= 23; ++number) {
            CHECK(sent(version(number), bare) == (number >= row.since));
            CHECK(sent(version(number), wrapped) == (number >= row.since));
        }
    }
    CHECK_FALSE(sent(version(19), query::ledger_config()));
    CHECK(sent(version(20), query::ledger_config()));
}

TEST_CASE("A query is allowed until the version that dropped it", "[unit][n2c][query_rules]") {
    CHECK(sent(version(19), in_era(Era::conway, "8104")));
    CHECK_FALSE(sent(version(20), in_era(Era::conway, "8104")));
    for (const char* old : {"8105", "821580"}) {
        CHECK(sent(version(20), in_era(Era::conway, old)));
        CHECK_FALSE(sent(version(21), in_era(Era::conway, old)));
    }
}

TEST_CASE("A query of Conway is not allowed about an earlier era", "[unit][n2c][query_rules]") {
    for (const char* query : {"8117", "82181980", "82181a80", "84181b808080", "82181c80", "82181e80", "82181f80",
                              "811820", "811821", "82182300", "82182780"}) {
        INFO(query);
        CHECK_FALSE(sent(version(23), in_era(Era::babbage, query)));
        CHECK(sent(version(23), in_era(Era::conway, query)));
        CHECK(sent(version(23), in_era(Era::dijkstra, query)));
    }
    CHECK(sent(version(23), in_era(Era::babbage, "811818")));
}

TEST_CASE("The refusal of a query names the version or era that it needs", "[unit][n2c][query_rules]") {
    CHECK(refusal(version(16), in_era(Era::conway, "82181f80")) ==
          "GetProposals needs node-to-client version 17 or later; the node speaks 16");
    CHECK(refusal(version(22), in_era(Era::conway, "82182200")) ==
          "GetLedgerPeerSnapshot by kind needs node-to-client version 23 or later; the node speaks 22");
    CHECK(refusal(version(23), in_era(Era::conway, "8105")) ==
          "GetStakeDistribution needs a node-to-client version before 21; the node speaks 23");
    CHECK(refusal(version(23), in_era(Era::alonzo, "8117")) ==
          "GetConstitution needs the era Conway or later; the query is about Alonzo");
    CHECK(refusal(version(19), query::ledger_config()) ==
          "DebugLedgerConfig needs node-to-client version 20 or later; the node speaks 19");
    CHECK(refusal(version(17), in_era(Era::conway, "82181f80")).empty());
}

TEST_CASE("Bytes that are no known query are sent as they are", "[unit][n2c][query_rules]") {
    for (const char* digits :
         {"", "00", "80", "8109", "820100", "8200820081", "82008200820600", "8200820082061828", "820082028102", "ff"}) {
        INFO(digits);
        CHECK_FALSE(rule_of(hex(digits)));
        CHECK(sent(version(16), hex(digits)));
        CHECK(refusal(version(16), hex(digits)).empty());
    }
    CHECK(sent(version(16), in_era(Era::conway, "811828")));
    CHECK(sent(version(16), in_era(Era::byron, "00")));
    CHECK(rule_of(in_era(Era::conway, "8101"))->name == "GetEpochNo");
    CHECK(rule_of(in_era(Era::conway, "8101"))->era == Era::conway);
    CHECK_FALSE(rule_of(in_era(Era::conway, "8101"))->as_bytes);
    CHECK(rule_of(in_era(Era::conway, "82098101"))->as_bytes);
    CHECK(rule_of(query::system_start())->name == "GetSystemStart");
    CHECK(rule_of(query::chain_block_number())->name == "GetChainBlockNo");
    CHECK(rule_of(query::chain_point())->name == "GetChainPoint");
    CHECK(rule_of(query::era_history())->name == "GetInterpreter");
    CHECK(rule_of(query::current_era())->name == "GetCurrentEra");
    CHECK(rule_of(query::era_start(Era::mary))->name == "GetEraStart");
}
