#include "unit/behavior/tx_peers.hpp"

using namespace cast;

namespace {

const std::vector<TestTx> one = test_txs(1, 1);
const std::vector<TestTx> two = test_txs(1, 2);
const ByteVector nothing;

ini::SetLocalRoots keep(const PeerId& peer, std::size_t hot) {
    ini::LocalRoots group;
    group.peers = {peer};
    group.hot_valency = hot;
    return ini::SetLocalRoots{group};
}

}  // namespace

TEST_CASE("A transaction is announced, requested, sent and acknowledged, and then reported as delivered",
          "[unit][behavior][initiator][tx_submission]") {
    Producer p;
    CHECK(p.wait(0, 3) == nothing);  // until there is one
    p.net.run_for(1h);
    CHECK(count<ini::PeerDisconnected>(p.node) == 0);
    CHECK(p.submit_all(one) == raw::tx_ids(one));
    CHECK(last<ini::TxOffered>(p.node).command == p.ids[0]);
    CHECK(last<ini::TxOffered>(p.node).peer == raw_id);
    CHECK(count<ini::TxRequested>(p.node) == 0);

    CHECK(p.want(one) == raw::txs(one));
    CHECK(last<ini::TxRequested>(p.node).command == p.ids[0]);
    CHECK(last<ini::TxRequested>(p.node).peer == raw_id);
    CHECK(count<ini::TxDelivered>(p.node) == 0);  // it may have been lost on the way
    CHECK(tx_outcomes(p.node, p.ids[0]) == 0);

    CHECK(p.wait(1, 3) == nothing);
    CHECK(last<ini::TxDelivered>(p.node).command == p.ids[0]);
    CHECK(last<ini::TxDelivered>(p.node).peer == raw_id);
    CHECK(last<ini::TxSubmitted>(p.node).command == p.ids[0]);
    CHECK(last<ini::TxSubmitted>(p.node).delivered == 1);
    CHECK(last<ini::TxSubmitted>(p.node).known == 0);
    p.net.run_for(1h);
    CHECK(tx_outcomes(p.node, p.ids[0]) == 1);
}

TEST_CASE("No peer gets a message about transactions before there is one",
          "[unit][behavior][initiator][tx_submission]") {
    SimulatedNetwork net;
    RawRelay relay(net, raw_id);
    TxTalk<RawRelay> talk(net, relay);
    Initiator& node = net.add<InitiatorBehavior>(node_id, knowing());
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    REQUIRE(await<ini::PeerInitialized>(net, node));
    net.run_for(1h);
    CHECK(talk.heard() == nothing);
    const auto id = submit(node, one[0]);
    net.run_for(100ms);
    CHECK(talk.heard() == raw::tx_init);
    CHECK(talk.say(raw::ask_tx_ids(true, 0, 1)) == raw::tx_ids(one));
    talk.say(raw::ask_tx_ids(true, 1, 1));
    CHECK(tx_outcomes(node, id) == 1);
}

TEST_CASE("A transaction that a peer acknowledges without requesting it counts as known there",
          "[unit][behavior][initiator][tx_submission]") {
    Producer p;
    p.submit_all(two);
    CHECK(p.wait(0, 3) == raw::tx_ids(two));
    p.want({two[1]});
    CHECK(p.wait(2, 1) == nothing);
    CHECK(last<ini::TxKnown>(p.node).command == p.ids[0]);
    CHECK(last<ini::TxKnown>(p.node).peer == raw_id);
    CHECK(told<ini::TxSubmitted>(p.node).at(0).known == 1);
    CHECK(told<ini::TxSubmitted>(p.node).at(0).delivered == 0);
    CHECK(told<ini::TxSubmitted>(p.node).at(1).known == 0);
    CHECK(told<ini::TxSubmitted>(p.node).at(1).delivered == 1);
}

