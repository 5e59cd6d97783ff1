#include "unit/behavior/eb_relay.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

constexpr std::size_t soft_limit = 0x3ffff;

/// A relay whose user has endorser blocks, and a client that speaks by hand.
struct Asked {
    explicit Asked(bool leios = true)
        : relay(net.add<ResponderBehavior>(relay_id, offering(leios))), client(net, relay_id) {
        connection = last<res::PeerConnected>(relay).connection;
        peer = last<res::PeerConnected>(relay).peer;
    }
    void send(std::uint16_t channel, const ByteVector& messages) {
        client.send(channel, messages);
        net.run_for(100ms);
    }
    /// What has come since the last call.
    ByteVector more(std::uint16_t channel) {
        net.run_for(1s);
        const ByteVector all = client.heard(channel);
        std::size_t& from = seen[channel];
        ByteVector fresh(all.begin() + static_cast<std::ptrdiff_t>(from), all.end());
        from = all.size();
        return fresh;
    }
    template <class C>
    Errc say(C command) {
        const auto id = relay.execute(std::move(command));
        return id ? Errc::none : id.error();
    }
    Errc answer(n2n::Message message) { return say(res::Answer{connection, std::move(message)}); }
    void check_ended(Errc reason, const Violation& violation) {
        net.run_for(1s);
        REQUIRE(count<res::PeerDisconnected>(relay) == 1);
        CHECK(last<res::PeerDisconnected>(relay).reason == reason);
        CHECK(last<res::PeerDisconnected>(relay).violation == violation);
        CHECK(client.connection().error() == Errc::connection_reset);
        CHECK(net.connections() == 0);
        CHECK(net.held() == 0);
    }

    SimulatedNetwork net;
    Responder& relay;
    RawClient client;
    ConnectionId connection{};
    PeerId peer;
    std::map<std::uint16_t, std::size_t> seen;
};

const TestEb eb(7, 100);
const Header header{Era::dijkstra, {}, TestChain::header_of(eb.point).cbor};

}  // namespace

