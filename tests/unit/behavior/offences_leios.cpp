#include "unit/behavior/eb_relay.hpp"
#include "unit/behavior/raw.hpp"

using namespace cast;

namespace {

const TestEb eb(7, 100);
const TestEb another(8, 100);
const LeiosBitmap wanted = TestEb::some({1, 2, 70});

/// A node that wants something of a relay which will offend, while another one that has it stands by.
struct Offended {
    Offended() : bad(w.net, raw_id) {
        REQUIRE(w.node.execute(ini::IncludePeer{raw_id}));
        REQUIRE(await<ini::PeerInitialized>(w.net, w.node));
        w.relay.has(eb);
        w.relay.has(another);
        start = w.net.now();
    }
    void fetch() {
        id = w.fetch(eb);
        stand_by();
        CHECK(bad.heard(19) == raw::eb_request(eb.point));
    }
    void fetch_txs() {
        id = w.fetch_txs(eb, wanted);
        stand_by();
        CHECK(bad.heard(19) == raw::eb_txs_request(eb.point, wanted));
    }

    /// The connection has ended for this reason, and what was wanted came from the other relay.
    void check(Errc reason, const Violation& violation) {
        REQUIRE(w.run_until([&] { return count<ini::PeerDisconnected>(w.node) == 1; }, 70s));
        CHECK(last<ini::PeerDisconnected>(w.node).peer == raw_id);
        CHECK(last<ini::PeerDisconnected>(w.node).reason == reason);
        CHECK(last<ini::PeerDisconnected>(w.node).violation == violation);
        ended = w.net.now();
        w.run_for(2s);
        if (violation.rule != Errc::none) CHECK(bad.connection().error() == Errc::connection_reset);
        CHECK(eb_outcomes(w.node, id) == 1);
        CHECK(count<ini::EbFailed>(w.node) == 0);
        for (const auto& fetched : told<ini::EbFetched>(w.node)) CHECK(fetched.cbor == eb.cbor());
        for (const auto& fetched : told<ini::EbTxsFetched>(w.node)) CHECK(fetched.txs == eb.txs(wanted));
        CHECK(w.relay.asked.size() == 1);
        CHECK(w.net.held() == 9 * 2);  // requests for notifications
    }
    void check(std::string_view state, std::string_view message, Errc rule) {
        check(rule, {"leios-fetch", state, message, rule});
    }

    EbWorld w;
    RawRelay bad;
    CommandId id{};
    Instant start, ended;

  private:
    void stand_by() {
        w.run_for(100ms);
        w.include(w.relay);
    }
};

}  // namespace

TEST_CASE("A relay with a wrong answer is disconnected, and another one gets the request",
          "[unit][behavior][offence][leios]") {
    Offended o;
    SECTION("another block") {
        o.fetch();
        o.bad.send(19, raw::eb(another.cbor()));
        o.check("Block", "Block", Errc::unrequested);
    }
    SECTION("transactions of another block") {
        o.fetch_txs();
        o.bad.send(19, raw::eb_txs(another.point, wanted, another.txs(wanted)));
        o.check("BlockTxs", "BlockTxs", Errc::unrequested);
    }
    SECTION("transactions that were not requested") {
        const LeiosBitmap others = GENERATE(TestEb::some({3}), TestEb::some({1, 2, 70, 71}), TestEb::some({64 * 9}));
        o.fetch_txs();
        o.bad.send(19, raw::eb_txs(eb.point, others, std::vector<Bytes>(others.count(), eb.tx(1))));
        o.check("BlockTxs", "BlockTxs", Errc::unrequested);
    }
    SECTION("more or fewer transactions than it states") {
        const LeiosBitmap sent = GENERATE(TestEb::some({}), TestEb::some({1, 2}), TestEb::some({0, 1, 2, 70}));
        o.fetch_txs();
        o.bad.send(19, raw::eb_txs(eb.point, wanted, eb.txs(sent)));
        o.check("BlockTxs", "BlockTxs", Errc::unrequested);
    }
    SECTION("a transaction counted twice") {
        o.fetch_txs();
        const LeiosBitmap twice({{1, std::uint64_t{1} << 57}, {1, std::uint64_t{1} << 57}});
        o.bad.send(19, raw::eb_txs(eb.point, twice, {eb.tx(70), eb.tx(70)}));
        o.check("BlockTxs", "BlockTxs", Errc::unrequested);
    }
}

TEST_CASE("A relay that answers out of turn is disconnected, and another one gets the request",
          "[unit][behavior][offence][leios]") {
    Offended o;
    SECTION("transactions instead of a block") {
        o.fetch();
        o.bad.send(19, raw::eb_txs(eb.point, wanted, eb.txs(wanted)));
        o.check("Block", "BlockTxs", Errc::out_of_turn);
    }
    SECTION("a block instead of transactions") {
        o.fetch_txs();
        o.bad.send(19, raw::eb(eb.cbor()));
        o.check("BlockTxs", "Block", Errc::out_of_turn);
    }
    SECTION("a request of its own") {
        o.fetch();
        o.bad.send(19, raw::eb_request(eb.point));
        o.check("Block", "BlockRequest", Errc::out_of_turn);
    }
    SECTION("a Done, which only we may send") {
        o.fetch();
        o.bad.send(19, raw::leios_fetch_done);
        o.check("Block", "Done", Errc::out_of_turn);
    }
}