TEST_CASE("Ids are announced in the order of the commands, each once, as many as requested",
          "[unit][behavior][initiator][tx_submission]") {
    Producer p;
    p.submit_all(test_txs(1, 14));
    CHECK(p.wait(0, 9) == raw::tx_ids(test_txs(1, 9)));
    CHECK(p.look(0, 1) == raw::tx_ids(test_txs(10, 10)));
    CHECK(p.look(2, 2) == raw::tx_ids(test_txs(11, 12)));
    CHECK(p.look(1, 0) == raw::tx_ids(std::vector<TestTx>{}));
    CHECK(p.look(0, 1) == raw::tx_ids(test_txs(13, 13)));
    CHECK(p.look(9, 9) == raw::tx_ids(test_txs(14, 14)));
    CHECK(p.look(0, 5) == raw::tx_ids(std::vector<TestTx>{}));
    CHECK(p.wait(2, 5) == nothing);
    CHECK(count<ini::TxOffered>(p.node) == 14);
    CHECK(count<ini::TxSubmitted>(p.node) == 14);
    for (std::size_t i = 0; i < 14; ++i) CHECK(told<ini::TxSubmitted>(p.node)[i].command == p.ids[i]);
}

TEST_CASE("A peer may request several at once, in any order, and repeatedly",
          "[unit][behavior][initiator][tx_submission]") {
    Producer p;
    const auto all = test_txs(1, 3);
    p.submit_all(all);
    p.wait(0, 3);
    CHECK(p.want({all[2], all[0]}) == raw::txs({all[2], all[0]}));
    CHECK(p.want({all[0], all[0], all[1], all[0]}) == raw::txs({all[0], all[1]}));
    CHECK(p.want({}) == raw::txs({}));
    CHECK(count<ini::TxRequested>(p.node) == 3);
    CHECK(p.look(1, 1) == raw::tx_ids(std::vector<TestTx>{}));
    CHECK(p.want({all[1]}) == raw::txs({all[1]}));
    CHECK(count<ini::TxRequested>(p.node) == 3);
}

TEST_CASE("A transaction of any era is sent in that era's envelope", "[unit][behavior][initiator][tx_submission]") {
    Producer p;
    const auto era = GENERATE(Era::shelley, Era::alonzo, Era::dijkstra);
    const std::vector<TestTx> its{TestTx(1, 100, era)};
    p.submit_all(its);
    CHECK(p.wait(0, 1) == raw::tx_ids(its));
    CHECK(p.want(its) == raw::txs(its));
}

TEST_CASE("A transaction has its outcome when every hot peer is done with it",
          "[unit][behavior][initiator][tx_submission]") {
    Producer p;
    RawRelay other(p.net, other_id);
    TxTalk<RawRelay> second(p.net, other);
    REQUIRE(p.node.execute(ini::IncludePeer{other_id}));
    p.net.run_for(1s);
    CHECK(second.heard() == raw::tx_init);
    p.submit_all(one);
    p.wait(0, 1);
    p.want(one);
    p.wait(1, 1);
    CHECK(count<ini::TxDelivered>(p.node) == 1);
    CHECK(tx_outcomes(p.node, p.ids[0]) == 0);
    SECTION("the last one has it already") {
        second.say(raw::ask_tx_ids(true, 0, 1));
        CHECK(tx_outcomes(p.node, p.ids[0]) == 0);
        second.say(raw::ask_tx_ids(true, 1, 1));
        CHECK(last<ini::TxSubmitted>(p.node).delivered == 1);
        CHECK(last<ini::TxSubmitted>(p.node).known == 1);
    }
    SECTION("the last one disconnects") {
        other.connection().close();
        p.net.run_for(1s);
        CHECK(last<ini::TxSubmitted>(p.node).delivered == 1);
        CHECK(last<ini::TxSubmitted>(p.node).known == 0);
    }
    SECTION("the last one never requests it") {
        p.net.run_for(119s);
        CHECK(tx_outcomes(p.node, p.ids[0]) == 0);
        p.net.run_for(2s);
        CHECK(last<ini::TxSubmitted>(p.node).delivered == 1);
        // What comes after it waits for the peer as well, and not a moment longer than it may.
        const auto next = submit(p.node, two[1]);
        p.net.run_for(100ms);
        CHECK(p.talk.heard() == raw::tx_ids({two[1]}));
        p.net.run_for(119s);
        CHECK(tx_outcomes(p.node, next) == 0);
        p.net.run_for(2s);
        CHECK(last<ini::TxFailed>(p.node).command == next);
    }
    CHECK(tx_outcomes(p.node, p.ids[0]) == 1);
}

