#include <ouro/n2c/utxo.hpp>

#include "unit/behavior/local_cast.hpp"

using namespace cast;

namespace {

using VolatileTip = LocalStateQuery::VolatileTip;
using ImmutableTip = LocalStateQuery::ImmutableTip;

MockScript script_of(std::size_t blocks) {
    MockScript script;
    script.chain = std::make_shared<TestChain>(blocks);
    return script;
}

}  // namespace

TEST_CASE("A transaction is accepted, or rejected with the reason's bytes and its text",
          "[unit][behavior][local_initiator]") {
    MockScript script;
    const Bytes era_mismatch = hex("828201675368656c6c65798200654279726f6e");
    const Bytes of_the_ledger = hex("8182068182018200f6");
    const Bytes with_words = hex("8200656572726f72");
    std::vector<std::optional<Bytes>> verdicts{std::nullopt, era_mismatch, of_the_ledger, with_words};
    std::vector<Tx> seen;
    script.reject = [&](const Tx& tx) {
        seen.push_back(tx);
        return verdicts[seen.size() - 1];
    };
    MockPair pair(script);
    CHECK(std::holds_alternative<loc::TxAccepted>(pair.ask(loc::SubmitTx{some_tx})));

    const auto of_an_era = std::get<loc::TxRejected>(pair.ask(loc::SubmitTx{some_tx}));
    CHECK(of_an_era.reason == era_mismatch);
    REQUIRE(of_an_era.mismatch);
    CHECK(of_an_era.mismatch->asked.name == "Shelley");
    CHECK(of_an_era.mismatch->ledger.name == "Byron");
    CHECK(of_an_era.text == "a transaction of Shelley while the ledger is in Byron");

    const auto plain = std::get<loc::TxRejected>(pair.ask(loc::SubmitTx{some_tx}));
    CHECK(plain.reason == of_the_ledger);
    CHECK(!plain.mismatch);
    CHECK(plain.text == "Conway, UTXO: unknown failure f6");
    CHECK(std::get<loc::TxRejected>(pair.ask(loc::SubmitTx{some_tx})).text == "error");
    CHECK(seen == std::vector<Tx>(4, some_tx));
}

TEST_CASE("Transactions are submitted one at a time, in the order of their commands",
          "[unit][behavior][local_initiator]") {
    ServerPair pair(loc_res::Config{});
    const CommandId first = pair.call(loc::SubmitTx{some_tx});
    const CommandId second = pair.call(loc::SubmitTx{some_tx});
    pair.net.run_for(1s);
    REQUIRE(count<loc_res::Requested>(pair.server) == 1);
    const auto to = last<loc_res::Requested>(pair.server).connection;
    REQUIRE(pair.server.execute(loc_res::Answer{to, LocalTxSubmission::AcceptTx{}}));
    pair.net.run_for(1s);
    CHECK(count<loc_res::Requested>(pair.server) == 2);
    CHECK(outcomes(pair.client, first).size() == 1);
    CHECK(outcomes(pair.client, second).empty());
}

