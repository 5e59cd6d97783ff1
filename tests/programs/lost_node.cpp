#include <filesystem>
#include <optional>

#include <ouro/chain/header.hpp>
#include <ouro/chain/synthetic.hpp>

#include "programs/hostile.hpp"
#include "programs/points.hpp"
#include "support/temporary_directory.hpp"
#include "support/wire.hpp"

using namespace programs;

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// A node that is lost and started again, always at the same path.
class LostNode {
  public:
    /// There is none yet.
    LostNode() = default;
    explicit LostNode(const std::string& blocks) { start(blocks); }

    void start(const std::string& blocks) {
        program_.emplace("mock-node", Words{"--magic", "42", "--json", "--listen", socket, "--synthetic", blocks});
        REQUIRE(contains(program_->line(), "listening"));
    }
    /// Leaves its socket behind.
    void kill() { program_.reset(); }
    /// Takes its socket away.
    void end() {
        program_->interrupt();
        (void)program_->wait();
        program_.reset();
    }
    [[nodiscard]] Words arguments(const Words& more) const { return join({"--magic", "42", "--socket", socket}, more); }
    /// Those of its first blocks.
    [[nodiscard]] std::vector<std::string> points(std::size_t count) const {
        Program follow("follow", arguments({"--count", std::to_string(count), "--json"}));
        REQUIRE(follow.wait() == 0);
        return points_in(follow.out);
    }

  private:
    support::TemporaryDirectory directory_;

  public:
    const std::string socket = (directory_.path() / "node.socket").string();

  private:
    std::optional<Program> program_;
};

/// With and without `--retry`, whose wait has no end.
const std::vector<Words> waits{{"--timeout", "60"}, {"--timeout", "0.1", "--retry"}};

/// The lines of a follower up to the tip.
std::string to_the_tip(Program& follow) {
    std::string lines, line;
    do {
        line = follow.line();
        REQUIRE(!line.empty());
        lines += line + "\n";
    } while (!contains(line, "at-tip"));
    return lines;
}

std::vector<ouro::Bytes> blocks_of(std::uint64_t seed) {
    ouro::chain::SyntheticChain::Options options;
    options.blocks = 6;
    options.seed = seed;
    const ouro::chain::SyntheticChain chain(options);
    std::vector<ouro::Bytes> blocks;
    for (ouro::ChainView::Position i = 1; i <= 6; ++i) blocks.push_back(*chain.block(i));
    return blocks;
}

std::string point_of(const ouro::Bytes& block) {
    const auto point = ouro::chain::point_of(block);
    REQUIRE(point);
    return std::to_string(static_cast<std::uint64_t>(point->slot)) + "." + ouro::to_hex(point->hash);
}

}  // namespace

TEST_CASE("A follower of a node waits for the node after losing it", "[programs][follow][lost]") {
    const Words wait = GENERATE(from_range(waits));
    const bool killed = GENERATE(true, false);
    LostNode node("20");
    Program follow("follow", node.arguments(join({"--count", "30", "--json"}, wait)));
    const std::string lines = to_the_tip(follow);
    killed ? node.kill() : node.end();
    CHECK(contains(follow.note(), "connected"));
    CHECK(contains(follow.note(), "trying again"));
    node.start("40");
    CHECK(follow.wait() == 0);
    INFO(follow.err);
    CHECK(points_in(lines + follow.out) == node.points(30));
    CHECK(!contains(follow.out, "roll-backward"));
}

