#include <ouro/chain/rules.hpp>
#include <ouro/program/config.hpp>

#include "support/catch.hpp"

using namespace ouro;

TEST_CASE("The config of a network of Cardano has its magic, its rules and all checks", "[unit][chain][config]") {
    const auto initiator = chain::initiator_config(preview);
    CHECK(initiator.offer.data.magic == preview);
    CHECK(initiator.rules == chain::cardano_rules());
    CHECK(initiator.checks == Checks::blocks);
    const auto client = chain::client_config(preprod);
    CHECK(client.offer.data.magic == preprod);
    CHECK(client.rules == chain::cardano_rules());
    CHECK(client.checks == Checks::blocks);
}
