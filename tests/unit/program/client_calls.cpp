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

constexpr std::size_t small_answer = 1U << 20;
constexpr std::size_t largest_result = small_answer - 2;  // the answer is a list of a number and the result
constexpr std::size_t era_bytes = 12;

/// An era history of this size.
Bytes era_history_of(std::size_t bytes) {
    // The bits of `more` make integers longer by 1, 2, 4 and 8 bytes.
    const auto era = [](std::size_t more) {
        const auto number = [more](std::size_t bit) {
            if ((more & bit) == 0) return raw::uint(0);
            return raw::uint(bit == 1 ? 24 : std::uint64_t{1} << 4 * bit);
        };
        return raw::join({raw::bytes("8383"), number(1), number(2), number(4), raw::bytes("f684"), number(8),
                          raw::bytes("00810100")});
    };
    const std::size_t content = bytes - 2;
    return Bytes::copy(raw::join(
        {raw::bytes("9f"), raw::repeat(era(0), content / era_bytes - 1), era(content % era_bytes), raw::bytes("ff")}));
}

asio::awaitable<void> ask_for_much(MockWorld& world, bool too_much) {
    Client& client = *world.client;
    const auto agreement = co_await client.connect(relay_id);
    REQUIRE(agreement);
    const auto history = co_await client.era_history();
    if (!too_much) {
        REQUIRE(history);
        CHECK(history->size() == (largest_result - 2) / era_bytes);
        co_await client.close();
        co_return;
    }
    CHECK(history.error() == Errc::answer_too_large);
    CHECK(client.last_end().reason == Errc::answer_too_large);
    const auto again = co_await client.connect(relay_id);
    REQUIRE(again);
    const CallOptions generous{std::nullopt, small_answer + 1};
    const auto all = co_await client.era_history(generous);
    REQUIRE(all);
    CHECK(all->size() == (largest_result - 1) / era_bytes);
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

TEST_CASE("A small answer may have a mebibyte and not a byte more, unless the call states another limit",
          "[unit][client]") {
    const bool too_much = GENERATE(false, true);
    MockScript script = script_of(std::make_shared<TestChain>(5));
    script.answers.emplace_back(n2c::query::era_history(), era_history_of(largest_result + (too_much ? 1 : 0)));
    MockWorld world(script);
    CHECK(world.run(ask_for_much(world, too_much)));
}
