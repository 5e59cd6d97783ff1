#include <algorithm>

#include "programs/mock_node.hpp"
#include "support/catch.hpp"
#include "support/wire.hpp"

using namespace programs;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string tx = "84a0a0f5f6";
/// The era history with one era that has no end: from the origin, with epochs of 100 slots of a second.
const std::string history =
    "9f8383000000f68418641903e88300148100"
    "14ff";

/// All lines of a run that ends well.
std::vector<Json> lines_of(const std::string& name, std::vector<std::string> arguments) {
    Program program(name, std::move(arguments));
    const int code = program.wait();
    INFO(program.err);
    CHECK(code == 0);
    return json_lines(program.out);
}

}  // namespace

TEST_CASE("a node tells its tip, its era, its epoch and what is not spent", "[programs][query]") {
    // The epoch's number and the outputs at an address, in Conway.
    const std::string input = "825820" + std::string(64, 'c') + "01";
    const MockNode node(R"({"era": 6, "answers": {"8200820082068101": "810a", "820082028100": ")" + history + R"(",
        "8200820082068206d901028143010203": "81a1)" +
                        input + R"(820102"}})");
    const auto tip = lines_of("query", node.arguments({"tip"})).at(0);
    CHECK(tip["event"] == "tip");
    CHECK(tip["block"] == 19);
    CHECK(lines_of("query", node.arguments({"era"})).at(0)["era"] == "conway");
    CHECK(lines_of("query", node.arguments({"epoch"})).at(0)["epoch"] == 10);
    const auto era = lines_of("query", node.arguments({"history"})).at(0);
    CHECK(era["epoch_size"] == 100);
    CHECK(era["end"].is_null());
    const auto outputs = lines_of("query", node.arguments({"utxo", "--address", "010203"}));
    REQUIRE(outputs.size() == 2);
    CHECK(outputs[0]["tx"] == std::string(64, 'c'));
    CHECK(outputs[0]["index"] == 1);
    CHECK(outputs[0]["output"] == "820102");
}

TEST_CASE("a transaction's verdict is the exit code", "[programs][submit]") {
    SECTION("accepted, and in the mempool from then on") {
        const MockNode node;
        CHECK(lines_of("submit", node.arguments({tx})).at(0)["event"] == "accepted");
        Program from_stdin("submit", node.arguments({"--era", "conway"}));
        from_stdin.say(tx);
        from_stdin.end_input();
        CHECK(from_stdin.wait() == 0);
        const auto mempool = lines_of("mempool", node.arguments({}));
        REQUIRE(mempool.size() == 3);
        CHECK(mempool[0]["transactions"] == 2);
        CHECK(mempool[1]["cbor"] == tx);
        CHECK(mempool[1]["era"] == "conway");
    }
    SECTION("rejected, with the reason's octets and its text") {
        const MockNode node(R"({"reject": "828201675368656c6c65798200654279726f6e"})");
        Program submit("submit", node.arguments({tx}));
        CHECK(submit.wait() == 6);
        const auto verdict = json_lines(submit.out).at(0);
        CHECK(verdict["event"] == "rejected");
        CHECK(verdict["reason"] == "828201675368656c6c65798200654279726f6e");
        CHECK(verdict["text"] == "a transaction of Shelley while the ledger is in Byron");
    }
}

TEST_CASE("a transaction that was sent and is not answered ends with 7, for nobody knows", "[programs][submit]") {
    const support::TemporaryDirectory scratch;
    const std::string socket = (scratch.path() / "node.socket").string();
    const raw::Octets accepts = raw::octets("0000000080000009830119801082182af4");  // version 16, magic 42
    struct Row {
        bool leaves;
        std::vector<std::string> reasons;
    };
    const auto [leaves, reasons] = GENERATE(values<Row>({
        {true, {"closed_by_peer", "connection_reset"}},  // the node dies
        {false, {"deadline_passed"}},                    // it says nothing
    }));
    const FakeNode node(socket, accepts, leaves);
    // With the era known the transaction is the first thing that is sent.
    std::vector<std::string> arguments{"--magic", "42", "--json", "--socket", socket, "--era", "conway", tx};
    if (!leaves) arguments.insert(arguments.end(), {"--timeout", "0.2"});
    Program submit("submit", arguments);
    CHECK(submit.wait() == 7);
    const auto lines = json_lines(submit.out);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0]["event"] == "unknown");
    const std::string reason = lines[0]["reason"];
    INFO(reason);
    CHECK(std::count(reasons.begin(), reasons.end(), reason) == 1);
}

