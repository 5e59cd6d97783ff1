#include "client_cast.hpp"

#include <asio/experimental/awaitable_operators.hpp>

using namespace cast;
using namespace asio::experimental::awaitable_operators;

namespace {

using Turns = std::size_t;

/// Lets all other handlers on the executor run `turns` times.
asio::awaitable<void> yield(Turns turns) {
    for (; turns > 0; --turns) co_await asio::post(asio::use_awaitable);
}
/// Waits for `done`, as long as that may be in handlers.
asio::awaitable<void> until(std::function<bool()> done) {
    for (int turns = 0; turns < 100'000 && !done(); ++turns) co_await asio::post(asio::use_awaitable);
    CHECK(done());
}

MockScript chain_of(std::size_t blocks) {
    MockScript script;
    script.chain = std::make_shared<TestChain>(blocks);
    return script;
}

/// The server's answer to the newest request, said by hand.
void say(ServerWorld& world, n2c::Message message) {
    const auto to = last<loc_res::PeerConnected>(world.server).connection;
    REQUIRE(world.server.execute(loc_res::Answer{to, std::move(message)}));
}
std::function<bool()> asked(const ServerWorld& world, std::size_t requests) {
    return [&world, requests] { return count<loc_res::Requested>(world.server) >= requests; };
}

/// Starts `call`, and takes it back when the server has its request.
template <class T>
asio::awaitable<bool> taken_back(ServerWorld& world, asio::awaitable<T> call) {
    auto wait = until(asked(world, count<loc_res::Requested>(world.server) + 1));
    auto outcome = co_await (std::move(call) || std::move(wait));
    co_return outcome.index() == 1;
}

asio::awaitable<void> take_back_every_call(ServerWorld& world) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);

    bool taken = co_await taken_back(world, client.submit(some_tx));
    CHECK(taken);
    say(world, LocalTxSubmission::AcceptTx{});
    taken = co_await taken_back(world, client.acquire());
    CHECK(taken);
    const std::size_t before = count<loc_res::Requested>(world.server);
    say(world, LocalStateQuery::Acquired{});
    co_await until(asked(world, before + 1));
    CHECK(last<loc_res::Requested>(world.server).message == n2c::Message(LocalStateQuery::Release{}));
    taken = co_await taken_back(world, client.mempool());
    CHECK(taken);
    say(world, LocalTxMonitor::Acquired{});
    co_await until(asked(world, before + 3));
    CHECK(last<loc_res::Requested>(world.server).message == n2c::Message(LocalTxMonitor::Release{}));
    taken = co_await taken_back(world, client.tip());
    CHECK(taken);
    say(world, LocalStateQuery::Acquired{});
    co_await until(asked(world, before + 5));

    // And everything still works.
    auto submission = client.submit(some_tx);
    auto answer = [](ServerWorld& w, std::size_t requests) -> asio::awaitable<void> {
        co_await until(asked(w, requests));
        say(w, LocalTxSubmission::AcceptTx{});
    };
    auto said = answer(world, count<loc_res::Requested>(world.server) + 1);
    const auto verdict = co_await (std::move(submission) && std::move(said));
    REQUIRE(verdict);
    CHECK(std::holds_alternative<loc::TxAccepted>(*verdict));
    CHECK(client.node().calls == 0);
    co_await client.close();
}

asio::awaitable<void> ask(Client& client, const TestChain& chain, int& answered) {
    const auto tip = co_await client.tip();
    CHECK(tip == Result(chain.tip()));
    const auto verdict = co_await client.submit(some_tx);
    CHECK(verdict);
    auto mempool = co_await client.mempool();
    REQUIRE(mempool);
    const auto sizes = co_await mempool->sizes();
    CHECK(sizes);
    ++answered;
}

asio::awaitable<void> ask_all_at_once(MockWorld& world, const TestChain& chain, int& answered) {
    const auto agreement = co_await world.client->connect(relay_id);
    REQUIRE(agreement);
    for (int i = 0; i < 20; ++i) asio::co_spawn(world.context, ask(*world.client, chain, answered), asio::detached);
    const auto all = [&] { return answered == 20; };
    co_await until(all);
    co_await world.client->close();
}

asio::awaitable<void> acquire_against_the_clock(MockWorld& world, std::size_t& acquired, std::size_t& cancelled) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    for (std::size_t round = 0; round < 60; ++round) {
        auto state = co_await (client.acquire() || yield(round));
        ++(state.index() == 0 ? acquired : cancelled);
        if (state.index() == 0) CHECK(std::get<0>(state));
        auto mempool = co_await (client.mempool() || yield(round));
        if (mempool.index() == 0) CHECK(std::get<0>(mempool));
    }
    // Nothing that was acquired for a cancelled call is still held.
    const auto tip = co_await client.tip();
    CHECK(tip);
    const auto mempool = co_await client.mempool();
    CHECK(mempool);
    co_await client.close();
}

}  // namespace

TEST_CASE("A cancelled call leaves the connection usable, and its state is released", "[unit][client]") {
    ServerWorld world(loc_res::Config{});
    CHECK(world.run(take_back_every_call(world)));
}

TEST_CASE("A cancelled acquisition never stays acquired", "[unit][client]") {
    MockWorld world(chain_of(5));
    std::size_t acquired = 0, cancelled = 0;
    CHECK(world.run(acquire_against_the_clock(world, acquired, cancelled)));
    CHECK(acquired > 10);
    CHECK(cancelled > 5);
}

TEST_CASE("Calls of many coroutines run side by side", "[unit][client]") {
    MockScript script = chain_of(50);
    MockWorld world(script);
    int answered = 0;
    CHECK(world.run(ask_all_at_once(world, TestChain(50), answered)));
    CHECK(answered == 20);
}
