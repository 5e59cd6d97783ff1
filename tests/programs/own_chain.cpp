#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "programs/mock_node.hpp"
#include "support/test_data.hpp"
#include "support/wire.hpp"

using namespace programs;

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
    const ouro::Bytes bytes = support::read_file(file);
    return {bytes.view().begin(), bytes.view().end()};
}

std::vector<std::string> join(std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

/// The lines of a run without what differs from one source to another.
std::vector<Json> lines_of(const std::string& text) {
    auto lines = json_lines(text);
    for (Json& line : lines)
        for (const char* differs : {"peer", "seconds"}) line.erase(differs);
    return lines;
}

/// The chain of the mock node, as a relay that serves the same one gives it.
class Chain {
  public:
    Chain() {
        Program follow("follow", {"--magic", "1", "--count", "20", "--json", relay_.address()});
        REQUIRE(follow.wait() == 0);
        headers = lines_of(follow.out);
        for (const Json& line : headers)
            if (line["event"] == "roll-forward")
                points.push_back(std::to_string(line["slot"].get<std::uint64_t>()) + "." +
                                 line["hash"].get<std::string>());
        REQUIRE(points.size() == 20);
    }
    /// What a fetch from the relay writes, and its lines.
    std::string fetch(std::size_t first, std::size_t last, std::vector<Json>& lines) {
        const fs::path out = scratch_.path() / "of_relay";
        Program fetch("fetch", {"--magic", "1", "--json", "--from", points[first], "--to", points[last], "--force",
                                "--out", out.string(), relay_.address()});
        REQUIRE(fetch.wait() == 0);
        lines = lines_of(fetch.out);
        return content(out);
    }

    std::vector<Json> headers;        ///< the lines of `follow`
    std::vector<std::string> points;  ///< of the blocks

  private:
    Relay relay_{{"--synthetic", "20"}};
    support::TemporaryDirectory scratch_;
};

/// Segments of a node's chain-sync.
raw::ByteVector chain_sync(const std::vector<raw::ByteVector>& messages) {
    raw::ByteVector all;
    for (const raw::ByteVector& message : messages) {
        const auto size = message.size();
        all = raw::join({all,
                         raw::bytes("000000008005"),
                         {static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)},
                         message});
    }
    return all;
}

/// Bytes of a node that speaks version 16 to magic 42, and then says `messages` of chain-sync.
raw::ByteVector node_saying(const std::vector<raw::ByteVector>& messages) {
    return raw::join({raw::bytes("0000000080000009830119801082182af4"), chain_sync(messages)});
}

const std::string nowhere = "5." + std::string(64, 'a');
const std::string later = "99999999." + std::string(64, 'b');

}  // namespace

TEST_CASE("A follower of a node's socket prints the same lines as one of a relay", "[programs][follow]") {
    const Chain chain;
    const MockNode node;
    std::vector<std::string> words;
    SECTION("the socket's path instead of a host") { words = {node.socket}; }
    SECTION("a relative path") { words = {fs::relative(node.socket).string()}; }
    SECTION("a path with the prefix unix:") { words = {"unix:" + node.socket}; }
    SECTION("an option") { words = {"--socket", node.socket}; }
    SECTION("the environment's path") { REQUIRE(::setenv("CARDANO_NODE_SOCKET_PATH", node.socket.c_str(), 1) == 0); }
    Program follow("follow", join({"--magic", "42", "--count", "20", "--json"}, words));
    ::unsetenv("CARDANO_NODE_SOCKET_PATH");
    CHECK(follow.wait() == 0);
    INFO(follow.err);
    CHECK((lines_of(follow.out) == chain.headers));
    const auto lines = json_lines(follow.out);
    CHECK(contains(lines.at(0)["peer"], "node.socket"));
}

TEST_CASE("A relay on the command line takes precedence over the environment's socket", "[programs][follow]") {
    const Relay relay({"--synthetic", "5"});
    REQUIRE(::setenv("CARDANO_NODE_SOCKET_PATH", "/nowhere/node.socket", 1) == 0);
    Program follow("follow", {"--magic", "1", "--count", "5", relay.address()});
    ::unsetenv("CARDANO_NODE_SOCKET_PATH");
    CHECK(follow.wait() == 0);
}

