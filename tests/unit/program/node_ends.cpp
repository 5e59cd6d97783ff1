#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/use_future.hpp>

#include "face.hpp"
#include "support/tx.hpp"

using namespace face;

namespace {

/// Reads a block only after it was asked for, as from a file.
class SlowChain final : public ChainView {
  public:
    SlowChain(asio::io_context& context, std::shared_ptr<const ChainView> chain)
        : context_(context), chain_(std::move(chain)) {}

    [[nodiscard]] Position size() const override { return chain_->size(); }
    [[nodiscard]] Tip tip() const override { return chain_->tip(); }
    [[nodiscard]] std::optional<Position> find(const Point& point) const override { return chain_->find(point); }
    [[nodiscard]] Point point(Position position) const override { return chain_->point(position); }
    [[nodiscard]] Result<Header> header(Position position) const override { return chain_->header(position); }
    [[nodiscard]] Result<Bytes> block(Position position) const override {
        if (position <= read_) return chain_->block(position);
        asio::post(context_, [this, position] {
            read_ = std::max(read_, position);
            if (ready_) ready_();
        });
        return Errc::pending;
    }
    void on_ready(std::function<void()> ready) override { ready_ = std::move(ready); }
    [[nodiscard]] bool has_reader() const { return static_cast<bool>(ready_); }

  private:
    asio::io_context& context_;
    std::shared_ptr<const ChainView> chain_;
    mutable Position read_ = 0;
    std::function<void()> ready_;
};

/// Stops a handle while a coroutine waits for its next value; returns the error with which the wait ended.
template <class Handle>
std::optional<Errc> stopped_while_waiting(Stage& stage, Handle& handle) {
    std::optional<Errc> end;
    const auto waiter = [&]() -> asio::awaitable<void> {
        for (;;) {
            const auto value = co_await handle.next();
            if (value) continue;
            end = value.error();
            co_return;
        }
    };
    asio::co_spawn(stage.context, waiter(), asio::detached);
    stage.context.restart();
    for (int most = 0; most < 10'000; ++most)
        if (stage.context.poll_one() == 0 && !stage.net.step()) break;
    REQUIRE(!end);
    handle.stop();
    CHECK(!end);  // no program runs within the call
    stage.context.restart();
    for (int most = 0; most < 1'000; ++most) (void)stage.context.poll_one();
    return end;
}

}  // namespace

TEST_CASE("A signal stops the nodes of a runtime, and their followers end") {
    Stage stage;
    stage.relay(relay_id, made_up(10));
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower follower = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 11, taken)));
    stage.runtime.interrupt();
    taken.clear();
    REQUIRE(stage.run(take(follower, 1, taken)));
    CHECK(taken == "stopped");
    CHECK(exit_code(follower.end()) == 0);
}

TEST_CASE("A node that is closed ends its connections, and its handles outlive it") {
    Stage stage;
    const auto chain = made_up(10);
    stage.relay(relay_id, chain);
    std::optional<Node> node(std::in_place, stage.runtime, mainnet);
    node->use(relay_id);
    Follower follower = node->follow();
    News news = node->news();
    std::string taken;
    REQUIRE(stage.run(take(follower, 11, taken)));
    const auto program = [&]() -> asio::awaitable<void> { co_await node->close(); };
    REQUIRE(stage.run(program()));
    CHECK(stage.net.connections() == 0);
    node.reset();
    taken.clear();
    REQUIRE(stage.run(take(follower, 1, taken)));
    CHECK(taken == "stopped");
    CHECK(follower.cursor()->point() == chain->point(10));
    CHECK(news.dropped() == 0);
}

