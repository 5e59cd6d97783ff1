// The functions of the pages that describe one job each, in an emulated network.

#include <asio/post.hpp>
#include <cstdio>
#include <map>

#include <ouro/behavior/initiator.hpp>
#include <ouro/chain/address.hpp>
#include <ouro/chain/block.hpp>
#include <ouro/emulation/mock_answers.hpp>
#include <ouro/emulation/mock_node.hpp>
#include <ouro/n2c/accounts.hpp>
#include <ouro/n2c/utxo.hpp>
#include <ouro/program/client.hpp>
#include <ouro/program/submit_and_await.hpp>

#include "unit/program/face.hpp"

// docs/errors.md
// [fault]
bool worth_another_attempt(std::error_code error) {
    return error == ouro::Fault::wire       // the network: the same peer may work later
           || error == ouro::Fault::theirs  // another peer may do better
           || error == ouro::Errc::queue_full;
}
// [/fault]

// docs/fetching.md
// [range]
asio::awaitable<ouro::Errc> fetch(ouro::Node& node, ouro::BlockPoint first, ouro::BlockPoint last,
                                  std::map<std::uint64_t, ouro::Bytes>& archive) {
    ouro::Blocks blocks = node.blocks(first, last);
    while (auto next = co_await blocks.next()) archive.emplace(static_cast<std::uint64_t>(next->number), next->block);
    co_return blocks.end();  // `end_of_range` if all of them were delivered
}
// [/range]

// docs/serving.md
// [serve]
asio::awaitable<int> serve(ouro::Runtime& runtime, ouro::Network network, std::string address,
                           std::shared_ptr<ouro::ChainView> chain) {
    ouro::Node node(runtime, network);
    node.listen(address, std::move(chain));
    co_await node.stopped();
    co_return 0;
}
// [/serve]

// docs/submitting.md
// [submit]
asio::awaitable<std::string> submit(ouro::Node& node, ouro::Tx tx) {
    const auto outcome = co_await ouro::submit_and_await(node, std::move(tx), 3);
    if (!outcome) co_return "failed: " + std::string(message(outcome.error()));
    if (const auto* settled = std::get_if<ouro::chain::TxSettled>(&*outcome))
        co_return "in block " + std::to_string(static_cast<std::uint64_t>(settled->place.number));
    if (std::holds_alternative<ouro::chain::TxRolledBack>(*outcome)) co_return "rolled back: submit it again";
    if (std::holds_alternative<ouro::chain::TxExpired>(*outcome)) co_return "expired: build a new one";
    co_return "refused";  // only a node of one's own says so
}
// [/submit]

// docs/blocks.md
// [contents]
ouro::Errc print_outputs(const ouro::Bytes& bytes) {
    const auto block = ouro::chain::Block::read(bytes);  // a slice, such as `Forward::block`
    if (!block) return block.error();                    // `block.offset()` is the place of the fault
    for (const ouro::chain::Transaction tx : *block) {
        const auto consumed = tx.consumed();     // its inputs, or its collateral if it is not valid
        const auto produced = tx.produced();     // its outputs, or its collateral return
        if (!consumed) return consumed.error();  // the inside of this transaction is malformed
        if (!produced) return produced.error();
        for (const ouro::chain::Input& input : *consumed)
            std::printf("spends %s#%u\n", ouro::to_hex(input.transaction).c_str(), input.index);
        std::uint32_t index = produced->first_index;
        for (const ouro::chain::Output& output : produced->outputs)
            std::printf("makes %s#%u with %llu lovelace\n", ouro::to_hex(tx.id().hash).c_str(), index++,
                        static_cast<unsigned long long>(output.coin));
    }
    return ouro::Errc::none;
}
// [/contents]

// docs/watching.md
// [watch]
struct Purse {
    ouro::chain::Address address;
    std::map<ouro::chain::Input, std::uint64_t> unspent;  // lovelace by output
};

ouro::Errc apply(Purse& purse, const ouro::chain::Block& block) {
    for (const ouro::chain::Transaction tx : block) {
        const auto consumed = tx.consumed();
        const auto produced = tx.produced();
        if (!consumed || !produced) return ouro::Errc::malformed;
        for (const ouro::chain::Input& input : *consumed) purse.unspent.erase(input);
        std::uint32_t index = produced->first_index;
        for (const ouro::chain::Output& output : produced->outputs) {
            if (ouro::equal(purse.address.bytes().view(), output.address))
                purse.unspent.emplace(ouro::chain::Input{tx.id().hash, index}, output.coin);
            ++index;
        }
    }
    return ouro::Errc::none;
}
// [/watch]

