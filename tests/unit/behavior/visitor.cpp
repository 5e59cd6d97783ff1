#include <map>

#include <ouro/behavior/metrics.hpp>
#include <ouro/behavior/tracer.hpp>

#include "unit/behavior/crowd.hpp"

using namespace cast;

namespace {

/// Writes down what it sees, and wishes what the test tells it to.
class Diary final : public PeerVisitor {
  public:
    void connected(const Peer& peer, Instant) override { note("connected", peer); }
    void initialized(const Peer& peer, const Agreement& agreement, Instant) override {
        note("initialized", peer);
        CHECK(agreement.version == n2n::version_15);
    }
    void received(const Peer& peer, Role role, const n2n::Message& message, std::size_t bytes, Instant) override {
        note("received", peer);
        CHECK(role == ours);
        ++received_on[message.channel()];
        bytes_received += bytes;
    }
    void sending(const Peer& peer, Role role, const n2n::Message& message, Instant) override {
        note("sending", peer);
        CHECK(role == ours);
        ++sent_on[message.channel()];
        if (dislikes == peer.peer) wish = Disconnect{peer.connection};
    }
    void disconnected(const Peer& peer, Errc reason, const Violation&, Instant) override {
        note("disconnected", peer);
        reasons.push_back(reason);
    }
    void moved(const PeerId& peer, Temperature from, Temperature to, Instant) override {
        notes.push_back(std::string(name(from)) + " to " + std::string(name(to)) + " " + std::string(peer.text()));
    }
    void tick(Instant now) override {
        if (now < alarm) return;
        ++alarms;
        alarm += 60s;
    }
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept override {
        return alarm == Instant::max() ? std::nullopt : std::optional(alarm);
    }
    std::optional<Wish> poll_wish() override { return std::exchange(wish, std::nullopt); }

    void note(const char* what, const Peer& peer) { notes.push_back(what + (" " + std::string(peer.peer.text()))); }

    Role ours = Role::initiator;
    std::vector<std::string> notes;
    std::map<Channel, std::size_t> received_on, sent_on;
    std::size_t bytes_received = 0;
    std::vector<Errc> reasons;
    PeerId dislikes;
    std::optional<Wish> wish;
    Instant alarm = Instant::max();
    int alarms = 0;
};

struct Visited : Crowd {
    explicit Visited(std::size_t relays_there, std::shared_ptr<Diary> visitor = std::make_shared<Diary>())
        : Crowd(relays_there, visited_by(visitor)), diary(*visitor) {}
    static ini::Config visited_by(const std::shared_ptr<Diary>& visitor) {
        ini::Config config = knowing();
        config.visitors = {visitor};
        return config;
    }
    Diary& diary;
};

}  // namespace

TEST_CASE("A visitor sees everything of a peer in order", "[unit][behavior][visitor]") {
    Visited v(1);
    v.know(0, 1);
    v.net.run_for(1s);
    const std::vector<std::string> beginning{"connected relay0.example:3001",    "sending relay0.example:3001",
                                             "received relay0.example:3001",     "initialized relay0.example:3001",
                                             "cold to warm relay0.example:3001", "warm to hot relay0.example:3001",
                                             "sending relay0.example:3001",      "received relay0.example:3001"};
    CHECK(v.diary.notes == beginning);
    REQUIRE(v.node.execute(ini::StartSync{}));
    REQUIRE(await<ini::AtTip>(v.net, v.node));
    CHECK(v.diary.sent_on[ChainSync::channel] == 13);      // the intersection, and a request for each answer
    CHECK(v.diary.received_on[ChainSync::channel] == 13);  // found, back, ten headers, and the word to wait
    CHECK(v.diary.bytes_received > 10 * 100);
    v.disconnect(v.ids[0]);
    v.net.run_for(1s);
    CHECK(v.diary.reasons == std::vector{Errc::closed_by_peer});
    CHECK(v.diary.notes[v.diary.notes.size() - 2] == "disconnected relay0.example:3001");
    CHECK(v.diary.notes.back() == "hot to cold relay0.example:3001");
}

TEST_CASE("A visitor has its own clock", "[unit][behavior][visitor]") {
    const auto visitor = std::make_shared<Diary>();
    visitor->alarm = SimulatedNetwork().now() + 60s;
    Visited v(0, visitor);
    v.net.run_for(10min);
    CHECK(visitor->alarms == 10);
}

TEST_CASE("A visitor's wishes are carried out at once, whenever they were made", "[unit][behavior][visitor]") {
    Visited v(2);
    v.know(0, 2);
    SECTION("a ban") {
        v.net.run_for(1s);
        v.diary.wish = PeerVisitor::Ban{v.ids[0], 1min};
        REQUIRE(await<ini::PeerBanned>(v.net, v.node, 15s));
        CHECK(last<ini::PeerBanned>(v.node).peer == v.ids[0]);
        CHECK(v.temperature(v.ids[0]) == Temperature::banned);
        v.net.run_for(70s);
        CHECK(v.temperature(v.ids[0]) == Temperature::hot);
    }
    SECTION("a disconnect, from within a send") {
        v.diary.dislikes = v.ids[1];
        v.net.run_for(1s);
        CHECK(v.temperature(v.ids[0]) == Temperature::hot);
        CHECK(v.temperature(v.ids[1]) == Temperature::cold);
        CHECK(v.diary.reasons == std::vector{Errc::disconnected});
    }
}