TEST_CASE("A node's chain is followed to its tip, where the follower waits", "[programs][follow]") {
    const MockNode node;
    SECTION("until it is interrupted") {
        Program follow("follow", node.arguments({}));
        std::size_t headers = 0;
        std::string event;
        do {
            const Json line = Json::parse(follow.line(), nullptr, false);
            REQUIRE(line.is_object());
            event = line.value("event", "");
            headers += event == "roll-forward" ? 1 : 0;
        } while (event != "at-tip");
        CHECK(headers == 20);
        follow.interrupt();
        CHECK(follow.wait() == 130);
        CHECK(json_lines(follow.out).back() == Json{{"event", "done"}, {"headers", 20}});
    }
    SECTION("until its time limit") {
        Program follow("follow", node.arguments({"--timeout", "0.2", "--count", "21"}));
        CHECK(follow.wait() == 4);
        CHECK(json_lines(follow.out).back()["code"] == "timed-out");
    }
    SECTION("but not for a node that does not return") {
        MockNode leaving;
        Program follow("follow", leaving.arguments({"--timeout", "3"}));
        while (!contains(follow.line(), "at-tip")) {
        }
        leaving.program.interrupt();
        CHECK(follow.wait() == 2);
        CHECK(json_lines(follow.out).back()["event"] == "error");
    }
}

TEST_CASE("A fetch over a node's socket gives the same bytes after a point as one from a relay", "[programs][fetch]") {
    Chain chain;
    const MockNode node;
    const support::TemporaryDirectory scratch;
    const fs::path out = scratch.path() / "blocks";
    const auto [from, first, last] =
        GENERATE(table<int, std::size_t, std::size_t>({{-1, 0, 19}, {-1, 0, 0}, {3, 4, 17}}));
    INFO("from " << from << " to " << last);
    std::vector<Json> lines;
    const std::string bytes = chain.fetch(first, last, lines);

    const std::string point = from < 0 ? "origin" : chain.points[static_cast<std::size_t>(from)];
    Program fetch("fetch", {"--magic", "42", "--json", "--from", point, "--to", chain.points[last], "--out",
                            out.string(), node.socket});
    CHECK(fetch.wait() == 0);
    CHECK((content(out) == bytes));
    CHECK(!fs::exists(out.string() + ".part"));
    CHECK((lines_of(fetch.out) == lines));
    CHECK(contains(fetch.err, "blocks that follow " + point));

    // Without a file and without JSON the bytes go to stdout.
    Program plain("fetch", {"--magic", "42", "--from", point, "--to", chain.points[last], "--socket", node.socket});
    CHECK(plain.wait() == 0);
    CHECK((plain.out == bytes));
}

TEST_CASE("A run exits with 6 if the node does not have the requested data", "[programs][follow][fetch]") {
    const Chain chain;
    const MockNode node;
    Program follow("follow", node.arguments({"--from", nowhere}));
    CHECK(follow.wait() == 6);
    CHECK(json_lines(follow.out).back()["code"] == "no_intersection");

    struct Row {
        std::string from, to;
        const char* says;
    };
    const std::string aside = chain.points[9].substr(0, chain.points[9].find('.')) + "." + std::string(64, 'c');
    const auto row = GENERATE_REF(values<Row>({{nowhere, later, "does not have --from"},
                                               {"origin", later, "ends before --to"},
                                               {"origin", aside, "does not have --to"}}));
    const support::TemporaryDirectory scratch;
    Program fetch("fetch",
                  node.arguments({"--from", row.from, "--to", row.to, "--out", (scratch.path() / "blocks").string()}));
    CHECK(fetch.wait() == 6);
    CHECK(json_lines(fetch.out).back()["code"] == "no_blocks");
    CHECK(contains(fetch.err, row.says));
    CHECK(!fs::exists(scratch.path() / "blocks"));
}

TEST_CASE("A fetch exits with 6 if the chain forks before the blocks already written", "[programs][fetch]") {
    Chain chain;
    std::vector<Json> ignored;
    const std::string block = chain.fetch(0, 0, ignored);
    const ouro::Point first = *ouro::Point::parse(chain.points[0]);
    const raw::ByteVector tip = raw::tip(first, 1);
    const ouro::BytesView bytes{reinterpret_cast<const std::uint8_t*>(block.data()), block.size()};
    const support::TemporaryDirectory scratch;
    const std::string socket = (scratch.path() / "node.socket").string();
    FakeNode node(socket, node_saying({raw::intersect_found({}, tip), raw::roll_backward({}, tip),
                                       raw::join({raw::array(3), raw::uint(2), raw::wrapped(bytes), tip})}));
    const fs::path out = scratch.path() / "blocks";
    Program fetch("fetch",
                  {"--magic", "42", "--json", "--from", "origin", "--to", later, "--out", out.string(), socket});
    const Json written = Json::parse(fetch.line(), nullptr, false);
    REQUIRE(written.is_object());
    CHECK(written["bytes"] == block.size());
    node.send(chain_sync({raw::roll_backward({}, tip)}));
    CHECK(fetch.wait() == 6);
    const auto lines = json_lines(fetch.out);
    REQUIRE(lines.size() == 1);
    CHECK(contains(lines[0]["message"], "another fork"));
    // What was written is kept, as incomplete.
    CHECK(!fs::exists(out));
    const std::string part = content(out.string() + ".part");
    CHECK(part.size() == block.size() + 64);
    CHECK(part.starts_with(block));
    CHECK(contains(fetch.err, "blocks.part has 1 blocks"));
}

