// `crawl` against relays that share each other.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include <sqlite3.h>

#include "programs/black_hole.hpp"
#include "programs/program.hpp"
#include "programs/sharing_relay.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

using Arguments = std::vector<std::string>;

const Arguments loopback{"--allow-range", "127.0.0.0/8", "--range-pause", "0"};

Arguments operator+(Arguments a, const Arguments& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// A relay at an address of its own that shares these.
class Sharer {
  public:
    Sharer(const std::string& host, const Arguments& shared) : program_("relay", arguments(host, shared)) {
        const Json first = Json::parse(program_.line(), nullptr, false);
        REQUIRE(first.is_object());
        address_ = first.value("address", "");
    }
    [[nodiscard]] const std::string& address() const { return address_; }

  private:
    static Arguments arguments(const std::string& host, const Arguments& shared) {
        Arguments all{"--synthetic", "5", "--magic", "1", "--json", "--listen", host + ":0"};
        for (const auto& other : shared) all = all + Arguments{"--share", other};
        return all;
    }
    Program program_;
    std::string address_;
};

std::vector<Json> of(const std::vector<Json>& lines, const std::string& event) {
    std::vector<Json> result;
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(result),
                 [&](const Json& line) { return line["event"] == event; });
    return result;
}

/// A run of `crawl` with JSON.
struct Crawl {
    explicit Crawl(const Arguments& arguments) {
        Program program("crawl", Arguments{"--magic", "1", "--json"} + arguments);
        code = program.wait();
        err = program.err;
        lines = json_lines(program.out);
        REQUIRE_FALSE(lines.empty());
    }
    [[nodiscard]] std::vector<Json> of(const std::string& event) const { return ::of(lines, event); }
    [[nodiscard]] const Json& last() const { return lines.back(); }

    int code = -1;
    std::string err;
    std::vector<Json> lines;
};

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The first cell of the answer.
std::string cell(const std::string& file, const std::string& sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    const std::string text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return text;
}

}  // namespace

TEST_CASE("crawl visits each peer once, the near ones first", "[programs][crawl]") {
    const std::string unused = unused_address();
    const Sharer last("127.0.0.4", {});
    const Sharer third("127.0.0.3", {last.address(), unused});
    const Sharer second("127.0.0.2", {third.address(), last.address()});
    const Sharer first("127.0.0.1", {second.address(), third.address()});
    const Crawl crawl(loopback + Arguments{"--at-once", "1", first.address()});
    CHECK(crawl.code == 0);
    const auto peers = crawl.of("peer");
    REQUIRE(peers.size() == 4);
    CHECK(peers[0]["peer"] == first.address());
    CHECK(peers[0]["shared"] == 2);
    CHECK(peers[0]["depth"] == 0);
    CHECK(peers[0]["version"] == 15);
    CHECK(peers[0]["shares"] == true);
    for (const char* time : {"connect_ms", "handshake_ms", "round_trip_ms"}) CHECK(peers[0][time].get<double>() > 0);
    CHECK(peers[1]["depth"] == 1);
    CHECK(peers[2]["depth"] == 1);
    CHECK(peers[3]["peer"] == last.address());
    CHECK(peers[3]["shares"] == false);
    CHECK(peers[3]["shared"] == 0);
    CHECK(peers[3]["depth"] == 2);
    const auto lost = crawl.of("failed");
    REQUIRE(lost.size() == 1);
    CHECK(lost[0]["peer"] == unused);
    CHECK(lost[0]["code"] == "connect_failed");
    CHECK(lost[0]["depth"] == 2);
    CHECK(crawl.last() == Json{{"event", "done"},
                               {"answered", 4},
                               {"failed", 1},
                               {"waiting", 0},
                               {"known", 5},
                               {"forbidden", 0},
                               {"left_out", 0},
                               {"complete", true}});
}

