#include <ouro/emulation/adapter.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <ouro/manager.hpp>

#include "unit/behavior/cast.hpp"

using namespace cast;

namespace {

using Bridge = Adapter<n2n::Message>;
using RealInitiator = Manager<Bridge, InitiatorBehavior>;
using RealResponder = Manager<Bridge, ResponderBehavior>;
static_assert(Interface<Bridge>);

/// A chain that grows every twenty seconds, announced by its relay.
class Growth {
  public:
    Growth(SimulatedNetwork& net, std::shared_ptr<TestChain> chain, std::function<void(ChainView::Position)> tell)
        : net_(net), chain_(std::move(chain)), tell_(std::move(tell)) {
        again();
    }

  private:
    void again() {
        net_.world().at(net_.now() + 20s, [this] {
            const auto common = chain_->size();
            chain_->extend();
            tell_(common);
            again();
        });
    }
    SimulatedNetwork& net_;
    std::shared_ptr<TestChain> chain_;
    std::function<void(ChainView::Position)> tell_;
};

/// As in the README: follows until it has `headers` headers.
asio::awaitable<void> follow(RealInitiator& node, std::size_t headers, std::vector<Point>& points) {
    (void)node.execute(ini::IncludePeer{relay_id});
    (void)node.execute(ini::StartSync{});
    while (auto event = co_await node.poll_next()) {
        if (auto* next = std::get_if<ini::RollForward>(&*event))
            points.emplace_back(*TestChain::point_of(next->header));
        if (points.size() == headers) node.stop();
    }
}

asio::awaitable<void> serve(RealResponder& relay, std::size_t& served) {
    while (auto event = co_await relay.poll_next()) {
        served += std::holds_alternative<res::PeerInitialized>(*event) ? 1 : 0;
        if (std::holds_alternative<res::PeerDisconnected>(*event)) relay.stop();
    }
}

struct Run {
    std::vector<Point> points;
    Duration span{};
    std::uint64_t digest = 0;
    friend bool operator==(const Run&, const Run&) = default;
};

/// An hour of a chain's growth, followed by a real manager.
Run an_hour(std::uint64_t seed) {
    Options options;
    options.seed = seed;
    options.jitter = 100ms;
    SimulatedNetwork net(options);
    const auto chain = std::make_shared<TestChain>(20);
    auto& relay = net.add<ResponderBehavior>(relay_id, serving(chain));
    const Growth growth(net, chain, [&](auto common) { REQUIRE(relay.execute(res::ChainChanged{common})); });
    asio::io_context context;
    Clockwork clock(context.get_executor(), net);
    RealInitiator node(std::piecewise_construct, std::forward_as_tuple(clock, node_id),
                       std::forward_as_tuple(knowing()));
    Run run;
    const Instant start = net.now();
    asio::co_spawn(context, follow(node, 200, run.points), asio::detached);
    context.run();
    run.span = net.now() - start;
    run.digest = net.digest();
    CHECK(run.points.size() == 200);
    for (std::size_t i = 0; i < run.points.size(); ++i) CHECK(run.points[i] == chain->point(i + 1));
    return run;
}

/// One adapter, and what its waits ended with.
struct Alone {
    using Outcome = std::optional<std::error_code>;
    static auto into(Outcome& outcome) {
        return [&outcome](std::error_code error) { outcome = error; };
    }
    /// Lets everything happen that is ready now or makes itself ready.
    void settle() {
        context.restart();
        context.poll();
    }
    SimulatedNetwork net;
    asio::io_context context;
    Clockwork clock{context.get_executor(), net};
    std::optional<Bridge> bridge{std::in_place, clock, node_id};
    Outcome first, second;
};

}  // namespace

TEST_CASE("A real manager follows an emulated relay for an hour of virtual time", "[unit][emulation][adapter]") {
    const Run first = an_hour(1);
    CHECK(first.span > 59min);
    CHECK(first.span < 62min);
    CHECK(an_hour(1) == first);
    CHECK_FALSE(an_hour(2) == first);
}

TEST_CASE("Real managers connect in an emulated network, and time waits for both", "[unit][emulation][adapter]") {
    SimulatedNetwork net;
    const auto chain = std::make_shared<TestChain>(100);
    asio::io_context context;
    Clockwork clock(context.get_executor(), net);
    RealResponder relay(std::piecewise_construct, std::forward_as_tuple(clock, relay_id),
                        std::forward_as_tuple(serving(chain)));
    RealInitiator node(std::piecewise_construct, std::forward_as_tuple(clock, node_id),
                       std::forward_as_tuple(knowing()));
    std::vector<Point> points;
    std::size_t served = 0;
    const Instant start = net.now();
    asio::co_spawn(context, follow(node, 100, points), asio::detached);
    asio::co_spawn(context, serve(relay, served), asio::detached);
    context.run();
    CHECK(points.size() == 100);
    CHECK(served == 1);
    // Three round trips of forty milliseconds before the first header, and the end of both.
    CHECK(net.now() - start < 10s);
    CHECK(net.held() == 0);
}

