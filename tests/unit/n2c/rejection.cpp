#include <ouro/n2c/rejection.hpp>

#include <map>
#include <set>

#include "n2c/failures.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace ouro;
using namespace ouro::n2c;

namespace {

/// A reason with `failures` in `era`.
Bytes reason(const std::string& failures, const std::string& era = "06") {
    return hex("81 82" + era + "9f" + failures + "ff");
}

std::string text(const std::string& failures) { return rejection_text(reason(failures)); }

const std::string tx(64, 'a');
const std::string input = "82 5820" + tx + "01";

/// The items that lead from LEDGER to a failure of `rule`.
std::string path_to(Rule rule) {
    const std::map<Rule, std::string> paths{{Rule::ledger, ""},
                                            {Rule::utxow, "8201"},
                                            {Rule::utxo, "8201 8200"},
                                            {Rule::utxos, "8201 8200 8200"},
                                            {Rule::certs, "8202"},
                                            {Rule::cert, "8202 8201"},
                                            {Rule::deleg, "8202 8201 8201"},
                                            {Rule::pool, "8202 8201 8202"},
                                            {Rule::govcert, "8202 8201 8203"},
                                            {Rule::gov, "8203"}};
    return paths.at(rule);
}

std::string byte(std::uint64_t value) {
    const auto small = static_cast<std::uint8_t>(value);
    return to_hex(BytesView(&small, 1));
}

}  // namespace

TEST_CASE("A rejection names the rule, the failure and the offending values", "[unit][n2c][rejection]") {
    CHECK(text("8201 8200 8201 d9010281" + input) == "Conway, UTXO: BadInputsUTxO (inputs [" + tx + "#1])");
    CHECK(text("8201 8200 83 05 1a00028b0a 00") == "Conway, UTXO: FeeTooSmallUTxO (expected 166666, supplied 0)");
    CHECK(text("8201 8200 8104") == "Conway, UTXO: InputSetEmptyUTxO");
    CHECK(text("8201 8200 83 06 8201a1581c" + std::string(56, 'b') + "a1416105 02") ==
          "Conway, UTXO: ValueNotConservedUTxO (supplied [1, {" + std::string(56, 'b') + ": {61: 5}}], expected 2)");
    CHECK(text("8207 78"
               "20416c6c20696e7075747320617265207370656e743a0a3c1b3e20656e64202121") ==
          "Conway, LEDGER: ConwayMempoolFailure (reason \"All inputs are spent:\\x0a<\\x1b> end !!\")");
    CHECK(text("8202 8201 8201 8203 8201581c" + std::string(56, 'b')) ==
          "Conway, DELEG: StakeKeyNotRegisteredDELEG (account scriptHash-" + std::string(56, 'b') + ")");
    CHECK(text("8202 8201 8202 83 03 05 1a0a21fe80") ==
          "Conway, POOL: StakePoolCostTooLowPOOL (supplied 5, expected 170000000)");
    CHECK(text("8203 84 0a f6 820b00 820900") ==
          "Conway, GOV: ProposalCantFollow (previous action null, supplied [11, 0], expected [9, 0])");
    CHECK(text("8201 8200 8104 8201 8108") == "Conway, UTXO: InputSetEmptyUTxO; Conway, UTXOW: InvalidMetadata");
}

TEST_CASE("Every failure in the table is reached by its path and has its own number", "[unit][n2c][rejection]") {
    std::set<std::pair<Rule, std::uint64_t>> numbers;
    for (const Failure& failure : failures_of_conway()) {
        INFO(name_of(failure.rule) << " " << failure.tag << " " << failure.name);
        CHECK(numbers.emplace(failure.rule, failure.tag).second);
        if (failure.inner != Rule::none) continue;
        std::string item = byte(0x81 + failure.size()) + byte(failure.tag);
        for (std::uint64_t i = 0; i < failure.size(); ++i) item += "07";
        const auto rejection = parse_rejection(reason(path_to(failure.rule) + item));
        REQUIRE(rejection);
        const LedgerFailure& read = std::get<LedgerErrors>(*rejection).failures.at(0);
        CHECK(read.rule == name_of(failure.rule));
        CHECK(read.name == failure.name);
        CHECK(read.values.size() == failure.size());
        CHECK(read.cbor == hex(item));
        for (const auto& [label, value] : read.values) CHECK(value == "7");
        // One item more, and it is unknown.
        const std::string longer = byte(0x82 + failure.size()) + item.substr(2) + "07";
        CHECK(rejection_text(reason(path_to(failure.rule) + longer)) ==
              "Conway, " + std::string(name_of(failure.rule)) + ": unknown failure " + longer);
    }
    CHECK(numbers.size() == 97);
}