TEST_CASE("crawl prints a table for people", "[programs][crawl]") {
    const Sharer relay("127.0.0.1", {});
    Program crawl("crawl", {"--magic", "1", relay.address()});
    CHECK(crawl.wait() == 0);
    CHECK(std::count(crawl.out.begin(), crawl.out.end(), '\n') == 2);
    CHECK(contains(crawl.out, "version"));
    CHECK(contains(crawl.out, relay.address()));
    CHECK(contains(crawl.err, "1 peers answered, 0 failed, 0 wait"));
    CHECK(crawl.out.find('\033') == std::string::npos);
}

TEST_CASE("crawl dials private addresses from peers only if they are allowed", "[programs][crawl]") {
    const Sharer second("127.0.0.2", {});
    const Sharer first("127.0.0.1", {second.address(), "127.0.0.1:22", "10.0.0.1:3001", "169.254.169.254:80"});
    const Crawl crawl({first.address()});
    CHECK(crawl.code == 0);
    REQUIRE(crawl.of("peer").size() == 1);
    CHECK(crawl.of("peer")[0]["forbidden"] == 4);
    CHECK(crawl.of("failed").empty());
    CHECK(crawl.last()["forbidden"] == 4);
    CHECK(contains(crawl.err, "--allow-range"));

    const Crawl allowed(loopback + Arguments{"--allow-range", "fd00::/8", first.address()});
    CHECK(allowed.code == 0);
    REQUIRE(allowed.of("peer").size() == 2);
    CHECK(allowed.of("peer")[0]["forbidden"] == 3);
    CHECK(allowed.of("peer")[1]["peer"] == second.address());
    for (const char* bad : {"127.0.0.0/33", "127.0.0.1/8", "loopback", ""}) {
        Program wrong("crawl", {"--magic", "1", "--allow-range", bad, first.address()});
        CHECK(wrong.wait() == 1);
        CHECK(contains(wrong.err, "--allow-range"));
    }
}

TEST_CASE("relay and node share their own address if it is given", "[programs][crawl][relay][node]") {
    const Arguments network{"--magic", "1", "--json", "--listen", "127.0.0.1:0", "--share-own", "10.0.0.9:3001"};
    Program relay("relay", network + Arguments{"--synthetic", "5"});
    Program node("node", network + Arguments{"--share-peers"});
    for (Program* server : {&relay, &node}) {
        const std::string address = Json::parse(server->line())["address"];
        const Crawl crawl(Arguments{address});
        CHECK(crawl.code == 0);
        REQUIRE(crawl.of("peer").size() == 1);
        CHECK(crawl.of("peer")[0]["shares"] == true);
        CHECK(crawl.of("peer")[0]["forbidden"] == 1);  // the one it shares
    }
    for (const char* bad : {"relay.example:3001", "0.0.0.0:3001", "10.0.0.9"}) {
        Program wrong("relay", {"--magic", "1", "--listen", "127.0.0.1:0", "--synthetic", "5", "--share-own", bad});
        CHECK(wrong.wait() == 1);
        CHECK(contains(wrong.err, "--share-own"));
    }
    Program alone("node", network);
    CHECK(alone.wait() == 1);
    CHECK(contains(alone.err, "--share-peers"));
}

