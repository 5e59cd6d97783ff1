#include "unit/behavior/eb_relay.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

/// A node whose only relay tells of endorser blocks by hand.
struct Told {
    explicit Told(const ini::Config& config = following())
        : relay(net, raw_id), node(net.add<InitiatorBehavior>(node_id, config)) {
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
        net.run_for(100ms);
    }
    void send(std::uint16_t channel, const ByteVector& messages) {
        relay.send(channel, messages);
        net.run_for(100ms);
    }
    /// Requests for notifications on the newest connection.
    [[nodiscard]] std::size_t requests() {
        const ByteVector heard = relay.heard(18);
        CHECK(heard == raw::repeat(raw::request_next, heard.size() / 2));
        return heard.size() / 2;
    }
    void check_ended(Errc reason, const Violation& violation) {
        net.run_for(100ms);
        REQUIRE(count<ini::PeerDisconnected>(node) == 1);
        CHECK(last<ini::PeerDisconnected>(node).reason == reason);
        CHECK(last<ini::PeerDisconnected>(node).violation == violation);
        CHECK(relay.connection().error() == Errc::connection_reset);
        CHECK(net.connections() == 0);
        CHECK(net.held() == 0);
    }

    SimulatedNetwork net;
    RawRelay relay;
    Initiator& node;
};

const TestEb eb(7);
const ByteVector offer = raw::eb_offer(eb.point, 100);

}  // namespace

TEST_CASE("Notifications of endorser blocks are reported in the relay's order", "[unit][behavior][initiator][leios]") {
    EbWorld w;
    const Header header{Era::dijkstra, {}, TestChain::header_of(eb.point).cbor};
    const std::vector<Notification> news{LeiosNotify::BlockAnnouncement{header}, LeiosNotify::BlockOffer{eb.point, 77},
                                         LeiosNotify::Votes{{vote(1), vote(2)}}, LeiosNotify::BlockTxsOffer{eb.point},
                                         LeiosNotify::Votes{}};
    for (int i = 0; i < 10; ++i)
        for (const auto& notification : news) w.relay.tell(notification);
    w.include(w.relay);
    w.run_for(5s);
    const auto told_of = told<ini::EbNotification>(w.node);
    REQUIRE(told_of.size() == 50);
    for (std::size_t i = 0; i < 50; ++i) {
        CHECK(told_of[i].peer == relay_id);
        CHECK(told_of[i].notification == news[i % 5]);
    }
    w.relay.tell(news[1]);
    CHECK(w.await_more<ini::EbNotification>());
}

TEST_CASE("A relay always has a window of requests for notifications", "[unit][behavior][initiator][leios]") {
    ini::Config config = following();
    config.notify_window = GENERATE(1U, 7U, 10U, 100U);
    const std::size_t window = config.notify_window;
    Told t(config);
    CHECK(t.requests() == window);
    for (std::size_t answered = 1; answered <= 20; ++answered) {
        t.send(18, offer);
        CHECK(t.requests() == answered + window);
    }
    CHECK(count<ini::EbNotification>(t.node) == 20);
}

TEST_CASE("A user who takes no notifications stops only them", "[unit][behavior][initiator][leios]") {
    Told t;
    t.node.attend(false);
    while (t.node.poll_event()) {
    }
    t.send(18, raw::repeat(offer, 10));
    t.net.run_for(1h);
    CHECK(t.requests() == 10);
    CHECK(t.relay.pings() > 300);
    // What comes all the same was never asked for: it stays unread.
    t.send(18, offer);
    CHECK(t.node.held() == offer.size());
    CHECK(std::holds_alternative<ini::EbNotification>(*t.node.poll_event()));
    t.net.run_for(100ms);
    CHECK(t.requests() == 11);
    CHECK(t.node.held() == 0);  // it is the answer to this request
    t.node.attend(true);
    t.net.run_for(100ms);
    CHECK(t.requests() == 21);
    CHECK(count<ini::EbNotification>(t.node) == 10);
    CHECK(count<ini::PeerDisconnected>(t.node) == 0);
}