TEST_CASE("A transaction that no peer requests in time fails", "[unit][behavior][initiator][tx_submission]") {
    Producer p;
    SECTION("it was announced to no peer") {
        p.submit_all(one);
        p.net.run_for(119s);
        CHECK(count<ini::TxFailed>(p.node) == 0);
        p.net.run_for(1s);
        CHECK(last<ini::TxFailed>(p.node).command == p.ids[0]);
        CHECK(last<ini::TxFailed>(p.node).reason == Errc::no_peer);
        CHECK(last<ini::TxFailed>(p.node).offered == 0);
        CHECK(p.wait(0, 1) == nothing);
    }
    SECTION("it was announced, and requested too late") {
        p.wait(0, 1);
        p.submit_all(one);
        p.net.run_for(120s);
        CHECK(last<ini::TxFailed>(p.node).reason == Errc::no_peer);
        CHECK(last<ini::TxFailed>(p.node).offered == 1);
        CHECK(p.want(one) == raw::txs({}));
        CHECK(p.wait(1, 1) == nothing);
        CHECK(count<ini::TxRequested>(p.node) == 0);
        CHECK(count<ini::TxDelivered>(p.node) + count<ini::TxKnown>(p.node) == 0);
    }
    SECTION("it was requested and not acknowledged") {
        p.wait(0, 1);
        p.submit_all(one);
        p.want(one);
        p.net.run_for(120s);
        CHECK(last<ini::TxFailed>(p.node).reason == Errc::no_peer);
        CHECK(last<ini::TxFailed>(p.node).offered == 1);
    }
    CHECK(tx_outcomes(p.node, p.ids[0]) == 1);
    CHECK(count<ini::PeerDisconnected>(p.node) == 0);
}

TEST_CASE("A transaction waits for a peer to connect", "[unit][behavior][initiator][tx_submission]") {
    SimulatedNetwork net;
    auto& node = net.add<InitiatorBehavior>(node_id, knowing());
    const auto id = submit(node, one[0]);
    net.run_for(100s);
    CHECK(tx_outcomes(node, id) == 0);
    SECTION("a peer that connects in time gets it announced") {
        auto& relay = net.add<ResponderBehavior>(relay_id, pulling());
        REQUIRE(node.execute(ini::IncludePeer{relay_id}));
        net.run_for(1s);
        CHECK(received_ids(relay) == std::vector{one[0].id});
        CHECK(last<ini::TxSubmitted>(node).delivered == 1);
    }
    SECTION("no peer connects") {
        net.run_for(20s);
        CHECK(last<ini::TxFailed>(node).reason == Errc::no_peer);
    }
    CHECK(tx_outcomes(node, id) == 1);
}

TEST_CASE("A transaction announced to a lost peer is announced to another one",
          "[unit][behavior][initiator][tx_submission]") {
    Producer p;
    p.wait(0, 1);
    p.submit_all(one);
    p.want(one);
    p.relay.connection().close();
    p.net.run_for(100ms);
    CHECK(count<ini::PeerDisconnected>(p.node) == 1);
    CHECK(tx_outcomes(p.node, p.ids[0]) == 0);
    SECTION("to the same peer when it returns") {
        REQUIRE(await<ini::PeerInitialized>(p.net, p.node, 60s));
        p.talk.begin();
        CHECK(p.wait(0, 1) == raw::join({raw::tx_init, raw::tx_ids(one)}));
        p.want(one);
        p.wait(1, 1);
        CHECK(last<ini::TxSubmitted>(p.node).delivered == 1);
        CHECK(count<ini::TxRequested>(p.node) == 2);
    }
    SECTION("to none, and the outcome has the reason of the disconnect") {
        p.net.reach(raw_id, Reach::refuses);
        p.net.run_for(120s);
        CHECK(last<ini::TxFailed>(p.node).reason == Errc::closed_by_peer);
        CHECK(last<ini::TxFailed>(p.node).offered == 1);
    }
    CHECK(tx_outcomes(p.node, p.ids[0]) == 1);
}