TEST_CASE("a transaction that could not be sent is told of as that", "[programs][submit]") {
    const support::TemporaryDirectory scratch;
    const std::string socket = (scratch.path() / "node.socket").string();
    const std::vector<std::string> arguments{"--magic", "42", "--json", "--socket", socket, "--era", "conway", tx};
    SECTION("nobody listens") {
        leave_socket(socket);
        Program submit("submit", arguments);
        CHECK(submit.wait() == 2);
        CHECK(json_lines(submit.out).back()["code"] == "connect_failed");
    }
    SECTION("the node never agrees") {
        const FakeNode node(socket, {});
        std::vector<std::string> impatient = arguments;
        impatient.insert(impatient.end(), {"--timeout", "0.2"});
        Program submit("submit", impatient);
        CHECK(submit.wait() == 4);
        CHECK(json_lines(submit.out).back()["event"] == "error");
    }
}

TEST_CASE("a node that does not know a query ends the connection, and so the program", "[programs][query]") {
    const MockNode node;
    Program query("query", node.arguments({"params"}));
    CHECK(query.wait() == 6);
    CHECK(json_lines(query.out).back()["code"] == "state_gone");
    CHECK(contains(query.err, "params"));
}

TEST_CASE("what asks a node says where there is none, and what it was asked wrongly", "[programs][query]") {
    SECTION("nobody there") {
        Program query("query", {"--magic", "42", "--json", "--socket", "/nowhere/node.socket", "tip"});
        CHECK(query.wait() == 2);
        CHECK(contains(query.err, "/nowhere/node.socket"));
    }
    SECTION("another network") {
        const MockNode node;
        Program query("query", {"--magic", "43", "--json", "--socket", node.socket, "tip"});
        CHECK(query.wait() == 3);
    }
    struct Row {
        const char* program;
        std::vector<std::string> arguments;
        const char* named;
    };
    const std::vector<Row> rows{
        {"query", {"--magic", "1", "--socket", "a"}, "subcommand"},
        {"query", {"--magic", "1", "tip"}, "--socket"},
        {"query", {"--socket", "a", "tip"}, "network"},
        {"query", {"--magic", "1", "--socket", "a", "utxo"}, "--address"},
        {"query", {"--magic", "1", "--socket", "a", "utxo", "--address", "addr1"}, "--address"},
        {"submit", {"--magic", "1", "--socket", "a", "xy"}, "TX"},
        {"submit", {"--magic", "1", "--socket", "a", "--era", "stone", tx}, "--era"},
        {"mempool", {"--magic", "1", "--socket", "a", "--count", "3"}, "--count"},
        {"mock-node", {"--magic", "1"}, "--listen"},
        {"mock-node", {"--magic", "1", "--listen", "a", "--synthetic", "x"}, "--synthetic"},
    };
    for (const Row& row : rows) {
        Program program(row.program, row.arguments);
        CHECK(program.wait() == 1);
        INFO(row.program << " says " << program.err);
        CHECK(contains(program.err, row.named));
        CHECK(program.out.empty());
    }
}

TEST_CASE("a mempool is watched as long as that is wanted", "[programs][mempool]") {
    const MockNode node;
    Program watch("mempool", node.arguments({"--watch", "--count", "2"}));
    CHECK(Json::parse(watch.line())["transactions"] == 0);
    CHECK(lines_of("submit", node.arguments({tx})).at(0)["event"] == "accepted");
    CHECK(Json::parse(watch.line())["transactions"] == 1);
    CHECK(watch.wait() == 0);
}

TEST_CASE("a mock node tells what it was asked, and ends in good order", "[programs][mock_node]") {
    MockNode node;
    lines_of("query", node.arguments({"tip"}));
    node.program.interrupt();
    CHECK(node.program.wait() == 0);
    const auto lines = json_lines(node.program.out);
    CHECK(lines.at(0)["event"] == "client");
    CHECK(lines.at(1)["protocol"] == "local-state-query");
    CHECK(lines.at(1)["message"] == "Acquire");
    CHECK(lines.back()["event"] == "done");
}
