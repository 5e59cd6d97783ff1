#include "unit/behavior/tx_peers.hpp"

using namespace cast;

namespace {

const std::vector<TestTx> one = test_txs(1, 1);
const std::vector<TestTx> two = test_txs(1, 2);
const ByteVector nothing;

ByteVector wait(std::uint64_t acknowledged, std::uint64_t requested = 6) {
    return raw::ask_tx_ids(true, acknowledged, requested);
}
ByteVector look(std::uint64_t acknowledged, std::uint64_t requested = 6) {
    return raw::ask_tx_ids(false, acknowledged, requested);
}

/// A second client with the same node.
struct Two : Consumer {
    explicit Two(const res::Config& config = pulling()) : Consumer(config) {
        CHECK(second.say(raw::tx_init) == first_wait);
    }
    RawClient other{net, relay_id, true, other_id};
    TxTalk<RawClient> second{net, other};
};

}  // namespace

TEST_CASE("Transactions are requested by their ids, reported unchanged, and acknowledged",
          "[unit][behavior][responder][tx_submission]") {
    Consumer c;
    c.net.run_for(1h);  // no peer needs to have any
    CHECK(c.offer(two) == raw::ask_txs(two));
    CHECK(count<res::TxReceived>(c.node) == 0);
    CHECK(c.give(two) == wait(2));
    const auto received = told<res::TxReceived>(c.node);
    REQUIRE(received.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(received[i].connection == c.node.behavior().peers().at(0).connection);
        CHECK(received[i].peer.host() == raw_id.host());
        CHECK(received[i].id == two[i].id);
        CHECK(received[i].tx == two[i].tx);
    }
    CHECK(c.node.behavior().counters().txs == 2);
    c.net.run_for(1h);
    CHECK(c.node.behavior().counters().violations == 0);
}

TEST_CASE("Without a function for ids no transactions are requested", "[unit][behavior][responder][tx_submission]") {
    SimulatedNetwork net;
    auto& node = net.add<ResponderBehavior>(relay_id, res::Config{});
    RawClient client(net, relay_id);
    client.keep_alive();
    client.send(4, raw::tx_init);
    net.run_for(1h);
    CHECK(client.heard(4) == nothing);
    CHECK(node.behavior().peers().size() == 1);
    const auto refused = node.execute(res::RejectTx{node.behavior().peers().at(0).connection});
    CHECK((!refused && refused.error() == Errc::bad_argument));
}

TEST_CASE("A peer gets its first request a minute after each Init", "[unit][behavior][responder][tx_submission]") {
    res::Config config = pulling();
    config.tx_delay = res::Config{}.tx_delay;
    SimulatedNetwork net;
    auto& node = net.add<ResponderBehavior>(relay_id, config);
    RawClient client(net, relay_id);
    client.keep_alive();
    TxTalk<RawClient> talk(net, client);
    for (const bool again : {false, true}) {
        CHECK(talk.say(again ? raw::join({raw::tx_done, raw::tx_init}) : raw::tx_init) == nothing);
        net.run_for(59s);
        CHECK(talk.heard() == nothing);
        net.run_for(2s);
        CHECK(talk.heard() == wait(0));
    }
    CHECK(node.behavior().peers().size() == 1);
}

TEST_CASE("While there are more, ids are requested together with transactions, at most ten at once",
          "[unit][behavior][responder][tx_submission]") {
    Consumer c;
    CHECK(c.offer(test_txs(1, 6)) == raw::join({raw::ask_txs(test_txs(1, 6)), look(0, 4)}));
    CHECK(c.give(test_txs(1, 6)) == nothing);  // an answer about ids is still to come
    CHECK(c.offer(test_txs(7, 10)) == raw::join({raw::ask_txs(test_txs(7, 10)), look(6)}));
    CHECK(c.give(test_txs(7, 10)) == nothing);
    CHECK(c.offer({}) == wait(4));  // no more: whoever has nothing left waits
    CHECK(received_ids(c.node).size() == 10);
}