TEST_CASE("A wait in an emulated network ends at its time, and time goes no further", "[unit][emulation][adapter]") {
    Alone alone;
    const Instant start = alone.net.now();
    alone.bridge->async_wait_ready(start + 1h, Alone::into(alone.first));
    CHECK(!alone.first);
    alone.settle();
    REQUIRE(alone.first);
    CHECK(!*alone.first);
    CHECK(alone.bridge->now() == start + 1h);
    alone.bridge->async_wait_ready(start, Alone::into(alone.second));
    CHECK(!alone.second);
    alone.settle();
    CHECK(alone.second);
    CHECK(alone.bridge->now() == start + 1h);
}

TEST_CASE("Time stands still while one of several adapters works", "[unit][emulation][adapter]") {
    Alone alone;
    const Instant start = alone.net.now();
    std::optional<Bridge> other(std::in_place, alone.clock, other_id);
    alone.bridge->async_wait_ready(start + 1h, Alone::into(alone.first));
    alone.settle();
    CHECK(!alone.first);
    CHECK(alone.net.now() == start);
    SECTION("until it waits, and then advances to the earlier time") {
        other->async_wait_ready(start + 1min, Alone::into(alone.second));
        alone.settle();
        CHECK(alone.second);
        CHECK(!alone.first);
        CHECK(alone.net.now() == start + 1min);
    }
    SECTION("until it is destroyed") {
        other.reset();
        alone.settle();
        CHECK(alone.first);
        CHECK(alone.net.now() == start + 1h);
    }
}

TEST_CASE("A wake ends the wait in an emulated network, or the next one", "[unit][emulation][adapter]") {
    Alone alone;
    SECTION("while it is pending") {
        alone.bridge->async_wait_ready(Instant::max(), Alone::into(alone.first));
        alone.settle();
        CHECK(!alone.first);
        alone.bridge->wake();
    }
    SECTION("before it has begun") {
        alone.bridge->wake();
        alone.bridge->async_wait_ready(Instant::max(), Alone::into(alone.first));
    }
    CHECK(!alone.first);
    alone.settle();
    REQUIRE(alone.first);
    CHECK(!*alone.first);
    alone.bridge->async_wait_ready(Instant::max(), Alone::into(alone.second));
    alone.settle();
    CHECK(!alone.second);
}

TEST_CASE("A second wait in an emulated network is refused", "[unit][emulation][adapter]") {
    Alone alone;
    alone.bridge->async_wait_ready(Instant::max(), Alone::into(alone.first));
    alone.bridge->async_wait_ready(Instant::max(), Alone::into(alone.second));
    alone.settle();
    CHECK(!alone.first);
    REQUIRE(alone.second);
    CHECK(*alone.second == Errc::busy);
}

TEST_CASE("A wait in an emulated network is cancelled, by its slot and by the adapter's end",
          "[unit][emulation][adapter]") {
    Alone alone;
    asio::cancellation_signal signal;
    alone.bridge->async_wait_ready(Instant::max(),
                                   asio::bind_cancellation_slot(signal.slot(), Alone::into(alone.first)));
    alone.settle();
    SECTION("by its slot") { signal.emit(asio::cancellation_type::terminal); }
    SECTION("by the destructor of the adapter, and a later signal has no effect") {
        alone.bridge.reset();
        signal.emit(asio::cancellation_type::terminal);
    }
    alone.settle();
    REQUIRE(alone.first);
    CHECK(*alone.first == asio::error::operation_aborted);
}

TEST_CASE("A handler that waits in an emulated network dies with its context", "[unit][emulation][adapter]") {
    SimulatedNetwork net;
    auto token = std::make_shared<int>();
    const std::weak_ptr<int> handler = token;
    auto context = std::make_unique<asio::io_context>();
    Clockwork clock(context->get_executor(), net);
    Bridge bridge(clock, node_id), other(clock, other_id);
    bridge.async_wait_ready(Instant::max(), [token = std::move(token)](std::error_code) {});
    other.async_wait_ready(Instant::max(), [](std::error_code) {});
    CHECK_FALSE(handler.expired());
    context.reset();
    CHECK(handler.expired());
}

TEST_CASE("A malformed message ends the connection of an adapter", "[unit][emulation][adapter]") {
    Alone alone;
    ScriptedPeer& peer = alone.net.script(relay_id);
    const auto connection = make_connection_id(Direction::outbound, 1);
    alone.bridge->dispatch(io::Connect{connection, relay_id});
    CHECK(!alone.bridge->try_poll());
    alone.net.run_for(1s);
    auto event = alone.bridge->try_poll();
    REQUIRE(event);
    CHECK(std::holds_alternative<io::Connected>(*event));
    alone.bridge->dispatch(io::Receive{connection, KeepAlive::channel, Role::initiator, 1, 100});
    peer.connections().front().send(8, true, std::vector<std::uint8_t>{0x82, 0x09, 0x07});
    alone.net.run_for(1s);
    event = alone.bridge->try_poll();
    REQUIRE(event);
    REQUIRE(std::holds_alternative<io::Disconnected>(*event));
    CHECK(std::get<io::Disconnected>(*event).reason == Errc::malformed);
    CHECK(std::get<io::Disconnected>(*event).violation.protocol == "keep-alive");
    CHECK(!alone.bridge->try_poll());
}