TEST_CASE("A follower of a node follows a roll-back to before its starting point", "[programs][follow]") {
    Chain chain;
    std::vector<Json> ignored;
    const std::string block = chain.fetch(0, 0, ignored);
    const ouro::Point first = *ouro::Point::parse(chain.points[0]);
    const raw::ByteVector tip = raw::tip(first, 1);
    const ouro::BytesView bytes{reinterpret_cast<const std::uint8_t*>(block.data()), block.size()};
    const support::TemporaryDirectory scratch;
    const std::string socket = (scratch.path() / "node.socket").string();
    const FakeNode node(socket, node_saying({raw::intersect_found(first, tip), raw::roll_backward(first, tip),
                                             raw::roll_backward({}, tip),
                                             raw::join({raw::array(3), raw::uint(2), raw::wrapped(bytes), tip})}));
    Program follow("follow", {"--magic", "42", "--json", "--from", chain.points[0], "--count", "1", socket});
    CHECK(follow.wait() == 0);
    const auto lines = json_lines(follow.out);
    REQUIRE(lines.size() == 4);
    CHECK(lines[1]["event"] == "roll-backward");
    CHECK(lines[1]["slot"].is_null());
    CHECK(lines[2]["event"] == "roll-forward");
}

TEST_CASE("A follower prints nothing more after its number of blocks", "[programs][follow]") {
    Chain chain;
    std::vector<Json> ignored;
    const raw::ByteVector tip = raw::tip(*ouro::Point::parse(chain.points[3]), 3);
    std::vector<raw::ByteVector> messages{raw::intersect_found({}, tip), raw::roll_backward({}, tip)};
    for (std::size_t i = 0; i < 4; ++i) {
        const std::string block = chain.fetch(i, i, ignored);
        const ouro::BytesView bytes{reinterpret_cast<const std::uint8_t*>(block.data()), block.size()};
        messages.push_back(raw::join({raw::array(3), raw::uint(2), raw::wrapped(bytes), tip}));
    }
    messages.push_back(raw::await_reply);
    const support::TemporaryDirectory scratch;
    const std::string socket = (scratch.path() / "node.socket").string();
    const FakeNode node(socket, node_saying(messages));
    Program follow("follow", {"--magic", "42", "--json", "--count", "2", socket});
    CHECK(follow.wait() == 0);
    const auto lines = json_lines(follow.out);
    REQUIRE(lines.size() == 4);
    CHECK(lines[0]["event"] == "intersected");
    CHECK(lines[1]["event"] == "roll-forward");
    CHECK(lines[2]["event"] == "roll-forward");
    CHECK(lines[3] == Json{{"event", "done"}, {"headers", 2}});
}

TEST_CASE("A failing socket ends a run with the same code as a failing relay", "[programs][follow][fetch]") {
    const support::TemporaryDirectory scratch;
    const std::string socket = (scratch.path() / "node.socket").string();
    const std::string name = GENERATE("follow", "fetch");
    std::vector<std::string> more{"--json", "--magic", "42"};
    if (name == "fetch") more = join(more, {"--from", "origin", "--to", later, "--out", socket + ".blocks"});
    const auto ends = [&](int code, const std::string& error, const std::vector<std::string>& words = {}) {
        Program program(name, join(join(more, {socket}), words));
        CHECK(program.wait() == code);
        const auto lines = json_lines(program.out);
        REQUIRE(!lines.empty());
        CHECK(lines.back().value("code", "") == error);
        CHECK((error == "timed-out" || contains(program.err, socket)));
        CHECK(!fs::exists(socket + ".blocks.part"));
        CHECK(!fs::exists(socket + ".blocks"));
    };
    SECTION("a missing file") { ends(2, "connect_failed"); }
    SECTION("no listener") {
        leave_socket(socket);
        ends(2, "connect_failed");
    }
    SECTION("a file that is not a socket") {
        scratch.write("node.socket", {});
        ends(2, "connect_failed");
    }
    SECTION("it sends nothing") {
        const FakeNode silent(socket, {});
        ends(4, "timed-out", {"--timeout", "0.2"});
    }
    SECTION("it sends nothing after the handshake") {
        const FakeNode silent(socket, node_saying({}));
        ends(4, "timed-out", {"--timeout", "0.2"});
    }
    SECTION("it disconnects") {
        const FakeNode leaving(socket, node_saying({}), FakePeer::Leaves::second_time);
        Program program(name, join(more, {socket, "--timeout", "1"}));
        CHECK(program.wait() == 2);
        CHECK(json_lines(program.out).back()["event"] == "error");
    }
    SECTION("it breaks the protocol") {
        const FakeNode wrong(socket, node_saying({raw::bytes("ff")}));
        ends(5, "malformed");
    }
    SECTION("it refuses") {
        const FakeNode wrong(socket, raw::bytes("000000008000000682028200"
                                                "8110"));
        ends(3, "version_mismatch");
    }
    SECTION("its block is malformed") {
        const raw::ByteVector tip = raw::tip({}, 0);
        const raw::ByteVector block = raw::bytes("820680");
        const FakeNode wrong(socket, node_saying({raw::intersect_found({}, tip),
                                                  raw::join({raw::array(3), raw::uint(2), raw::wrapped(block), tip})}));
        ends(5, "malformed");
    }
}

