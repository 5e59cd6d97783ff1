#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <memory>
#include <thread>

#include <ouro/ouro.hpp>

#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/tcp.hpp"

// What is left when a context is stopped while managers in it are connected. The address sanitizer looks, too.

using namespace ouro;
using namespace ouro::test;

namespace {

/// Takes events until there are none. Once `wanted` has come, the context is stopped.
template <class Wanted, class Manager>
asio::awaitable<void> serve(Manager& manager, asio::io_context& context, std::shared_ptr<int>) {
    while (const auto event = co_await manager.poll_next())
        if (std::holds_alternative<Wanted>(*event)) context.stop();
}

/// The same, and the managers are the coroutine's own.
asio::awaitable<void> serve_both(asio::io_context& context, std::shared_ptr<int> mark) {
    Responder relay(context.get_executor(), responder::Config{});
    Initiator node(context.get_executor(), initiator::Config{});
    const auto bound = relay.interface().listen(PeerId::from_parts("127.0.0.1", 0));
    if (!bound) co_return;
    (void)node.execute(initiator::IncludePeer(bound.address));
    asio::co_spawn(context, serve<responder::PeerInitialized>(relay, context, mark), asio::detached);
    co_await serve<initiator::PeerInitialized>(node, context, mark);
}

}  // namespace

TEST_CASE("Connected managers leave nothing behind when their context is stopped", "[integration][manager]") {
    const auto mark = std::make_shared<int>(1);  // every coroutine has a share of it
    SECTION("destroyed before the context") {
        const bool initiator_first = GENERATE(false, true);
        asio::io_context context;
        auto relay = std::make_unique<Responder>(context.get_executor(), responder::Config{});
        auto node = std::make_unique<Initiator>(context.get_executor(), initiator::Config{});
        const auto bound = relay->interface().listen(PeerId::from_parts("127.0.0.1", 0));
        REQUIRE(bound);
        REQUIRE(node->execute(initiator::IncludePeer(bound.address)));
        asio::co_spawn(context, serve<responder::PeerInitialized>(*relay, context, mark), asio::detached);
        asio::co_spawn(context, serve<initiator::PeerInitialized>(*node, context, mark), asio::detached);
        context.run();
        CHECK(mark.use_count() == 3);
        if (initiator_first) node.reset();
        relay.reset();
        node.reset();
    }
    SECTION("destroyed with the context") {
        asio::io_context context;
        asio::co_spawn(context, serve_both(context, mark), asio::detached);
        context.run();
        CHECK(mark.use_count() > 1);
    }
    SECTION("stopped by another thread") {
        asio::io_context context;
        const auto work = asio::make_work_guard(context);
        Responder relay(context.get_executor(), responder::Config{});
        const auto bound = relay.interface().listen(PeerId::from_parts("127.0.0.1", 0));
        REQUIRE(bound);
        asio::co_spawn(context, serve<responder::InterfaceTrouble>(relay, context, mark), asio::detached);
        std::thread thread([&] { context.run(); });
        asio::io_context here;
        RawPeer peer(here, bound.address);
        const Bytes proposal = hex("8200a10e841a2d964a09f400f4");  // version 14 of the main network
        peer.write(segment(Channel{0}, Role::initiator, proposal));
        CHECK(peer.await_bytes(1));
        context.stop();
        thread.join();
    }
    CHECK(mark.use_count() == 1);
}
