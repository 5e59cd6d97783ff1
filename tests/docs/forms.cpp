// The calls of docs/coroutines.md, which g++ 12 compiles correctly.

#include <asio/co_spawn.hpp>
#include <asio/use_awaitable.hpp>

#include <ouro/behavior/initiator.hpp>
#include <ouro/emulation/adapter.hpp>
#include <ouro/manager.hpp>
#include <ouro/program/client.hpp>

#include "unit/program/face.hpp"

using namespace face;

namespace {

asio::awaitable<void> archive(Follower chain) {
    while (const auto step = co_await chain.next()) {
    }
}

template <class T>
void handle(const T&) {}

asio::awaitable<void> calls(Node& node, Client& client, Follower chain, Cursor cursor, Point newer, Point older) {
    const Bytes bytes = *from_hex("80"), address = bytes, first = bytes, second = bytes;
    // [calls]
    while (auto step = co_await chain.next()) handle(*step);  // Follower, Blocks, News
    auto step = co_await chain.async_next(asio::use_awaitable);
    co_await archive(node.follow({.from = ouro::from_tip, .blocks = true}));  // a coroutine that takes a Follower
    co_await archive(node.follow({.from = {newer, older}, .depth = 6}));
    co_await archive(client.follow(cursor, {.blocks = true}));
    co_await node.submit({Era::conway, bytes});
    co_await asio::co_spawn(node.get_executor(), node.submit({Era::conway, bytes}), asio::use_awaitable);
    co_await node.close();
    co_await client.submit({Era::conway, bytes});
    co_await client.submit(Tx{Era::conway, bytes}, {5s, {}});
    co_await client.utxo(address);
    co_await client.utxo({first, second});
    // [/calls]
    CHECK(step.error() == Errc::stopped);
}

using Initiator = Manager<emulation::Adapter<n2n::Message>, InitiatorBehavior>;

asio::awaitable<void> lower_calls(Initiator& node, PeerId peer, Point a, Point b) {
    // [lower]
    co_await node.async_execute(initiator::IncludePeer{peer}, asio::use_awaitable);
    co_await node.async_execute(initiator::StartSync{{a, b}}, asio::use_awaitable);
    node.stop();
    while (auto event = co_await node.poll_next()) handle(*event);
    // [/lower]
}

}  // namespace

TEST_CASE("The calls of the page on coroutines end with a node and a client that have stopped") {
    Stage stage;
    const auto chain = made_up(3);
    Node node(stage.runtime, mainnet);
    Client client(stage.runtime, mainnet);
    client.use(relay_id);
    Follower follower = node.follow();
    node.stop();
    client.stop();
    CHECK(stage.run(calls(node, client, std::move(follower), Cursor(mainnet, {chain->point(1)}), chain->point(2),
                          chain->point(1))));
}

TEST_CASE("The calls of the page on coroutines end with a manager that has stopped") {
    Stage stage;
    const auto chain = made_up(3);
    Initiator node(std::piecewise_construct, std::forward_as_tuple(stage.clock, other_id),
                   std::forward_as_tuple(initiator::Config{}));
    CHECK(stage.run(lower_calls(node, relay_id, chain->point(2), chain->point(1))));
}
