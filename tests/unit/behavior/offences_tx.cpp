#include "unit/behavior/tx_peers.hpp"

using namespace cast;

namespace {

const std::vector<TestTx> one = test_txs(1, 1);
const std::vector<TestTx> two = test_txs(1, 2);

ByteVector wait(std::uint64_t acknowledged, std::uint64_t requested) {
    return raw::ask_tx_ids(true, acknowledged, requested);
}
ByteVector look(std::uint64_t acknowledged, std::uint64_t requested) {
    return raw::ask_tx_ids(false, acknowledged, requested);
}

struct Row {
    const char* what;
    std::vector<ByteVector> said;
    std::string_view state, message;
    Errc rule;
};

/// The relay says these, of which the last is an offence. Another one gets what is waiting.
void check_at_producer(const Row& row) {
    INFO(row.what);
    Producer p;
    auto& good = p.net.add<ResponderBehavior>(relay_id, pulling());
    p.submit_all(two);
    for (const ByteVector& message : row.said) {
        REQUIRE(count<ini::PeerDisconnected>(p.node) == 0);
        p.say(message);
    }
    REQUIRE(count<ini::PeerDisconnected>(p.node) == 1);
    CHECK(last<ini::PeerDisconnected>(p.node).reason == row.rule);
    CHECK(last<ini::PeerDisconnected>(p.node).violation ==
          Violation{"tx-submission", row.state, row.message, row.rule});
    CHECK(p.relay.connection().error() == Errc::connection_reset);
    std::vector<TxId> waiting;
    for (std::size_t i = 0; i < 2; ++i)
        if (tx_outcomes(p.node, p.ids[i]) == 0) waiting.push_back(two[i].id);
    p.net.reach(raw_id, Reach::refuses);
    REQUIRE(p.node.execute(ini::IncludePeer{relay_id}));
    p.net.run_for(1s);
    CHECK(received_ids(good) == waiting);
    for (const CommandId id : p.ids) CHECK(tx_outcomes(p.node, id) == 1);
    CHECK(p.net.connections() == 2);
    CHECK(p.net.held() == 0);
}

/// The client says these, of which the last is an offence. Another one is asked for what it had.
void check_at_consumer(const Row& row) {
    INFO(row.what);
    Consumer c;
    for (const ByteVector& message : row.said) {
        REQUIRE(count<res::PeerDisconnected>(c.node) == 0);
        c.say(message);
    }
    REQUIRE(count<res::PeerDisconnected>(c.node) == 1);
    CHECK(last<res::PeerDisconnected>(c.node).reason == row.rule);
    CHECK(last<res::PeerDisconnected>(c.node).violation ==
          Violation{"tx-submission", row.state, row.message, row.rule});
    CHECK(c.client.connection().error() == Errc::connection_reset);
    CHECK(c.node.behavior().counters().violations == 1);
    auto& good = c.net.add<InitiatorBehavior>(node_id, knowing());
    for (const TestTx& tx : two) submit(good, tx);
    REQUIRE(good.execute(ini::IncludePeer{relay_id}));
    c.net.run_for(1s);
    CHECK(received_ids(c.node) == std::vector{two[0].id, two[1].id});
    CHECK(count<ini::TxSubmitted>(good) == 2);
    CHECK(c.net.connections() == 2);
    CHECK(c.net.held() == 0);
}

}  // namespace