TEST_CASE("Each waiting transaction has one outcome when a node is stopped",
          "[unit][behavior][initiator][tx_submission]") {
    Producer p;
    RawRelay other(p.net, other_id);
    REQUIRE(p.node.execute(ini::IncludePeer{other_id}));  // asks for nothing
    p.net.run_for(1s);
    p.submit_all(two);
    p.wait(0, 1);
    p.want(one);
    p.wait(1, 1);
    p.node.stop();
    p.net.run_for(100ms);
    CHECK(last<ini::TxSubmitted>(p.node).command == p.ids[0]);  // somebody has it
    CHECK(last<ini::TxFailed>(p.node).command == p.ids[1]);
    CHECK(last<ini::TxFailed>(p.node).reason == Errc::stopped);
    const auto late = p.node.execute(ini::SubmitTx{one[0].id, one[0].tx});
    CHECK((!late && late.error() == Errc::stopped));
    p.net.run_for(10s);
    CHECK(p.net.connections() == 0);
}

TEST_CASE("A stopped node sends Done to a peer that waits for ids", "[unit][behavior][initiator][tx_submission]") {
    Producer p;
    p.wait(0, 1);
    p.node.stop();
    p.net.run_for(100ms);
    CHECK(p.talk.heard() == raw::tx_done);
}

TEST_CASE("A peer that is no longer hot gets Done", "[unit][behavior][initiator][tx_submission]") {
    SimulatedNetwork net;
    auto& node = net.add<InitiatorBehavior>(node_id, early());
    RawRelay relay(net, raw_id);
    TxTalk<RawRelay> talk(net, relay);
    const auto heat = [&](std::size_t hot) {
        REQUIRE(node.execute(keep(raw_id, hot)));
        net.run_for(1s);
        CHECK(state(node, raw_id).temperature == (hot == 1 ? Temperature::hot : Temperature::warm));
    };
    heat(0);
    CHECK(talk.heard() == nothing);
    heat(1);
    CHECK(talk.heard() == raw::tx_init);
    SECTION("at once while it waits for ids, and tx-submission starts again when it is hot") {
        talk.say(raw::ask_tx_ids(true, 0, 2));
        heat(0);
        CHECK(talk.heard() == raw::tx_done);
        const auto id = submit(node, one[0]);
        net.run_for(1s);
        CHECK(talk.heard() == nothing);
        heat(1);
        CHECK(talk.heard() == raw::tx_init);
        CHECK(talk.say(raw::ask_tx_ids(true, 0, 2)) == raw::tx_ids(one));
        CHECK(talk.say(raw::ask_tx_ids(true, 1, 2)) == nothing);
        CHECK(tx_outcomes(node, id) == 1);
    }
    SECTION("with its next blocking request, and until then it gets announced transactions and no more") {
        submit(node, two[0]);
        net.run_for(1s);
        CHECK(talk.say(raw::ask_tx_ids(true, 0, 2)) == raw::tx_ids(one));
        heat(0);
        submit(node, two[1]);
        CHECK(talk.say(raw::ask_tx_ids(false, 0, 2)) == raw::tx_ids(std::vector<TestTx>{}));
        CHECK(talk.say(raw::ask_txs(one)) == raw::txs(one));
        CHECK(talk.say(raw::ask_tx_ids(true, 1, 2)) == raw::tx_done);
        CHECK(count<ini::TxDelivered>(node) == 1);
        heat(1);
        CHECK(talk.heard() == raw::tx_init);
        CHECK(talk.say(raw::ask_tx_ids(true, 0, 2)) == raw::tx_ids(two));  // who is hot is told of all that waits
    }
    SECTION("and without a request meanwhile it continues as before") {
        submit(node, two[0]);
        net.run_for(1s);
        CHECK(talk.say(raw::ask_tx_ids(true, 0, 2)) == raw::tx_ids(one));
        heat(0);
        net.run_for(400s);  // neither side owes anything: the connection stays
        CHECK(count<ini::PeerDisconnected>(node) == 0);
        heat(1);
        CHECK(talk.heard() == nothing);
        submit(node, two[1]);
        CHECK(talk.say(raw::ask_tx_ids(false, 0, 2)) == raw::tx_ids({two[1]}));
    }
    CHECK(count<ini::PeerDisconnected>(node) == 0);
}