TEST_CASE("Notifications that were not taken also count against the window of the next connection",
          "[unit][behavior][initiator][leios]") {
    Told t;
    t.node.attend(false);
    t.send(18, raw::repeat(offer, 8));
    CHECK(t.requests() == 10);
    t.relay.connection().close();
    t.net.run_for(30s);
    REQUIRE(t.relay.lives() == 2);
    CHECK(t.requests() == 2);
    t.node.attend(true);
    t.net.run_for(100ms);
    CHECK(t.requests() == 10);
}

TEST_CASE("With a window of zero no notifications are requested, and endorser blocks can be fetched",
          "[unit][behavior][initiator][leios]") {
    ini::Config config = following();
    config.notify_window = 0;
    Told t(config);
    CHECK(t.requests() == 0);
    REQUIRE(t.node.execute(ini::FetchEb{eb.point}));
    t.net.run_for(100ms);
    CHECK(t.relay.heard(19) == raw::eb_request(eb.point));
    t.send(19, raw::eb(eb.cbor()));
    CHECK(count<ini::EbFetched>(t.node) == 1);
}

TEST_CASE("A node without Leios in its config neither speaks nor expects it", "[unit][behavior][initiator][leios]") {
    Told t(knowing());
    CHECK(t.relay.heard(18).empty());
    CHECK(t.node.execute(ini::FetchEb{eb.point}).error() == Errc::bad_argument);
    CHECK(t.node.execute(ini::FetchEbTxs{eb.point, TestEb::some({1})}).error() == Errc::bad_argument);
    const auto [channel, protocol] =
        GENERATE(table<std::uint16_t, std::string_view>({{18, "leios-notify"}, {19, "leios-fetch"}}));
    t.relay.send(channel, offer);
    t.check_ended(Errc::unknown_protocol, {protocol, {}, {}, Errc::unknown_protocol});
}

TEST_CASE("A relay without Leios in its config disconnects a node with it", "[unit][behavior][initiator][leios]") {
    SimulatedNetwork net;
    auto& relay = net.add<ResponderBehavior>(relay_id, offering(false));
    auto& node = net.add<InitiatorBehavior>(node_id, following());
    REQUIRE(node.execute(ini::IncludePeer{relay_id}));
    REQUIRE(await<ini::PeerDisconnected>(net, node));
    CHECK(last<res::PeerDisconnected>(relay).reason == Errc::unknown_protocol);
    CHECK(last<ini::PeerDisconnected>(node).reason == Errc::connection_reset);
}