TEST_CASE("A state is acquired, queried, acquired again and released", "[unit][behavior][local_initiator]") {
    MockPair pair(script_of(3'000));
    const TestChain chain(3'000);
    const CommandId state = pair.call(loc::AcquireState{});
    REQUIRE(await<loc::StateAcquired>(pair.net, pair.client));
    const auto point = [&] {
        const auto event = pair.ask(loc::QueryState{state, n2c::query::chain_point()});
        return *n2c::parse_point(std::get<loc::StateAnswered>(event).result);
    };
    CHECK(point() == chain.point(3'000));
    CHECK(std::holds_alternative<loc::StateAcquired>(pair.ask(loc::ReacquireState{state, ImmutableTip{}})));
    CHECK(point() == chain.point(3'000 - 2'160));
    CHECK(std::holds_alternative<loc::StateAcquired>(pair.ask(loc::ReacquireState{state, chain.point(2'000)})));
    CHECK(point() == chain.point(2'000));
    CHECK(
        *n2c::parse_chain_block_number(
            std::get<loc::StateAnswered>(pair.ask(loc::QueryState{state, n2c::query::chain_block_number()})).result) ==
        BlockNumber{2'000});

    // What was refused takes the old state with it.
    CHECK(std::get<loc::Failed>(pair.ask(loc::ReacquireState{state, chain.point(1)})).reason == Errc::point_too_old);
    CHECK(pair.refused(loc::QueryState{state, n2c::query::chain_point()}) == Errc::state_gone);
    CHECK(pair.refused(loc::ReacquireState{state, VolatileTip{}}) == Errc::state_gone);
    CHECK(std::get<loc::Failed>(pair.ask(loc::AcquireState{Point(TestChain::made_up(1, 9))})).reason ==
          Errc::point_not_on_chain);

    const CommandId again = pair.call(loc::AcquireState{});
    REQUIRE(await<loc::StateAcquired>(pair.net, pair.client));
    pair.call(loc::ReleaseState{again});
    CHECK(pair.refused(loc::QueryState{again, n2c::query::chain_point()}) == Errc::state_gone);
    CHECK(std::holds_alternative<loc::StateAcquired>(pair.ask(loc::AcquireState{})));
    CHECK(count<loc::Disconnected>(pair.client) == 0);
}

TEST_CASE("Commands that need a state wait for their turn in order", "[unit][behavior][local_initiator]") {
    MockPair pair(script_of(5));
    const CommandId first = pair.call(loc::AcquireState{});
    const CommandId second = pair.call(loc::AcquireState{});
    const CommandId third = pair.call(loc::AcquireState{});
    pair.net.run_for(1s);
    CHECK(outcomes(pair.client, first).size() == 1);
    CHECK(outcomes(pair.client, second).empty());
    pair.call(loc::ReleaseState{second});  // it will not be taken
    CHECK(failure(pair.client, second) == Errc::state_gone);
    pair.call(loc::ReleaseState{first});
    pair.net.run_for(1s);
    CHECK(std::holds_alternative<loc::StateAcquired>(outcomes(pair.client, third).at(0)));
}

TEST_CASE("A snapshot of the mempool is read, and a change is awaited", "[unit][behavior][local_initiator]") {
    MockScript script;
    script.mempool.slot = Slot{7};
    script.mempool.entries = {{id_of(some_tx), some_tx}};
    script.id_of = &id_of;
    MockPair pair(script);
    const CommandId mempool = pair.call(loc::AcquireMempool{});
    REQUIRE(await<loc::MempoolAcquired>(pair.net, pair.client));
    CHECK(last<loc::MempoolAcquired>(pair.client).slot == Slot{7});
    const auto ask = [&](loc::AskMempool::Question question) {
        return std::get<loc::MempoolAnswered>(pair.ask(loc::AskMempool{mempool, std::move(question)})).answer;
    };
    CHECK(std::get<LocalTxMonitor::ReplyNextTx>(ask(LocalTxMonitor::NextTx{})).tx == some_tx);
    CHECK(!std::get<LocalTxMonitor::ReplyNextTx>(ask(LocalTxMonitor::NextTx{})).tx);
    CHECK(std::get<LocalTxMonitor::ReplyHasTx>(ask(LocalTxMonitor::HasTx{id_of(some_tx)})).has);
    CHECK(!std::get<LocalTxMonitor::ReplyHasTx>(ask(LocalTxMonitor::HasTx{TxId{}})).has);
    CHECK(std::get<LocalTxMonitor::ReplyGetSizes>(ask(LocalTxMonitor::GetSizes{})).transactions == 1);
    CHECK(std::get<LocalTxMonitor::ReplyGetMeasures>(ask(LocalTxMonitor::GetMeasures{})).measures.size() == 1);

    const CommandId change = pair.call(loc::AskMempool{mempool, LocalTxMonitor::Acquire{}, Duration::max()});
    pair.net.run_for(10h);
    CHECK(outcomes(pair.client, change).empty());
    pair.call(loc::SubmitTx{{Era::conway, ByronTxKind::transaction, hex("84a0a0f4f6")}});
    pair.net.run_for(1s);
    CHECK(std::holds_alternative<loc::MempoolAcquired>(outcomes(pair.client, change).at(0)));
    CHECK(std::get<LocalTxMonitor::ReplyGetSizes>(ask(LocalTxMonitor::GetSizes{})).transactions == 2);
    pair.call(loc::ReleaseMempool{mempool});
    CHECK(pair.refused(loc::AskMempool{mempool, LocalTxMonitor::GetSizes{}}) == Errc::state_gone);
    CHECK(std::holds_alternative<loc::MempoolAcquired>(pair.ask(loc::AcquireMempool{})));
}

TEST_CASE("A call that the negotiated version does not support is refused at once, and the connection stays",
          "[unit][behavior][local_initiator]") {
    MockScript script = script_of(5);
    script.offer.versions = {n2c::version(16)};
    MockPair pair(script);
    CHECK(pair.refused(loc::AcquireState{ImmutableTip{}}) == Errc::none);
    const CommandId mempool = pair.call(loc::AcquireMempool{});
    pair.net.run_for(1s);
    CHECK(pair.refused(loc::AskMempool{mempool, LocalTxMonitor::GetMeasures{}}) == Errc::unsupported);
    CHECK(pair.refused(loc::QueryState{last<loc::StateAcquired>(pair.client).command, n2c::query::ledger_config()}) ==
          Errc::unsupported);
    CHECK(count<loc::Disconnected>(pair.client) == 0);
    CHECK(std::holds_alternative<loc::MempoolAnswered>(pair.ask(loc::AskMempool{mempool, LocalTxMonitor::GetSizes{}})));
}

TEST_CASE("An unsupported call made before the version was known fails when it is known",
          "[unit][behavior][local_initiator]") {
    MockScript script = script_of(5);
    script.offer.versions = {Version{0x8000 | 15}};
    loc::Config config = knowing_blocks();
    config.offer.versions.insert(config.offer.versions.begin(), Version{0x8000 | 15});
    MockPair pair(script, config, false);
    pair.call(loc::Connect{relay_id});
    const CommandId acquire = pair.call(loc::AcquireState{ImmutableTip{}});
    const CommandId other = pair.call(loc::AcquireState{});
    pair.net.run_for(1s);
    CHECK(failure(pair.client, acquire) == Errc::unsupported);
    CHECK(std::holds_alternative<loc::StateAcquired>(outcomes(pair.client, other).at(0)));
}

TEST_CASE("An answer above the limit of its query ends the connection with that reason",
          "[unit][behavior][local_initiator]") {
    MockScript script = script_of(5);
    std::vector<std::uint8_t> large = raw::head(2, 100'000);
    large.resize(large.size() + 100'000);
    script.answers = {{hex("01"), Bytes::copy(large)}};
    MockPair pair(script);
    const CommandId state = pair.call(loc::AcquireState{});
    REQUIRE(await<loc::StateAcquired>(pair.net, pair.client));
    // Its head, and those of the message around it.
    const auto fits = pair.ask(loc::QueryState{state, hex("01"), large.size() + 2});
    CHECK(std::get<loc::StateAnswered>(fits).result.size() == large.size());
    const CommandId query = pair.call(loc::QueryState{state, hex("01"), large.size() + 1});
    const CommandId behind = pair.call(loc::QueryState{state, hex("01")});
    const CommandId tx = pair.call(loc::AcquireMempool{});
    pair.net.run_for(1s);
    CHECK(failure(pair.client, query) == Errc::answer_too_large);
    CHECK(failure(pair.client, behind) == Errc::answer_too_large);
    CHECK(pair.refused(loc::QueryState{state, hex("01")}) == Errc::answer_too_large);
    CHECK(last<loc::Disconnected>(pair.client).reason == Errc::answer_too_large);
    CHECK(last<loc::Disconnected>(pair.client).violation == Violation{});
    CHECK(outcomes(pair.client, tx).size() == 1);
}

TEST_CASE("A transaction above the message limit fails its call with that reason",
          "[unit][behavior][local_initiator]") {
    MockScript script;
    raw::ByteVector large = raw::bytes(raw::ByteVector(2'600'000));
    script.mempool.entries = {{id_of(some_tx), some_tx}, {{}, {Era::conway, Bytes::copy(large)}}};
    MockPair pair(script);
    const CommandId mempool = pair.call(loc::AcquireMempool{});
    REQUIRE(await<loc::MempoolAcquired>(pair.net, pair.client));
    CHECK(std::holds_alternative<loc::MempoolAnswered>(pair.ask(loc::AskMempool{mempool, LocalTxMonitor::NextTx{}})));
    const auto second = pair.ask(loc::AskMempool{mempool, LocalTxMonitor::NextTx{}});
    CHECK(std::get<loc::Failed>(second).reason == Errc::answer_too_large);
    CHECK(pair.refused(loc::AskMempool{mempool, LocalTxMonitor::NextTx{}}) == Errc::answer_too_large);
    CHECK(last<loc::Disconnected>(pair.client).reason == Errc::answer_too_large);
}

TEST_CASE("A transaction of an unknown era fails its call with that reason", "[unit][behavior][local_initiator]") {
    MockScript script;
    script.mempool.entries = {{{}, {static_cast<Era>(9), hex("84a0a0f5f6")}}};
    MockPair pair(script);
    const CommandId mempool = pair.call(loc::AcquireMempool{});
    REQUIRE(await<loc::MempoolAcquired>(pair.net, pair.client));
    const auto next = pair.ask(loc::AskMempool{mempool, LocalTxMonitor::NextTx{}});
    CHECK(std::get<loc::Failed>(next).reason == Errc::unknown_era);
}

TEST_CASE("A query with a watch fails after its time without a byte, not after its time",
          "[unit][behavior][local_initiator]") {
    ServerPair pair(loc_res::Config{});
    const CommandId state = pair.call(loc::AcquireState{});
    pair.net.run_for(1s);
    const auto to = last<loc_res::Requested>(pair.server).connection;
    REQUIRE(pair.server.execute(loc_res::Answer{to, LocalStateQuery::Acquired{}}));
    pair.net.run_for(1s);
    const auto watch = std::make_shared<cbor::ItemWatch>();
    const Bytes byte = hex("00");
    const CommandId query = pair.call(loc::QueryState(state, n2c::query::chain_point(), std::nullopt, 5s, watch));
    for (int i = 0; i < 10; ++i) {
        pair.net.run_for(4s);
        CHECK_FALSE(failure(pair.client, query));
        CHECK(watch->arrived(byte) == Errc::none);
    }
    pair.net.run_for(11s);  // up to two of those times
    CHECK(failure(pair.client, query) == Errc::deadline_passed);
}

TEST_CASE("An answer with outputs is read while it arrives", "[unit][behavior][local_initiator]") {
    MockScript script = script_of(3);
    const Bytes query = n2c::query::utxo_whole(Era::conway).ask();
    const std::string input = "825820" + std::string(62, '0') + "aa07";
    script.answers = {{query, hex("81a1" + input + "820102")}, {hex("8103"), hex("a0")}};
    MockPair pair(script);
    const CommandId state = std::get<loc::StateAcquired>(pair.ask(loc::AcquireState{})).command;
    std::vector<n2c::Utxo> outputs;
    const auto stream = std::make_shared<n2c::UtxoStream>([&](const n2c::Utxo& one) { outputs.push_back(one); });
    const auto answer = pair.ask(loc::QueryState(state, query, std::nullopt, std::nullopt, stream));
    CHECK(std::get<loc::StateAnswered>(answer).result == hex("81a0"));
    REQUIRE(outputs.size() == 1);
    CHECK(outputs[0].input.index == 7);
    CHECK(outputs[0].output == hex("820102"));
    // An answer that is none ends the connection.
    const auto wrong = std::make_shared<n2c::UtxoStream>(nullptr);
    const CommandId failed = pair.call(loc::QueryState(state, hex("8103"), std::nullopt, std::nullopt, wrong));
    pair.net.run_for(1s);
    CHECK(failure(pair.client, failed) == Errc::malformed);
}