TEST_CASE("A relay that breaks a rule of requesting transactions is disconnected",
          "[unit][behavior][offence][tx_submission]") {
    const auto blocking = "RequestTxIdsBlocking", at_once = "RequestTxIdsNonBlocking", txs = "RequestTxs";
    const std::vector<Row> rows{
        {"more acknowledged than announced", {wait(0, 2), look(3, 1)}, "Idle", at_once, Errc::over_acknowledged},
        {"something acknowledged before there is anything", {wait(1, 1)}, "Idle", blocking, Errc::over_acknowledged},
        {"65,535 acknowledged", {wait(0, 2), wait(65'535, 1)}, "Idle", blocking, Errc::over_acknowledged},
        {"a wait for none", {wait(0, 0)}, "Idle", blocking, Errc::nothing_requested},
        {"neither ids nor an acknowledgement", {wait(0, 2), look(0, 0)}, "Idle", at_once, Errc::nothing_requested},
        {"a wait while some are left", {wait(0, 2), wait(1, 1)}, "Idle", blocking, Errc::blocking_too_early},
        {"no wait while none are left", {wait(0, 2), look(2, 1)}, "Idle", at_once, Errc::blocking_too_late},
        {"no wait at the beginning", {look(0, 1)}, "Idle", at_once, Errc::blocking_too_late},
        {"more than ten", {wait(0, 11)}, "Idle", blocking, Errc::window_overflow},
        {"more than ten with those that are left", {wait(0, 2), look(0, 9)}, "Idle", at_once, Errc::window_overflow},
        {"65,535 of them", {wait(0, 65'535)}, "Idle", blocking, Errc::window_overflow},
        {"a transaction that is not announced", {wait(0, 1), raw::ask_txs(two)}, "Idle", txs, Errc::unannounced_id},
        {"one before any was announced", {raw::ask_txs(one)}, "Idle", txs, Errc::unannounced_id},
        {"one that is acknowledged", {wait(0, 2), look(1, 1), raw::ask_txs(one)}, "Idle", txs, Errc::unannounced_id},
        {"one of another era",
         {wait(0, 2), raw::ask_txs({TestTx(1, 100, Era::babbage)})},
         "Idle",
         txs,
         Errc::unannounced_id},
        {"an Init of its own", {raw::tx_init}, "Idle", "Init", Errc::out_of_turn},
        {"a Done of its own", {wait(0, 2), raw::tx_done}, "Idle", "Done", Errc::out_of_turn},
        {"ids", {wait(0, 2), raw::tx_ids(one)}, "Idle", "ReplyTxIds", Errc::out_of_turn},
        {"transactions", {wait(0, 2), raw::txs(one)}, "Idle", "ReplyTxs", Errc::out_of_turn},
    };
    for (const Row& row : rows) check_at_producer(row);
}

TEST_CASE("A client that breaks a rule of delivering transactions is disconnected",
          "[unit][behavior][offence][tx_submission]") {
    const auto ids = "ReplyTxIds", txs = "ReplyTxs";
    const auto sized = [](std::uint64_t number, int more) {
        Named<TxId> named = TestTx(number).named();
        named.bytes = static_cast<std::uint32_t>(static_cast<int>(named.bytes) + more);
        return raw::tx_ids({named});
    };
    const ByteVector no_tx = raw::bytes("82039f8206d81841f6ff");
    const std::vector<Row> rows{
        {"more ids than asked for", {raw::tx_ids(test_txs(1, 7))}, "TxIdsBlocking", ids, Errc::too_many_ids},
        {"none at the end of a wait", {raw::tx_ids(std::vector<TestTx>{})}, "TxIdsBlocking", ids, Errc::empty_reply},
        {"an id twice", {raw::tx_ids({two[0], two[1], two[0]})}, "TxIdsBlocking", ids, Errc::repeated_id},
        {"an id that is not acknowledged yet",
         {raw::tx_ids(test_txs(1, 6)), raw::txs({}), raw::tx_ids(test_txs(6, 6))},
         "TxIdsNonBlocking",
         ids,
         Errc::repeated_id},
        {"a transaction that was not asked for", {raw::tx_ids(one), raw::txs({two[1]})}, "Txs", txs, Errc::unrequested},
        {"one more than were asked for", {raw::tx_ids(one), raw::txs(two)}, "Txs", txs, Errc::unrequested},
        {"the same twice", {raw::tx_ids(two), raw::txs({two[0], two[0]})}, "Txs", txs, Errc::unrequested},
        {"one of another era",
         {raw::tx_ids(one), raw::txs({TestTx(1, 100, Era::babbage)})},
         "Txs",
         txs,
         Errc::unrequested},
        {"one that is none", {raw::tx_ids(one), no_tx}, "Txs", txs, Errc::malformed},
        {"33 bytes more than announced", {sized(1, -33), raw::txs(one)}, "Txs", txs, Errc::wrong_size},
        {"33 bytes less", {sized(1, 33), raw::txs(one)}, "Txs", txs, Errc::wrong_size},
        {"a second Init", {raw::tx_init}, "TxIdsBlocking", "Init", Errc::out_of_turn},
        {"transactions in place of ids", {raw::txs({})}, "TxIdsBlocking", txs, Errc::out_of_turn},
        {"ids in place of transactions", {raw::tx_ids(one), raw::tx_ids(two)}, "Txs", ids, Errc::out_of_turn},
        {"a request", {raw::ask_txs({})}, "TxIdsBlocking", "RequestTxs", Errc::out_of_turn},
        {"an end where it is asked for transactions",
         {raw::tx_ids(one), raw::tx_done},
         "Txs",
         "Done",
         Errc::out_of_turn},
    };
    for (const Row& row : rows) check_at_consumer(row);
}

TEST_CASE("A transaction may have up to 32 bytes more or less than announced",
          "[unit][behavior][offence][tx_submission]") {
    Consumer c;
    Named<TxId> named = TestTx(1).named();
    named.bytes += static_cast<std::uint32_t>(GENERATE(-32, 32));
    c.say(raw::tx_ids({named}));
    c.give(one);
    CHECK(received_ids(c.node).size() == 1);
    CHECK(c.node.behavior().peers().size() == 1);
}

TEST_CASE("A client may send nothing before its Init", "[unit][behavior][offence][tx_submission]") {
    SimulatedNetwork net;
    auto& node = net.add<ResponderBehavior>(relay_id, pulling());
    RawClient client(net, relay_id);
    client.send(4, GENERATE(as<ByteVector>(), raw::tx_done, raw::tx_ids(one), raw::txs(one)));
    net.run_for(100ms);
    CHECK(last<res::PeerDisconnected>(node).reason == Errc::out_of_turn);
    CHECK(last<res::PeerDisconnected>(node).violation.state == "Init");
}

TEST_CASE("Tx-submission accepts only lists of indefinite length", "[unit][behavior][offence][tx_submission]") {
    SECTION("at the producer") {
        Producer p;
        p.submit_all(one);
        p.wait(0, 1);
        p.say(raw::join({raw::bytes("820281"), raw::tx_id(one[0].id)}));
        CHECK(last<ini::PeerDisconnected>(p.node).reason == Errc::malformed);
    }
    SECTION("at the consumer") {
        Consumer c;
        c.say(raw::join({raw::bytes("82018182"), raw::tx_id(one[0].id), raw::bytes("1864")}));
        CHECK(last<res::PeerDisconnected>(c.node).reason == Errc::malformed);
    }
}

TEST_CASE("A peer that does not answer a request for transactions is disconnected after ten seconds",
          "[unit][behavior][offence][tx_submission]") {
    Consumer c;
    SECTION("for transactions") { c.offer(one); }
    SECTION("for ids without waiting") {
        c.offer(test_txs(1, 6));
        c.give(test_txs(1, 6));
    }
    c.net.run_for(9s);
    CHECK(c.node.behavior().peers().size() == 1);
    c.net.run_for(2s);
    CHECK(last<res::PeerDisconnected>(c.node).reason == Errc::state_timeout);
    CHECK(last<res::PeerDisconnected>(c.node).violation.protocol == "tx-submission");
}

TEST_CASE("Tx-submission is not in use before a peer is hot", "[unit][behavior][offence][tx_submission]") {
    SimulatedNetwork net;
    auto& node = net.add<InitiatorBehavior>(node_id, knowing());
    ini::LocalRoots group;
    group.peers = {raw_id};
    group.hot_valency = 0;
    REQUIRE(node.execute(ini::SetLocalRoots{{group}}));
    RawRelay relay(net, raw_id);
    REQUIRE(await<ini::PeerInitialized>(net, node));
    relay.send(4, wait(0, 1));
    net.run_for(100ms);
    CHECK(last<ini::PeerDisconnected>(node).reason == Errc::unknown_protocol);
}