TEST_CASE("A requested transaction that a peer does not deliver counts as gone and is acknowledged",
          "[unit][behavior][responder][tx_submission]") {
    Consumer c;
    c.offer(test_txs(1, 3));
    SECTION("some") {
        CHECK(c.give({two[1]}) == wait(3));
        CHECK(received_ids(c.node) == std::vector{two[1].id});
    }
    SECTION("all") {
        CHECK(c.give({}) == wait(3));
        CHECK(count<res::TxReceived>(c.node) == 0);
    }
}

TEST_CASE("A received transaction is not requested again from any peer", "[unit][behavior][responder][tx_submission]") {
    Two t;
    t.offer(one);
    t.give(one);
    CHECK(t.offer(two) == raw::join({raw::ask_txs({two[1]}), look(1)}));
    CHECK(t.second.say(raw::tx_ids(one)) == wait(1));
    CHECK(received_ids(t.node) == std::vector{one[0].id});
}

TEST_CASE("The number of remembered ids has a limit", "[unit][behavior][responder][tx_submission]") {
    res::Config config = pulling();
    config.txs_remembered = 2;
    Consumer c(config);
    c.offer(test_txs(1, 3));
    c.give(test_txs(1, 3));
    CHECK(c.offer(test_txs(1, 3)) == raw::ask_txs(one));
}

TEST_CASE("A peer that floods does not make a node forget the ids of another peer",
          "[unit][behavior][responder][tx_submission]") {
    res::Config config = pulling();
    config.txs_remembered = 10;
    Two t(config);
    const auto good = test_txs(1, 3);
    t.second.say(raw::tx_ids(good));
    CHECK(t.second.say(raw::txs(good)) == wait(3));
    for (std::uint64_t first = 10; first < 60; first += 5) {
        t.offer(test_txs(first, first + 4));
        t.give(test_txs(first, first + 4));
    }
    CHECK(received_ids(t.node).size() == 53);
    // Known: they are acknowledged, and not requested again. Of the other peer's only the last seven are.
    CHECK(t.second.say(raw::tx_ids(good)) == wait(3));
    CHECK(t.second.say(raw::tx_ids(test_txs(54, 59))) == wait(6));
    const auto forgotten = test_txs(52, 52);
    CHECK(t.second.say(raw::tx_ids(forgotten)) == raw::ask_txs(forgotten));
}

TEST_CASE("A transaction is requested from one peer, and the others wait",
          "[unit][behavior][responder][tx_submission]") {
    Two t;
    CHECK(t.offer(two) == raw::ask_txs(two));
    CHECK(t.second.say(raw::tx_ids(test_txs(1, 3))) == raw::ask_txs(test_txs(3, 3)));
    SECTION("when it has arrived, they get no request") {
        t.give(two);
        CHECK(t.second.heard() == look(2));
        CHECK(t.second.say(raw::join({raw::txs(test_txs(3, 3)), raw::tx_ids(std::vector<TestTx>{})})) == wait(1));
    }
    SECTION("when it is late, one of them gets a request too") {
        t.net.run_for(300ms);
        CHECK(t.second.heard() == nothing);
        t.net.run_for(300ms);
        CHECK(t.second.heard() == raw::ask_txs(two));
        t.give(two);
        t.second.say(raw::join({raw::txs(test_txs(3, 3)), raw::txs(two)}));
        CHECK(received_ids(t.node).size() == 3);  // each once
    }
    SECTION("when that peer does not have it, they get a request at once") {
        t.give({two[1]});
        CHECK(t.second.heard() == raw::ask_txs(one));
        CHECK(t.second.say(raw::join({raw::txs(test_txs(3, 3)), raw::txs(one)})) == wait(3));
    }
    SECTION("when that peer has disconnected, they get a request at once") {
        t.client.connection().close();
        t.net.run_for(100ms);
        CHECK(t.second.heard() == raw::ask_txs(two));
    }
    SECTION("a third one waits for the second's time when the first does not have it") {
        RawClient third(t.net, relay_id, true, node_id);
        TxTalk<RawClient> talk(t.net, third);
        talk.say(raw::tx_init);
        talk.say(raw::tx_ids(two));
        const auto before = t.other.heard(4).size();
        REQUIRE(t.net.run_until([&] { return t.other.heard(4).size() > before; }, 1s));
        CHECK(t.second.heard() == raw::ask_txs(two));
        t.give({});
        CHECK(talk.heard() == nothing);
        t.net.run_for(500ms);
        CHECK(talk.heard() == raw::ask_txs(two));
    }
    SECTION("a third one waits even if the first is late, until one of the two has failed") {
        RawClient third(t.net, relay_id, true, node_id);
        TxTalk<RawClient> talk(t.net, third);
        talk.say(raw::tx_init);
        talk.say(raw::tx_ids(two));
        t.net.run_for(5s);
        CHECK(t.second.heard() == raw::ask_txs(two));
        CHECK(talk.heard() == nothing);
        t.give({});
        CHECK(talk.heard() == raw::ask_txs(two));
        // Those who were asked and answered nothing in ten seconds lose their connections.
        t.net.run_for(20s);
        CHECK(t.node.behavior().peers().size() == 1);
    }
}

