#include <ouro/ouro.hpp>

#include "support/catch.hpp"
#include "support/rules.hpp"
#include "support/tcp.hpp"
#include "support/tx.hpp"

using namespace ouro;
using namespace ouro::test;
using support::test_txs;
using support::TestTx;
namespace ini = ouro::initiator;
namespace res = ouro::responder;

namespace {

/// A node that has transactions and a relay that pulls them over TCP, with all their events.
struct Both {
    Both() : relay(context.get_executor(), pulling()), node(context.get_executor()) {
        const auto bound = relay.interface().listen(PeerId::from_parts("127.0.0.1", 0));
        REQUIRE(bound);
        address = bound.address;
        REQUIRE(node.execute(ini::IncludePeer{address}));
    }
    static res::Config pulling() {
        res::Config config;
        config.rules = support::test_rules();
        config.pull_txs = true;
        config.tx_delay = Duration::zero();
        return config;
    }
    void submit(const TestTx& tx) {
        const auto id = node.execute(ini::SubmitTx{tx.id, tx.tx});
        REQUIRE(id);
        ids.push_back(*id);
    }
    template <class Done>
    bool run(Done done) {
        return run_until(context, [&] {
            while (const auto event = relay.try_poll_next())
                if (const auto* tx = std::get_if<res::TxReceived>(&*event)) received.push_back(*tx);
            while (auto event = node.try_poll_next()) told.push_back(*std::move(event));
            return done();
        });
    }
    template <class E>
    [[nodiscard]] std::vector<E> all() const {
        std::vector<E> all;
        for (const auto& event : told)
            if (const auto* e = std::get_if<E>(&event)) all.push_back(*e);
        return all;
    }

    asio::io_context context;
    Responder relay;
    Initiator node;
    PeerId address;
    std::vector<CommandId> ids;
    std::vector<res::TxReceived> received;
    std::vector<ini::Event> told;
};

}  // namespace

TEST_CASE("Transactions pass over TCP unchanged, each once", "[integration][tx_submission][tcp]") {
    Both both;
    const auto txs = test_txs(1, 2'000, 400);
    for (const TestTx& tx : txs) both.submit(tx);
    REQUIRE(both.run([&] { return both.all<ini::TxSubmitted>().size() == txs.size(); }));
    REQUIRE(both.received.size() == txs.size());
    for (std::size_t i = 0; i < txs.size(); ++i) {
        REQUIRE(both.received[i].id == txs[i].id);
        REQUIRE((both.received[i].tx == txs[i].tx));
        REQUIRE(both.all<ini::TxSubmitted>()[i].command == both.ids[i]);
    }
    for (const auto& delivered : both.all<ini::TxDelivered>()) CHECK(delivered.peer == both.address);
}

TEST_CASE("The largest transactions pass over TCP", "[integration][tx_submission][tcp]") {
    Both both;
    for (const TestTx& tx : test_txs(1, 30, 65'500)) both.submit(tx);
    REQUIRE(both.run([&] { return both.all<ini::TxSubmitted>().size() == 30; }));
    CHECK(both.received.size() == 30);
}

TEST_CASE("A connection that breaks loses no transaction silently over TCP", "[integration][tx_submission][tcp]") {
    Both both;
    const auto txs = test_txs(1, 300, 20'000);
    for (const TestTx& tx : txs) both.submit(tx);
    REQUIRE(both.run([&] { return both.received.size() >= 20; }));
    for (const auto& peer : both.relay.behavior().peers())
        REQUIRE(both.relay.execute(res::DisconnectPeer{peer.connection}));
    REQUIRE(both.run([&] { return !both.all<ini::PeerDisconnected>().empty(); }));
    both.node.stop();
    REQUIRE(
        both.run([&] { return both.all<ini::TxSubmitted>().size() + both.all<ini::TxFailed>().size() == txs.size(); }));
    // The relay has every delivered transaction; one that it could no longer acknowledge is reported as failed.
    CHECK(both.all<ini::TxSubmitted>().size() <= both.received.size());
    for (const auto& submitted : both.all<ini::TxSubmitted>()) {
        const auto at =
            static_cast<std::size_t>(std::find(both.ids.begin(), both.ids.end(), submitted.command) - both.ids.begin());
        CHECK(std::any_of(both.received.begin(), both.received.end(),
                          [&](const res::TxReceived& tx) { return tx.id == txs[at].id; }));
    }
}
