#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <future>
#include <memory>
#include <thread>
#include <tuple>

#include <ouro/chain/synthetic.hpp>
#include <ouro/interface/tcp.hpp>
#include <ouro/program/node.hpp>

#include "support/catch.hpp"

using namespace ouro;

namespace {

constexpr ChainView::Position length = 20;

std::shared_ptr<chain::SyntheticChain> made_up() {
    chain::SyntheticChain::Options options;
    options.blocks = length;
    return std::make_shared<chain::SyntheticChain>(options);
}

/// A relay and a node that follows it, on a context that a thread of its own runs.
struct Elsewhere {
    Elsewhere() {
        node.use(server.listen("127.0.0.1:0", made_up()).address);
        thread = std::thread([this] { context.run(); });
    }
    ~Elsewhere() {
        context.stop();
        thread.join();
    }

    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    Node server{context.get_executor(), mainnet};
    Node node{context.get_executor(), mainnet};
    Follower chain{node.follow({.blocks = true})};
    std::thread thread;
};

/// Takes steps up to the tip with `take`, and checks the blocks.
template <class Take>
void take_all(Take take) {
    std::uint64_t next = 0;
    for (ChainView::Position i = 0; i <= length; ++i) {
        const Result<Step> step = take();
        REQUIRE(step);
        if (std::holds_alternative<AtTip>(*step)) continue;
        REQUIRE(std::holds_alternative<Forward>(*step));
        CHECK(std::get<Forward>(*step).number == BlockNumber{next++});
    }
    CHECK(next == length);
}

}  // namespace

TEST_CASE("Steps are taken through futures in another thread", "[integration][threads]") {
    Elsewhere at;
    take_all([&] { return at.chain.async_next(asio::use_future).get(); });
}

TEST_CASE("Steps are taken with callbacks, which run on the executor of the node", "[integration][threads]") {
    Elsewhere at;
    take_all([&] {
        std::promise<Result<Step>> taken;
        at.chain.async_next([&](std::error_code error, Result<Step> step) {
            const bool right = !error && std::this_thread::get_id() == at.thread.get_id();
            taken.set_value(right ? std::move(step) : Result<Step>(Errc::cancelled));
        });
        return taken.get_future().get();
    });
}

TEST_CASE("Steps are taken by deferred operations that start in another thread", "[integration][threads]") {
    Elsewhere at;
    take_all([&] {
        auto operation = at.chain.async_next(detail::deferred);
        return std::move(operation)(asio::use_future).get();
    });
}

TEST_CASE("Steps are taken as tuples", "[integration][threads]") {
    Elsewhere at;
    take_all([&] {
        std::promise<Result<Step>> taken;
        at.chain.async_next(detail::as_tuple(
            [&](std::tuple<std::error_code, Result<Step>> step) { taken.set_value(std::get<1>(std::move(step))); }));
        return taken.get_future().get();
    });
}

TEST_CASE("A coroutine of a node runs on the node's executor when another thread starts it", "[integration][threads]") {
    Elsewhere at;
    const auto submitted =
        asio::co_spawn(at.node.get_executor(), at.node.submit(Tx(Era::conway, Bytes())), asio::use_future).get();
    CHECK(submitted.error() == Errc::malformed);
    auto waiting = at.chain.async_next(asio::use_future);
    REQUIRE(waiting.get());
    asio::co_spawn(at.node.get_executor(), at.node.close(), asio::use_future).get();
    for (ChainView::Position i = 0; i <= length; ++i) {
        const auto step = at.chain.async_next(asio::use_future).get();
        if (step) continue;
        CHECK(step.error() == Errc::stopped);
        return;
    }
    FAIL("the follower did not end");
}

TEST_CASE("Nodes of several threads serve one port, and those that follow them check blocks in further threads",
          "[integration][threads]") {
    struct Server {
        Server(bool shares, std::string_view where) : node(context.get_executor(), mainnet, options(shares)) {
            address = node.listen(where, made_up()).address;
        }
        ~Server() {
            context.stop();
            if (thread.joinable()) thread.join();
        }
        void start() {
            thread = std::thread([this] { context.run(); });
        }
        static NodeOptions options(bool shares) {
            NodeOptions result;
            result.configure = [shares](node::Config&, TcpOptions& tcp) { tcp.share_port = shares; };
            return result;
        }
        asio::io_context context{1};
        asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
        Node node;
        PeerId address;
        std::thread thread;
    };
    Server first(false, "127.0.0.1:0");
    Server second(true, first.address.text());
    CHECK(second.address == first.address);
    first.start();
    second.start();
    for (int i = 0; i < 6; ++i) {
        asio::io_context context{1};
        NodeOptions options;
        options.check_threads = 2;
        Node node(context.get_executor(), mainnet, options);
        node.use(first.address);
        Follower chain = node.follow({.blocks = true});
        auto work = asio::make_work_guard(context);
        std::thread thread([&] { context.run(); });
        take_all([&] { return chain.async_next(asio::use_future).get(); });
        asio::co_spawn(context, node.close(), asio::use_future).get();
        work.reset();
        context.stop();
        thread.join();
    }
}