// [watch_loop]
asio::awaitable<ouro::Errc> watch(ouro::Follower chain, Purse& purse) {
    while (auto step = co_await chain.next()) {
        const auto* next = std::get_if<ouro::Forward>(&*step);
        if (!next) continue;  // with a depth of k there is no `Backward`
        const auto block = ouro::chain::Block::read(next->block, next->point.hash);
        if (!block) co_return block.error();
        if (const ouro::Errc error = apply(purse, *block); error != ouro::Errc::none) co_return error;
    }
    co_return chain.end();
}
// [/watch_loop]

// docs/discovering.md
// [discover]
asio::awaitable<std::vector<ouro::PeerStatus>> discover(ouro::Runtime& runtime, ouro::Network network,
                                                        std::string relay, std::size_t wanted) {
    ouro::NodeOptions options;
    options.share_peers = true;
    ouro::Node node(runtime, network, options);
    node.use(relay);
    ouro::News news = node.news();
    while (node.peers().size() < wanted) {
        const auto next = co_await news.next();
        if (!next) break;  // the node was stopped
    }
    co_return node.peers();
}
// [/discover]

// docs/queries.md
// [query]
asio::awaitable<std::string> pots_as_json(ouro::Client& client) {
    const auto ledger = co_await client.acquire();
    if (!ledger) co_return std::string(message(ledger.error()));
    const std::function<ouro::n2c::query::InEra(ouro::Era)> query = &ouro::n2c::query::pots;
    const auto answer = co_await ledger->query_in_era(query);
    if (!answer) co_return std::string(message(answer.error()));
    const auto pots = ouro::n2c::parse_pots(answer->result);
    co_return pots ? ouro::to_json(*pots) : std::string(message(pots.error()));
}
// [/query]

// [each_utxo]
asio::awaitable<std::uint64_t> bytes_of_outputs(ouro::Client& client) {
    std::uint64_t bytes = 0;
    const auto ledger = co_await client.acquire();
    if (!ledger) co_return 0;
    const std::function<ouro::n2c::query::InEra(ouro::Era)> query = &ouro::n2c::query::utxo_whole;
    const std::function<void(const ouro::n2c::Utxo&)> each = [&bytes](const ouro::n2c::Utxo& utxo) {
        bytes += utxo.output.size();
    };
    const auto count = co_await ledger->each_utxo(query, each);
    co_return count ? bytes : 0;
}
// [/each_utxo]

template class ouro::emulation::SimulatedNode<ouro::emulation::MockNode>;
template class ouro::emulation::SimulatedNode<ouro::InitiatorBehavior>;

using namespace face;

namespace {

/// What `job` returns; the test ends if it does not end.
template <class T>
T outcome_of(Stage& stage, asio::awaitable<T> job) {
    std::optional<T> result;
    const auto wrapped = [&]() -> asio::awaitable<void> { result.emplace(co_await std::move(job)); };
    REQUIRE(stage.run(wrapped()));
    return *std::move(result);
}

/// A transaction that is in the block at `position` of `chain`.
Tx tx_in(const ChainView& chain, ChainView::Position position) {
    const auto block = chain::Block::read(*chain.block(position));
    REQUIRE(block);
    return {block->era(), (*block)[0].as_submitted().copy()};
}

}  // namespace

TEST_CASE("Another attempt is worthwhile after faults of the peer and the wire, and when a queue was full") {
    CHECK(worth_another_attempt(Errc::connection_reset));
    CHECK(worth_another_attempt(Errc::state_timeout));
    CHECK(worth_another_attempt(Errc::queue_full));
    CHECK_FALSE(worth_another_attempt(Errc::bad_argument));
    CHECK_FALSE(worth_another_attempt(Errc::stopped));
}

TEST_CASE("The function of the page on fetching archives a range") {
    Stage stage;
    const auto chain = made_up(400);
    stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    std::map<std::uint64_t, Bytes> archive;
    CHECK(outcome_of(stage, fetch(node, at(*chain, 101), at(*chain, 300), archive)) == Errc::end_of_range);
    CHECK(archive.size() == 200);
    CHECK(archive.at(100) == *chain->block(101));
}

