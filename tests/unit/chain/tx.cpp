#include <ouro/chain/tx.hpp>

#include <string>

#include "support/golden.hpp"

using namespace ouro;
using namespace ouro::chain;

namespace {

Tx tx_of(Era era, const std::string& digits) { return {era, {}, hex(digits)}; }

// Hashes as Python's hashlib makes them of the body alone.
const std::string conway_id = "3da9a3b38dce0e87ca4a88f3328caac7a970cf9ac40424cde2b675768d11f11b";

}  // namespace

TEST_CASE("A transaction is named by the hash of its body, and by its era", "[unit][chain][tx]") {
    const auto id = tx_id(tx_of(Era::conway, "84a300d901028001800200a0f5f6"));
    REQUIRE(id);
    CHECK(id->era == Era::conway);
    CHECK(to_hex(id->hash) == conway_id);
    // Its witnesses, and how its array says how long it is, are no part of the name.
    CHECK(tx_id(tx_of(Era::conway, "9fa300d901028001800200a10080f5f6ff")) == id);
    CHECK(tx_id(tx_of(Era::dijkstra, "83a300d901028001800200a0f6"))->hash == id->hash);
    CHECK(tx_id(tx_of(Era::dijkstra, "83a300d901028001800200a0f6")) != id);
}

TEST_CASE("The reference names its own transactions the same way", "[unit][chain][tx]") {
    const auto folder = vectors::golden / "consensus" / "CardanoNodeToNodeVersion2";
    if (!vectors::have(folder)) return;
    // Byron's two do not belong together there.
    for (const char* era : {"Shelley", "Allegra", "Mary", "Alonzo", "Babbage", "Conway", "Dijkstra"}) {
        INFO(era);
        const Bytes octets = vectors::octets_of(folder / ("GenTx_" + std::string(era)));
        const Bytes named = vectors::octets_of(folder / ("GenTxId_" + std::string(era)));
        cbor::Reader tx_in(octets), id_in(named);
        const Tx tx = read_tx(tx_in, {octets.view(), &octets});
        const TxId id = read_tx_id(id_in);
        REQUIRE((tx_in.finish() == Errc::none && id_in.finish() == Errc::none));
        CHECK(tx_id(tx) == id);
    }
}

TEST_CASE("What is no transaction has no name", "[unit][chain][tx]") {
    for (const char* digits : {"", "01", "a10102", "80", "81a0", "9fff", "9fa0ff", "84a0", "82a0", "82"}) {
        INFO(digits);
        const auto id = tx_id(tx_of(Era::conway, digits));
        CHECK((!id && id.error() == Errc::malformed));
    }
    Tx vote = tx_of(Era::byron, "82a0a0");
    CHECK(tx_id(vote));
    vote.byron = ByronTxKind::vote;
    CHECK_FALSE(tx_id(vote));
}
