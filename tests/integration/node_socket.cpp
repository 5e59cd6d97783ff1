#include <ouro/chain/synthetic.hpp>
#include <ouro/emulation/mock_node.hpp>
#include <ouro/n2c/query.hpp>
#include <ouro/ouro.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/temporary_directory.hpp"

using namespace ouro;
using namespace std::chrono_literals;
using emulation::MockNode;
using emulation::MockScript;
namespace loc = ouro::local_initiator;

namespace {

constexpr std::size_t blocks = 300;

/// A mock node behind a socket in a file, and a client; `run` has ten seconds.
struct Both {
    explicit Both(std::size_t block_bytes = 50'000) {
        chain::SyntheticChain::Options options;
        options.blocks = blocks;
        options.block_bytes = block_bytes;
        script.chain = std::make_shared<chain::SyntheticChain>(options);
        script.answers = {{hex("01"), hex("02")}};
        listen();
        client.emplace(context.get_executor(), mainnet);
        client->use(address);
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
    News news = client.news();
    Follower chain = client.follow({.blocks = true});
    const auto connected = co_await news.next();
    REQUIRE(connected);
    CHECK(connected->version == n2c::version(23));
    for (ChainView::Position position = 1; position <= blocks; ++position) {
        const auto step = co_await chain.next();
        REQUIRE(step);
        CHECK(std::get<Forward>(*step).block == *both.script.chain->block(position));
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
    Follower chain = client.follow({.from = both.script.chain->point(blocks - 1)});
    for (bool tip = false; !tip;) {
        const auto step = co_await chain.next();
        REQUIRE(step);
        tip = std::holds_alternative<AtTip>(*step);
    }
    auto state = co_await client.acquire();
    REQUIRE(state);
    both.node.reset();
    const Bytes query = hex("01");
    const auto answer = co_await state->query(query);
    CHECK(answer.error() == client.last_end().reason);

    both.listen();
    const auto once = co_await client.query(LocalStateQuery::VolatileTip{}, query);
    CHECK(once == Result(hex("02")));
    CHECK(chain.end() == Errc::none);
    co_await client.close();
}

}  // namespace

TEST_CASE("A client follows and queries its node over the node's socket", "[integration][client][unix]") {
    Both both;
    CHECK(both.run(follow_and_ask(both)));
}

TEST_CASE("A client notices that its node died, and uses the one that takes its place", "[integration][client][unix]") {
    Both both;
    CHECK(both.run(lose_the_node(both)));
}
