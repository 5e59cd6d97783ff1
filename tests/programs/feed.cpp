#include <memory>

#include <csignal>

#include "programs/mock_node.hpp"
#include "programs/nats_server.hpp"

using namespace programs;

namespace {

using Words = std::vector<std::string>;

/// A node of magic 42 that a test can kill, and start again with another number of blocks.
class Node {
  public:
    explicit Node(const std::string& blocks, std::string magic = "42") : magic_(std::move(magic)) { start(blocks); }
    void start(const std::string& blocks) {
        program_.reset();
        program_ = std::make_unique<Program>(
            "mock-node", Words{"--magic", magic_, "--json", "--listen", socket, "--synthetic", blocks});
        REQUIRE(contains(program_->line(), "listening"));
    }
    void restart(const std::string& blocks) {
        REQUIRE(::kill(program_->pid(), SIGKILL) == 0);
        (void)program_->wait();
        start(blocks);
    }

  private:
    std::string magic_;
    support::TemporaryDirectory directory_;

  public:
    const std::string socket = (directory_.path() / "node.socket").string();

  private:
    std::unique_ptr<Program> program_;
};

Words arguments(const NatsServer& broker, const Words& more) {
    Words all{"--magic", "42", "--json", "--nats", broker.url()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}
/// Reads lines up to one with the event.
Json until(Program& program, const std::string& event) {
    for (;;) {
        const Json line = Json::parse(program.line(), nullptr, false);
        INFO("wanted " << event << ", got " << line);
        REQUIRE(line.is_object());
        if (line["event"] == event) return line;
        REQUIRE(line["event"] != "error");
    }
}
void kill(Program& program) {
    REQUIRE(::kill(program.pid(), SIGKILL) == 0);
    (void)program.wait();
}
/// What the verifier finds, which has to be one chain.
Json verified(const NatsServer& broker) {
    Program verify("feed-verify", arguments(broker, {}));
    const int code = verify.wait();
    INFO(verify.err);
    REQUIRE(code == 0);
    return json_lines(verify.out).back();
}
/// The end of the chain of a node with so many blocks.
std::string end_of(const std::string& blocks) {
    const MockNode node("{}", blocks);
    Program follow("follow", node.arguments({"--count", blocks}));
    REQUIRE(follow.wait() == 0);
    const auto lines = json_lines(follow.out);
    for (auto line = lines.rbegin(); line != lines.rend(); ++line)
        if ((*line)["event"] == "roll-forward")
            return std::to_string((*line)["slot"].get<std::uint64_t>()) + "." + (*line)["hash"].get<std::string>();
    return "";
}

}  // namespace

TEST_CASE("A feed of a relay is one chain with all of its blocks, and ends when it is interrupted",
          "[programs][feed]") {
    if (!NatsServer::installed()) return;
    const NatsServer broker;
    const Relay relay({"--synthetic", "300"}, "42");
    Program feed("feed", arguments(broker, {relay.address(), "--k", "20"}));
    until(feed, "writing");
    const Json current = until(feed, "current");
    SECTION("with SIGINT") {
        feed.interrupt();
        CHECK(feed.wait() == 130);
    }
    SECTION("with SIGTERM") {
        feed.terminate();
        CHECK(feed.wait() == 130);
    }
    const Json done = verified(broker);
    CHECK(done["applied"] == 300);
    CHECK(done["rollbacks"] == 0);
    CHECK(done["events"] == current["sequence"]);
    CHECK(done["end"] == end_of("300"));
}

TEST_CASE("A feed of a relay goes on after the death of the broker", "[programs][feed]") {
    if (!NatsServer::installed()) return;
    NatsServer broker;
    const Relay relay({"--synthetic", "300"}, "42");
    Program feed("feed", arguments(broker, {relay.address(), "--k", "20"}));
    until(feed, "current");
    broker.kill();
    broker.start();
    until(feed, "writing");
    until(feed, "current");
    feed.interrupt();
    CHECK(feed.wait() == 130);
    CHECK(json_lines(feed.out).back()["retries"] > 0);
    CHECK(verified(broker)["applied"] == 300);
}

TEST_CASE("A feed goes on in its stream after rollbacks, its own death, and that of the broker", "[programs][feed]") {
    if (!NatsServer::installed()) return;
    NatsServer broker;
    Node node("40");
    const Words words{"--socket", node.socket, "--k", "30"};
    auto feed = std::make_unique<Program>("feed", arguments(broker, words));
    until(*feed, "current");
    node.restart("25");
    until(*feed, "current");
    CHECK(verified(broker)["rollbacks"] == 1);

    kill(*feed);
    node.restart("60");
    feed = std::make_unique<Program>("feed", arguments(broker, words));
    CHECK(until(*feed, "writing")["after"].get<int>() > 40);
    until(*feed, "current");
    CHECK(verified(broker)["end"] == end_of("60"));

    kill(*feed);
    node.restart("50");  // while there is no feeder
    feed = std::make_unique<Program>("feed", arguments(broker, words));
    until(*feed, "current");
    CHECK(verified(broker)["rollbacks"] == 2);

    broker.kill();
    node.restart("70");
    broker.start();
    until(*feed, "writing");
    until(*feed, "current");
    feed->interrupt();
    CHECK(feed->wait() == 130);
    CHECK(json_lines(feed->out).back()["retries"] > 0);
    const Json done = verified(broker);
    CHECK(done["rollbacks"] == 2);
    CHECK(done["resets"] == 0);
    CHECK(done["end"] == end_of("70"));
}

TEST_CASE("Of two feeders one is on standby, and takes over when the other is killed", "[programs][feed]") {
    if (!NatsServer::installed()) return;
    const NatsServer broker;
    Node node("100");
    const Words words{"--socket", node.socket, "--k", "30"};
    Program first("feed", arguments(broker, words));
    until(first, "writing");
    Program second("feed", arguments(broker, words));
    until(second, "standby");
    SECTION("while it writes") {}
    SECTION("at the tip") { until(first, "current"); }
    kill(first);
    until(second, "writing");
    until(second, "current");
    second.interrupt();
    CHECK(second.wait() == 130);
    CHECK(json_lines(second.out).back()["takeovers"] == 1);
    const Json done = verified(broker);
    CHECK(done["applied"] == 100);
    CHECK(done["end"] == end_of("100"));
}

TEST_CASE("Two feeders that begin at once write each block once", "[programs][feed]") {
    if (!NatsServer::installed()) return;
    const NatsServer broker;
    Node node("200");
    const Words words{"--socket", node.socket, "--k", "30"};
    {
        Program first("feed", arguments(broker, words)), second("feed", arguments(broker, words));
        Json line;
        do line = Json::parse(first.line(), nullptr, false);
        while (line["event"] == "writing");
        REQUIRE((line["event"] == "current" || line["event"] == "standby"));
        if (line["event"] == "standby") until(second, "current");
    }
    const Json done = verified(broker);
    CHECK(done["applied"] == 200);
}

TEST_CASE("A consumer applies and reverts what the stream says, and resumes", "[programs][feed]") {
    if (!NatsServer::installed()) return;
    const NatsServer broker;
    const support::TemporaryDirectory directory;
    const std::string database = (directory.path() / "chain.db").string();
    Node node("40", "2");
    Program feed("feed", {"--magic", "2", "--json", "--nats", broker.url(), "--socket", node.socket, "--k", "30"});
    const auto consumed = [&](const Json& current) {
        Program consumer("feed-consumer",
                         {"preview", database, broker.url(), std::to_string(current["sequence"].get<int>())});
        const int code = consumer.wait();
        INFO(consumer.err);
        REQUIRE(code == 0);
        return consumer.out;
    };
    CHECK(consumed(until(feed, "current")) == "40 blocks up to " + end_of("40") + "\n");
    node.restart("20");
    CHECK(consumed(until(feed, "current")) == "20 blocks up to " + end_of("20") + "\n");
    node.restart("55");
    const Json last = until(feed, "current");
    CHECK(consumed(last) == "55 blocks up to " + end_of("55") + "\n");
    CHECK(consumed(last) == "55 blocks up to " + end_of("55") + "\n");
}

TEST_CASE("A feed ends with the reason when its server or stream cannot be used", "[programs][feed]") {
    if (!NatsServer::installed()) return;
    std::string reason;
    Words more;
    std::unique_ptr<NatsServer> broker;
    std::string url;
    SECTION("a wrong password") {
        broker = std::make_unique<NatsServer>(Words{"--user", "feeder", "--pass", "right"});
        url = broker->url();
        more = {"--nats-user", "feeder", "--nats-password", "wrong"};
        reason = "uthoriz";
    }
    SECTION("messages that are too large") {
        broker = std::make_unique<NatsServer>();
        url = broker->url();
        more = {"--largest", "2500000"};
        reason = "max_payload";
    }
    SECTION("a stream of another network") {
        broker = std::make_unique<NatsServer>();
        url = broker->url();
        const Relay relay({"--synthetic", "5"}, "43");
        Program other("feed", {"--magic", "43", "--json", "--nats", url, relay.address(), "--stream", "S", "--subject",
                               "cardano.s"});
        until(other, "current");
        kill(other);
        more = {"--stream", "S", "--subject", "cardano.s"};
        reason = "network with magic 43";
    }
    SECTION("a stream with other subjects") {
        broker = std::make_unique<NatsServer>();
        url = broker->url();
        const Relay relay({"--synthetic", "5"}, "43");
        Program other("feed", {"--magic", "43", "--json", "--nats", url, relay.address(), "--stream", "S"});
        until(other, "current");
        kill(other);
        more = {"--stream", "S"};
        reason = "its subjects are others";
    }
    const Relay relay({"--synthetic", "5"}, "42");
    more.push_back(relay.address());
    Program feed("feed", arguments(*broker, more));
    CHECK(feed.wait() == 7);
    INFO(feed.err);
    CHECK(contains(json_lines(feed.out).back()["message"], reason));
}
