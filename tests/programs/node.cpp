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

/// Its topology file.
class TopologyFile {
  public:
    TopologyFile() { write(""); }
    void write(const std::string& groups) const {
        const std::string text = R"({"localRoots": [)" + groups + R"(], "publicRoots": []})";
        scratch_.write("topology", ouro::BytesView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    }
    [[nodiscard]] std::string path() const { return (scratch_.path() / "topology").string(); }
    /// One peer, under this name if there is one.
    static std::string group(const std::string& address, const std::string& name = "") {
        const auto colon = address.rfind(':');
        return R"({"accessPoints": [{"address": ")" + (name.empty() ? address.substr(0, colon) : name) +
               R"(", "port": )" + address.substr(colon + 1) + R"(}], "valency": 1})";
    }

  private:
    support::TemporaryDirectory scratch_;
};

// A transaction of the reference's own tests, and the hash of its body.
const std::string tx = "84a300d901028001800200a0f5f6";
const std::string tx_id = "3da9a3b38dce0e87ca4a88f3328caac7a970cf9ac40424cde2b675768d11f11b";

/// Whether the node at the address wanted it.
bool submitted_to(const std::string& address) {
    Program submit("submit-n2n", {"--magic", "7", "--json", address, "--tx", tx});
    REQUIRE(submit.wait() == 0);
    return json_lines(submit.out).back().value("delivered", 0) == 1;
}

std::size_t txs(const Node& node) {
    const auto lines = json_lines(node.program.out);
    return static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(), [](const Json& line) { return line.value("event", "") == "tx"; }));
}

}  // namespace

TEST_CASE("Blocks made by one of three nodes spread to the others", "[programs][node]") {
    Node maker({"--synthetic", "50"});
    Node middle({maker.address});
    Node end({middle.address});
    const std::string hash = end.await_block(30);
    CHECK(middle.await_block(30) == hash);
    CHECK(maker.await_block(30) == hash);

    for (Node* node : {&end, &middle, &maker}) node->program.interrupt();
    for (Node* node : {&end, &middle, &maker}) CHECK(node->program.wait() == 0);
    const Json done = json_lines(middle.program.out).back();
    CHECK(done.value("event", "") == "done");
    CHECK(done.value("served_blocks", 0) >= 31);
}

TEST_CASE("A node serves on a connection that it dialled", "[programs][node]") {
    Node maker({"--synthetic", "50"});
    Node follower({maker.address});
    CHECK(maker.await("serving").value("detail", "") == "both ways");
    CHECK(follower.await("serving").value("peer", "") == maker.address);
    follower.await_block(5);
}

TEST_CASE("A killed node continues from its file", "[programs][node]") {
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
    CHECK(maker.blocks > before / 2);
    Node follower({"--store", kept, maker.address});
    CHECK(follower.blocks > before / 2);  // the last ones may not have been written yet
    const int next = std::max(maker.blocks, follower.blocks) + 5;
    follower.await_block(next);
    CHECK(follower.hashes.count(5) == 0);  // what it had it has not fetched again
    CHECK(maker.await_block(next) == follower.hashes[next]);
}

