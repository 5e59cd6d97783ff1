// The programs of the documents, in an emulated network.

#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <unordered_map>

#include <ouro/behavior/local_responder.hpp>
#include <ouro/chain/stored_chain.hpp>

#include "unit/program/face.hpp"

template class ouro::emulation::SimulatedNode<ouro::ResponderBehavior>;
template class ouro::emulation::SimulatedNode<ouro::LocalResponderBehavior>;

using namespace face;

// tests/docs/readme.cpp, examples/tutorial, tests/docs/following.cpp
asio::awaitable<int> print_blocks(Runtime& runtime);
asio::awaitable<int> follow(Runtime& runtime, Network network, std::vector<std::string> relays);
asio::awaitable<int> serve(Runtime& runtime, Network network, std::string address, std::vector<std::string> relays,
                           std::shared_ptr<chain::StoredChain> stored);
struct Counts {
    std::uint64_t blocks = 0;
    std::uint64_t undone_to = 0;
};
struct Chains {
    std::unordered_map<PeerId, std::size_t> waiting;
    std::unordered_map<PeerId, std::size_t> headers;
    std::unordered_map<PeerId, Errc> ends;
};
asio::awaitable<void> compare(Node& node, PeerId peer, Chains& chains);
asio::awaitable<Errc> count_from_relays(Runtime& runtime, Counts& counts);
asio::awaitable<Errc> count_from_own_node(Runtime& runtime, Counts& counts);
asio::awaitable<Errc> count_deep_blocks(Runtime& runtime, Counts& counts);

namespace {

const PeerId backbone = PeerId::from_parts("backbone.cardano.iog.io", 3'001);

void after(Stage& stage, Duration time, std::function<void()> what) {
    stage.net.world().at(stage.net.now() + time, std::move(what));
}
void interrupt_after(Stage& stage, Duration time) {
    after(stage, time, [&stage] { asio::post(stage.context, [&stage] { stage.runtime.interrupt(); }); });
}
void fork_after(Stage& stage, Duration time, Relay& relay, const std::shared_ptr<SyntheticChain>& chain,
                ChainView::Position common, ChainView::Position blocks) {
    after(stage, time, [&stage, &relay, chain, common, blocks] {
        chain->roll_back(common);
        chain->extend(blocks);
        stage.changed(relay, common);
    });
}

/// Runs a program to its end, and returns its result.
template <class T>
std::optional<T> result_of(Stage& stage, asio::awaitable<T> program) {
    std::optional<T> result;
    const auto wrapped = [&]() -> asio::awaitable<void> { result = co_await std::move(program); };
    REQUIRE(stage.run(wrapped()));
    return result;
}

}  // namespace

TEST_CASE("The README's program fetches the blocks that arrive, until a signal") {
    Stage stage;
    const auto chain = made_up(50);
    Relay& relay = stage.relay(backbone, chain);
    fork_after(stage, 60s, relay, chain, 50, 3);
    fork_after(stage, 90s, relay, chain, 52, 2);
    interrupt_after(stage, 120s);
    CHECK(result_of(stage, print_blocks(stage.runtime)) == 0);
    CHECK(relay.behavior().counters().blocks == 5);
}

TEST_CASE("The tutorial's first program follows from the tip, until a signal") {
    Stage stage;
    const auto chain = made_up(50);
    Relay& relay = stage.relay(relay_id, chain);
    fork_after(stage, 60s, relay, chain, 48, 6);
    interrupt_after(stage, 120s);
    CHECK(result_of(stage, follow(stage.runtime, mainnet, {std::string(relay_id.text())})) == 0);
    CHECK(relay.behavior().counters().blocks == 6);
}

TEST_CASE("The tutorial's last program serves what it follows, and continues from what it has stored") {
    Stage stage;
    const auto chain = made_up(50);
    Relay& relay = stage.relay(relay_id, chain);
    const auto stored = std::make_shared<chain::StoredChain>();
    const auto program = [&] {
        return serve(stage.runtime, mainnet, "127.0.0.1:3001", {std::string(relay_id.text())}, stored);
    };
    {
        SimulatedRuntime elsewhere(stage.clock, other_id);
        Node reader(elsewhere, mainnet);
        reader.use(node_id);
        Follower follower = reader.follow(FollowOptions{.blocks = true});
        std::string taken;
        fork_after(stage, 60s, relay, chain, 45, 10);
        interrupt_after(stage, 300s);
        asio::co_spawn(stage.context, take(follower, 500, taken), asio::detached);
        CHECK(result_of(stage, program()) == 0);
        CHECK(taken.find("+49 T -") != std::string::npos);
        CHECK(taken.ends_with("+54 T "));
    }
    CHECK(stored->tip() == chain->tip());
    chain->roll_back(40);
    chain->extend(30);
    stage.changed(relay, 40);
    interrupt_after(stage, 300s);
    CHECK(result_of(stage, program()) == 0);
    CHECK(stored->tip() == chain->tip());
}

TEST_CASE("One loop follows relays and one's own node") {
    Stage stage;
    const auto chain = made_up(3'000);
    Relay& relay = stage.relay(backbone, chain);
    local_responder::Config config;
    config.chain = chain;
    const auto socket = PeerId::parse("/run/cardano-node/node.socket");
    REQUIRE(socket);
    stage.net.add<LocalResponderBehavior>(*socket, std::move(config));

    Counts counts;
    interrupt_after(stage, 300s);
    CHECK(result_of(stage, count_from_relays(stage.runtime, counts)) == Errc::stopped);
    CHECK(counts.blocks == 3'000);
    counts = {};
    interrupt_after(stage, 300s);
    CHECK(result_of(stage, count_from_own_node(stage.runtime, counts)) == Errc::stopped);
    CHECK(counts.blocks == 3'000);
    counts = {};
    fork_after(stage, 100s, relay, chain, 2'000, 1'500);
    interrupt_after(stage, 300s);
    CHECK(result_of(stage, count_deep_blocks(stage.runtime, counts)) == Errc::stopped);
    CHECK(counts.blocks == 3'500 - 2'160);
    CHECK(counts.undone_to == 0);
}

TEST_CASE("A program follows each of its peers, and pauses those for which it has no room") {
    Stage stage;
    const auto chain = made_up(50);
    Relay& relay = stage.relay(relay_id, chain);
    stage.relay(other_id, made_up(20));
    Node node(stage.runtime, mainnet);
    Chains chains;
    fork_after(stage, 60s, relay, chain, 50, 25);
    for (const PeerId& peer : {relay_id, other_id})
        asio::co_spawn(stage.context, compare(node, peer, chains), asio::detached);
    after(stage, 120s, [&] { asio::post(stage.context, [&] { node.stop(); }); });
    const auto program = [&]() -> asio::awaitable<void> { co_await node.stopped(); };
    REQUIRE(stage.run(program()));
    stage.context.restart();
    for (int most = 0; most < 1'000 && chains.ends.size() < 2; ++most) (void)stage.context.poll_one();
    CHECK(chains.headers[relay_id] == 25);
    CHECK(chains.headers[other_id] == 0);
    CHECK(chains.ends[relay_id] == Errc::stopped);
    CHECK(chains.ends[other_id] == Errc::stopped);
}