TEST_CASE("crawl continues where it was ended, and visits no peer twice", "[programs][crawl]") {
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "history").string();
    const Sharer third("127.0.0.3", {}), second("127.0.0.2", {third.address()});
    const Sharer first("127.0.0.1", {second.address(), third.address()});
    const Arguments arguments = loopback + Arguments{"--history", file, first.address()};
    const Crawl begun(arguments + Arguments{"--max-visits", "1"});
    CHECK(begun.code == 0);
    REQUIRE(begun.of("peer").size() == 1);
    CHECK(begun.last()["complete"] == false);
    CHECK(begun.last()["waiting"] == 2);

    const Crawl continued(arguments);
    CHECK(continued.code == 0);
    CHECK(contains(continued.err, "continues a crawl"));
    REQUIRE(continued.of("peer").size() == 2);
    CHECK(continued.of("peer")[0]["depth"] == 1);
    CHECK(continued.last()["complete"] == true);
    CHECK(cell(file, "SELECT count(*) FROM crawls") == "1");
    CHECK(cell(file, "SELECT count(*) FROM visits WHERE outcome = 0 AND version = 15 AND round_trip_us > 0") == "3");
    CHECK(cell(file, "SELECT count(*) FROM shares") == "3");

    // The next one is a crawl of its own, which begins with the peers of the earlier one.
    const Crawl again(loopback + Arguments{"--history", file});
    CHECK(again.code == 0);
    CHECK(again.of("peer").size() == 3);
    CHECK(cell(file, "SELECT count(*) FROM visits WHERE crawl = 2") == "3");

    const Crawl half(arguments + Arguments{"--max-visits", "1"});
    CHECK(half.last()["complete"] == false);
    const Crawl anew(arguments + Arguments{"--new"});
    CHECK(anew.of("peer").size() == 3);
    CHECK(cell(file, "SELECT count(*) FROM crawls") == "4");
}

TEST_CASE("crawl keeps what it has found when it is killed", "[programs][crawl]") {
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "history").string();
    const FakeRelay silent({});
    const Sharer first("127.0.0.1", {silent.address()});
    const Arguments arguments = loopback + Arguments{"--magic", "1", "--json", "--history", file, first.address()};
    {
        Program crawl("crawl", arguments + Arguments{"--timeout", "1000"});
        CHECK(Json::parse(crawl.line())["peer"] == first.address());
    }
    const Crawl continued(loopback + Arguments{"--history", file, "--timeout", "0.2", first.address()});
    CHECK(continued.of("peer").empty());
    REQUIRE(continued.of("failed").size() == 1);
    CHECK(continued.of("failed")[0]["peer"] == silent.address());
    CHECK(continued.last()["complete"] == true);
}

TEST_CASE("crawl keeps the visit that an interrupt ends for later", "[programs][crawl]") {
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "history").string(), page = (scratch.path() / "page.html").string();
    const FakeRelay silent({});
    const Sharer first("127.0.0.1", {silent.address()});
    Program crawl("crawl", loopback + Arguments{"--magic", "1", "--json", "--timeout", "1000", "--history", file,
                                                "--report", page, first.address()});
    CHECK(Json::parse(crawl.line())["peer"] == first.address());
    crawl.interrupt();
    CHECK(crawl.wait() == 130);
    const auto lines = json_lines(crawl.out);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0]["waiting"] == 1);
    CHECK(lines[0]["complete"] == false);
    CHECK(cell(file, "SELECT count(*) FROM waiting") == "1");
    CHECK(contains(text_of(page), "1 addresses wait"));
}

