#include <ouro/program/submit_and_await.hpp>

#include <asio/detached.hpp>
#include <ouro/behavior/local_responder.hpp>
#include <ouro/chain/rules.hpp>
#include <ouro/program/client.hpp>

#include "face.hpp"

using namespace face;

namespace {

/// The transaction of the block at `position`, as it is submitted.
Tx tx_of(const ChainView& chain, ChainView::Position position) {
    const auto block = chain::Block::read(*chain.block(position));
    REQUIRE(block);
    REQUIRE(block->size() == 1);
    return {block->era(), (*block)[0].as_submitted().copy()};
}

/// A call that runs while the test changes the chain.
struct Call {
    Call(Stage& stage, asio::awaitable<Result<chain::TxOutcome>> call) {
        asio::co_spawn(stage.context, std::move(call),
                       [this](const std::exception_ptr& error, Result<chain::TxOutcome> result) {
                           if (!error) outcome = std::move(result);
                       });
    }

    std::optional<Result<chain::TxOutcome>> outcome;
};

template <class Done>
bool run_until(Stage& stage, Done done) {
    for (int most = 0; most < 1'000'000 && !done(); ++most) {
        stage.context.restart();
        if (stage.context.poll_one() == 0 && !stage.net.step()) break;
    }
    return done();
}

Relay& pulling_relay(Stage& stage, std::shared_ptr<const ChainView> chain) {
    responder::Config config;
    config.chain = std::move(chain);
    config.rules = ouro::chain::cardano_rules();
    config.pull_txs = true;
    return stage.net.add<ResponderBehavior>(relay_id, std::move(config));
}

bool received(const Relay& relay) {
    for (const auto& event : relay.events())
        if (std::holds_alternative<responder::TxReceived>(event)) return true;
    return false;
}

}  // namespace

TEST_CASE("A submitted transaction is awaited until it is in a block deep enough") {
    Stage stage;
    const auto chain = made_up(20), future = made_up(30);
    Relay& relay = pulling_relay(stage, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    const Call call(stage, submit_and_await(node, tx_of(*future, 23), 2));
    REQUIRE(run_until(stage, [&] { return received(relay); }));
    chain->extend(4);
    stage.changed(relay, 20);
    stage.net.run_for(std::chrono::seconds(5));
    CHECK_FALSE(call.outcome);
    chain->extend(1);
    stage.changed(relay, 24);
    REQUIRE(run_until(stage, [&] { return call.outcome.has_value(); }));
    REQUIRE(*call.outcome);
    const auto* settled = std::get_if<chain::TxSettled>(&**call.outcome);
    REQUIRE(settled);
    CHECK(settled->place.number == BlockNumber{22});
    CHECK(Point(settled->place.block) == future->point(23));
}

TEST_CASE("A transaction that is not one is not submitted") {
    Stage stage;
    Node node(stage.runtime, mainnet);
    const Call call(stage, submit_and_await(node, Tx(Era::conway, *from_hex("80")), 1));
    REQUIRE(run_until(stage, [&] { return call.outcome.has_value(); }));
    CHECK(call.outcome->error() == Errc::malformed);
}

TEST_CASE("The node's own reason to refuse a transaction is the outcome") {
    Stage stage;
    const auto chain = made_up(20), future = made_up(30);
    local_responder::Config config;
    config.chain = chain;
    auto& own = stage.net.add<LocalResponderBehavior>(relay_id, std::move(config));
    Client client(stage.runtime, mainnet);
    client.use(relay_id);
    const Call call(stage, submit_and_await(client, tx_of(*future, 23), 2));
    const Bytes reason = *from_hex("8102");
    REQUIRE(run_until(stage, [&] {
        for (const auto& event : own.events()) {
            const auto* asked = std::get_if<local_responder::Requested>(&event);
            if (asked && asked->message.as<LocalTxSubmission>()) return true;
        }
        return false;
    }));
    for (const auto& event : own.events())
        if (const auto* asked = std::get_if<local_responder::Requested>(&event))
            (void)own.execute(local_responder::Answer(
                asked->connection, n2c::Message::of<LocalTxSubmission>(LocalTxSubmission::RejectTx{reason})));
    REQUIRE(run_until(stage, [&] { return call.outcome.has_value(); }));
    REQUIRE(*call.outcome);
    const auto* refused = std::get_if<chain::TxRefused>(&**call.outcome);
    REQUIRE(refused);
    CHECK(refused->reason == reason);
}
