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

TEST_CASE("The id of a transaction is the hash of its body and its era", "[unit][chain][tx]") {
    const auto id = tx_id(tx_of(Era::conway, "84a300d901028001800200a0f5f6"));
    REQUIRE(id);
    CHECK(id->era == Era::conway);
    CHECK(to_hex(id->hash) == conway_id);
    // Its witnesses, and how its array says how long it is, are no part of the name.
    CHECK(tx_id(tx_of(Era::conway, "9fa300d901028001800200a10080f5f6ff")) == id);
    CHECK(tx_id(tx_of(Era::dijkstra, "83a300d901028001800200a0f6"))->hash == id->hash);
    CHECK(tx_id(tx_of(Era::dijkstra, "83a300d901028001800200a0f6")) != id);
}

TEST_CASE("The reference's transactions have the same ids as the reference gives them", "[unit][chain][tx]") {
    const auto folder = vectors::golden / "consensus" / "CardanoNodeToNodeVersion2";
    if (!vectors::have(folder)) return;
    // Byron's two do not belong together there.
    for (const char* era : {"Shelley", "Allegra", "Mary", "Alonzo", "Babbage", "Conway", "Dijkstra"}) {
        INFO(era);
        const Bytes bytes = vectors::bytes_of(folder / ("GenTx_" + std::string(era)));
        const Bytes named = vectors::bytes_of(folder / ("GenTxId_" + std::string(era)));
        cbor::Reader tx_in(bytes), id_in(named);
        const Tx tx = read_tx(tx_in, {bytes.view(), &bytes});
        const TxId id = read_tx_id(id_in);
        REQUIRE((tx_in.finish() == Errc::none && id_in.finish() == Errc::none));
        CHECK(tx_id(tx) == id);
    }
}

TEST_CASE("A transaction has the parts of its era and no more", "[unit][chain][tx]") {
    const std::string body = "a300d901028001800200", witnesses = "a0";
    const auto [era, rest, want] = GENERATE(table<Era, std::string, Errc>({{Era::byron, "", Errc::none},
                                                                           {Era::byron, "f6", Errc::malformed},
                                                                           {Era::shelley, "f6", Errc::none},
                                                                           {Era::mary, "f6", Errc::none},
                                                                           {Era::mary, "f5f6", Errc::malformed},
                                                                           {Era::alonzo, "f5f6", Errc::none},
                                                                           {Era::conway, "f5f6", Errc::none},
                                                                           {Era::conway, "f6", Errc::malformed},
                                                                           {Era::conway, "f5f6f6", Errc::malformed},
                                                                           {Era::dijkstra, "f6", Errc::none},
                                                                           {Era::dijkstra, "f6f5", Errc::none},
                                                                           {Era::dijkstra, "", Errc::malformed}}));
    INFO(static_cast<int>(era) << " " << rest);
    const std::string definite = "8" + std::to_string(2 + rest.size() / 2) + body + witnesses + rest;
    CHECK(tx_id(tx_of(era, definite)).error() == want);
    CHECK(tx_id(tx_of(era, "9f" + body + witnesses + rest + "ff")).error() == want);
    for (const std::string& more : {definite + "00", definite + definite}) {
        const auto id = tx_id(tx_of(era, more));
        CHECK(id.error() == Errc::malformed);
        if (want == Errc::none) CHECK(id.offset() == definite.size() / 2);
    }
    for (std::size_t size = 0; size < definite.size(); size += 2)
        CHECK(tx_id(tx_of(era, definite.substr(0, size))).error() == Errc::malformed);
}

TEST_CASE("A transaction of an era after the known ones is of an unknown era", "[unit][chain][tx]") {
    CHECK(tx_id(tx_of(static_cast<Era>(8), "84a0a0f5f6")).error() == Errc::unknown_era);
}

TEST_CASE("An item that is not a transaction has no id", "[unit][chain][tx]") {
    for (const char* digits : {"", "01", "a10102", "80", "81a0", "9fff", "9fa0ff", "84a0", "82a0", "82", "82a0a0",
                               "5820aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
        INFO(digits);
        const auto id = tx_id(tx_of(Era::conway, digits));
        CHECK((!id && id.error() == Errc::malformed));
    }
    Tx vote = tx_of(Era::byron, "82a0a0");
    CHECK(tx_id(vote));
    vote.byron = ByronTxKind::vote;
    CHECK_FALSE(tx_id(vote));
}
