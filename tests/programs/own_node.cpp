#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <ouro/n2c/query.hpp>

#include "programs/mock_node.hpp"
#include "programs/raw_client.hpp"
#include "support/catch.hpp"
#include "support/wire.hpp"

using namespace programs;

namespace {

const std::string tx = "84a0a0f5f6";
/// The era history with one era that has no end: from the origin, with epochs of 100 slots of a second.
const std::string history =
    "9f8383000000f68418641903e88300148100"
    "14ff";

/// A node that answers each request with the next of its messages, whatever the request is.
class AnsweringNode {
  public:
    struct Answer {
        unsigned protocol;
        std::string message;
    };

    AnsweringNode(const std::string& path, std::vector<Answer> answers) : listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        REQUIRE(path.size() < sizeof name.sun_path);
        path.copy(name.sun_path, path.size());
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
        REQUIRE(::listen(listener_, 1) == 0);
        thread_ = std::thread([this, answers = std::move(answers)] { serve(answers); });
    }
    AnsweringNode(const AnsweringNode&) = delete;
    AnsweringNode& operator=(const AnsweringNode&) = delete;
    ~AnsweringNode() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }

  private:
    static bool read(int from, std::vector<unsigned char>& to) {
        return to.empty() || ::recv(from, to.data(), to.size(), MSG_WAITALL) == static_cast<ssize_t>(to.size());
    }
    void serve(const std::vector<Answer>& answers) const {
        const int client = ::accept(listener_, nullptr, nullptr);
        std::vector<unsigned char> head(8), payload;
        for (auto next = answers.begin(); client >= 0 && read(client, head); next += next != answers.end()) {
            payload.resize(static_cast<std::size_t>(head[6]) << 8 | head[7]);
            if (!read(client, payload) || next == answers.end()) continue;
            const auto message = raw::bytes(next->message);
            auto segment = raw::join({{0, 0, 0, 0, 0x80, static_cast<std::uint8_t>(next->protocol), 0,
                                       static_cast<std::uint8_t>(message.size())},
                                      message});
            (void)::send(client, segment.data(), segment.size(), MSG_NOSIGNAL);
        }
        if (client >= 0) ::close(client);
    }

    int listener_;
    std::thread thread_;
};

/// All lines of a run that ends well.
std::vector<Json> lines_of(const std::string& name, std::vector<std::string> arguments) {
    Program program(name, std::move(arguments));
    const int code = program.wait();
    INFO(program.err);
    CHECK(code == 0);
    return json_lines(program.out);
}

}  // namespace

TEST_CASE("The queries of a node print its tip, era, epoch and unspent outputs", "[programs][query]") {
    // The epoch's number and the outputs at an address, in Conway.
    const std::string input = "825820" + std::string(64, 'c') + "01";
    const MockNode node(R"({"era": 6, "answers": {"8200820082068101": "810a", "820082028100": ")" + history + R"(",
        "8200820082068206d901028143010203": "81a1)" +
                        input + R"(820102"}})");
    const auto tip = lines_of("query", node.arguments({"tip"})).at(0);
    CHECK(tip["query"] == "tip");
    CHECK(tip["result"]["block"] == 19);
    CHECK(lines_of("query", node.arguments({"era"})).at(0)["result"] == "conway");
    CHECK(lines_of("query", node.arguments({"epoch"})).at(0)["result"] == 10);
    const auto era = lines_of("query", node.arguments({"era-history"})).at(0)["result"][0];
    CHECK(era["parameters"]["epochLength"] == 100);
    CHECK(era["end"].is_null());
    const auto outputs = lines_of("query", node.arguments({"utxo", "--address", "010203"}));
    REQUIRE(outputs.size() == 2);
    CHECK(outputs[0]["tx"] == std::string(64, 'c'));
    CHECK(outputs[0]["index"] == 1);
    CHECK(outputs[0]["output"] == "820102");
}

TEST_CASE("The exit code states whether a transaction was accepted", "[programs][submit]") {
    SECTION("accepted and then in the mempool") {
        const MockNode node;
        CHECK(lines_of("submit", node.arguments({tx})).at(0)["event"] == "accepted");
        Program from_stdin("submit", node.arguments({"--era", "conway"}));
        from_stdin.say(tx);
        from_stdin.end_input();
        CHECK(from_stdin.wait() == 0);
        const auto mempool = lines_of("mempool", node.arguments({}));
        REQUIRE(mempool.size() == 4);
        CHECK(mempool[0]["transactions"] == 2);
        CHECK(mempool[1]["cbor"] == tx);
        CHECK(mempool[1]["era"] == "conway");
        CHECK(mempool[3]["event"] == "measures");
    }
    SECTION("rejected with the reason's bytes and text") {
        const MockNode node(R"({"reject": "828201675368656c6c65798200654279726f6e"})");
        Program submit("submit", node.arguments({tx}));
        CHECK(submit.wait() == 6);
        const auto verdict = json_lines(submit.out).at(0);
        CHECK(verdict["event"] == "rejected");
        CHECK(verdict["reason"] == "828201675368656c6c65798200654279726f6e");
        CHECK(verdict["text"] == "a transaction of Shelley while the ledger is in Byron");
    }
}

