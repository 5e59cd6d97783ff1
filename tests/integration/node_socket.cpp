#include <ouro/emulation/mock_node.hpp>
#include <ouro/n2c/query.hpp>
#include <ouro/ouro.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include "support/catch.hpp"
#include "support/chain.hpp"
#include "support/hex.hpp"
#include "support/temporary_directory.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using emulation::MockNode;
using emulation::MockScript;
using support::TestChain;
namespace loc = ouro::local_initiator;

namespace {

constexpr std::size_t blocks = 300;

/// A mock node behind a socket in a file, and a client; `run` has ten seconds.
struct Both {
    explicit Both(std::size_t block_bytes = 50'000) {
        script.chain = std::make_shared<TestChain>(blocks, block_bytes);
        script.answers = {{hex("01"), hex("02")}};
        listen();
        client.emplace(context.get_executor());
    }
    void listen() {
        node.emplace(context.get_executor(), script);
        const auto bound = node->interface().listen((directory.path() / "node.socket").string());
        REQUIRE(bound);
        address = bound.address;
    }
    bool run(asio::awaitable<void> program) {
        bool done = false;
        std::exception_ptr failure;
        asio::co_spawn(context, std::move(program), [&](std::exception_ptr error) {
            done = true;
            failure = std::move(error);
        });
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (!done && std::chrono::steady_clock::now() < end) context.run_one_for(100ms);
        if (failure) std::rethrow_exception(failure);
        return done;
    }

    support::TemporaryDirectory directory;
    MockScript script;
    asio::io_context context;
    std::optional<UnixNode<MockNode>> node;
    std::optional<Client> client;
    PeerId address;
};

asio::awaitable<void> follow_and_ask(Both& both) {
    Client& client = *both.client;
    const auto agreement = co_await client.connect(both.address);
    REQUIRE(agreement);
    CHECK(agreement->version == n2c::version(23));
    const auto at = co_await client.follow(Point());
    REQUIRE(at);
    for (ChainView::Position position = 1; position <= blocks; ++position) {
        const auto event = co_await client.next();
        REQUIRE(event);
        CHECK(std::get<loc::RollForward>(*event).block == *both.script.chain->block(position));
        if (position % 50 != 0) continue;
        const auto tip = co_await client.tip();
        CHECK(tip == Result(both.script.chain->tip()));
    }
    const Tx tx{Era::conway, ByronTxKind::transaction, hex("84a0a0f5f6")};
    const auto verdict = co_await client.submit(tx);
    REQUIRE(verdict);
    CHECK(std::holds_alternative<loc::TxAccepted>(*verdict));
    auto mempool = co_await client.mempool();
    REQUIRE(mempool);
    const auto sizes = co_await mempool->sizes();
    REQUIRE(sizes);
    CHECK(sizes->transactions == 0);
    co_await client.close();
}

asio::awaitable<void> lose_the_node(Both& both) {
    Client& client = *both.client;
    const auto agreement = co_await client.connect(both.address);
    REQUIRE(agreement);
    const auto at = co_await client.follow(both.script.chain->tip().point);
    REQUIRE(at);
    auto state = co_await client.acquire();
    REQUIRE(state);
    both.node.reset();
    for (;;) {
        const auto event = co_await client.next();
        if (event) continue;  // at the tip
        CHECK(event.error() == client.last_end().reason);
        break;
    }
    const Bytes query = hex("01");
    const auto answer = co_await state->query(query);
    CHECK(answer.error() == client.last_end().reason);
    const auto none = co_await client.connect(both.address);
    CHECK(none.error() == Errc::connect_failed);

    both.listen();
    const auto again = co_await client.connect(both.address);
    CHECK(again);
    const auto once = co_await client.query(LocalStateQuery::VolatileTip{}, query);
    CHECK(once == Result(hex("02")));
    co_await client.close();
}

}  // namespace

TEST_CASE("A client follows and queries its node over the node's socket", "[integration][client][unix]") {
    Both both;
    CHECK(both.run(follow_and_ask(both)));
}

TEST_CASE("A client notices that its node died and connects to another one", "[integration][client][unix]") {
    Both both;
    CHECK(both.run(lose_the_node(both)));
}
