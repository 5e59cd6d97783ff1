#include <algorithm>
#include <map>
#include <set>

#include "unit/behavior/tx_peers.hpp"

using namespace cast;

namespace {

void check_each_ended_once(const Initiator& node, const std::vector<CommandId>& ids) {
    std::map<CommandId, int> ends;
    for (const auto& event : node.events()) {
        if (const auto* submitted = std::get_if<ini::TxSubmitted>(&event)) ++ends[submitted->command];
        if (const auto* failed = std::get_if<ini::TxFailed>(&event)) ++ends[failed->command];
    }
    CHECK(ends.size() == ids.size());
    CHECK(std::all_of(ids.begin(), ids.end(), [&](CommandId id) { return ends[id] == 1; }));
}

}  // namespace

TEST_CASE("Ten thousand transactions pass a window of ten, each once, in order, with one outcome",
          "[unit][behavior][tx_submission]") {
    SimulatedNetwork net;
    auto& relay = net.add<ResponderBehavior>(relay_id, pulling());
    auto& node = net.add<InitiatorBehavior>(node_id, knowing());
    REQUIRE(node.execute(ini::IncludePeer{relay_id}));
    std::vector<CommandId> ids;
    std::vector<TxId> names;
    for (std::uint64_t n = 1; n <= 10'000; ++n) {
        const TestTx tx(n);
        ids.push_back(submit(node, tx));
        names.push_back(tx.id);
    }
    REQUIRE(net.run_until([&] { return count<ini::TxSubmitted>(node) == 10'000; }, 1h));
    net.run_for(1h);
    check_each_ended_once(node, ids);
    CHECK((received_ids(relay) == names));
    CHECK(count<ini::TxOffered>(node) == 10'000);
    CHECK(count<ini::TxRequested>(node) == 10'000);
    CHECK(count<ini::TxDelivered>(node) == 10'000);
    for (const auto& submitted : told<ini::TxSubmitted>(node)) REQUIRE(submitted.delivered == 1);
    CHECK(net.held() == 0);
}

TEST_CASE("One node delivers to several that pull, and each gets everything", "[unit][behavior][tx_submission]") {
    SimulatedNetwork net;
    auto& node = net.add<InitiatorBehavior>(node_id, knowing());
    std::vector<Responder*> relays;
    for (std::uint16_t i = 0; i < 5; ++i) {
        const PeerId id = PeerId::from_parts("relay.example", static_cast<std::uint16_t>(4'000 + i));
        relays.push_back(&net.add<ResponderBehavior>(id, pulling()));
        REQUIRE(node.execute(ini::IncludePeer{id}));
    }
    net.run_for(1s);
    std::vector<CommandId> ids;
    for (const TestTx& tx : test_txs(1, 300)) ids.push_back(submit(node, tx));
    net.run_for(100s);
    check_each_ended_once(node, ids);
    for (const auto& submitted : told<ini::TxSubmitted>(node)) REQUIRE(submitted.delivered == 5);
    for (const Responder* relay : relays) CHECK(received_ids(*relay).size() == 300);
}

TEST_CASE("Several nodes with the same transactions deliver each of them once", "[unit][behavior][tx_submission]") {
    SimulatedNetwork net;
    auto& relay = net.add<ResponderBehavior>(relay_id, pulling());
    std::vector<Initiator*> nodes;
    for (std::uint16_t i = 0; i < 5; ++i) {
        nodes.push_back(&net.add<InitiatorBehavior>(
            PeerId::from_parts("node.example", static_cast<std::uint16_t>(4'000 + i)), knowing()));
        for (const TestTx& tx : test_txs(1, 300)) submit(*nodes.back(), tx);
        REQUIRE(nodes.back()->execute(ini::IncludePeer{relay_id}));
    }
    net.run_for(100s);
    const auto ids = received_ids(relay);
    CHECK(ids.size() == 300);
    CHECK(std::set<TxId>(ids.begin(), ids.end()).size() == 300);
    std::uint64_t delivered = 0;
    for (const Initiator* node : nodes) {
        CHECK(count<ini::TxSubmitted>(*node) == 300);
        delivered += count<ini::TxDelivered>(*node);
        CHECK(count<ini::TxDelivered>(*node) + count<ini::TxKnown>(*node) == 300);
    }
    CHECK(delivered == 300);  // none was late
}

TEST_CASE("Peers that disconnect and return get every transaction once, and none is lost silently",
          "[unit][behavior][tx_submission]") {
    SimulatedNetwork net;
    auto& relay = net.add<ResponderBehavior>(relay_id, pulling());
    auto& node = net.add<InitiatorBehavior>(node_id, knowing());
    REQUIRE(node.execute(ini::IncludePeer{relay_id}));
    std::vector<CommandId> ids;
    for (const TestTx& tx : test_txs(1, 500)) ids.push_back(submit(node, tx));
    const Loss loss = GENERATE(Loss::reset, Loss::half_open, Loss::silent);
    for (int times = 0; times < 4; ++times) {
        net.run_for(700ms);
        net.lose(times % 2 == 0 ? node_id : relay_id, times % 2 == 0 ? relay_id : node_id, loss);
        net.run_for(15s);
    }
    net.run_for(200s);
    check_each_ended_once(node, ids);
    const auto received = received_ids(relay);
    const std::set<TxId> has(received.begin(), received.end());
    CHECK(has.size() == received.size());
    std::map<CommandId, TxId> names;
    for (std::size_t i = 0; i < ids.size(); ++i) names.emplace(ids[i], TestTx(i + 1).id);
    for (const auto& delivered : told<ini::TxDelivered>(node)) CHECK(has.contains(names.at(delivered.command)));
    for (const auto& submitted : told<ini::TxSubmitted>(node)) CHECK(has.contains(names.at(submitted.command)));
}
