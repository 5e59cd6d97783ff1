#include "unit/behavior/node_cast.hpp"
#include "unit/behavior/tx_peers.hpp"

using namespace cast;

namespace {

const PeerId flood_id = PeerId::from_parts("flood.example", 3005);

Result<CommandId> submit_from(Initiator& node, const PeerId& from, const TestTx& tx) {
    return node.execute(ini::SubmitTx{tx.id, tx.tx, from});
}

std::vector<TestTx> in_order(const std::vector<TestTx>& a, const std::vector<TestTx>& b, std::size_t most) {
    std::vector<TestTx> all;
    for (std::size_t i = 0; all.size() < most; ++i) {
        if (i < a.size()) all.push_back(a[i]);
        if (i < b.size() && all.size() < most) all.push_back(b[i]);
    }
    return all;
}

}  // namespace

TEST_CASE("Transactions of several origins are announced in turn", "[unit][behavior][tx_submission]") {
    Producer p;
    const auto junk = test_txs(1, 1'000), good = test_txs(2'001, 2'003);
    for (const TestTx& tx : junk) REQUIRE(submit_from(p.node, flood_id, tx));
    for (const TestTx& tx : good) REQUIRE(submit_from(p.node, other_id, tx));
    CHECK(p.wait(0, 10) == raw::tx_ids(in_order(junk, good, 10)));
}

TEST_CASE("A transaction behind a thousand of another origin is the next to be announced",
          "[unit][behavior][tx_submission]") {
    Producer p;
    const auto junk = test_txs(1, 1'000);
    for (const TestTx& tx : junk) REQUIRE(submit_from(p.node, flood_id, tx));
    CHECK(p.wait(0, 10) == raw::tx_ids(test_txs(1, 10)));
    const TestTx good(2'001);
    REQUIRE(submit_from(p.node, other_id, good));
    auto next = test_txs(11, 19);
    next.insert(next.begin(), good);
    CHECK(p.wait(10, 10) == raw::tx_ids(next));
    CHECK(count<ini::TxOffered>(p.node) == 20);
    p.net.run_for(1s);
    CHECK(p.wait(10, 10) == raw::tx_ids(test_txs(20, 29)));
}

TEST_CASE("An origin that fills the queue loses places to others, which keep theirs",
          "[unit][behavior][tx_submission]") {
    ini::Config config = early();
    const bool by_bytes = GENERATE(false, true);
    config.max_txs = by_bytes ? 10'000 : 100;
    if (by_bytes) config.tx_bytes = 100 * TestTx(1).bytes();
    Producer p(config);
    const auto junk = test_txs(1, 90);
    std::vector<CommandId> ended;
    for (const TestTx& tx : junk) ended.push_back(*submit_from(p.node, flood_id, tx));
    const auto own = submit_from(p.node, {}, TestTx(1'000));
    REQUIRE(own);
    for (const TestTx& tx : test_txs(91, 99)) ended.push_back(*submit_from(p.node, flood_id, tx));
    CHECK(submit_from(p.node, flood_id, TestTx(100)).error() == Errc::queue_full);  // no other peer wants the room
    CHECK(count<ini::TxFailed>(p.node) == 0);

    const auto good = submit_from(p.node, other_id, TestTx(2'000));
    REQUIRE(good);
    CHECK(count<ini::TxFailed>(p.node) == 99);
    for (const auto& failed : told<ini::TxFailed>(p.node)) CHECK(failed.reason == Errc::over_budget);
    for (const CommandId id : ended) CHECK(tx_outcomes(p.node, id) == 1);
    CHECK(tx_outcomes(p.node, *own) == 0);
    CHECK(tx_outcomes(p.node, *good) == 0);
    CHECK(p.wait(0, 10).size() == raw::tx_ids({TestTx(1'000), TestTx(2'000)}).size());
}

TEST_CASE("An origin with no more than its share gives up nothing", "[unit][behavior][tx_submission]") {
    ini::Config config = early();
    config.max_txs = 100;
    Producer p(config);
    for (const TestTx& tx : test_txs(1, 50)) REQUIRE(submit_from(p.node, flood_id, tx));
    for (const TestTx& tx : test_txs(51, 100)) REQUIRE(submit_from(p.node, other_id, tx));
    CHECK(submit_from(p.node, other_id, TestTx(101)).error() == Errc::queue_full);
    CHECK(count<ini::TxFailed>(p.node) == 0);
}

TEST_CASE("An origin with less than half gives up nothing for another one's transaction that does not fit beside it",
          "[unit][behavior][tx_submission]") {
    ini::Config config = early();
    config.tx_bytes = 100'000;
    Producer p(config);
    REQUIRE(submit_from(p.node, flood_id, TestTx(1, 45'000)));
    CHECK(submit_from(p.node, other_id, TestTx(2, 60'000)).error() == Errc::queue_full);
    CHECK(count<ini::TxFailed>(p.node) == 0);
}

TEST_CASE("The transactions of each origin end also after those of an older origin",
          "[unit][behavior][tx_submission]") {
    Producer p;
    const auto txs = test_txs(1, 3);
    REQUIRE(submit_from(p.node, flood_id, txs[0]));
    REQUIRE(submit_from(p.node, other_id, txs[1]));
    REQUIRE(submit_from(p.node, {}, txs[2]));
    CHECK(p.wait(0, 3) == raw::tx_ids(txs));
    p.look(1, 1);
    p.look(1, 1);
    p.wait(1, 1);
    CHECK(count<ini::TxSubmitted>(p.node) == 3);
}

namespace {

/// One of many addresses of one host. Of IPv6 a host has a /64.
PeerId one_of(bool ipv6, std::uint16_t number) {
    if (ipv6) return PeerId::from_parts("2001:db8::" + std::to_string(number), 1'000);
    return PeerId::from_parts("10.0.0.9", static_cast<std::uint16_t>(1'000 + number));
}

}  // namespace

TEST_CASE("A host with many addresses has one share of the queue", "[unit][behavior][tx_submission]") {
    const bool ipv6 = GENERATE(false, true);
    ini::Config config = early();
    config.max_txs = 100;
    Producer p(config);
    std::vector<CommandId> good;
    for (const TestTx& tx : test_txs(1, 30)) good.push_back(*submit_from(p.node, other_id, tx));
    std::uint64_t next = 1'001;
    for (std::uint16_t i = 1; i <= 35; ++i)
        for (int each = 0; each < 2; ++each) REQUIRE(submit_from(p.node, one_of(ipv6, i), TestTx(next++)));
    // Another one of the host costs one of the host, and the good peer nothing.
    REQUIRE(submit_from(p.node, one_of(ipv6, 36), TestTx(next)));
    CHECK(count<ini::TxFailed>(p.node) == 2);
    for (const CommandId id : good) CHECK(tx_outcomes(p.node, id) == 0);
}

TEST_CASE("A host with many addresses has one turn in a round", "[unit][behavior][tx_submission]") {
    const bool ipv6 = GENERATE(false, true);
    Producer p;
    std::vector<TestTx> junk = test_txs(1'001, 1'008), good = test_txs(1, 3);
    for (std::uint16_t i = 0; i < 4; ++i) REQUIRE(submit_from(p.node, one_of(ipv6, i), junk[i]));
    for (const TestTx& tx : good) REQUIRE(submit_from(p.node, other_id, tx));
    for (std::uint16_t i = 0; i < 4; ++i) REQUIRE(submit_from(p.node, one_of(ipv6, i), junk[4U + i]));
    std::vector<TestTx> order(junk.begin(), junk.begin() + 4);
    order.insert(order.end(), good.begin(), good.end());
    order.insert(order.end(), junk.begin() + 4, junk.begin() + 7);
    CHECK(p.wait(0, 10) == raw::tx_ids(order));
}

TEST_CASE("A good peer that shares an address with a flooding one keeps its places",
          "[unit][behavior][tx_submission]") {
    const PeerId flood = PeerId::from_parts("10.0.0.9", 1'000), good = PeerId::from_parts("10.0.0.9", 1'001);
    ini::Config config = early();
    config.max_txs = 100;
    Producer p(config);
    std::vector<CommandId> junk;
    for (const TestTx& tx : test_txs(1, 100)) junk.push_back(*submit_from(p.node, flood, tx));
    const auto first = submit_from(p.node, good, TestTx(2'000));
    REQUIRE(first);
    for (const CommandId id : junk) CHECK(tx_outcomes(p.node, id) == 1);
    CHECK(tx_outcomes(p.node, *first) == 0);
}

TEST_CASE("The user's own transactions are not dropped for those of peers", "[unit][behavior][tx_submission]") {
    ini::Config config = early();
    config.max_txs = 10;
    Producer p(config);
    for (const TestTx& tx : test_txs(1, 10)) REQUIRE(submit_from(p.node, {}, tx));
    CHECK(submit_from(p.node, other_id, TestTx(11)).error() == Errc::queue_full);
    CHECK(count<ini::TxFailed>(p.node) == 0);
}

TEST_CASE("A node disconnects the peer whose transactions displace those of others",
          "[unit][behavior][node][tx_submission]") {
    TwoNodes pair(5, [](node::Config& config) {
        const res::Config pull = pulling();
        config.responder.rules = pull.rules;
        config.responder.pull_txs = true;
        config.responder.tx_delay = {};
        config.initiator.max_txs = 100;
    });
    auto& flood = pair.net.add<InitiatorBehavior>(flood_id, knowing());
    auto& good = pair.net.add<InitiatorBehavior>(other_id, knowing());
    for (Initiator* node : {&flood, &good}) REQUIRE(node->execute(ini::IncludePeer{node_id}));
    pair.net.run_for(1s);
    for (const TestTx& tx : test_txs(1, 300)) (void)submit(flood, tx);
    // What it is given it passes on.
    std::size_t passed = 0, refused = 0;
    std::vector<res::PeerDisconnected> ended;
    const auto pass_on = [&] {
        while (auto event = pair.near->poll_event())
            if (const auto* left = std::get_if<res::PeerDisconnected>(&*event))
                ended.push_back(*left);
            else if (auto* tx = std::get_if<res::TxReceived>(&*event))
                ++(pair.near->execute(ini::SubmitTx{tx->id, tx->tx, tx->peer}) ? passed : refused);
    };
    pair.net.run_for(10s);
    pass_on();
    CHECK(passed == 100);
    CHECK(refused == 200);
    CHECK(pair.near->behavior().responder().peers().size() == 2);

    (void)submit(good, TestTx(1'000));
    REQUIRE(pair.net.run_until([&] { return count<res::TxReceived>(*pair.near) == 1; }, 10s));
    pass_on();
    CHECK(passed == 101);
    pair.net.run_for(1s);
    pass_on();
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].reason == Errc::over_budget);
    CHECK(ended[0].peer.host() == flood_id.host());
    CHECK(count<ini::PeerDisconnected>(flood) == 1);
    CHECK(count<ini::PeerDisconnected>(good) == 0);
}