TEST_CASE("An unknown failure is reported as its bytes", "[unit][n2c][rejection]") {
    CHECK(text("820a 05") == "Conway, LEDGER: unknown failure 820a05");
    CHECK(text("8201 821863 05") == "Conway, UTXOW: unknown failure 82186305");
    CHECK(text("8201 8200 f6") == "Conway, UTXO: unknown failure f6");
    CHECK(text("05") == "Conway, LEDGER: unknown failure 05");
    CHECK(text("9f01ff") == "Conway, LEDGER: unknown failure 9f01ff");
}

TEST_CASE("In other eras the envelope is read, and the rule up to Babbage", "[unit][n2c][rejection]") {
    CHECK(rejection_text(reason("8200 05", "05")) == "Babbage, UTXOW: unknown failure 05");
    CHECK(rejection_text(reason("8201 05", "01")) == "Shelley, DELEGS: unknown failure 05");
    CHECK(rejection_text(reason("8202 05", "02")) == "Allegra, LEDGER: unknown failure 820205");
    CHECK(rejection_text(reason("8201 05", "07")) == "Dijkstra, LEDGER: unknown failure 820105");
    CHECK(rejection_text(hex("818200 820005")) == "Byron: unknown failure 820005");
}

TEST_CASE("An item that is not a rejection has no description", "[unit][n2c][rejection]") {
    for (const char* digits :
         {"", "80", "8105", "81820600 00", "8183060000", "818209 80", "8182068100 00", "81820681"}) {
        INFO(digits);
        CHECK_FALSE(parse_rejection(hex(digits)));
        CHECK(parse_rejection(hex(digits)).offset() <= hex(digits).size());
        CHECK(rejection_text(hex(digits)).empty());
    }
}

TEST_CASE("An item is described in plain text", "[unit][n2c][rejection]") {
    const auto described = [](const std::string& digits) { return describe(hex(digits)); };
    CHECK(described("1bffffffffffffffff") == "18446744073709551615");
    CHECK(described("20") == "-1");
    CHECK(described("3bffffffffffffffff") == "3bffffffffffffffff");
    CHECK(described("43010203") == "010203");
    CHECK(described("5f4101ff") == "5f4101ff");
    CHECK(described("6261 0a") == "\"a\\x0a\"");
    CHECK(described("7f6161ff") == "7f6161ff");
    CHECK(described("61ff") == "61ff");
    CHECK(described("9f0102ff") == "[1, 2]");
    CHECK(described("bf0102ff") == "{1: 2}");
    CHECK(described("f4") == "false");
    CHECK(described("f5") == "true");
    CHECK(described("f6") == "null");
    CHECK(described("fb3ff0000000000000") == "fb3ff0000000000000");
    CHECK(described("d81e820103") == "1/3");
    CHECK(described("d90102 820102") == "[1, 2]");
    CHECK(described("d8184105") == "d8184105");
    CHECK(described(input) == tx + "#1");
    CHECK(described("8200581c" + std::string(56, 'b')) == "keyHash-" + std::string(56, 'b'));
    CHECK(described("82 01") == "8201");
    CHECK(described("0101") == "0101");
    CHECK(described("").empty());
    std::string deep = "05";
    for (int i = 0; i < 40; ++i) deep = "81" + deep;
    CHECK(described(deep) == std::string(33, '[') + std::string("81818181818181") + "05" + std::string(33, ']'));
}

TEST_CASE("The reference's examples of rejections name their rule", "[unit][n2c][rejection][golden]") {
    const auto parent = vectors::golden / "consensus/QueryVersion3";
    if (!vectors::have(parent)) return;
    std::size_t read = 0;
    for (const auto& file : vectors::fs::recursive_directory_iterator(parent)) {
        const std::string name = file.path().filename().string();
        if (!name.starts_with("ApplyTxErr_")) continue;
        INFO(file.path().string());
        const Bytes content = vectors::bytes_of(file.path());
        REQUIRE(parse_rejection(content));
        const std::string words = rejection_text(content);
        if (name == "ApplyTxErr_Conway")
            CHECK(words ==
                  "Conway, DELEG: DelegateeStakePoolNotRegisteredDELEG (pool "
                  "e0a714319812c3f773ba04ec5d6b3ffcd5aad85006805b047b082541)");
        else if (name == "ApplyTxErr_Babbage" || name == "ApplyTxErr_Shelley")
            CHECK(words.find(", DELEGS: unknown failure 82") != std::string::npos);
        else if (name == "ApplyTxErr_WrongEraByron")
            CHECK(words == "a transaction of Shelley while the ledger is in Byron");
        for (std::size_t size = 0; size < content.size(); ++size)
            CHECK_FALSE(parse_rejection(Bytes::copy(content.view().first(size))));
        ++read;
    }
    CHECK(read == 30);
}