TEST_CASE("crawl begins with the relays of a snapshot of ledger peers and of a topology", "[programs][crawl]") {
    const support::TemporaryDirectory scratch;
    const Sharer pool("127.0.0.1", {}), root("127.0.0.2", {});
    const auto port = [](const Sharer& relay) { return relay.address().substr(relay.address().rfind(':') + 1); };
    const auto write = [&](const std::string& name, const std::string& text) {
        scratch.write(name, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        return (scratch.path() / name).string();
    };
    const std::string snapshot =
        write("snapshot.json", R"({"version": 2, "slotNo": 5, "bigLedgerPools": [{"accumulatedStake": 0.5,
            "relativeStake": 0.5, "relays": [{"address": "127.0.0.1", "port": )" +
                                   port(pool) + R"(}, {"address": "localhost", "port": )" + port(pool) + "}]}]}");
    const std::string topology =
        write("topology.json", R"({"localRoots": [{"valency": 1, "accessPoints": [{"address": "127.0.0.2", "port": )" +
                                   port(root) + "}]}], \"publicRoots\": []}");
    const Arguments both{"--ledger-peers", snapshot, "--topology", topology};
    const Crawl crawl(loopback + both);
    CHECK(crawl.code == 0);
    CHECK(crawl.of("peer").size() == 2);
    CHECK(crawl.last()["known"].get<int>() >= 2);  // localhost may have an address of IPv6, too

    // The ledger is not the user: its private addresses are not dialled, also not behind a name.
    const Crawl careful(both);
    REQUIRE(careful.of("peer").size() == 1);
    CHECK(careful.of("peer")[0]["peer"] == root.address());
    CHECK(careful.last()["forbidden"].get<int>() >= 2);

    const std::string foreign = write("foreign.json", R"({"NetworkMagic": 2, "NodeToClientVersion": 23,
        "Point": {"blockPointHash": ")" + std::string(64, 'a') +
                                                          R"(", "blockPointSlot": 5}, "bigLedgerPools": []})");
    for (const std::string& bad : {foreign, write("bad.json", "{}"), std::string("/nowhere/file")}) {
        Program wrong("crawl", {"--magic", "1", "--ledger-peers", bad});
        CHECK(wrong.wait() == 1);
        CHECK(contains(wrong.err, "--ledger-peers"));
    }
}

TEST_CASE("crawl ends with the reason if no peer can be reached", "[programs][crawl]") {
    const Crawl none({unused_address()});
    CHECK(none.code == 2);
    CHECK(none.last()["code"] == "connect_failed");
    const Relay relay({"--synthetic", "5"}, "2");
    const Crawl refused({relay.address()});
    CHECK(refused.code == 3);
    CHECK(contains(refused.of("failed")[0]["message"], "network preview (2), not of preprod (1)"));
    const Crawl unknown({"name.invalid:3001"});
    CHECK(unknown.code == 2);
    CHECK(unknown.of("unknown-name")[0]["name"] == "name.invalid:3001");
}

TEST_CASE("crawl reports the rule that a peer breaks and exits with the code for it", "[programs][crawl]") {
    struct Row {
        const char* segment;
        const char* code;
    };
    const Row row = GENERATE(values<Row>({
        {"00000000 800a 0003 820700", "malformed"},
        {"00000000 800a 0002 8102", "out_of_turn"},  // Done is for the other side
    }));
    const SharingRelay broken(bytes(row.segment));
    const Crawl crawl({broken.address()});
    CHECK(crawl.code == 5);
    CHECK(crawl.of("peer").empty());
    const auto failed = crawl.of("failed");
    REQUIRE(failed.size() == 1);
    CHECK(failed[0]["peer"] == broken.address());
    CHECK(failed[0]["code"] == row.code);
    CHECK(contains(failed[0]["message"], "peer-sharing"));
    CHECK(crawl.last()["event"] == "error");
    CHECK(crawl.last()["code"] == row.code);

    // A peer that is good is good all the same.
    const Relay relay({"--synthetic", "5"});
    const Crawl both({broken.address(), relay.address()});
    CHECK(both.code == 0);
    CHECK(both.of("peer").size() == 1);
    CHECK(both.of("failed").size() == 1);
}

TEST_CASE("crawl ends at its time limit", "[programs][crawl]") {
    const FakeRelay silent({});
    const Crawl crawl({"--seconds", "0.2", "--timeout", "1000", silent.address()});
    CHECK(crawl.code == 0);
    CHECK(crawl.last()["answered"] == 0);
    CHECK(crawl.last()["waiting"] == 1);
    CHECK(crawl.last()["complete"] == false);
}

TEST_CASE("crawl continues past peers that do not answer", "[programs][crawl]") {
    const Relay relay({"--synthetic", "5"});
    const auto visits = [&](const Arguments& arguments, const Arguments& dead, const std::string& reason) {
        const Crawl crawl(Arguments{"--range-pause", "0"} + arguments + dead + Arguments{relay.address()});
        CHECK(crawl.code == 0);
        INFO(crawl.err);
        REQUIRE(crawl.of("peer").size() == 1);
        CHECK(crawl.of("peer")[0]["peer"] == relay.address());
        const auto lost = crawl.of("failed");
        CHECK(lost.size() == dead.size());
        for (const auto& line : lost) CHECK(line["code"] == reason);
        CHECK(crawl.last()["complete"] == true);
    };
    const Arguments few{"--at-once", "2", "--timeout", "0.3"};
    SECTION("dead addresses, with few connections at a time") {
        const BlackHole one, two, three;
        visits(few, {one.address(), two.address(), three.address()}, "connect_timeout");
    }
    SECTION("peers that accept a connection and send nothing") {
        const FakeRelay one({}), two({}), three({});
        visits(few, {one.address(), two.address(), three.address()}, "deadline_passed");
    }
}

TEST_CASE("crawl writes a report, and replaces one only by force", "[programs][crawl]") {
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "history").string(), page = (scratch.path() / "page.html").string();
    const Sharer second("127.0.0.2", {}), first("127.0.0.1", {second.address()});
    const Arguments arguments = loopback + Arguments{"--history", file, "--report", page, first.address()};
    CHECK(Crawl(arguments).code == 0);
    const std::string text = text_of(page);
    CHECK(text.starts_with("<!DOCTYPE html>"));
    CHECK(contains(text, "Peers of preprod (1)"));
    CHECK(contains(text, first.address()));
    CHECK(contains(text, second.address()));

    const Crawl again(arguments);
    CHECK(again.code == 7);
    CHECK(again.last()["code"] == "file_foreign");
    CHECK(text_of(page) == text);
    Program only("crawl", {"--magic", "1", "--only-report", "--history", file, "--report", "-"});
    CHECK(only.wait() == 0);
    CHECK(only.out == text);
    CHECK(Crawl(arguments + Arguments{"--force"}).code == 0);
    CHECK(text_of(page) != text);
    Program mixed("crawl", {"--magic", "1", "--report", "-", first.address()});
    CHECK(mixed.wait() == 1);
    CHECK(contains(mixed.err, "--report"));
}

