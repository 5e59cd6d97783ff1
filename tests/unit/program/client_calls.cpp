#include "client_cast.hpp"

using namespace cast;

namespace {

const Bytes era_conway = Bytes::copy(raw::bytes("06"));
const Bytes epoch_ten = Bytes::copy(raw::bytes("810a"));

MockScript script_of(std::shared_ptr<const TestChain> chain) {
    MockScript script;
    script.chain = std::move(chain);
    script.answers = {{n2c::query::current_era(), era_conway},
                      {n2c::query::epoch_number(Era::conway).ask(), epoch_ten}};
    return script;
}

asio::awaitable<void> ask_everything(MockWorld& world, const TestChain& chain) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    CHECK(agreement->version == n2c::version(23));

    const auto tip = co_await client.tip();
    CHECK(tip == Result(chain.tip()));
    const auto era = co_await client.era();
    CHECK(era == Result(Era::conway));
    const auto epoch = co_await client.epoch();
    CHECK(epoch == Result(std::uint64_t{10}));

    auto state = co_await client.acquire(chain.point(3));
    REQUIRE(state);
    const auto point = co_await state->point();
    CHECK(point == Result(chain.point(3)));
    const auto number = co_await state->block_number();
    CHECK(number == Result(std::optional(BlockNumber{3})));
    state->release();

    const auto verdict = co_await client.submit(some_tx);
    REQUIRE(verdict);
    CHECK(std::holds_alternative<loc::TxAccepted>(*verdict));

    auto mempool = co_await client.mempool();
    REQUIRE(mempool);
    const auto first = co_await mempool->next();
    CHECK(first == Result(std::optional(some_tx)));
    const auto has = co_await mempool->has(id_of(some_tx));
    CHECK(has == Result(true));
    const auto sizes = co_await mempool->sizes();
    CHECK(sizes->transactions == 1);
    mempool->release();
    co_await client.close();
}

asio::awaitable<void> ask_for_much(MockWorld& world) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    const auto history = co_await client.era_history();
    CHECK(history.error() == Errc::answer_too_large);
    CHECK(client.last_end().reason == Errc::answer_too_large);
    const auto again = co_await client.connect(relay_id);
    REQUIRE(again);
    const CallOptions generous{std::nullopt, 4U << 20};
    const auto all = co_await client.era_history(generous);
    CHECK(all.error() == Errc::malformed);
    co_await client.close();
}

}  // namespace

TEST_CASE("The calls of a client return the answers of a node", "[unit][client]") {
    const auto chain = std::make_shared<TestChain>(500);
    MockScript script = script_of(chain);
    script.id_of = &id_of;
    MockWorld world(script);
    CHECK(world.run(ask_everything(world, *chain)));
    world.client.reset();
    world.context.poll();
    CHECK(world.net.held() == 0);
}

TEST_CASE("A small answer is limited to a mebibyte unless the call states another limit", "[unit][client]") {
    MockScript script = script_of(std::make_shared<TestChain>(5));
    script.answers.emplace_back(n2c::query::era_history(), Bytes::copy(raw::bytes(raw::ByteVector(1U << 20))));
    MockWorld world(script);
    CHECK(world.run(ask_for_much(world)));
}