TEST_CASE("The function of the page on serving serves a chain until a signal") {
    Stage stage;
    SimulatedRuntime server(stage.clock, relay_id);
    int code = -1;
    asio::co_spawn(stage.context, serve(server, mainnet, "127.0.0.1:3002", made_up(50)),
                   [&](const std::exception_ptr& error, int result) { code = error ? 1 : result; });
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower chain = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(chain, 51, taken)));
    CHECK(taken.ends_with("+49 T "));
    server.interrupt();
    const auto end = [&]() -> asio::awaitable<void> { co_await node.close(); };
    REQUIRE(stage.run(end()));
    for (int most = 0; most < 100'000 && code < 0; ++most)
        if (stage.context.restart(), stage.context.poll_one() == 0 && !stage.net.step()) break;
    CHECK(code == 0);
}

TEST_CASE("The function of the page on submitting waits until the transaction has settled") {
    Stage stage;
    const auto chain = made_up(20), future = made_up(30);
    responder::Config config;
    config.chain = chain;
    config.rules = chain::cardano_rules();
    config.pull_txs = true;
    Relay& relay = stage.net.add<ResponderBehavior>(relay_id, std::move(config));
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    stage.net.world().at(stage.net.now() + 120s, [&] {
        chain->extend(8);
        stage.changed(relay, 20);
    });
    CHECK(outcome_of(stage, submit(node, tx_in(*future, 23))) == "in block 22");
    CHECK(outcome_of(stage, submit(node, Tx(Era::conway, *from_hex("80")))).starts_with("failed: "));
}

TEST_CASE("The function of the page on the contents of blocks reads blocks, and no other bytes") {
    CHECK(print_outputs(*made_up(3)->block(2)) == Errc::none);
    CHECK(print_outputs(*from_hex("80")) == Errc::malformed);
}

TEST_CASE("The function of the page on watching reads every block") {
    Stage stage;
    const auto chain = made_up(300);
    stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Bytes payment = *from_hex("61" + std::string(56, '0'));
    Purse purse{*chain::Address::read(payment), {}};
    const chain::Input kept{Hash{}, 1};
    purse.unspent.emplace(kept, 5'000'000);
    Follower follower = node.follow({.blocks = true});
    stage.net.world().at(stage.net.now() + 120s,
                         [&] { asio::post(stage.context, [&] { stage.runtime.interrupt(); }); });
    CHECK(outcome_of(stage, watch(std::move(follower), purse)) == Errc::stopped);
    CHECK(purse.unspent.size() == 1);
}

TEST_CASE("The function of the page on discovery finds the peers of a relay") {
    Stage stage;
    const auto chain = made_up(5);
    const auto host = [](int i) { return PeerId::from_parts("44.0.0." + std::to_string(i), 3'001); };
    for (int i = 1; i <= 6; ++i) {
        responder::Config config;
        config.chain = chain;
        config.offer.data.peer_sharing = true;
        config.shareable = [host] {
            std::vector<PeerId> all;
            for (int each = 1; each <= 6; ++each) all.push_back(host(each));
            return all;
        };
        stage.net.add<ResponderBehavior>(host(i), std::move(config));
    }
    CHECK(outcome_of(stage, discover(stage.runtime, mainnet, "44.0.0.1:3001", 4)).size() >= 4);
}

TEST_CASE("A behavior runs in the network without a manager") {
    Stage stage;
    stage.relay(relay_id, made_up(5));
    emulation::SimulatedNetwork& net = stage.net;
    const PeerId home = other_id;
    initiator::Config config;
    config.rules = chain::cardano_rules();
    // docs/emulation.md
    // [without_manager]
    auto& node = net.add<InitiatorBehavior>(home, config);
    (void)node.execute(initiator::IncludePeer{relay_id});
    (void)node.execute(initiator::StartSync{});
    net.run_until([&] { return node.events().size() > 5; }, 10s);
    // [/without_manager]
    CHECK(node.events().size() > 5);
}

TEST_CASE("The functions of the page on queries ask a node") {
    Stage stage;
    emulation::MockAnswers answers;
    answers.results["GetAccountState"] = *from_hex("820102");
    answers.results["GetUTxOWhole"] = *from_hex("a0");
    emulation::MockScript script;
    script.answer = answers;
    stage.net.add<emulation::MockNode>(relay_id, std::move(script));
    Client client(stage.runtime, mainnet);
    client.use(relay_id);
    CHECK(outcome_of(stage, pots_as_json(client)) == R"({"reserves":2,"treasury":1})");
    CHECK(outcome_of(stage, bytes_of_outputs(client)) == 0);
}
