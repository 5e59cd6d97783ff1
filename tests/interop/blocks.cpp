// What this library shows of blocks, next to what three other decoders find in them.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <ouro/chain/block.hpp>
#include <ouro/chain/header.hpp>

#include "interop/block_lines.hpp"
#include "support/temporary_directory.hpp"

using namespace ouro;
using interop::BlockColumn;

namespace {

/// A program over a package. It reads lines `NAME DIGITS`, and prints the lines of each block.
struct Decoder {
    std::string_view name;
    bool takes_transactions;              ///< as submitted, each in a line of its block's name; not blocks
    std::vector<std::string_view> lacks;  ///< the first words of the lines for which it has no function
};

/// What a decoder does with a column instead, because of a defect or for want of a feature.
struct Deviation {
    std::string_view decoder, column, name;
    bool refuses;                           ///< it refuses each block of the column
    std::vector<std::string_view> refused;  ///< blocks whose first transaction it refuses; all others are the same
};

const std::array decoders{
    Decoder{"pallas-traverse", false, {"submitted", "sub"}},
    Decoder{"gouroboros-blocks", false, {"parts", "labels"}},
    Decoder{"cardano-c", true, {"block", "size", "parts", "submitted", "consumed", "produced", "labels", "sub"}},
};

constexpr std::string_view certificates = "refuses certificates of the reference's block";

const std::vector<Deviation> deviations{
    {"pallas-traverse", "Dijkstra", "knows no Dijkstra", true, {}},
    {"pallas-traverse", "made: invalid of Dijkstra", "knows no Dijkstra", true, {}},
    {"pallas-traverse", "made: 3 items of Dijkstra", "knows no Dijkstra", true, {}},
    {"pallas-traverse", "made: sub-transactions", "knows no Dijkstra", true, {}},
    {"gouroboros-blocks", "made: 3 items of Dijkstra", "knows only the older body of Dijkstra", true, {}},
    {"cardano-c", "Byron", "knows no Byron", true, {}},
    {"cardano-c", "made: many of Byron", "knows no Byron", true, {}},
    {"cardano-c", "Shelley", certificates, false, {"Block_Shelley"}},
    {"cardano-c", "Allegra", certificates, false, {"Block_Allegra"}},
    {"cardano-c", "Mary", certificates, false, {"Block_Mary"}},
    {"cardano-c", "Alonzo", certificates, false, {"Block_Alonzo"}},
    {"cardano-c", "Babbage", certificates, false, {"Block_Babbage"}},
    {"cardano-c", "Conway", "refuses proposals of the reference's block", false, {"Block_Conway"}},
    {"cardano-c", "made: sub-transactions", "refuses sub-transactions", false, {"dijkstra-subs"}},
};

bool begins_with(const std::string& line, const std::vector<std::string_view>& words) {
    const auto word = line.substr(0, line.find(' '));
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> lines_of(std::istream& in) {
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

void give(std::ostream& out, const Decoder& decoder, const real::Block& block) {
    if (!decoder.takes_transactions) {
        out << block.name << " " << to_hex(block.bytes) << "\n";
        return;
    }
    const auto view = chain::Block::read(block.bytes);
    for (const chain::Transaction tx : *view)
        out << block.name << " " << tx.index() << " " << to_hex(tx.copy().cbor) << "\n";
}

std::vector<std::string> run(const Decoder& decoder, const BlockColumn& column) {
    const support::TemporaryDirectory scratch;
    const auto given = scratch.path() / "given", found = scratch.path() / "found";
    std::ofstream list(given);
    for (const real::Block& block : column.blocks) give(list, decoder, block);
    list.close();
    const auto program = std::filesystem::path(OURO_INTEROP_BIN) / decoder.name;
    REQUIRE(std::system((program.string() + " < " + given.string() + " > " + found.string()).c_str()) == 0);
    std::ifstream in(found);
    return lines_of(in);
}

std::vector<std::string> our_lines(const BlockColumn& column) {
    std::stringstream lines;
    for (const real::Block& block : column.blocks) interop::print_lines(lines, block);
    return lines_of(lines);
}

std::string without_validity(std::string line) {
    if (const auto at = line.find(" false fee "); at != std::string::npos) line.replace(at, 6, " true");
    return line;
}

/// All lines of a decoder are ours, but those that begin with words it lacks, and the transactions it refuses.
void compare(const Decoder& decoder, const BlockColumn& column, const std::vector<std::string_view>& refused) {
    const auto their = run(decoder, column);
    auto next = their.begin();
    // As it is submitted, a transaction of Dijkstra has no validity: cardano-c supposes that it is valid.
    const bool as_submitted = decoder.takes_transactions && column.name.ends_with("Dijkstra");
    bool in_refused = false;
    std::string block;
    for (const std::string& our : our_lines(column)) {
        if (our.starts_with("block ")) block = our;
        if (begins_with(our, decoder.lacks)) continue;
        INFO(block << "\nours    " << our);
        REQUIRE((next != their.end() || (in_refused && !our.starts_with("tx "))));
        if (our.starts_with("tx ")) {
            in_refused = our.starts_with("tx 0 ") && begins_with(block.substr(6), refused);
            if (in_refused) REQUIRE(*next++ == "tx 0 refused");
        }
        if (!in_refused) REQUIRE(*next++ == (as_submitted ? without_validity(our) : our));
    }
    REQUIRE(next == their.end());
}

void check_refused(const Decoder& decoder, const BlockColumn& column) {
    const auto their = run(decoder, column);
    REQUIRE(!their.empty());
    for (const std::string& line : their) REQUIRE(line.ends_with(" refused"));
}

/// Reports the outcome of a cell for the table.
void report(const Decoder& decoder, const BlockColumn& column, std::string_view outcome) {
    std::printf("cell|%s|decoder|block %s|%s\n", std::string(decoder.name).c_str(), column.name.c_str(),
                std::string(outcome).c_str());
}

void run_cell(const Decoder& decoder, const BlockColumn& column) {
    INFO(decoder.name << ": " << column.name);
    report(decoder, column, "FAIL");  // unless it comes to its end
    const auto deviation = std::find_if(deviations.begin(), deviations.end(), [&](const Deviation& each) {
        return each.decoder == decoder.name && each.column == column.name;
    });
    if (deviation == deviations.end()) {
        compare(decoder, column, {});
    } else if (deviation->refuses) {
        check_refused(decoder, column);
    } else {
        compare(decoder, column, deviation->refused);
    }
    report(decoder, column, deviation == deviations.end() ? "pass" : deviation->name);
}

void run_row(const Decoder& decoder) {
    if (!real::have_all()) return;
    auto columns = interop::real_columns();
    for (BlockColumn& column : interop::made_columns()) columns.push_back(std::move(column));
    if (!std::filesystem::exists(std::filesystem::path(OURO_INTEROP_BIN) / decoder.name)) {
        for (const BlockColumn& column : columns) report(decoder, column, "skipped");
        std::printf("skipped, for there is no %s\n", std::string(decoder.name).c_str());
        return;
    }
    std::size_t blocks = 0;
    for (const BlockColumn& column : columns) {
        run_cell(decoder, column);
        blocks += column.blocks.size();
    }
    CHECK(blocks > 890);
}

}  // namespace

TEST_CASE("pallas-traverse finds the same in every block from Byron to Conway", "[interop][blocks]") {
    run_row(decoders[0]);
}

TEST_CASE("gouroboros finds the same in every block from Byron to Dijkstra", "[interop][blocks]") {
    run_row(decoders[1]);
}

TEST_CASE("cardano-c finds the same in every transaction from Shelley to Dijkstra", "[interop][blocks]") {
    run_row(decoders[2]);
}

TEST_CASE("The headers of made-up blocks state the size and the hash of their bodies", "[interop][blocks]") {
    if (!real::have_all()) return;
    for (const BlockColumn& column : interop::made_columns()) {
        for (const real::Block& block : column.blocks) {
            INFO(block.name);
            CHECK(chain::inspect(block.bytes, Checks::blocks));
        }
    }
}
