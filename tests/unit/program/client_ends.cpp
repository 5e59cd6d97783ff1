#include "client_cast.hpp"

#include <asio/experimental/awaitable_operators.hpp>

using namespace cast;

namespace {

MockScript chain_of(std::size_t blocks) {
    MockScript script;
    script.chain = std::make_shared<TestChain>(blocks);
    return script;
}
loc::Config reconnecting() {
    loc::Config config = knowing_blocks();
    config.reconnect = loc::Reconnect{};
    return config;
}
std::function<bool(const n2c::Message&)> first_query_only(std::shared_ptr<int> seen = std::make_shared<int>(0)) {
    return [seen](const n2c::Message& request) {
        const auto* query = request.as<LocalStateQuery>();
        return query && std::holds_alternative<LocalStateQuery::Query>(*query) && (*seen)++ == 0;
    };
}

asio::awaitable<void> lose(MockWorld& world, std::size_t requests) {
    for (int turns = 0; turns < 100'000 && count<loc_res::Requested>(world.server) < requests; ++turns)
        co_await asio::post(asio::use_awaitable);
    world.net.lose(relay_id, node_id, Loss::reset);
}

asio::awaitable<void> lose_a_state(MockWorld& world) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    auto state = co_await client.acquire();
    REQUIRE(state);
    asio::co_spawn(world.context, lose(world, 2), asio::detached);
    const auto point = co_await state->point();
    CHECK(point.error() == Errc::connection_reset);
    const auto again = co_await state->point();
    CHECK(again.error() == Errc::connection_reset);
    CHECK(client.last_end().reason == Errc::connection_reset);
    co_await client.close();
}

asio::awaitable<void> ask_once(MockWorld& world, Errc expected) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    asio::co_spawn(world.context, lose(world, 2), asio::detached);
    const auto tip = co_await client.tip();
    CHECK(tip.error() == expected);
    if (expected == Errc::none) CHECK(*tip == TestChain(5).tip());
    co_await client.close();
}

asio::awaitable<void> wait_in_vain(ServerWorld& world) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    const Instant start = world.net.now();
    const CallOptions brief{5s, {}};
    const auto tip = co_await client.tip(brief);
    CHECK(tip.error() == Errc::deadline_passed);
    const auto mempool = co_await client.mempool(brief);
    CHECK(mempool.error() == Errc::deadline_passed);
    CHECK(world.net.now() - start >= 10s);
    CHECK(world.net.now() - start < 11s);
    const auto verdict = co_await client.submit(some_tx, brief);
    REQUIRE(verdict);
    CHECK(std::get<loc::TxUnknown>(*verdict).reason == Errc::deadline_passed);
    CHECK(client.node().stage == loc::Stage::ready);
    co_await client.close();
    const auto stopped = co_await client.tip();
    CHECK(stopped.error() == Errc::stopped);
}

asio::awaitable<void> find_no_server(ServerWorld& world) {
    Client& client = *world.client;
    const auto early = co_await client.tip();
    CHECK(early.error() == Errc::not_connected);
    world.net.reach(other_id, Reach::refuses);
    const auto agreement = co_await client.connect(other_id);
    CHECK(agreement.error() == Errc::connect_failed);
    CHECK(client.last_end().node == other_id);
    const auto second = co_await client.connect(relay_id);
    CHECK(second);
    co_await client.close();
}

asio::awaitable<void> wait_for_ever(ServerWorld& world, bool& aborted) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    try {
        const CallOptions patient{Duration::max(), {}};
        const auto tip = co_await client.tip(patient);
        CHECK(tip);
    } catch (const std::system_error& error) {
        aborted = error.code() == asio::error::operation_aborted;
    }
}

}  // namespace

TEST_CASE("A query on a state that was lost with its connection fails with the reason of the disconnect",
          "[unit][client]") {
    MockScript script = chain_of(5);
    script.holds = first_query_only();
    const bool again = GENERATE(false, true);
    MockWorld world(script, again ? reconnecting() : knowing_blocks());
    CHECK(world.run(lose_a_state(world)));
}

TEST_CASE("A single question acquires a new state if its state was lost and there is a new connection",
          "[unit][client]") {
    MockScript script = chain_of(5);
    script.holds = first_query_only();
    const bool again = GENERATE(false, true);
    MockWorld world(script, again ? reconnecting() : knowing_blocks());
    CHECK(world.run(ask_once(world, again ? Errc::none : Errc::connection_reset)));
}

TEST_CASE("Every call has its time limit, and a later call still works", "[unit][client]") {
    ServerWorld world(loc_res::Config{});
    CHECK(world.run(wait_in_vain(world)));
}

TEST_CASE("A missing node is an error, and another one may be tried", "[unit][client]") {
    ServerWorld world(loc_res::Config{});
    CHECK(world.run(find_no_server(world)));
}

TEST_CASE("Destroying a client aborts pending calls and leaves nothing behind", "[unit][client]") {
    ServerWorld world(loc_res::Config{});
    bool aborted = false;
    SECTION("destroyed during a wait") {
        asio::co_spawn(world.context, wait_for_ever(world, aborted), asio::detached);
        world.settle([&] { return count<loc_res::Requested>(world.server) == 1; });
        world.client.reset();
        world.settle([] { return false; });
        CHECK(aborted);
        CHECK(world.net.held() == 0);
    }
    SECTION("destroyed with its context") {
        asio::co_spawn(world.context, wait_for_ever(world, aborted), asio::detached);
        world.settle([&] { return count<loc_res::Requested>(world.server) == 1; });
        CHECK(!aborted);
    }
}