TEST_CASE("A second wait for the same follower fails with busy, and the first one goes on") {
    Stage stage;
    const auto chain = made_up(1);
    Relay& relay = stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower follower = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 2, taken)));
    std::string first;
    asio::co_spawn(stage.context, take(follower, 1, first), asio::detached);
    std::string second;
    REQUIRE(stage.run(take(follower, 1, second)));
    CHECK(second == "busy");
    chain->extend(1);
    stage.changed(relay, 1);
    REQUIRE(stage.run(asio::steady_timer(stage.context, Duration::zero()).async_wait(asio::use_awaitable)));
    stage.context.restart();
    for (int most = 0; most < 100'000 && first.empty(); ++most) stage.context.poll_one();
    CHECK(first == "+1 ");
}

TEST_CASE("A cancelled wait loses no step") {
    Stage stage;
    const auto chain = made_up(5);
    Relay& relay = stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower follower = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(follower, 6, taken)));
    asio::cancellation_signal cancel;
    std::error_code error;
    follower.async_next(asio::bind_cancellation_slot(
        cancel.slot(), [&](std::error_code result, const Result<Step>&) { error = result; }));
    stage.context.restart();
    for (int i = 0; i < 100; ++i) stage.context.poll_one();
    CHECK(!error);
    cancel.emit(asio::cancellation_type::terminal);
    stage.context.restart();
    for (int i = 0; i < 100; ++i) stage.context.poll_one();
    CHECK(error == asio::error::operation_aborted);
    chain->extend(1);
    stage.changed(relay, 5);
    taken.clear();
    REQUIRE(stage.run(take(follower, 1, taken)));
    CHECK(taken == "+5 ");
}