TEST_CASE("A run exits with 3 for a node of another network", "[programs][follow]") {
    const MockNode node;
    Program follow("follow", {"--magic", "43", "--json", node.socket});
    CHECK(follow.wait() == 3);
    CHECK(json_lines(follow.out).back()["code"] == "magic_mismatch");
}

TEST_CASE("An interrupted fetch over a socket exits with 130 and leaves no file behind", "[programs][fetch]") {
    const support::TemporaryDirectory scratch, elsewhere;
    const std::string socket = (elsewhere.path() / "node.socket").string();
    const FakeNode silent(socket, node_saying({}));
    Program fetch("fetch", {"--magic", "42", "--from", "origin", "--to", later, "--json", "--out",
                            (scratch.path() / "blocks").string(), socket});
    CHECK(contains(fetch.note(), "follow origin"));
    CHECK(contains(fetch.note(), "connected"));
    CHECK(fs::exists(scratch.path() / "blocks.part"));
    fetch.interrupt();
    CHECK(fetch.wait() == 130);
    CHECK(json_lines(fetch.out).back()["event"] == "done");
    CHECK(fs::is_empty(scratch.path()));
}

TEST_CASE("A fetch over a socket exits with 7 on a full disk and leaves no file behind", "[programs][fetch]") {
    const Chain chain;
    const MockNode node;
    const support::TemporaryDirectory scratch;
    Program::Options options;
    options.largest_file = 10'000;
    Program fetch(
        "fetch",
        node.arguments({"--from", "origin", "--to", chain.points[19], "--out", (scratch.path() / "blocks").string()}),
        options);
    CHECK(fetch.wait() == 7);
    CHECK(json_lines(fetch.out).back()["code"] == "failed");
    CHECK(fs::is_empty(scratch.path()));
}

TEST_CASE("A wrong combination of node and relays is reported, and the exit code is 1", "[programs]") {
    ::unsetenv("CARDANO_NODE_SOCKET_PATH");
    struct Row {
        const char* program;
        std::vector<std::string> arguments;
        const char* named;
    };
    const std::vector<Row> rows{
        {"follow", {"--magic", "1"}, "neither a relay nor a socket"},
        {"follow", {"--magic", "1", "./a", "b:1"}, "--socket"},
        {"follow", {"--magic", "1", "--socket", "a", "b:1"}, "--socket"},
        {"follow", {"--magic", "1", "./a", "./b"}, "--socket"},
        {"follow", {"--magic", "1", "--socket", "a", "./b"}, "--socket"},
        {"follow", {"--magic", "1", "./" + std::string(106, 'a')}, "--socket"},
        {"query", {"--magic", "1", "--socket", std::string(108, 'a'), "tip"}, "--socket"},
        {"fetch", {"--magic", "1", "--from", nowhere, "--to", nowhere, "./a"}, "--to"},
        {"fetch", {"--magic", "1", "--from", "origin", "--to", "origin", "./a"}, "--to"},
        {"fetch", {"--magic", "1", "--from", "origin", "--to", nowhere, "a:1"}, "--from"},
        {"submit-n2n", {"--magic", "1", "--tx", "84a0a0f5f6", "./a"}, "HOST:PORT"},
    };
    for (const Row& row : rows) {
        Program program(row.program, row.arguments);
        CHECK(program.wait() == 1);
        INFO(row.program << " says " << program.err);
        CHECK(contains(program.err, row.named));
        CHECK(program.out.empty());
    }
}