TEST_CASE("A transaction that cannot be submitted is refused and stays with the caller",
          "[unit][behavior][initiator][tx_submission]") {
    ini::Config config = early();
    config.max_txs = 3;
    config.tx_bytes = 1'000;
    SimulatedNetwork net;
    auto& node = net.add<InitiatorBehavior>(node_id, config);
    const auto refused = [&](const TxId& id, const Tx& tx) {
        ini::SubmitTx wish{id, tx};
        const auto result = node.execute(wish);
        return result ? Errc::none : result.error();
    };
    SECTION("an id of another era") {
        TxId id = one[0].id;
        id.era = Era::babbage;
        CHECK(refused(id, one[0].tx) == Errc::bad_argument);
    }
    SECTION("a malformed item, or more than one") {
        const ByteVector bytes =
            GENERATE(ByteVector{}, ByteVector{0x82, 0x01}, ByteVector{0x01, 0x02}, ByteVector{0xff});
        CHECK(refused(one[0].id, {Era::conway, {}, Bytes::copy(bytes)}) == Errc::bad_argument);
    }
    SECTION("one that is waiting already") {
        submit(node, one[0]);
        CHECK(refused(one[0].id, one[0].tx) == Errc::bad_argument);
        CHECK(refused(two[1].id, one[0].tx) == Errc::none);  // the id cannot be checked here
    }
    SECTION("more than may wait") {
        for (const TestTx& tx : test_txs(1, 3)) submit(node, tx);
        CHECK(refused(TestTx(4).id, TestTx(4).tx) == Errc::queue_full);
        net.run_for(120s);
        CHECK(count<ini::TxFailed>(node) == 3);
        CHECK(refused(TestTx(4).id, TestTx(4).tx) == Errc::none);
    }
    SECTION("more bytes than may wait") {
        submit(node, TestTx(1, 900));
        CHECK(refused(one[0].id, one[0].tx) == Errc::bad_argument);
        CHECK(refused(two[1].id, two[1].tx) == Errc::queue_full);
        CHECK(refused(two[1].id, TestTx(2, 32).tx) == Errc::none);
    }
}

TEST_CASE("A node whose limit of transactions is zero never starts tx-submission",
          "[unit][behavior][initiator][tx_submission]") {
    ini::Config config = early();
    config.max_txs = 0;
    SimulatedNetwork net;
    auto& node = net.add<InitiatorBehavior>(node_id, config);
    RawRelay relay(net, raw_id);
    REQUIRE(node.execute(ini::IncludePeer{raw_id}));
    net.run_for(1s);
    CHECK(state(node, raw_id).temperature == Temperature::hot);
    CHECK(relay.heard(4) == nothing);
    const auto refused = node.execute(ini::SubmitTx{one[0].id, one[0].tx});
    CHECK((!refused && refused.error() == Errc::queue_full));
}

TEST_CASE("The largest transaction is one of 65,540 bytes", "[unit][behavior][initiator][tx_submission]") {
    SimulatedNetwork net;
    auto& node = net.add<InitiatorBehavior>(node_id, knowing());
    const TestTx largest(1, 65'540 - 2 - 2 - 3 - 3);
    REQUIRE(largest.bytes() == 65'540);
    submit(node, largest);
    const TestTx larger(2, 65'541 - 2 - 2 - 3 - 3);
    const auto refused = node.execute(ini::SubmitTx{larger.id, larger.tx});
    CHECK((!refused && refused.error() == Errc::bad_argument));
}

TEST_CASE("A transaction submitted again before a peer has acknowledged it waits for the acknowledgement",
          "[unit][behavior][initiator][tx_submission]") {
    Producer p;
    p.wait(0, 2);
    p.submit_all(one);
    p.net.run_for(120s);
    REQUIRE(count<ini::TxFailed>(p.node) == 1);
    p.submit_all(two);
    CHECK(p.look(0, 5) == raw::tx_ids(std::vector<TestTx>{}));  // an id is not told twice
    CHECK(p.wait(1, 5) == raw::tx_ids(two));
    CHECK(count<ini::TxKnown>(p.node) == 0);
    p.wait(2, 5);
    CHECK(count<ini::TxSubmitted>(p.node) == 2);
}
