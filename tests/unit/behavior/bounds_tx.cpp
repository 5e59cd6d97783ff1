#include <algorithm>

#include "unit/behavior/tx_peers.hpp"

using namespace cast;

namespace {

constexpr std::size_t soft_limit = 0x3ffff;
constexpr std::size_t queue = 721'424;  // of a peer's tx-submission

ByteVector look(std::uint64_t acknowledged, std::uint64_t requested) {
    return raw::ask_tx_ids(false, acknowledged, requested);
}

}  // namespace

TEST_CASE("A relay that requests transactions and does not read them is not served without limit",
          "[unit][behavior][bounds][tx_submission]") {
    Producer p;
    const auto txs = test_txs(1, 10, 65'500);
    p.submit_all(txs);
    p.wait(0, 10);
    p.relay.connection().pause(true);
    const ByteVector wishes = raw::repeat(raw::ask_txs(txs), 100);
    std::size_t most = 0;
    for (int i = 0; i < 100 && count<ini::PeerDisconnected>(p.node) == 0; ++i) {
        p.relay.send(4, wishes);
        p.net.run_for(20ms);
        most = std::max(most, p.node.held());
    }
    CHECK(most > soft_limit);
    CHECK(most <= soft_limit + 10 * 65'540 + queue);
    CHECK(last<ini::PeerDisconnected>(p.node).reason == Errc::ingress_overflow);
    p.net.run_for(1s);
    CHECK(p.node.held() == 0);
}

TEST_CASE("A relay that resumes reading gets everything that it requested", "[unit][behavior][bounds][tx_submission]") {
    Producer p;
    const auto txs = test_txs(1, 10, 65'500);
    p.submit_all(txs);
    p.wait(0, 10);
    p.relay.connection().pause(true);
    p.relay.send(4, raw::repeat(raw::ask_txs(txs), 100));
    p.net.run_for(1s);
    CHECK(p.node.held() < 2'000'000);
    p.relay.connection().pause(false);
    p.net.run_for(10s);
    CHECK(p.talk.heard().size() == 100 * raw::txs(txs).size());
    CHECK(p.node.held() == 0);
}

TEST_CASE("A user who takes no events gets no more requests for transactions, and no peer is blamed",
          "[unit][behavior][bounds][tx_submission]") {
    ini::Config config = early();
    config.max_events = 20;
    Producer p(config);
    p.submit_all(test_txs(1, 100));
    p.wait(0, 10);
    p.node.attend(false);
    p.relay.send(4, raw::repeat(raw::join({raw::ask_txs({}), look(1, 1)}), 90));
    p.net.run_for(60s);
    const std::size_t answered = p.talk.heard().size();
    CHECK(count<ini::PeerDisconnected>(p.node) == 0);
    p.node.attend(true);
    p.net.run_for(1s);
    CHECK(count<ini::TxOffered>(p.node) == 100);
    CHECK(count<ini::TxSubmitted>(p.node) == 90);
    CHECK(p.talk.heard().size() > 5 * answered);
}

TEST_CASE("A peer that becomes hot while no events are taken may request, and is answered later",
          "[unit][behavior][bounds][tx_submission]") {
    ini::Config config = early();
    config.max_events = 5;
    SimulatedNetwork net;
    RawRelay relay(net, raw_id);
    TxTalk<RawRelay> talk(net, relay);
    auto& node = net.add<InitiatorBehavior>(node_id, config);
    node.attend(false);
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    for (const TestTx& tx : test_txs(1, 3)) submit(node, tx);
    net.run_for(1s);
    CHECK(talk.say(raw::ask_tx_ids(true, 0, 3)) == raw::join({raw::tx_init, raw::tx_ids(test_txs(1, 3))}));
    CHECK(talk.say(raw::ask_txs(test_txs(1, 3))).empty());  // a peer's first request alone is read in any case
    CHECK(state(node, raw_id).stage == ini::Stage::ready);
    node.attend(true);
    net.run_for(1s);
    CHECK(talk.heard() == raw::txs(test_txs(1, 3)));
}

TEST_CASE("A user who takes no transactions gets a limited number, and no more are requested",
          "[unit][behavior][bounds][tx_submission]") {
    res::Config config = pulling();
    config.tx_bytes = 200'000;
    SimulatedNetwork net;
    auto& node = net.add<ResponderBehavior>(relay_id, config);
    std::vector<Initiator*> clients;
    for (const PeerId& id : {node_id, other_id}) {
        clients.push_back(&net.add<InitiatorBehavior>(id, knowing()));
        for (const TestTx& tx : test_txs(id == node_id ? 1 : 1'001, id == node_id ? 100 : 1'100, 10'000))
            submit(*clients.back(), tx);
        REQUIRE(clients.back()->execute(ini::IncludePeer{relay_id}));
    }
    REQUIRE(net.run_until([&] { return count<res::TxReceived>(node) >= 3; }, 10s));
    node.attend(false);
    const auto taken = count<res::TxReceived>(node);
    net.run_for(60s);
    CHECK(node.behavior().counters().txs > taken);
    CHECK(node.behavior().counters().txs <= taken + 200'000 / 10'000);
    CHECK(node.behavior().counters().violations == 0);
    CHECK(node.behavior().peers().size() == 2);
    // One at a time: what was taken makes room, and is asked for in turn.
    while (const auto event = node.poll_event()) net.run_for(200ms);
    node.attend(true);
    net.run_for(10s);
    CHECK(node.behavior().counters().txs == 200);
    for (const Initiator* client : clients) CHECK(count<ini::TxSubmitted>(*client) == 100);
}

TEST_CASE("The bytes requested from one peer at a time have a limit", "[unit][behavior][bounds][tx_submission]") {
    res::Config config = pulling();
    const auto txs = test_txs(1, 6);
    SECTION("the size of two transactions") {
        config.tx_bytes_in_flight = 2 * txs[0].bytes();
        Consumer c(config);
        CHECK(c.offer(txs) == raw::join({raw::ask_txs(test_txs(1, 2)), look(0, 4)}));
        CHECK(c.give(test_txs(1, 2)) == raw::ask_txs(test_txs(3, 4)));
    }
    SECTION("one transaction of any size") {
        config.tx_bytes_in_flight = 1;
        Consumer c(config);
        CHECK(c.offer(txs) == raw::join({raw::ask_txs(test_txs(1, 1)), look(0, 4)}));
        CHECK(c.give(test_txs(1, 1)) == raw::ask_txs(test_txs(2, 2)));
    }
    SECTION("the reference's limit") {
        Consumer c;
        const auto large = test_txs(1, 6, 65'500);
        CHECK(c.offer(large) == raw::join({raw::ask_txs(large), look(0, 4)}));
    }
}

TEST_CASE("The bytes requested from all peers at a time have a limit", "[unit][behavior][bounds][tx_submission]") {
    res::Config config = pulling();
    config.tx_bytes = 7 * TestTx(1, 20'000).bytes();
    const auto large = [](std::uint64_t first, std::uint64_t last) { return test_txs(first, last, 20'000); };
    Consumer c(config);
    RawClient other(c.net, relay_id, true, other_id), third(c.net, relay_id, true, node_id);
    TxTalk<RawClient> talk(c.net, other), starved(c.net, third);
    talk.say(raw::tx_init);
    starved.say(raw::tx_init);
    c.offer(large(1, 5));
    CHECK(talk.say(raw::tx_ids(large(11, 15))) == raw::ask_txs(large(11, 12)));
    CHECK(starved.say(raw::tx_ids(large(21, 21))).empty());
    // Once half of it is free, a peer without requests gets one. The others get more with their answers.
    c.give(large(1, 5));
    CHECK(starved.heard() == raw::ask_txs(large(21, 21)));
    CHECK(talk.heard().empty());
    CHECK(talk.say(raw::txs(large(11, 12))) == raw::join({raw::ask_txs(large(13, 15)), raw::ask_tx_ids(false, 2, 6)}));
}

TEST_CASE("A peer that disconnects returns the room of its requests, and its place in the line for room",
          "[unit][behavior][bounds][tx_submission]") {
    res::Config config = pulling();
    config.tx_bytes = 7 * TestTx(1, 20'000).bytes();
    const auto large = [](std::uint64_t first, std::uint64_t last) { return test_txs(first, last, 20'000); };
    Consumer c(config);
    RawClient full(c.net, relay_id, true, other_id), gone(c.net, relay_id, true, node_id);
    RawClient last(c.net, relay_id, true, PeerId::from_parts("last.example", 4'000));
    TxTalk<RawClient> talk(c.net, full), first_in_line(c.net, gone), second_in_line(c.net, last);
    for (TxTalk<RawClient>* each : {&talk, &first_in_line, &second_in_line}) each->say(raw::tx_init);
    c.offer(large(1, 5));
    CHECK(talk.say(raw::tx_ids(large(11, 12))) == raw::ask_txs(large(11, 12)));
    CHECK(first_in_line.say(raw::tx_ids(large(21, 21))).empty());
    CHECK(second_in_line.say(raw::tx_ids(large(31, 31))).empty());
    gone.connection().close();
    c.net.run_for(100ms);
    c.client.connection().close();
    c.net.run_for(100ms);
    CHECK(second_in_line.heard() == raw::ask_txs(large(31, 31)));
}

TEST_CASE("A request for transactions that has not left has its time limit",
          "[unit][behavior][bounds][tx_submission]") {
    Consumer c;
    RawClient blocked(c.net, relay_id, true, other_id);
    TxTalk<RawClient> talk(c.net, blocked);
    talk.say(raw::tx_init);
    c.offer(test_txs(1, 1));
    CHECK(talk.say(raw::tx_ids(test_txs(1, 1))).empty());  // requested from the other peer
    Capacity full;
    full.send_buffer = 1;
    c.net.capacity(relay_id, full);
    blocked.connection().pause(true);
    blocked.send(8, raw::ping(1));
    c.net.run_for(9s);
    CHECK(count<res::PeerDisconnected>(c.node) == 0);
    c.net.run_for(2s);
    CHECK(count<res::PeerDisconnected>(c.node) == 2);
    for (const auto& end : told<res::PeerDisconnected>(c.node)) CHECK(end.reason == Errc::state_timeout);
}

TEST_CASE("One peer has at most four requests for transactions in flight", "[unit][behavior][bounds][tx_submission]") {
    res::Config config = pulling();
    config.tx_patience = 1h;
    Consumer c(config);
    const auto txs = test_txs(1, 5);
    // Each has one of the five, is asked for it and does not have it any more.
    std::vector<std::unique_ptr<RawClient>> others;
    const auto other = [&](std::size_t i) { return TxTalk<RawClient>(c.net, *others.at(i)); };
    for (std::uint16_t i = 0; i < 5; ++i) {
        others.push_back(
            std::make_unique<RawClient>(c.net, relay_id, true, PeerId::from_parts("one.example", 4'000 + i)));
        other(i).say(raw::join({raw::tx_init, raw::tx_ids({txs[i]})}));
    }
    CHECK(c.offer(txs).empty());
    for (std::size_t i = 0; i < 4; ++i) {
        other(i).say(raw::txs({}));
        CHECK(c.talk.heard() == raw::ask_txs({txs[i]}));
    }
    other(4).say(raw::txs({}));
    CHECK(c.talk.heard().empty());
    CHECK(c.give({txs[0]}) == raw::join({raw::ask_txs({txs[4]}), look(1, 6)}));
}

TEST_CASE("A transaction that no peer delivers does not delay others for ever",
          "[unit][behavior][bounds][tx_submission]") {
    // Ten that announce the same, and of which each is silent when it is asked.
    SimulatedNetwork net;
    auto& node = net.add<ResponderBehavior>(relay_id, pulling());
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::uint16_t i = 0; i < 10; ++i) {
        clients.push_back(
            std::make_unique<RawClient>(net, relay_id, true, PeerId::from_parts("silent.example", 4'000 + i)));
        clients.back()->send(4, raw::tx_init);
        net.run_for(100ms);
        clients.back()->send(4, raw::tx_ids(test_txs(1, 1)));
    }
    net.run_for(120s);
    CHECK(node.behavior().peers().empty());  // each was asked, and did not answer
    CHECK(count<res::PeerDisconnected>(node) == 10);
    auto& good = net.add<InitiatorBehavior>(node_id, knowing());
    submit(good, TestTx(1));
    REQUIRE(good.execute(ini::IncludePeer{relay_id}));
    net.run_for(1s);
    CHECK(count<res::TxReceived>(node) == 1);
}