TEST_CASE("A relay that breaks a rule of leios-notify is disconnected", "[unit][behavior][initiator][leios]") {
    Told t;
    SECTION("a request of its own") {
        t.relay.send(18, raw::request_next);
        t.check_ended(Errc::out_of_turn, {"leios-notify", "Busy", "RequestNext", Errc::out_of_turn});
    }
    SECTION("a Done, which only we may send") {
        t.relay.send(18, raw::leios_notify_done);
        t.check_ended(Errc::out_of_turn, {"leios-notify", "Busy", "Done", Errc::out_of_turn});
    }
    SECTION("a malformed message") {
        const auto [digits, offset] = GENERATE(table<std::string, std::size_t>(
            {{"8106", 1}, {"83028000", 2}, {"82049fff", 2}, {"820382004100", 4}, {"ff", 0}}));
        t.relay.send(18, raw::bytes(digits));
        t.check_ended(Errc::malformed, {"leios-notify", "Busy", {}, Errc::malformed, offset});
    }
    SECTION("an announcement larger than its limit") {
        t.relay.send(18, raw::eb_announcement(ByteVector(65'536 - 9, 0)), 40'000);
        t.check_ended(Errc::message_too_large, {"leios-notify", "Busy", {}, Errc::message_too_large, 65'535});
    }
    SECTION("but not one at the limit") {
        t.send(18, raw::eb_announcement(ByteVector(65'535 - 9, 0)));
        CHECK(count<ini::EbNotification>(t.node) == 1);
        CHECK(count<ini::PeerDisconnected>(t.node) == 0);
    }
}

TEST_CASE("Done is sent in leios-notify where it is our turn", "[unit][behavior][initiator][leios]") {
    ini::Config config = following();
    config.notify_window = 1;
    Told t(config);
    SECTION("an answer is due") {
        REQUIRE(t.node.execute(ini::DemotePeer{raw_id}));
        t.net.run_for(100ms);
        CHECK(t.relay.heard(18) == raw::request_next);
    }
    SECTION("all answers came and were not taken") {
        t.node.attend(false);
        t.send(18, offer);
        t.node.stop();
        t.net.run_for(100ms);
        CHECK(t.relay.heard(18) == raw::join({raw::request_next, raw::leios_notify_done}));
    }
    CHECK(t.relay.connection().ended());
    t.relay.connection().close();
    t.net.run_for(100ms);
    CHECK(t.net.connections() == 0);
}

namespace {

/// A node whose targets say how its only relay is used, which answers by hand.
struct Used {
    Used() : relay(net, raw_id), node(net.add<InitiatorBehavior>(node_id, config())) {
        REQUIRE(node.execute(ini::KnowPeers{{raw_id}}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
        net.run_for(100ms);
    }
    static ini::Config config() {
        ini::Config config = following();
        config.notify_window = 2;
        config.targets = {1, 1};
        return config;
    }
    void hot(std::size_t peers) {
        REQUIRE(node.execute(ini::SetTargets{{1, peers}}));
        net.run_for(100ms);
    }
    void send(std::uint16_t channel, const ByteVector& messages) {
        relay.send(channel, messages);
        net.run_for(100ms);
    }

    SimulatedNetwork net;
    RawRelay relay;
    Initiator& node;
};

}  // namespace

TEST_CASE("A demoted relay ends Leios after its outstanding answers, and starts again when it is hot",
          "[unit][behavior][initiator][leios]") {
    Used u;
    const ByteVector requests = raw::repeat(raw::request_next, 2);
    CHECK(u.relay.heard(18) == requests);
    REQUIRE(u.node.execute(ini::FetchEb{eb.point}));
    u.hot(0);
    CHECK(u.node.behavior().counters().cooling == 1);
    u.send(18, raw::repeat(offer, 2));
    CHECK(u.relay.heard(18) == requests);
    CHECK(u.node.behavior().counters().cooling == 1);
    u.send(19, raw::eb(eb.cbor()));
    CHECK(count<ini::EbFetched>(u.node) == 1);
    CHECK(u.node.behavior().counters().cooling == 0);
    CHECK(u.relay.heard(18) == raw::join({requests, raw::leios_notify_done}));
    CHECK(u.relay.heard(19) == raw::join({raw::eb_request(eb.point), raw::leios_fetch_done}));

    REQUIRE(u.node.execute(ini::FetchEb{eb.point}));  // only a hot peer is asked
    u.net.run_for(10s);
    CHECK(u.relay.heard(19) == raw::join({raw::eb_request(eb.point), raw::leios_fetch_done}));
    u.hot(1);
    CHECK(u.relay.heard(18) == raw::join({requests, raw::leios_notify_done, requests}));
    u.send(19, raw::eb(eb.cbor()));
    CHECK(count<ini::EbFetched>(u.node) == 2);
    CHECK(count<ini::PeerDisconnected>(u.node) == 0);
}

TEST_CASE("A relay without notifications is not waited for longer than the cooling time",
          "[unit][behavior][initiator][leios]") {
    Used u;
    u.hot(0);
    u.net.run_for(299s);
    CHECK(count<ini::PeerDisconnected>(u.node) == 0);
    u.net.run_for(2s);
    CHECK(count<ini::PeerDisconnected>(u.node) == 1);
}