TEST_CASE("A relay has visitors too and carries out their wishes", "[unit][behavior][visitor]") {
    const auto visitor = std::make_shared<Diary>();
    visitor->ours = Role::responder;
    SimulatedNetwork net;
    visitor->alarm = net.now() + 60s;
    res::Config config = serving(std::make_shared<TestChain>(10));
    config.visitors = {visitor, nullptr};
    Responder& relay = net.add<ResponderBehavior>(relay_id, config);
    Initiator& node = net.add<InitiatorBehavior>(node_id, knowing());
    REQUIRE(node.execute(ini::IncludePeer{relay_id}));
    REQUIRE(node.execute(ini::StartSync{}));
    REQUIRE(await<ini::AtTip>(net, node));
    CHECK(visitor->received_on[ChainSync::channel] == 13);  // the others wait unread
    CHECK(visitor->sent_on[ChainSync::channel] == 13);
    CHECK(visitor->notes.front().substr(0, 10) == "connected ");
    net.run_for(2min);
    CHECK(visitor->alarms == 2);
    const auto connection = relay.behavior().peers().at(0).connection;
    SECTION("a disconnect") {
        visitor->wish = PeerVisitor::Disconnect{connection};
        REQUIRE(await<ini::PeerDisconnected>(net, node, 15s));
        CHECK(last<ini::PeerDisconnected>(node).reason == Errc::closed_by_peer);
        net.run_for(5s);
        CHECK(visitor->reasons == std::vector{Errc::disconnected});
    }
    SECTION("a ban") {
        visitor->wish = PeerVisitor::Ban{relay.behavior().peers().at(0).peer, 10min};
        REQUIRE(await<ini::PeerDisconnected>(net, node, 15s));
        CHECK(relay.behavior().bans().size() == 1);
        net.run_for(5min);
        CHECK(relay.behavior().peers().empty());
        CHECK(relay.behavior().counters().rejected > 0);
    }
}

TEST_CASE("Metrics count events by protocol and message", "[unit][behavior][visitor]") {
    const auto metrics = std::make_shared<Metrics>();
    ini::Config config = knowing();
    config.visitors = {metrics};
    Crowd crowd(2, config);
    crowd.net.reach(crowd.ids[1], Reach::refuses);
    crowd.know(0, 2);
    REQUIRE(crowd.node.execute(ini::StartSync{}));
    REQUIRE(await<ini::AtTip>(crowd.net, crowd.node));
    crowd.disconnect(crowd.ids[0]);
    crowd.net.run_for(1s);
    const auto& figures = metrics->figures();
    CHECK(figures.connections == 1);
    CHECK(figures.agreements == 1);
    CHECK(figures.violations == 0);
    CHECK(figures.ends == std::map<Errc, std::uint64_t>{{Errc::connect_failed, 1}, {Errc::closed_by_peer, 1}});
    CHECK(figures.moves.at({Temperature::warm, Temperature::hot}) == 1);
    CHECK(figures.received.at({"chain-sync", "RollForward"}).messages == 10);
    CHECK(figures.received.at({"chain-sync", "RollForward"}).bytes > 10 * 100);
    CHECK(figures.sent.at({"chain-sync", "FindIntersect"}).messages == 1);
    CHECK(figures.sent.at({"keep-alive", "KeepAlive"}).messages == 1);
}

TEST_CASE("A tracer passes on everything, as lines if configured", "[unit][behavior][visitor]") {
    std::vector<std::string> lines;
    Instant latest{};
    ini::Config config = knowing();
    config.visitors = {std::make_shared<Tracer>([&](const Trace& trace) {
        CHECK(trace.at >= latest);
        latest = trace.at;
        lines.push_back(to_string(trace));
    })};
    Crowd crowd(1, config);
    crowd.know(0, 1);
    crowd.net.run_for(1s);
    const Instant before = crowd.net.now();
    crowd.disconnect(crowd.ids[0]);
    crowd.net.run_for(1s);
    CHECK(latest > before);
    REQUIRE(lines.size() == 10);
    CHECK(lines[0] == "connected relay0.example:3001");
    CHECK(lines[1] == "sending relay0.example:3001 handshake ProposeVersions");
    CHECK(lines[2].substr(0, 54) == "received relay0.example:3001 handshake AcceptVersion 1");
    CHECK(lines[3] == "initialized relay0.example:3001");
    CHECK(lines[4] == "moved relay0.example:3001 cold warm");
    CHECK(lines[5] == "moved relay0.example:3001 warm hot");
    CHECK(lines[6] == "sending relay0.example:3001 keep-alive KeepAlive");
    CHECK(lines[8] == "disconnected relay0.example:3001 closed_by_peer");
    CHECK(lines[9] == "moved relay0.example:3001 hot cold");
}