TEST_CASE("Each request for a notification is reported once and answered in one of four ways",
          "[unit][behavior][responder][leios]") {
    Asked a;
    a.send(18, raw::repeat(raw::request_next, 5));
    REQUIRE(requests<LeiosNotify::RequestNext>(a.relay) == 1);  // the others stay unread
    CHECK(last_request<LeiosNotify::RequestNext>(a.relay).connection == a.connection);
    CHECK(last_request<LeiosNotify::RequestNext>(a.relay).peer == a.peer);
    CHECK(a.answer(LeiosNotify::BlockAnnouncement{header}) == Errc::none);
    CHECK(a.more(18) == raw::eb_announcement(header.cbor));
    CHECK(a.answer(LeiosNotify::BlockOffer{eb.point, 12'345}) == Errc::none);
    CHECK(a.more(18) == raw::eb_offer(eb.point, 12'345));
    CHECK(a.answer(LeiosNotify::BlockTxsOffer{eb.point}) == Errc::none);
    CHECK(a.more(18) == raw::eb_txs_offer(eb.point));
    CHECK(a.answer(LeiosNotify::Votes{{vote(1), vote(500)}}) == Errc::none);
    CHECK(a.more(18) == raw::votes({vote(1), vote(500)}));
    CHECK(a.answer(LeiosNotify::Votes{}) == Errc::none);
    CHECK(a.more(18) == raw::votes({}));
    CHECK(requests<LeiosNotify::RequestNext>(a.relay) == 5);
    CHECK(count<res::PeerDisconnected>(a.relay) == 0);
}

TEST_CASE("Each request for an endorser block or its transactions is reported once and answered",
          "[unit][behavior][responder][leios]") {
    Asked a;
    const LeiosBitmap wanted = TestEb::some({0, 63, 64, 99});
    a.send(19, raw::join({raw::eb_request(eb.point), raw::eb_txs_request(eb.point, wanted), raw::leios_fetch_done,
                          raw::eb_request(TestEb(8).point)}));
    REQUIRE(requests<LeiosFetch::BlockRequest>(a.relay) == 1);
    CHECK(last_request<LeiosFetch::BlockRequest>(a.relay).connection == a.connection);
    CHECK(last_request<LeiosFetch::BlockRequest>(a.relay).peer == a.peer);
    CHECK(last_request<LeiosFetch::BlockRequest>(a.relay).message.block == eb.point);
    CHECK(requests<LeiosFetch::BlockTxsRequest>(a.relay) == 0);
    CHECK(a.answer(LeiosFetch::BlockTxs{eb.point, {}, {}}) == Errc::not_our_turn);
    CHECK(a.answer(LeiosFetch::Block{eb.cbor()}) == Errc::none);
    CHECK(a.more(19) == raw::eb(eb.cbor()));

    REQUIRE(requests<LeiosFetch::BlockTxsRequest>(a.relay) == 1);
    CHECK(last_request<LeiosFetch::BlockTxsRequest>(a.relay).connection == a.connection);
    CHECK(last_request<LeiosFetch::BlockTxsRequest>(a.relay).peer == a.peer);
    CHECK(last_request<LeiosFetch::BlockTxsRequest>(a.relay).message.block == eb.point);
    CHECK(last_request<LeiosFetch::BlockTxsRequest>(a.relay).message.wanted == wanted);
    CHECK(a.answer(LeiosFetch::Block{eb.cbor()}) == Errc::not_our_turn);
    CHECK(a.answer(LeiosFetch::BlockTxs{eb.point, wanted, eb.txs(wanted)}) == Errc::none);
    CHECK(a.more(19) == raw::eb_txs(eb.point, wanted, eb.txs(wanted)));

    // Behind the polite end the protocol began anew.
    REQUIRE(requests<LeiosFetch::BlockRequest>(a.relay) == 2);
    CHECK(last_request<LeiosFetch::BlockRequest>(a.relay).message.block == TestEb(8).point);
    CHECK(count<res::PeerDisconnected>(a.relay) == 0);
}

TEST_CASE("An answer may have some of the requested transactions, but no others",
          "[unit][behavior][responder][leios]") {
    Asked a;
    a.send(19, raw::eb_txs_request(eb.point, TestEb::some({1, 2, 70})));
    const LeiosBitmap two = TestEb::some({2, 70});
    const LeiosBitmap other = TestEb::some({2, 71});
    CHECK(a.answer(LeiosFetch::BlockTxs{eb.point, other, eb.txs(other)}) == Errc::bad_argument);
    CHECK(a.answer(LeiosFetch::BlockTxs{eb.point, two, eb.txs(TestEb::some({2}))}) == Errc::bad_argument);
    CHECK(a.answer(LeiosFetch::BlockTxs{eb.point, two, eb.txs(TestEb::some({1, 2, 70}))}) == Errc::bad_argument);
    CHECK(a.answer(LeiosFetch::BlockTxs{TestEb(8).point, two, eb.txs(two)}) == Errc::bad_argument);
    CHECK(a.more(19).empty());
    CHECK(a.answer(LeiosFetch::BlockTxs{eb.point, two, eb.txs(two)}) == Errc::none);
    CHECK(a.more(19) == raw::eb_txs(eb.point, two, eb.txs(two)));
    CHECK(a.answer(LeiosFetch::BlockTxs{eb.point, two, eb.txs(two)}) == Errc::not_our_turn);
}

TEST_CASE("An unrequested answer is refused and not kept", "[unit][behavior][responder][leios]") {
    Asked a;
    const auto all = [&](Errc error, ConnectionId connection) {
        CHECK(a.say(res::Answer{connection, LeiosNotify::BlockAnnouncement{header}}) == error);
        CHECK(a.say(res::Answer{connection, LeiosNotify::BlockOffer{eb.point, 1}}) == error);
        CHECK(a.say(res::Answer{connection, LeiosNotify::BlockTxsOffer{eb.point}}) == error);
        CHECK(a.say(res::Answer{connection, LeiosNotify::Votes{vote(1)}}) == error);
        CHECK(a.say(res::Answer{connection, LeiosFetch::Block{eb.cbor()}}) == error);
        CHECK(a.say(res::Answer{connection, LeiosFetch::BlockTxs{eb.point, {}, {}}}) == error);
    };
    for (int i = 0; i < 1'000; ++i) all(Errc::not_our_turn, a.connection);
    all(Errc::unknown_peer, ConnectionId{77});
    CHECK(a.relay.held() == 0);
    a.send(18, raw::request_next);
    a.send(19, raw::eb_request(eb.point));
    CHECK(a.more(18).empty());
    CHECK(a.more(19).empty());
    CHECK(a.answer(LeiosNotify::Votes{vote(2)}) == Errc::none);
    CHECK(a.answer(LeiosNotify::Votes{vote(3)}) == Errc::not_our_turn);
    CHECK(a.more(18) == raw::votes({vote(2)}));
    a.relay.stop();
    all(Errc::stopped, a.connection);
}

TEST_CASE("An answer above the limit of its message is refused, and one at the limit is not",
          "[unit][behavior][responder][leios]") {
    Asked a;
    SECTION("an announcement of 65,535 bytes") {
        a.send(18, raw::request_next);
        const auto of = [](std::size_t bytes) {
            return Header{Era::dijkstra, {}, Bytes::copy(ByteVector(bytes - 9, 1))};
        };
        CHECK(a.answer(LeiosNotify::BlockAnnouncement{of(65'536)}) == Errc::bad_argument);
        CHECK(a.answer(LeiosNotify::BlockAnnouncement{of(65'535)}) == Errc::none);
        CHECK(a.more(18).size() == 65'535);
    }
    SECTION("votes of as many") {
        a.send(18, raw::request_next);
        std::vector<LeiosVote> votes(745, vote(1'000));
        CHECK(a.answer(LeiosNotify::Votes{votes}) == Errc::bad_argument);
        votes.pop_back();
        CHECK(a.answer(LeiosNotify::Votes{votes}) == Errc::none);
        CHECK((a.more(18) == raw::votes(votes)));
    }
    SECTION("a malformed endorser block") {
        a.send(19, raw::eb_request(eb.point));
        for (const auto& digits : {"", "80", "a0a0", "bfff"})
            CHECK(a.answer(LeiosFetch::Block{Bytes::copy(raw::bytes(digits))}) == Errc::bad_argument);
        CHECK(a.answer(LeiosFetch::Block{Bytes::copy(raw::bytes("a0"))}) == Errc::none);
        CHECK(a.more(19) == raw::bytes("8201a0"));
    }
    SECTION("an endorser block of more than 2,500,000 bytes") {
        a.send(19, raw::eb_request(eb.point));
        CHECK(a.answer(LeiosFetch::Block{TestEb(1, 71'500).cbor()}) == Errc::bad_argument);
        CHECK(a.answer(LeiosFetch::Block{TestEb(1, 71'000).cbor()}) == Errc::none);
    }
    SECTION("transactions of more than 2,500,000 bytes") {
        const TestEb large(1, 10, 249'980);
        const LeiosBitmap ten({{0, ~std::uint64_t{0} << 54}});
        a.send(19, raw::eb_txs_request(large.point, ten));
        CHECK(a.answer(LeiosFetch::BlockTxs{large.point, ten, TestEb(1, 10, 249'999).txs(ten)}) == Errc::bad_argument);
        CHECK(a.answer(LeiosFetch::BlockTxs{large.point, ten, large.txs(ten)}) == Errc::none);
        CHECK((a.more(19) == raw::eb_txs(large.point, ten, large.txs(ten))));
    }
    CHECK(count<res::PeerDisconnected>(a.relay) == 0);
}

TEST_CASE("Leios is not in use unless it is enabled", "[unit][behavior][responder][leios]") {
    Asked a(false);
    const auto [channel, protocol] =
        GENERATE(table<std::uint16_t, std::string_view>({{18, "leios-notify"}, {19, "leios-fetch"}}));
    a.client.send(channel, raw::eb_request(eb.point));
    a.check_ended(Errc::unknown_protocol, {protocol, {}, {}, Errc::unknown_protocol});
    CHECK(requests<LeiosFetch::BlockRequest>(a.relay) == 0);
}

TEST_CASE("A client that breaks a rule of Leios is disconnected", "[unit][behavior][responder][leios]") {
    Asked a;
    const auto out_of_turn = [&](std::string_view protocol, std::string_view message) {
        a.check_ended(Errc::out_of_turn, {protocol, "Idle", message, Errc::out_of_turn});
    };
    SECTION("an answer to leios-notify") {
        a.client.send(18, raw::eb_txs_offer(eb.point));
        out_of_turn("leios-notify", "BlockTxsOffer");
    }
    SECTION("votes of its own") {
        a.client.send(18, raw::votes({vote(1)}));
        out_of_turn("leios-notify", "Votes");
    }
    SECTION("an endorser block of its own") {
        a.client.send(19, raw::eb(eb.cbor()));
        out_of_turn("leios-fetch", "Block");
    }
    SECTION("transactions of its own") {
        a.client.send(19, raw::eb_txs(eb.point, {}, {}));
        out_of_turn("leios-fetch", "BlockTxs");
    }
    SECTION("a malformed message") {
        struct Row {
            std::uint16_t channel;
            std::string_view protocol;
            ByteVector bytes;
            std::size_t offset;
        };
        const ByteVector definite = raw::join({raw::bytes("8302"), raw::point(eb.point), raw::bytes("a0")});
        const Row row = GENERATE_REF(
            Row{18, "leios-notify", raw::bytes("8106"), 1}, Row{18, "leios-notify", raw::bytes("820000"), 0},
            Row{18, "leios-notify", raw::bytes("f6"), 0}, Row{19, "leios-fetch", raw::bytes("820080"), 2},
            Row{19, "leios-fetch", definite, definite.size() - 1}, Row{19, "leios-fetch", raw::bytes("ff"), 0});
        a.client.send(row.channel, row.bytes);
        a.check_ended(Errc::malformed, {row.protocol, "Idle", {}, Errc::malformed, row.offset});
    }
    SECTION("a request above its limit") {
        const ByteVector windows = raw::repeat(raw::bytes("0001"), 35'000);
        a.client.send(19, raw::join({raw::bytes("8302"), raw::point(eb.point), raw::bytes("bf"), windows}), 60'000);
        a.check_ended(Errc::message_too_large, {"leios-fetch", "Idle", {}, Errc::message_too_large, 65'535});
    }
    SECTION("more requests than a queue may hold") {
        a.send(18, raw::repeat(raw::request_next, 1 + 1'153'433 / 2));
        CHECK(count<res::PeerDisconnected>(a.relay) == 0);
        a.client.send(18, raw::request_next);
        a.check_ended(Errc::ingress_overflow, {"leios-notify", {}, {}, Errc::ingress_overflow});
    }
}

TEST_CASE("A client that does not read is not served without limit, and is served again when it reads",
          "[unit][behavior][responder][leios]") {
    Asked a;
    a.client.connection().pause(true);
    std::size_t answers = 0;
    SECTION("endorser blocks") {
        const TestEb large(1, 1'000);
        a.send(19, raw::repeat(raw::eb_request(large.point), 100));
        while (a.answer(LeiosFetch::Block{large.cbor()}) == Errc::none) ++answers, a.net.run_for(100ms);
        CHECK(answers > soft_limit / 40'000);
        CHECK(answers < 20);
        CHECK(a.relay.held() < soft_limit + 50'000 + 100 * 50);
        CHECK(requests<LeiosFetch::BlockRequest>(a.relay) == answers);
        a.client.connection().pause(false);
        a.net.run_for(1s);
        CHECK(requests<LeiosFetch::BlockRequest>(a.relay) == answers + 1);
    }
    SECTION("transactions") {
        const TestEb large(1, 1, 40'000);
        const LeiosBitmap one = TestEb::some({0});
        a.send(19, raw::repeat(raw::eb_txs_request(large.point, one), 100));
        while (a.answer(LeiosFetch::BlockTxs{large.point, one, large.txs(one)}) == Errc::none)
            ++answers, a.net.run_for(100ms);
        CHECK(answers > soft_limit / 41'000);
        CHECK(answers < 20);
        CHECK(requests<LeiosFetch::BlockTxsRequest>(a.relay) == answers);
        a.client.connection().pause(false);
        a.net.run_for(1s);
        CHECK(requests<LeiosFetch::BlockTxsRequest>(a.relay) == answers + 1);
    }
    SECTION("notifications") {
        a.send(18, raw::repeat(raw::request_next, 100'000));
        const std::vector<LeiosVote> votes(700, vote(1));
        while (a.answer(LeiosNotify::Votes{votes}) == Errc::none) ++answers, a.net.run_for(100ms);
        CHECK(answers > soft_limit / 70'000);
        CHECK(answers < 20);
        CHECK(requests<LeiosNotify::RequestNext>(a.relay) == answers);
        a.client.connection().pause(false);
        a.net.run_for(1s);
        CHECK(requests<LeiosNotify::RequestNext>(a.relay) == answers + 1);
    }
    CHECK(count<res::PeerDisconnected>(a.relay) == 0);
}

TEST_CASE("A client that waits for a notification is not idle, and leaves nothing behind when it is disconnected",
          "[unit][behavior][responder][leios]") {
    Asked a;
    a.client.keep_alive();
    a.send(18, raw::request_next);
    a.send(19, raw::eb_request(eb.point));
    a.net.run_for(1h);
    CHECK(count<res::PeerDisconnected>(a.relay) == 0);
    CHECK(a.say(res::DisconnectPeer{a.connection}) == Errc::none);
    CHECK(a.answer(LeiosFetch::Block{eb.cbor()}) == Errc::unknown_peer);
    a.net.run_for(10s);
    CHECK(last<res::PeerDisconnected>(a.relay).reason == Errc::demoted);
    CHECK(a.net.held() == 0);
}

TEST_CASE("A client that has sent Done in Leios is idle", "[unit][behavior][responder][leios]") {
    Asked a;
    a.send(18, raw::leios_notify_done);
    a.send(19, raw::leios_fetch_done);
    a.net.run_for(10s);
    CHECK(last<res::PeerDisconnected>(a.relay).reason == Errc::idle);
}