TEST_CASE("crawl refuses a history that is not its own", "[programs][crawl]") {
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "history").string();
    const Sharer relay("127.0.0.1", {});
    const auto refused = [&](const std::string& path, const std::string& magic) {
        Program crawl("crawl", {"--magic", magic, "--json", "--history", path, relay.address()});
        CHECK(crawl.wait() == 7);
        CHECK(json_lines(crawl.out).back()["event"] == "error");
        CHECK(contains(crawl.err, "--history " + path));
        return crawl.err;
    };
    CHECK(Crawl({"--history", file, relay.address()}).code == 0);
    CHECK(contains(refused(file, "2"), "network preprod (1), not of preview (2)"));
    const std::string text = "this is a text of some length, and no database at all\n";
    scratch.write("text", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    CHECK(contains(refused((scratch.path() / "text").string(), "1"), "not a database"));
    const std::string other = (scratch.path() / "other").string();
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(other.c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, "CREATE TABLE a (b)", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    CHECK(contains(refused(other, "1"), "not a history of crawls"));
    (void)refused((scratch.path() / "no" / "folder").string(), "1");
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(contains(refused(file, "1"), "locked"));
    sqlite3_close(database);
}

TEST_CASE("crawl refuses arguments that it cannot read", "[programs][crawl]") {
    const Arguments bad{"https://relay.example", "127.0.0.1", "./socket", "relay.example:99999", "0.0.0.0:3001"};
    for (const std::string& target : bad) {
        Program crawl("crawl", {"--magic", "1", target});
        CHECK(crawl.wait() == 1);
        CHECK(contains(crawl.err, "TARGET"));
    }
    Program none("crawl", {"--magic", "1"});
    CHECK(none.wait() == 1);
    CHECK(contains(none.err, "TARGET"));
    for (const char* option : {"--new", "--only-report", "--force"}) {
        Program alone("crawl", {"--magic", "1", option, "127.0.0.1:1"});
        CHECK(alone.wait() == 1);
        CHECK(contains(alone.err, option));
    }
}
