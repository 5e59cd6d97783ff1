#pragma once

#include <map>
#include <utility>
#include <vector>

#include "support/rules.hpp"
#include "support/tx.hpp"
#include "unit/behavior/raw.hpp"

/// Who submits transactions and who pulls them.
namespace cast {

using support::test_txs;
using support::TestTx;

/// Pulls at once.
inline res::Config pulling() {
    res::Config config;
    config.rules = support::test_rules();
    config.pull_txs = true;
    config.tx_delay = Duration::zero();
    return config;
}

inline CommandId submit(Initiator& node, const TestTx& tx) {
    const auto id = node.execute(ini::SubmitTx{tx.id, tx.tx});
    REQUIRE(id);
    return *id;
}

/// The outcomes of one transaction: they end it, and there is one.
inline std::size_t tx_outcomes(const Initiator& node, CommandId id) {
    std::size_t n = 0;
    for (const auto& event : node.events()) {
        if (const auto* submitted = std::get_if<ini::TxSubmitted>(&event)) n += submitted->command == id ? 1 : 0;
        if (const auto* failed = std::get_if<ini::TxFailed>(&event)) n += failed->command == id ? 1 : 0;
    }
    return n;
}

/// The ids of all that was received, in that order.
inline std::vector<TxId> received_ids(const Responder& node) {
    std::vector<TxId> ids;
    for (const auto& event : told<res::TxReceived>(node)) ids.push_back(event.id);
    return ids;
}

/// What one who speaks by hand hears of tx-submission, a part at a time.
template <class Peer>
class TxTalk {
  public:
    TxTalk(SimulatedNetwork& net, Peer& peer) : net_(net), peer_(peer) {}

    /// What has come since the last call.
    ByteVector heard() {
        const ByteVector all = peer_.heard(4);
        const ByteVector part(all.begin() + static_cast<std::ptrdiff_t>(heard_), all.end());
        heard_ = all.size();
        return part;
    }
    /// Says it, and gives what is said to it.
    ByteVector say(const ByteVector& messages) {
        peer_.send(4, messages);
        net_.run_for(100ms);
        return heard();
    }
    /// On a new connection nothing was heard.
    void begin() { heard_ = 0; }

  private:
    SimulatedNetwork& net_;
    Peer& peer_;
    std::size_t heard_ = 0;
};

/// Begins as soon as somebody is there, so that its peers can ask first.
inline ini::Config early() {
    ini::Config config = knowing();
    config.early_txs = true;
    return config;
}

/// A node that submits, and a relay that pulls by hand.
struct Producer {
    explicit Producer(const ini::Config& config = early(), const Options& options = {})
        : net(options), node(net.add<InitiatorBehavior>(node_id, config)) {
        REQUIRE(node.execute(ini::IncludePeer{raw_id}));
        REQUIRE(await<ini::PeerInitialized>(net, node));
        net.run_for(100ms);
        CHECK(talk.heard() == raw::tx_init);
    }
    ByteVector say(const ByteVector& messages) { return talk.say(messages); }
    ByteVector wait(std::uint64_t acknowledged, std::uint64_t requested) {
        return say(raw::ask_tx_ids(true, acknowledged, requested));
    }
    ByteVector look(std::uint64_t acknowledged, std::uint64_t requested) {
        return say(raw::ask_tx_ids(false, acknowledged, requested));
    }
    ByteVector want(const std::vector<TestTx>& txs) { return say(raw::ask_txs(txs)); }
    /// What the relay hears when these are submitted.
    ByteVector submit_all(const std::vector<TestTx>& txs) {
        for (const TestTx& tx : txs) ids.push_back(submit(node, tx));
        net.run_for(100ms);
        return talk.heard();
    }

    SimulatedNetwork net;
    RawRelay relay{net, raw_id};
    Initiator& node;
    TxTalk<RawRelay> talk{net, relay};
    std::vector<CommandId> ids;
};

/// A node that pulls, and a client that has transactions by hand.
struct Consumer {
    explicit Consumer(const res::Config& config = pulling())
        : node(net.add<ResponderBehavior>(relay_id, config)),
          client(net, relay_id),
          first_wait(raw::ask_tx_ids(true, 0, config.tx_ids)) {
        client.keep_alive();
        CHECK(say(raw::tx_init) == first_wait);
    }
    ByteVector say(const ByteVector& messages) { return talk.say(messages); }
    ByteVector offer(const std::vector<TestTx>& txs) { return say(raw::tx_ids(txs)); }
    ByteVector give(const std::vector<TestTx>& txs) { return say(raw::txs(txs)); }

    SimulatedNetwork net;
    Responder& node;
    RawClient client;
    TxTalk<RawClient> talk{net, client};
    ByteVector first_wait;
};

}  // namespace cast
