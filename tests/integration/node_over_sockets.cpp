#include <ouro/behavior/local_responder.hpp>
#include <ouro/chain/synthetic.hpp>
#include <ouro/ouro.hpp>

#include "support/catch.hpp"

using namespace ouro;

namespace {

using LocalServer = Manager<TcpInterface<n2c::Message>, LocalResponderBehavior>;

std::shared_ptr<chain::SyntheticChain> made_up(ChainView::Position blocks) {
    chain::SyntheticChain::Options options;
    options.blocks = blocks;
    return std::make_shared<chain::SyntheticChain>(options);
}

/// Takes steps up to the tip. Returns the number of blocks whose bytes are those of `expected`.
asio::awaitable<std::uint64_t> equal_blocks(Follower& chain, const ChainView& expected) {
    std::uint64_t equal = 0;
    for (;;) {
        auto step = co_await chain.next();
        const auto* next = step ? std::get_if<Forward>(&*step) : nullptr;
        if (!next) co_return equal;
        const auto position = expected.find(next->point);
        if (position && next->block == *expected.block(*position)) ++equal;
    }
}

asio::awaitable<int> follow_over_tcp(Runtime& runtime, std::uint64_t& equal, Errc& era_error) {
    const auto chain = made_up(200);
    local_responder::Config config;
    config.chain = chain;
    LocalServer server(TcpInterface<n2c::Message>(runtime.get_executor()), LocalResponderBehavior(std::move(config)));
    const Listening at = server.interface().listen(*parse_listen_address("127.0.0.1:0"));
    if (!at) co_return 1;
    ClientOptions options;
    options.call_timeout = std::chrono::seconds(2);
    Client client(runtime, mainnet, options);
    client.use(at.address.text());
    FollowOptions blocks;
    blocks.blocks = true;
    Follower follower = client.follow(blocks);
    equal = co_await equal_blocks(follower, *chain);
    // A call dials by itself, over a connection of its own; this server answers no query.
    auto era = co_await client.era();
    era_error = era.error();
    co_await client.close();
    co_return 0;
}

asio::awaitable<int> serve_and_follow(Runtime& runtime, std::size_t check_threads, std::uint64_t& equal) {
    const auto chain = made_up(2'000);
    Node relay(runtime, mainnet);
    const PeerId address = relay.listen("127.0.0.1:0", chain).address;
    NodeOptions options;
    options.check_threads = check_threads;
    Node node(runtime, mainnet, options);
    node.use(address);
    FollowOptions blocks;
    blocks.blocks = true;
    Follower follower = node.follow(blocks);
    equal = co_await equal_blocks(follower, *chain);
    co_await node.close();
    co_await relay.close();
    co_return 0;
}

}  // namespace

TEST_CASE("A client uses a node that serves its clients over TCP") {
    std::uint64_t equal = 0;
    Errc era_error = Errc::none;
    const int code = run([&](Runtime& runtime) { return follow_over_tcp(runtime, equal, era_error); });
    CHECK(code == 0);
    CHECK(equal == 200);
    CHECK(era_error == Errc::deadline_passed);
}

TEST_CASE("A node serves a chain over a socket to another node") {
    std::uint64_t equal = 0;
    const std::size_t check_threads = GENERATE(0U, 1U, 3U);
    const int code = run([&](Runtime& runtime) { return serve_and_follow(runtime, check_threads, equal); });
    CHECK(code == 0);
    CHECK(equal == 2'000);
}
