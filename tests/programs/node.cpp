#include <algorithm>
#include <map>

#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

/// The node example, and where it listens.
class Node {
  public:
    explicit Node(std::vector<std::string> arguments) : program("node", with(std::move(arguments))) {
        const Json first = next();
        REQUIRE(first.value("event", "") == "listening");
        address = first.value("address", "");
        blocks = first.value("blocks", 0);
    }

    Json next() { return Json::parse(program.line(), nullptr, false); }
    /// Reads on until the block with this number is there; its hash.
    std::string await_block(int number) {
        for (;;) {
            const Json line = next();
            REQUIRE(line.is_object());
            if (line.value("event", "") == "block") hashes[line.value("block", -1)] = line.value("hash", "");
            if (const auto found = hashes.find(number); found != hashes.end()) return found->second;
        }
    }
    Json await(const std::string& event) {
        for (;;) {
            Json line = next();
            REQUIRE(line.is_object());
            if (line.value("event", "") == event) return line;
        }
    }

    Program program;
    std::string address;
    int blocks = 0;
    std::map<int, std::string> hashes;

  private:
    static std::vector<std::string> with(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"--magic", "7", "--json", "--listen", "127.0.0.1:0"});
        return arguments;
    }
};

}  // namespace

TEST_CASE("three nodes form a network: what one makes, the others have, one from the other", "[programs][node]") {
    Node maker({"--synthetic", "50"});
    Node middle({maker.address});
    Node end({middle.address});
    const std::string hash = end.await_block(30);
    CHECK(middle.await_block(30) == hash);
    CHECK(maker.await_block(30) == hash);

    for (Node* node : {&end, &middle, &maker}) node->program.interrupt();
    for (Node* node : {&end, &middle, &maker}) CHECK(node->program.wait() == 130);
    const Json done = json_lines(middle.program.out).back();
    CHECK(done.value("event", "") == "done");
    CHECK(done.value("served_blocks", 0) >= 31);
}

TEST_CASE("a node serves on the connection that it has dialled", "[programs][node]") {
    Node maker({"--synthetic", "50"});
    Node follower({maker.address});
    CHECK(maker.await("serving").value("detail", "") == "both ways");
    CHECK(follower.await("serving").value("peer", "") == maker.address);
    follower.await_block(5);
}

TEST_CASE("a node that was killed goes on from its file", "[programs][node]") {
    const support::TemporaryDirectory scratch;
    const std::string made = (scratch.path() / "made").string();
    const std::string kept = (scratch.path() / "kept").string();
    int before = 0;
    {
        Node maker({"--synthetic", "50", "--store", made});
        Node follower({"--store", kept, maker.address});
        CHECK(follower.blocks == 0);
        follower.await_block(20);
        before = 20;
    }  // both are killed
    Node maker({"--synthetic", "50", "--store", made});
    CHECK(maker.blocks > before);
    Node follower({"--store", kept, maker.address});
    CHECK(follower.blocks > before);
    const int next = std::max(maker.blocks, follower.blocks) + 5;
    follower.await_block(next);
    CHECK(follower.hashes.count(5) == 0);  // what it had it has not fetched again
    CHECK(maker.await_block(next) == follower.hashes[next]);
}

TEST_CASE("a node says what stands in its way", "[programs][node]") {
    const support::TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "chain").string();
    const Node first({"--store", file});
    Program second("node", {"--magic", "7", "--listen", "127.0.0.1:0", "--store", file});
    CHECK(second.wait() == 7);
    CHECK(second.err.find("cannot keep the chain in " + file) != std::string::npos);
    Program third("node", {"--magic", "7", "--listen", first.address});
    CHECK(third.wait() == 2);
    CHECK(third.err.find("cannot listen on " + first.address) != std::string::npos);
    Program fourth("node", {"--magic", "7", "--listen", "nowhere"});
    CHECK(fourth.wait() == 1);
}