TEST_CASE("The end of a handle ends its wait, and frees its place") {
    Stage stage;
    stage.relay(relay_id, made_up(1));
    NodeOptions options;
    options.max_followers = 1;
    Node node(stage.runtime, mainnet, options);
    node.use(relay_id);
    std::error_code error;
    {
        Follower follower = node.follow(FollowOptions{.from = from_tip});
        CHECK_THROWS_AS(node.follow(), std::invalid_argument);
        std::string taken;
        REQUIRE(stage.run(take(follower, 1, taken)));
        follower.async_next([&](std::error_code result, const Result<Step>&) { error = result; });
    }
    stage.context.restart();
    for (int i = 0; i < 1'000; ++i) stage.context.poll_one();
    CHECK(error == asio::error::operation_aborted);
    Follower again = node.follow();
    std::string taken;
    REQUIRE(stage.run(take(again, 2, taken)));
    CHECK(taken == "+0 T ");
}

TEST_CASE("Stopping a handle ends its wait with cancelled") {
    Stage stage;
    const auto chain = made_up(3);
    stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    SECTION("of a follower that no relay serves") {
        Follower follower = node.follow();
        CHECK(stopped_while_waiting(stage, follower) == Errc::cancelled);
    }
    SECTION("of a follower at the tip") {
        node.use(relay_id);
        Follower follower = node.follow(FollowOptions{.from = from_origin, .blocks = true});
        CHECK(stopped_while_waiting(stage, follower) == Errc::cancelled);
    }
    SECTION("of a range") {
        Blocks blocks = node.blocks(at(*chain, 1), at(*chain, 3));
        CHECK(stopped_while_waiting(stage, blocks) == Errc::cancelled);
    }
    SECTION("of news") {
        News news = node.news();
        CHECK(stopped_while_waiting(stage, news) == Errc::cancelled);
    }
}

TEST_CASE("A step is returned through a future") {
    Stage stage;
    stage.relay(relay_id, made_up(1));
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Follower follower = node.follow();
    auto future = follower.async_next(asio::use_future);
    stage.context.restart();
    for (int i = 0; i < 10'000; ++i) stage.context.poll_one();
    const auto step = future.get();
    REQUIRE(step);
    CHECK(std::holds_alternative<Forward>(*step));
}

TEST_CASE("Options and addresses that make no sense are refused with the name of what is wrong") {
    Stage stage;
    NodeOptions none;
    none.max_followers = 0;
    CHECK_THROWS_WITH(Node(stage.runtime, mainnet, none), Catch::Matchers::Contains("NodeOptions::max_followers"));
    Node node(stage.runtime, Network(mainnet, 100));
    CHECK_THROWS_WITH(node.use("relay.example"), Catch::Matchers::Contains("relay.example is not host:port"));
    CHECK_THROWS_WITH(node.use("/run/node.socket"), Catch::Matchers::Contains("is not host:port"));
    CHECK_THROWS_WITH(node.listen("relay.example:1", made_up(1)), Catch::Matchers::Contains("v4:port"));
    CHECK_THROWS_WITH(node.listen("127.0.0.1:3001", nullptr), Catch::Matchers::Contains("no chain"));
    FollowOptions deep;
    deep.depth = 101;
    CHECK_THROWS_WITH(node.follow(deep), Catch::Matchers::Contains("FollowOptions::depth"));
    FollowOptions narrow;
    narrow.window_bytes = 0;
    CHECK_THROWS_WITH(node.follow(narrow), Catch::Matchers::Contains("FollowOptions::window_bytes"));
    CHECK_THROWS_AS(Start(List<Point>()), std::invalid_argument);
    const std::vector<Point> many(Start::most_points + 1);
    CHECK_THROWS_WITH(Start(many), Catch::Matchers::Contains("Start: 65 points are more than 64"));
    CHECK(Start(std::vector<Point>(Start::most_points)).points().size() == Start::most_points);
    CHECK_THROWS_WITH(node.use(List<PeerGroup>(PeerGroup(List<PeerId>(), 1, 1))),
                      Catch::Matchers::Contains("a group is empty"));
    CHECK_THROWS_WITH(node.blocks({Slot{2}, {}}, {Slot{1}, {}}), Catch::Matchers::Contains("before the first one"));
}

TEST_CASE("A node that listens serves its chain while it follows") {
    Stage stage;
    const auto chain = made_up(100);
    stage.relay(relay_id, chain);
    Node node(stage.runtime, mainnet);
    CHECK(node.listen("127.0.0.1:3001", chain).address.port() == 3'001);
    node.use(relay_id);
    SimulatedRuntime elsewhere(stage.clock, other_id);
    Node reader(elsewhere, mainnet);
    reader.use(node_id);
    Follower follower = reader.follow(FollowOptions{.blocks = true});
    std::string taken;
    REQUIRE(stage.run(take(follower, 101, taken)));
    CHECK(taken.ends_with("+98 +99 T "));
}

TEST_CASE("A node sends the blocks of a chain that reads them later as soon as they are read") {
    Stage stage;
    const auto chain = std::make_shared<SlowChain>(stage.context, made_up(20));
    {
        Node node(stage.runtime, mainnet);
        node.listen("127.0.0.1:3001", chain);
        SimulatedRuntime elsewhere(stage.clock, other_id);
        Node reader(elsewhere, mainnet);
        reader.use(node_id);
        Follower follower = reader.follow(FollowOptions{.blocks = true});
        std::string taken;
        const Instant start = stage.net.now();
        REQUIRE(stage.run(take(follower, 21, taken)));
        CHECK(taken.ends_with("+18 +19 T "));
        CHECK(stage.net.now() - start < 10s);
    }
    CHECK(!chain->has_reader());
}

TEST_CASE("A transaction that is not one is refused at once, and one for which no peer is there after two minutes") {
    Stage stage;
    Node node(stage.runtime, mainnet);
    node.use(relay_id);
    Errc malformed = Errc::none, lonely = Errc::none;
    const auto program = [&]() -> asio::awaitable<void> {
        auto none = co_await node.submit(Tx(Era::conway, Bytes()));
        malformed = none.error();
        auto late = co_await node.submit(Tx(Era::conway, *from_hex("84a0a0f5f6")));
        lonely = late.error();
    };
    REQUIRE(stage.run(program()));
    CHECK(malformed == Errc::malformed);
    CHECK(lonely == Errc::no_peer);
}