TEST_CASE("A node names the cause of a failed start", "[programs][node]") {
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

TEST_CASE("A node uses the peers of its topology, and new ones after reading it again", "[programs][node]") {
    Node first({"--synthetic", "50"}), second({"--synthetic", "50"});
    const TopologyFile file;
    file.write(TopologyFile::group(first.address, "localhost"));
    Node node({"--topology", file.path()});
    CHECK(node.await("connected").value("peer", "") == first.address);
    node.await_block(3);

    // What cannot be read changes nothing.
    file.write("{}");
    node.program.hang_up();
    CHECK(node.await("topology").value("error", "") == "localRoots[0].accessPoints: missing");
    node.await_block(10);

    file.write(TopologyFile::group(second.address));
    node.program.hang_up();
    CHECK(node.await("topology")["error"].is_null());
    CHECK(node.await("connected").value("peer", "") == second.address);
}

TEST_CASE("A node names the invalid field of its topology", "[programs][node]") {
    const TopologyFile file;
    file.write(R"({"accessPoints": [], "valency": "many"})");
    Program node("node", {"--magic", "7", "--listen", "127.0.0.1:0", "--topology", file.path()});
    CHECK(node.wait() == 1);
    CHECK(node.err.find("localRoots[0].valency: no whole number") != std::string::npos);
}

TEST_CASE("A transaction spreads from node to node once", "[programs][node]") {
    Node last({"--pull-txs"});
    Node middle({"--pull-txs", last.address});
    Node first({"--pull-txs", middle.address});
    first.await("connected");
    middle.await("connected");
    CHECK(submitted_to(first.address));
    for (Node* node : {&first, &middle, &last}) CHECK(node->await("tx").value("id", "") == tx_id);
    CHECK_FALSE(submitted_to(first.address));
    CHECK_FALSE(submitted_to(last.address));
    for (Node* node : {&first, &middle, &last}) node->program.interrupt();
    for (Node* node : {&first, &middle, &last}) {
        CHECK(node->program.wait() == 0);
        CHECK(txs(*node) == 0);  // behind the one that was taken
    }
}

TEST_CASE("Transactions pass in both directions over one connection", "[programs][node]") {
    const TopologyFile file;
    Node named({"--pull-txs", "--topology", file.path()});
    Node dialler({"--pull-txs", named.address});
    CHECK(named.await("serving").value("peer", "") == dialler.address);
    file.write(TopologyFile::group(dialler.address));
    named.program.hang_up();
    CHECK(named.await("connected").value("peer", "") == dialler.address);
    CHECK(submitted_to(named.address));
    const Json there = dialler.await("tx");
    CHECK(there.value("id", "") == tx_id);
    CHECK(there.value("peer", "") == named.address);
}

TEST_CASE("A node switches to a longer chain and not to a shorter one", "[programs][node]") {
    const bool longer = GENERATE(true, false);
    const Relay chain({"--synthetic", "20"}, "7");
    const Relay other({"--synthetic", longer ? "30x700" : "10x700"}, "7");
    const support::TemporaryDirectory scratch;
    const std::string kept = (scratch.path() / "kept").string();
    std::string hash;
    {
        Node node({"--store", kept, chain.address()});
        hash = node.await_block(19);
        node.program.interrupt();
        CHECK(node.program.wait() == 0);  // its last blocks are in the file
    }
    Node node({"--store", kept, other.address()});
    CHECK(node.blocks == 20);
    if (longer) {
        CHECK(node.await("roll-backward")["slot"].is_null());
        CHECK(node.await_block(29) != hash);
    } else {
        node.await("connected");
        node.program.interrupt();
        CHECK(node.program.wait() == 0);
        CHECK(json_lines(node.program.out).back().value("blocks", 0) == 20);
    }
}

TEST_CASE("a node never connects to itself", "[programs][node]") {
    Node other({"--synthetic", "50", "--share-peers"});
    const std::string where = GENERATE("127.0.0.1:", "0.0.0.0:");
    const std::string port = unused_address().substr(std::string("127.0.0.1:").size());
    const std::string self = "127.0.0.1:" + port;
    Program node("node", {"--magic", "7", "--json", "--share-peers", "--allow-range", "127.0.0.0/8", "--listen",
                          where + port, self, other.address});
    bool refused = false, block = false;
    while (!refused || !block) {
        const Json line = Json::parse(node.line(), nullptr, false);
        REQUIRE(line.is_object());
        const std::string event = line.value("event", "");
        block |= event == "block";
        if (line.value("peer", "") != self) continue;
        CHECK(event == "not-included");
        CHECK(line.value("detail", "") == "a connection of this node with itself");
        refused = true;
    }
    node.interrupt();
    CHECK(node.wait() == 0);
    for (const Json& line : json_lines(node.out)) CHECK(line.value("peer", "") != self);
}

TEST_CASE("A node reports when it dials a lost peer again", "[programs][node]") {
    Node maker({"--synthetic", "50"});
    Node follower({maker.address});
    (void)follower.await_block(3);
    maker.program.interrupt();
    (void)maker.program.wait();
    const Json lost = follower.await("lost");
    CHECK(lost.value("peer", "") == maker.address);
    REQUIRE(lost["retry_in"].is_number());
    CHECK(lost["retry_in"].get<double>() <= 7.0);
    follower.program.interrupt();
    CHECK(follower.program.wait() == 0);
    CHECK(follower.program.err.find("next try in") != std::string::npos);
}