TEST_CASE("A transaction that is too large or of Byron is acknowledged and not requested",
          "[unit][behavior][responder][tx_submission]") {
    Consumer c;
    Named<TxId> large = TestTx(2).named();
    large.bytes = 65'541;
    CHECK(c.say(raw::tx_ids({large})) == wait(1));
    large.bytes = 65'540;
    CHECK(c.say(raw::tx_ids({large})) == raw::ask_txs({TestTx(2)}));
    c.give({});
    const ByteVector vote =
        raw::join({raw::bytes("82019f8282008203"), raw::bytes(one[0].id.hash), raw::bytes("1864ff")});
    CHECK(c.say(vote) == wait(1));
}

TEST_CASE("A peer without more transactions may send Done and start again",
          "[unit][behavior][responder][tx_submission]") {
    Consumer c;
    c.offer(one);
    c.give(one);
    CHECK(c.say(raw::tx_done) == nothing);
    CHECK(c.say(raw::tx_init) == wait(0));
    CHECK(c.offer(two) == raw::join({raw::ask_txs({two[1]}), look(1)}));
    CHECK(c.node.behavior().counters().violations == 0);
}

TEST_CASE("Each rejected transaction delays its peer by another second", "[unit][behavior][responder][tx_submission]") {
    Consumer c;
    const ConnectionId connection = c.node.behavior().peers().at(0).connection;
    const auto reject = [&](int times) {
        for (; times > 0; --times) REQUIRE(c.node.execute(res::RejectTx{connection}));
    };
    c.offer(one);
    c.give(one);
    reject(3);
    CHECK(c.offer(test_txs(2, 3)) == nothing);
    c.net.run_for(2'500ms);
    CHECK(c.talk.heard() == nothing);
    c.net.run_for(500ms);
    CHECK(c.talk.heard() == raw::ask_txs(test_txs(2, 3)));
    c.give({});
    SECTION("two of three are forgotten after 2,000 s") {
        c.net.run_for(2'000s);
        reject(1);
        CHECK(c.offer(test_txs(4, 4)) == nothing);
        c.net.run_for(1'800ms);
        CHECK(c.talk.heard() == nothing);
        c.net.run_for(200ms);
        CHECK(c.talk.heard() == raw::ask_txs(test_txs(4, 4)));
    }
    SECTION("the limit is a quarter of an hour") {
        reject(2'000);
        c.offer(test_txs(4, 4));
        c.net.run_for(899s);
        CHECK(c.talk.heard() == nothing);
        c.net.run_for(2s);
        CHECK(c.talk.heard() == raw::ask_txs(test_txs(4, 4)));
    }
    SECTION("Done and a new start do not shorten the delay") {
        reject(100);
        c.say(raw::tx_done);
        CHECK(c.say(raw::tx_init) == nothing);
        c.net.run_for(100s);
        CHECK(c.talk.heard() == nothing);
        c.net.run_for(10s);
        CHECK(c.talk.heard() == wait(0));
    }
    SECTION("another peer with the same transactions gets requests meanwhile") {
        reject(100);
        c.offer(test_txs(4, 4));
        RawClient other(c.net, relay_id, true, other_id);
        TxTalk<RawClient> talk(c.net, other);
        talk.say(raw::tx_init);
        CHECK(talk.say(raw::tx_ids(test_txs(4, 4))) == raw::ask_txs(test_txs(4, 4)));
    }
}
