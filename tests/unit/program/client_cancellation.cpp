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

asio::awaitable<void> follow_against_the_clock(MockWorld& world, std::size_t blocks, std::size_t& cancelled) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    const auto at = co_await client.follow(Point());
    REQUIRE(at);
    const TestChain chain(blocks);
    ChainView::Position position = 0;
    for (std::size_t round = 0; position < blocks && round < 20 * blocks; ++round) {
        // In either order, for the first one that is ready wins.
        std::optional<Result<ChainEvent>> event;
        if (round % 2 == 0) {
            auto outcome = co_await (client.next() || yield(round % 7));
            if (outcome.index() == 0) event = std::get<0>(std::move(outcome));
        } else {
            auto outcome = co_await (yield(round % 7) || client.next());
            if (outcome.index() == 1) event = std::get<1>(std::move(outcome));
        }
        if (!event) {
            ++cancelled;
            continue;
        }
        REQUIRE(*event);
        if (const auto* forward = std::get_if<loc::RollForward>(&**event))
            CHECK(forward->block == *chain.block(++position));
    }
    CHECK(position == blocks);
    co_await client.close();
}

asio::awaitable<void> follow_alone(MockWorld& world, std::size_t blocks, std::size_t& handlers) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    const auto at = co_await client.follow(Point());
    REQUIRE(at);
    const std::size_t before = world.handlers;
    for (std::size_t taken = 0; taken < blocks;) {
        const auto event = co_await client.next();
        REQUIRE(event);
        if (std::holds_alternative<loc::RollForward>(*event)) ++taken;
    }
    handlers = world.handlers - before;
    co_await client.close();
}

asio::awaitable<void> come_second(MockWorld& world, Errc& outcome) {
    co_await yield(20);
    const auto event = co_await world.client->next();
    outcome = event.error();
    world.client->stop();
}

asio::awaitable<void> wait_twice(MockWorld& world, Errc& first, Errc& second) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    const auto at = co_await client.follow(Point());
    REQUIRE(at);
    for (bool tip = false; !tip;) {
        const auto event = co_await client.next();
        REQUIRE(event);
        tip = std::holds_alternative<loc::AtTip>(*event);
    }
    auto waits = client.next();
    auto comes = come_second(world, second);
    const auto event = co_await (std::move(waits) && std::move(comes));
    first = event.error();
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
    taken = co_await taken_back(world, client.follow(Point()));
    CHECK(taken);
    say(world, LocalChainSync::IntersectFound{});

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

TEST_CASE("A wait for the chain beside another operation loses no block and repeats none", "[unit][client]") {
    loc::Config config = knowing_blocks();
    config.sync_window = 4;  // few blocks a wake-up, so that many waits end before one comes
    MockWorld world(chain_of(3'000), config);
    std::size_t cancelled = 0;
    CHECK(world.run(follow_against_the_clock(world, 3'000, cancelled)));
    CHECK(cancelled > 500);
}

TEST_CASE("A follower takes all available events in few handlers", "[unit][client]") {
    MockWorld world(chain_of(3'000));
    std::size_t handlers = 0;
    CHECK(world.run(follow_alone(world, 3'000, handlers)));
    INFO(handlers);
    CHECK(handlers > 100);
    CHECK(handlers < 1'000);
}

TEST_CASE("A second wait for the chain is refused, and the first one continues", "[unit][client]") {
    MockWorld world(chain_of(3));
    Errc first{}, second{};
    CHECK(world.run(wait_twice(world, first, second)));
    CHECK(second == Errc::busy);
    CHECK(first == Errc::stopped);
}

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