TEST_CASE("A run exits with 7 if a sent transaction is not answered, because its fate is unknown",
          "[programs][submit]") {
    const support::TemporaryDirectory scratch;
    const std::string socket = (scratch.path() / "node.socket").string();
    const raw::ByteVector accepts = raw::bytes("0000000080000009830119801082182af4");  // version 16, magic 42
    struct Row {
        bool leaves;
        std::vector<std::string> reasons;
    };
    const auto [leaves, reasons] = GENERATE(values<Row>({
        {true, {"closed_by_peer", "connection_reset"}},  // the node dies
        {false, {"deadline_passed"}},                    // it says nothing
    }));
    const FakeNode node(socket, accepts, leaves ? FakePeer::Leaves::second_time : FakePeer::Leaves::never);
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

TEST_CASE("A transaction that could not be sent is reported as not sent", "[programs][submit]") {
    const support::TemporaryDirectory scratch;
    const std::string socket = (scratch.path() / "node.socket").string();
    const std::vector<std::string> arguments{"--magic", "42", "--json", "--socket", socket, "--era", "conway", tx};
    SECTION("no listener") {
        leave_socket(socket);
        Program submit("submit", arguments);
        CHECK(submit.wait() == 2);
        CHECK(json_lines(submit.out).back()["code"] == "connect_failed");
    }
    SECTION("the node never answers the handshake") {
        const FakeNode node(socket, {});
        std::vector<std::string> impatient = arguments;
        impatient.insert(impatient.end(), {"--timeout", "0.2"});
        Program submit("submit", impatient);
        CHECK(submit.wait() == 4);
        CHECK(json_lines(submit.out).back()["event"] == "error");
    }
}

TEST_CASE("A query that the node does not know ends the connection and the program", "[programs][query]") {
    const MockNode node;
    Program query("query", node.arguments({"protocol-parameters"}));
    CHECK(query.wait() == 2);
    CHECK(json_lines(query.out).back()["code"] == "closed_by_peer");
    CHECK(contains(query.err, "protocol-parameters"));
}

TEST_CASE("The query program reports a missing node and a node of another network", "[programs][query]") {
    SECTION("no listener") {
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
        {"submit", {"--magic", "1", "--socket", "a", "xy"}, "transaction"},
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

TEST_CASE("A mempool is watched for the requested time", "[programs][mempool]") {
    const MockNode node;
    Program watch("mempool", node.arguments({"--watch", "--count", "2"}));
    CHECK(Json::parse(watch.line())["transactions"] == 0);
    CHECK(Json::parse(watch.line())["event"] == "measures");
    CHECK(lines_of("submit", node.arguments({tx})).at(0)["event"] == "accepted");
    CHECK(Json::parse(watch.line())["transactions"] == 1);
    CHECK(watch.wait() == 0);
}

TEST_CASE("A measure of more than 64 bits is printed as its digits", "[programs][mempool]") {
    const support::TemporaryDirectory scratch;
    const AnsweringNode node((scratch.path() / "node.socket").string(),
                             {{0, "830119801782182af4"},  // version 23, magic 42
                              {9, "820200"},
                              {9, "820a83000000"},
                              {9, "8106"},
                              {9, "830c00a1617882c2490100000000000000003903e7"}});
    const auto lines =
        lines_of("mempool", {"--magic", "42", "--json", "--socket", (scratch.path() / "node.socket").string()});
    REQUIRE(!lines.empty());
    CHECK(lines.back().value("measures", Json()) ==
          Json{{"x", {{"size", "18446744073709551616"}, {"capacity", "-1000"}}}});
}

TEST_CASE("No more than 20,000 transactions of a snapshot are printed", "[programs][mempool]") {
    constexpr std::size_t most = 20'000;
    std::string txs;
    for (std::size_t i = 0; i <= most; ++i) txs += (i == 0 ? "\"" : ",\"") + tx + "\"";
    const MockNode node("{\"mempool\": [" + txs + "]}");
    Program mempool("mempool", node.arguments({"--timeout", "600"}));
    CHECK(mempool.wait() == 0);
    CHECK(contains(mempool.err, "no more than 20000 transactions are printed"));
    const auto lines = json_lines(mempool.out);
    REQUIRE(lines.size() == most + 2);
    CHECK(lines.front()["transactions"] == most + 1);
    CHECK(lines[most]["event"] == "tx");
    CHECK(lines.back()["event"] == "measures");
}

TEST_CASE("A query of a ledger in an unknown era names the era's number", "[programs][query]") {
    const MockNode node("{\"answers\": {\"" + ouro::to_hex(ouro::n2c::query::current_era()) + "\": \"1863\"}}");
    const std::string name = GENERATE("era", "epoch", "protocol-parameters");
    Program query("query", node.arguments({name}));
    CHECK(query.wait() == 7);
    const Json error = json_lines(query.out).back();
    CHECK(error["code"] == "unknown_era");
    CHECK(contains(error["message"], name + ": local-state-query, byte 0: era 99: "));
}

TEST_CASE("A mock node knows the transactions in its mempool", "[programs][mock_node]") {
    const MockNode node(R"({"mempool": [")" + tx + "\"]}");
    const RawClient client(node.socket);
    REQUIRE(client.connected());
    client.send("00000000 0000 000a 8200a119801782182af4");
    REQUIRE(client.receive().size() > 4);
    client.send("00000000 0009 0002 8101");
    REQUIRE(client.receive() == std::vector<unsigned char>{0x82, 0x02, 0x00});
    const auto has = [&](const std::string& era, const std::string& hash) {
        client.send("00000000 0009 0026 820782" + era + "5820" + hash);
        const auto answer = client.receive();
        REQUIRE(answer.size() == 3);
        CHECK((answer[0] == 0x82 && answer[1] == 0x08));
        return answer[2] == 0xf5;
    };
    // The hash of its body, an empty map.
    const std::string id = "d36a2619a672494604e11bb447cbcf5231e9f2ba25c2169177edc941bd50ad6c";
    CHECK(has("06", id));
    CHECK_FALSE(has("06", std::string(64, 'a')));
    CHECK_FALSE(has("05", id));  // of another era
    SECTION("including those submitted later") {
        const std::string other = "84a10000a0f5f6",
                          other_id = "6ac0db035614f63e58c78b0932c22ce46c296c26c12fde5e3e160bfa57d23bb4";
        CHECK_FALSE(has("06", other_id));
        CHECK(lines_of("submit", node.arguments({other})).at(0)["event"] == "accepted");
        client.send("00000000 0009 0002 8101");  // the next snapshot
        CHECK(client.receive().size() == 3);
        CHECK(has("06", other_id));
    }
}

TEST_CASE("A mock node reports the requests it got and stops in order", "[programs][mock_node]") {
    MockNode node;
    lines_of("query", node.arguments({"tip"}));
    node.program.interrupt();
    CHECK(node.program.wait() == 0);
    const auto lines = json_lines(node.program.out);
    CHECK(lines.at(0)["event"] == "client");
    CHECK(lines.at(0)["version"] == 23);
    CHECK(lines.at(1)["protocol"] == "local-state-query");
    CHECK(lines.at(1)["message"] == "Acquire");
    CHECK(lines.back()["event"] == "done");
}

TEST_CASE("A mock node reports a query without an answer and the reason of the disconnect", "[programs][mock_node]") {
    MockNode node;
    Program query("query", node.arguments({"protocol-parameters"}));
    CHECK(query.wait() == 2);
    node.program.interrupt();
    node.program.wait();
    Json unanswered, left;
    for (const Json& line : json_lines(node.program.out)) {
        if (line["event"] == "request" && !line.value("answered", true)) unanswered = line;
        if (line["event"] == "client-left") left = line;
    }
    REQUIRE(unanswered.is_object());
    CHECK(unanswered["query"] == "8200820082068103");  // the parameters, of Conway
    REQUIRE(left.is_object());
    CHECK(left["reason"] == "disconnected");
    CHECK(!left["text"].get<std::string>().empty());
}

TEST_CASE("A client of another network is refused, and the log has the numbers of both versions",
          "[programs][mock_node]") {
    MockNode node;
    Program query("query", {"--magic", "43", "--socket", node.socket, "tip"});
    CHECK(query.wait() == 3);
    CHECK(contains(query.err, "version 23"));
    CHECK(!contains(query.err, "32791"));
    node.program.interrupt();
    node.program.wait();
    bool refused = false;
    for (const Json& line : json_lines(node.program.out)) refused = refused || line["event"] == "refused";
    CHECK(refused);
}

TEST_CASE("A wrong socket path is reported as such", "[programs][query]") {
    const support::TemporaryDirectory scratch;
    scratch.write("file", raw::bytes("00"));
    struct Row {
        std::string path;
        const char* said;
    };
    const std::vector<Row> rows{
        {(scratch.path() / "none").string(), "there is no such file"},
        {(scratch.path() / "none" / "socket").string(), "there is no such file"},
        {scratch.path().string(), "it is a directory"},
        {(scratch.path() / "file").string(), "it is not a socket"},
        {(scratch.path() / "file" / "socket").string(), "there is no such file"},
    };
    for (const Row& row : rows) {
        for (const std::string name : {"query", "follow"}) {
            std::vector<std::string> arguments{"--magic", "42", "--json", "--socket", row.path};
            if (name == "query") arguments.push_back("tip");
            Program program(name, arguments);
            INFO(name << " " << row.path << " says " << program.err);
            CHECK(program.wait() == 2);
            CHECK(contains(program.err, row.path));
            CHECK(contains(program.err, row.said));
            CHECK(contains(program.err, "--socket"));
        }
    }
}

TEST_CASE("After a disconnect during the handshake the program suggests checking the magic", "[programs]") {
    const support::TemporaryDirectory scratch;
    const std::string socket = (scratch.path() / "node.socket").string();
    const auto says = [](const std::string& name, std::vector<std::string> arguments) {
        Program program(name, std::move(arguments));
        CHECK(program.wait() == 2);
        INFO(name << " says " << program.err);
        CHECK(contains(program.err, "is 42 the magic of its network?"));
    };
    SECTION("a node") {
        const FakeNode node(socket, {}, FakePeer::Leaves::at_once);
        says("query", {"--magic", "42", "--socket", socket, "tip"});
    }
    SECTION("a node that a program follows") {
        const FakeNode node(socket, {}, FakePeer::Leaves::at_once);
        says("follow", {"--magic", "42", "--socket", socket});
    }
    SECTION("a relay") {
        const FakeRelay relay({}, FakePeer::Leaves::at_once);
        says("follow", {"--magic", "42", "--timeout", "5", relay.address()});
    }
    SECTION("a relay that a program fetches from") {
        const FakeRelay relay({}, FakePeer::Leaves::at_once);
        says("fetch", {"--magic", "42", "--from", "1." + std::string(64, 'a'), "--to", "2." + std::string(64, 'b'),
                       "--out", (scratch.path() / "blocks").string(), relay.address()});
    }
}

TEST_CASE("A query reports the reason why its connection ended", "[programs][query]") {
    SECTION("an answer beyond its limit") {
        const std::string large = "5a00100000" + std::string(2U << 20, '0');
        const MockNode node(R"({"answers": {"820082028100": ")" + large + "\"}}");
        Program query("query", node.arguments({"era-history"}));
        CHECK(query.wait() == 7);
        CHECK(json_lines(query.out).back()["code"] == "answer_too_large");
    }
    SECTION("a transaction above the message limit, after one that is printed") {
        const std::string large = "5a00280000" + std::string(5U << 20, '0');
        const MockNode node(R"({"mempool": [")" + tx + R"(", ")" + large + "\"]}");
        Program mempool("mempool", node.arguments({}));
        CHECK(mempool.wait() == 7);
        const auto lines = json_lines(mempool.out);
        REQUIRE(lines.size() == 3);
        CHECK(lines[0]["transactions"] == 2);
        CHECK(lines[1]["cbor"] == tx);
        CHECK(lines[2]["code"] == "answer_too_large");
    }
}

TEST_CASE("An interrupt stops the printing of a long answer", "[programs][query]") {
    constexpr int outputs = 60'000;
    std::string answer = "81b9ea60";  // a map of 60,000
    for (int i = 0; i < outputs; ++i) {
        constexpr char digits[] = "0123456789abcdef";
        std::string number = "19";
        for (const int shift : {12, 8, 4, 0}) number += digits[i >> shift & 15];
        answer += "825820" + std::string(64, 'c') + number + "820102";
    }
    const MockNode node(R"({"era": 6, "answers": {"8200820082068206d901028143010203": ")" + answer + "\"}}");
    Program query("query", node.arguments({"utxo", "--address", "010203"}));
    CHECK(Json::parse(query.line())["event"] == "utxo");
    query.interrupt();
    CHECK(query.wait() == 130);
    CHECK(json_lines(query.out).size() < outputs - 1);
}
