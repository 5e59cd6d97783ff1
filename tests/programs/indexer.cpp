// `indexer` over runs of its own: it continues, and undoes what the chain does not have any more.

#include <sqlite3.h>

#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

/// The number of rows, and of different heights in them.
std::string rows(const std::string& file) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    std::string found;
    const auto take = [](void* into, int, char** columns, char**) {
        *static_cast<std::string*>(into) = std::string(columns[0]) + " of " + columns[1];
        return 0;
    };
    CHECK(sqlite3_exec(database, "SELECT count(*), count(DISTINCT number) FROM blocks", take, &found, nullptr) ==
          SQLITE_OK);
    sqlite3_close(database);
    return found;
}

/// Runs it on the chain of a relay with so many blocks, up to the tip. Returns what it has noted.
std::string index(const std::string& file, const std::string& blocks) {
    const Relay relay({"--synthetic", blocks}, "764824073");
    Program indexer("indexer", {"mainnet", file, relay.address()});
    std::string noted, line;
    do {
        line = indexer.note();
        noted += line + "\n";
        INFO(noted);
        REQUIRE_FALSE(line.empty());
    } while (line.find(" blocks, now at ") == std::string::npos);
    indexer.interrupt();
    CHECK(indexer.wait() == 0);
    return noted;
}

}  // namespace

TEST_CASE("indexer continues where it stopped, and undoes what the chain does not have any more",
          "[programs][indexer]") {
    const support::TemporaryDirectory folder;
    const std::string file = (folder.path() / "chain.db").string();
    CHECK(index(file, "50").starts_with("50 blocks, now at "));
    CHECK(rows(file) == "50 of 50");
    CHECK(index(file, "60").starts_with("10 blocks, now at "));
    CHECK(rows(file) == "60 of 60");
    CHECK(index(file, "40").starts_with("back to "));
    CHECK(rows(file) == "40 of 40");
}

TEST_CASE("indexer refuses a database with the cursor of another network, and wrong arguments", "[programs][indexer]") {
    const support::TemporaryDirectory folder;
    const std::string file = (folder.path() / "chain.db").string();
    (void)index(file, "5");
    Program other("indexer", {"preview", file, "127.0.0.1:1"});
    CHECK(other.wait() == 7);
    CHECK(other.err.find("the cursor is of network 764824073") != std::string::npos);
    CHECK(rows(file) == "5 of 5");
    Program unknown("indexer", {"nonet", file, "127.0.0.1:1"});
    CHECK(unknown.wait() == 1);
    CHECK(unknown.err.starts_with("usage: "));
}