TEST_CASE("A fetch from a node continues behind its last block when the node returns", "[programs][fetch][lost]") {
    const Words wait = GENERATE(from_range(waits));
    const bool file = GENERATE(true, false);
    LostNode node("3000");
    const auto points = node.points(3'000);
    const Words range{"--from", points[9], "--to", points.back()};
    Program whole("fetch", node.arguments(range));
    REQUIRE(whole.wait() == 0);

    const support::TemporaryDirectory scratch;
    const fs::path out = scratch.path() / "out";
    const Words to = file ? Words{"--json", "--out", out.string()} : Words{};
    Program fetch("fetch", node.arguments(join(join(range, wait), to)));
    // The program writes no more than its pipe takes while nothing reads it: it is not through when the node dies.
    const std::string first = fetch.line() + "\n";
    node.kill();
    node.start("3000");
    CHECK(fetch.wait() == 0);
    INFO(fetch.err);
    CHECK(contains(fetch.err, "trying again"));
    if (!file) {
        CHECK((first + fetch.out == whole.out));
        return;
    }
    const auto lines = json_lines(first + fetch.out);
    REQUIRE(lines.size() == 2'991);
    for (std::size_t i = 0; i < 2'990; ++i) CHECK(lines[i]["index"] == i);
    CHECK((content(out) == whole.out));
    CHECK(!fs::exists(out.string() + ".part"));
}

TEST_CASE("A run exits with 2 at its time limit if the node does not return", "[programs][follow][fetch][lost]") {
    LostNode node("3000");
    const auto points = node.points(3'000);
    const support::TemporaryDirectory scratch;
    const fs::path out = scratch.path() / "out";
    Words arguments = node.arguments({"--timeout", "1", "--json"});
    const std::string name = GENERATE("follow", "fetch");
    if (name == "fetch")
        arguments = join(arguments, {"--from", "origin", "--to", points.back(), "--out", out.string()});
    Program program(name, arguments);
    const std::string first = program.line();
    node.kill();
    CHECK(program.wait() == 2);
    CHECK(contains(program.err, "trying again"));
    CHECK(contains(program.err, "error: " + node.socket));
    CHECK(json_lines(first + "\n" + program.out).back()["event"] == "error");
    if (name == "follow") return;

    // The same command continues the file.
    CHECK(fs::exists(out.string() + ".part"));
    node.start("3000");
    Program again("fetch", arguments);
    CHECK(again.wait() == 0);
    CHECK(json_lines(again.out).back()["kept"] > 0);
    Program whole("fetch", node.arguments({"--from", "origin", "--to", points.back()}));
    CHECK(whole.wait() == 0);
    CHECK((content(out) == whole.out));
}

TEST_CASE("With --retry a run waits for a node that is not reachable yet", "[programs][follow][fetch][lost]") {
    LostNode node("20");
    const auto points = node.points(20);
    const bool stale = GENERATE(true, false);
    stale ? node.kill() : node.end();
    const std::string name = GENERATE("follow", "fetch");
    const Words what = name == "fetch" ? Words{"--from", "origin", "--to", points[19]} : Words{"--count", "20"};
    Program program(name, node.arguments(join({"--retry", "--timeout", "0.1", "--json"}, what)));
    std::string note;
    while (!contains(note = program.note(), "trying again")) REQUIRE(!note.empty());
    CHECK(contains(note, "there is no such file") == !stale);
    node.start("20");
    CHECK(program.wait() == 0);
}

TEST_CASE("With --retry a refusal or a broken rule ends a run at once", "[programs][follow][fetch][lost]") {
    const auto blocks = blocks_of(1);
    const std::string name = GENERATE("follow", "fetch");
    const Words what = name == "fetch" ? Words{"--from", "origin", "--to", point_of(blocks[5])} : Words{};
    SECTION("another network") {
        const LostNode node("20");
        Program program(name, join({"--magic", "43", "--json", "--retry", node.socket}, what));
        CHECK(program.wait() == 3);
    }
    SECTION("a forged block, which is named") {
        const LostNode nowhere;
        std::size_t forged = 3;
        Forgery forgery(blocks);
        SECTION("another body") {
            std::vector<std::uint8_t> bytes(blocks[3].view().begin(), blocks[3].view().end());
            bytes.back() ^= 1;
            forgery.served[3].block = ouro::Bytes::copy(bytes);
        }
        SECTION("an omitted block") {
            forgery.in_order({0, 1, 2, 4, 5});
            forged = 4;
        }
        const HostileNode node(nowhere.socket, forgery);
        Program program(name, nowhere.arguments(join({"--json", "--retry"}, what)));
        CHECK(program.wait() == 5);
        INFO(program.err);
        CHECK(contains(json_lines(program.out).back()["message"], "local-chain-sync"));
        CHECK(contains(json_lines(program.out).back()["message"], ", at " + point_of(blocks[forged])));
    }
}

TEST_CASE("A follower continues from the common point when a node returns with fewer blocks",
          "[programs][follow][lost]") {
    LostNode node("20");
    const auto points = node.points(20);
    Program follow("follow", node.arguments({"--json"}));
    CHECK(points_in(to_the_tip(follow)) == points);
    node.kill();
    node.start("10");
    const Json back = Json::parse(follow.line(), nullptr, false);
    REQUIRE(back.is_object());
    CHECK(back["event"] == "roll-backward");
    REQUIRE(back["slot"].is_number());
    const std::string to = std::to_string(back["slot"].get<std::uint64_t>()) + "." + back["hash"].get<std::string>();
    std::vector<std::string> held;
    for (const std::string& point : points) {
        held.push_back(point);
        if (point == to) break;
    }
    REQUIRE(held.back() == to);
    for (const std::string& point : points_in(to_the_tip(follow))) held.push_back(point);
    CHECK(held == std::vector<std::string>(points.begin(), points.begin() + 10));
    follow.interrupt();
    CHECK(follow.wait() == 130);
}

TEST_CASE("A follower reports that a node returned with another chain", "[programs][follow][fetch][lost]") {
    LostNode node("20");
    const auto points = node.points(20);
    const auto comes_back = [&] { return HostileNode(node.socket, Forgery(blocks_of(2))); };
    SECTION("to a follower from the origin") {
        Program follow("follow", node.arguments({"--json"}));
        (void)to_the_tip(follow);
        node.kill();
        const HostileNode other = comes_back();
        const Json back = Json::parse(follow.line(), nullptr, false);
        REQUIRE(back.is_object());
        CHECK(back["event"] == "roll-backward");
        CHECK(back["slot"].is_null());
        CHECK(points_in(to_the_tip(follow)).size() == 6);
    }
    SECTION("to a follower beyond its remembered history") {
        node.end();
        node.start("3000");
        Program follow("follow", node.arguments({"--json"}));
        (void)to_the_tip(follow);
        node.kill();
        const HostileNode other = comes_back();
        CHECK(follow.wait() == 6);
        CHECK(json_lines(follow.out).back()["code"] == "no_intersection");
    }
    SECTION("to a follower from a point") {
        Program follow("follow", node.arguments({"--json", "--from", points[9]}));
        (void)to_the_tip(follow);
        node.kill();
        const HostileNode other = comes_back();
        CHECK(follow.wait() == 6);
        CHECK(json_lines(follow.out).back()["code"] == "no_intersection");
        CHECK(contains(follow.err, "differs from what was printed, before " + points[9]));
    }
    SECTION("to a fetch") {
        const std::string from = GENERATE_COPY(std::string("origin"), points[9]);
        node.end();
        node.start("3000");
        const std::string last = node.points(3'000).back();
        Program fetch("fetch", node.arguments({"--json", "--from", from, "--to", last}));
        const std::string first = fetch.line() + "\n";
        node.kill();
        const HostileNode other = comes_back();
        CHECK(fetch.wait() == 6);
        CHECK(contains(fetch.err, "the chain has switched to another fork"));
    }
}

TEST_CASE("A node that always disconnects after the handshake does not keep a run alive",
          "[programs][follow][fetch][lost]") {
    const LostNode nowhere;
    const raw::ByteVector accepts = raw::bytes("0000000080000009830119801082182af4");  // version 16, magic 42
    const FakeNode node(nowhere.socket, accepts, FakePeer::Leaves::every_second_time);
    const std::string name = GENERATE("follow", "fetch");
    const Words what = name == "fetch" ? Words{"--from", "origin", "--to", "9." + std::string(64, 'a')} : Words{};
    Program program(name, nowhere.arguments(join({"--json", "--timeout", "2.5"}, what)));
    const int code = program.wait();
    CHECK((code == 2 || code == 4));
    INFO(program.err);
    CHECK(program.err.find("connected to") != program.err.rfind("connected to"));
}

TEST_CASE("A watch of a mempool continues when its node returns", "[programs][mempool][lost]") {
    const Words wait = GENERATE(from_range(waits));
    const bool killed = GENERATE(true, false);
    LostNode node("5");
    Program watch("mempool", node.arguments(join({"--watch", "--count", "2", "--json"}, wait)));
    std::string line;
    while (!contains(line = watch.line(), "measures")) REQUIRE(!line.empty());
    killed ? node.kill() : node.end();
    std::string note;
    while (!contains(note = watch.note(), "trying again")) REQUIRE(!note.empty());
    node.start("5");
    CHECK(watch.wait() == 0);
    INFO(watch.err);
    CHECK(contains(watch.out, "\"event\":\"mempool\""));
    CHECK(contains(watch.out, "\"event\":\"measures\""));
}

TEST_CASE("A watch of a mempool exits with 2 at its time limit if the node does not return",
          "[programs][mempool][lost]") {
    LostNode node("5");
    Program watch("mempool", node.arguments({"--watch", "--timeout", "1", "--json"}));
    std::string lines, line;
    while (!contains(line = watch.line(), "measures")) {
        REQUIRE(!line.empty());
        lines += line + "\n";
    }
    node.kill();
    CHECK(watch.wait() == 2);
    CHECK(contains(watch.err, "trying again"));
    CHECK(contains(watch.err, "error: " + node.socket));
    CHECK(json_lines(lines + line + "\n" + watch.out).back()["event"] == "error");
}

TEST_CASE("A watch of a mempool waits for an unreachable node only with --retry", "[programs][mempool][lost]") {
    LostNode node("5");
    node.end();
    Program at_once("mempool", node.arguments({"--watch", "--json"}));
    CHECK(at_once.wait() == 2);
    CHECK(!contains(at_once.err, "trying again"));
    Program patient("mempool", node.arguments({"--retry", "--timeout", "0.5", "--json"}));
    std::string note;
    while (!contains(note = patient.note(), "trying again")) REQUIRE(!note.empty());
    node.start("5");
    CHECK(patient.wait() == 0);
    CHECK(contains(patient.out, "\"event\":\"mempool\""));
}