TEST_CASE("A relay with a malformed answer is disconnected, and another one gets the request",
          "[unit][behavior][offence][leios]") {
    Offended o;
    const auto check = [&](Errc rule, std::string_view state, std::size_t offset) {
        o.check(rule, {"leios-fetch", state, {}, rule, offset});
    };
    SECTION("a malformed endorser block") {
        o.fetch();
        const auto [digits, offset] = GENERATE(
            table<std::string, std::size_t>({{"820100", 2}, {"820180", 2}, {"8201bfff", 2}, {"8101", 0}, {"ff", 0}}));
        o.bad.send(19, raw::bytes(digits));
        check(Errc::malformed, "Block", offset);
    }
    SECTION("malformed transactions") {
        o.fetch_txs();
        const ByteVector front = raw::join({raw::bytes("8403"), raw::point(eb.point)});
        o.bad.send(19, raw::join({front, raw::bytes("a0"), raw::array(0)}));
        check(Errc::malformed, "BlockTxs", front.size());
    }
    SECTION("more than a message may have") {
        o.fetch();
        o.bad.send(19, raw::eb(TestEb(7, 71'500).cbor()));
        check(Errc::message_too_large, "Block", 2'500'000);
    }
}

TEST_CASE("A relay without a request may not send endorser blocks", "[unit][behavior][offence][leios]") {
    Offended o;
    SECTION("before any request") {
        o.bad.send(19, raw::eb(eb.cbor()));
        o.w.run_for(100ms);
        CHECK(last<ini::PeerDisconnected>(o.w.node).violation ==
              Violation{"leios-fetch", {}, {}, Errc::unknown_protocol});
    }
    SECTION("after its answer: it stays unread and is the wrong answer to the next request") {
        o.w.fetch(eb);
        o.w.run_for(100ms);
        o.bad.send(19, raw::join({raw::eb(eb.cbor()), raw::eb(another.cbor())}));
        o.w.run_for(1s);
        CHECK(count<ini::EbFetched>(o.w.node) == 1);
        CHECK(o.w.node.held() == raw::eb(another.cbor()).size());
        o.w.fetch(eb);
        o.w.run_for(100ms);
        CHECK(last<ini::PeerDisconnected>(o.w.node).violation ==
              Violation{"leios-fetch", "Block", "Block", Errc::unrequested});
    }
}

TEST_CASE("A relay has sixty seconds for each answer, and then another one gets the request",
          "[unit][behavior][silence][leios]") {
    Offended o;
    SECTION("for a block") {
        o.fetch();
        o.check("Block", {}, Errc::state_timeout);
        CHECK(o.ended == o.start + 60s);
    }
    SECTION("for transactions") {
        o.fetch_txs();
        o.check("BlockTxs", {}, Errc::state_timeout);
        CHECK(o.ended == o.start + 60s);
    }
    SECTION("for the whole of a slow answer") {
        o.fetch();
        const ByteVector block = raw::eb(eb.cbor());
        for (std::size_t i = 0; i < 50; ++i) {
            o.bad.connection().send(19, true, BytesView(block).subspan(i, 1));
            o.w.run_for(1s);
        }
        o.check("Block", {}, Errc::state_timeout);
        CHECK(o.ended == o.start + 60s);
    }
}

TEST_CASE("A request ends after wrong answers of two relays", "[unit][behavior][offence][leios]") {
    Offended o;
    RawRelay second(o.w.net, other_id);
    REQUIRE(o.w.node.execute(ini::IncludePeer{other_id}));
    REQUIRE(await<ini::PeerInitialized>(o.w.net, o.w.node));
    const CommandId id = o.w.fetch(eb);
    o.w.run_for(100ms);
    o.bad.send(19, raw::eb(another.cbor()));
    o.w.run_for(100ms);
    second.send(19, raw::eb(another.cbor()));
    o.w.run_for(100ms);
    REQUIRE(count<ini::EbFailed>(o.w.node) == 1);
    CHECK(last<ini::EbFailed>(o.w.node).command == id);
    CHECK(last<ini::EbFailed>(o.w.node).reason == Errc::unrequested);
    o.w.run_for(200s);
    CHECK(eb_outcomes(o.w.node, id) == 1);
}

TEST_CASE("Without rules a block is accepted unchecked", "[unit][behavior][offence][leios]") {
    SimulatedNetwork net;
    RawRelay relay(net, raw_id);
    ini::Config config = following();
    config.rules = nullptr;
    auto& node = net.add<InitiatorBehavior>(node_id, config);
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    REQUIRE(await<ini::PeerInitialized>(net, node));
    REQUIRE(node.execute(ini::FetchEb{eb.point}));
    net.run_for(100ms);
    relay.send(19, raw::eb(another.cbor()));
    net.run_for(100ms);
    CHECK(last<ini::EbFetched>(node).cbor == another.cbor());
}
