#include "program/client_core.hpp"

#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <vector>

#include "support/catch.hpp"

// What a client keeps of its chain, without a manager: events in, credit out.

namespace {

using namespace ouro;
using namespace ouro::local_initiator;

/// Takes every command and keeps it.
class Recorder final : public detail::Driver<LocalInitiatorBehavior> {
  public:
    Recorder(asio::any_io_executor executor, std::vector<Command>& commands)
        : executor_(std::move(executor)), commands_(commands) {}

    [[nodiscard]] asio::any_io_executor get_executor() const noexcept override { return executor_; }
    [[nodiscard]] Instant now() noexcept override { return {}; }
    Result<CommandId> execute(Command&& command) override {
        commands_.push_back(std::move(command));
        return CommandId{commands_.size()};
    }
    [[nodiscard]] const LocalInitiatorBehavior& behavior() const override { return behavior_; }
    Listening accept_at(const PeerId& where) override { return {where, Errc::unsupported}; }
    void stop() override {}
    void listen(std::weak_ptr<detail::Listener<local_initiator::Event>>) override {}

  private:
    asio::any_io_executor executor_;
    std::vector<Command>& commands_;
    LocalInitiatorBehavior behavior_{{}};
};

constexpr CommandId old_chain{1'000};
constexpr CommandId chain{1'001};

template <class T>
asio::awaitable<void> keep(asio::awaitable<T> call, std::optional<T>& result) {
    auto value = co_await std::move(call);
    result.emplace(std::move(value));
}

/// A client without a manager.
struct Bare {
    explicit Bare(std::uint32_t window) {
        Config config;
        config.sync_window = window;
        core = std::make_shared<detail::ClientCore>(config);
        core->attach(std::make_unique<Recorder>(context.get_executor(), commands));
    }
    ~Bare() { core->close(); }
    Bare(const Bare&) = delete;
    Bare& operator=(const Bare&) = delete;

    void forward(CommandId id = chain) { core->handle(RollForward{id, {}, {}}); }
    /// The credit that has been given since the last call.
    std::vector<std::uint32_t> credit() {
        std::vector<std::uint32_t> all;
        for (const Command& command : std::exchange(commands, {}))
            if (const auto* more = std::get_if<ContinueFollowing>(&command)) all.push_back(more->blocks);
        return all;
    }

    /// What the call gives once its command, the only one, has had `outcome`.
    template <class T, class Outcome>
    T answered(asio::awaitable<T> call, Outcome outcome) {
        commands.clear();
        std::optional<T> result;
        asio::co_spawn(context, keep(std::move(call), result), asio::detached);
        context.restart();
        context.poll();
        REQUIRE(commands.size() == 1);
        outcome.command = CommandId{1};
        core->handle(std::move(outcome));
        context.poll();
        commands.clear();
        REQUIRE(result);
        return *std::move(result);
    }
    Result<LedgerState> state() {
        return answered(detail::ClientCore::acquire(core, LocalStateQuery::VolatileTip{}, Instant::max()),
                        StateAcquired{});
    }
    Result<MempoolSnapshot> mempool(Slot slot) {
        return answered(detail::ClientCore::acquire_mempool(core, {}), MempoolAcquired{{}, slot});
    }

    asio::io_context context;
    std::vector<Command> commands;
    std::shared_ptr<detail::ClientCore> core;
};

using Credit = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("Taken blocks and roll-backs are replaced by requests for a quarter of the window at a time",
          "[unit][client]") {
    const auto [window, quarter] = GENERATE(table<std::uint32_t, std::uint32_t>({{1, 1}, {3, 1}, {8, 2}, {100, 25}}));
    Bare bare(window);
    bare.core->begin_following(chain);
    CHECK(bare.credit() == Credit{window});
    for (std::uint32_t round = 0; round < 3; ++round) {
        for (std::uint32_t taken = 1; taken < quarter; ++taken) {
            bare.forward();
            REQUIRE(bare.core->take());
            REQUIRE(bare.credit().empty());
        }
        // The report of the tip needed no credit.
        bare.core->handle(local_initiator::AtTip{chain, {}});
        REQUIRE(bare.core->take());
        REQUIRE(bare.credit().empty());
        bare.core->handle(RollBackward{chain, {}, {}});
        REQUIRE(bare.core->take());
        REQUIRE(bare.credit() == Credit{quarter});
    }
}

TEST_CASE("A chain does not get the outstanding answers of the one before", "[unit][client]") {
    Bare bare(8);
    bare.core->begin_following(old_chain);
    bare.forward(old_chain);
    CHECK(bare.core->take());
    bare.core->begin_following(chain);
    (void)bare.credit();
    bare.forward(old_chain);
    bare.core->handle(RollBackward{old_chain, {}, {}});
    bare.core->handle(local_initiator::AtTip{old_chain, {}});
    bare.core->handle(FollowEnded{old_chain, Errc::closed_by_peer});
    CHECK_FALSE(bare.core->take());
    CHECK(bare.core->following() == chain);
    bare.forward();
    CHECK(bare.core->take());
    CHECK(bare.credit().empty());
}

TEST_CASE("A user who stops gets no more events, and one who is stopped gets all of them", "[unit][client]") {
    Bare bare(8);
    bare.core->begin_following(chain);
    bare.forward();
    (void)bare.credit();
    SECTION("by the user") {
        bare.core->stop_following();
        CHECK_FALSE(bare.core->take());
        CHECK(bare.core->chain_end() == Errc::cancelled);
        REQUIRE(bare.commands.size() == 1);
        CHECK(std::holds_alternative<StopFollowing>(bare.commands[0]));
    }
    SECTION("by the end of the connection") {
        bare.core->handle(FollowEnded{chain, Errc::closed_by_peer});
        CHECK(bare.core->chain_end() == Errc::closed_by_peer);
        CHECK(bare.core->take());
        CHECK_FALSE(bare.core->take());
        CHECK(bare.commands.empty());
    }
}

TEST_CASE("A cancellable coroutine is suspended once, and each coroutine yields after 64 events", "[unit][client]") {
    Bare bare(100);
    bare.core->begin_following(chain);
    asio::cancellation_signal signal;
    const asio::cancellation_slot slot = signal.slot();
    CHECK_FALSE(bare.core->may_take(slot));
    bare.core->resumed(slot);
    CHECK(bare.core->may_take(slot));
    asio::cancellation_signal other;
    CHECK_FALSE(bare.core->may_take(other.slot()));
    // It waits for something else: from then on it is as if it had never been here.
    signal.slot().assign([](asio::cancellation_type) {});
    CHECK_FALSE(bare.core->may_take(slot));

    const asio::cancellation_slot none;
    for (int taken = 0; taken < 64; ++taken) {
        REQUIRE(bare.core->may_take(none));
        bare.forward();
        REQUIRE(bare.core->take());
    }
    CHECK_FALSE(bare.core->may_take(none));
    bare.core->resumed(none);
    CHECK(bare.core->may_take(none));
}

TEST_CASE("A handle releases its state when it takes over another one and when it is destroyed", "[unit][client]") {
    Bare one(8), two(8);
    SECTION("a state") {
        auto held = one.state();
        auto other = two.state();
        REQUIRE((held && other));
        *held = std::move(*other);
        CHECK(two.commands.empty());
        REQUIRE(one.commands.size() == 1);
        CHECK(std::holds_alternative<ReleaseState>(one.commands[0]));
        held->release();
        REQUIRE(two.commands.size() == 1);
        CHECK(std::holds_alternative<ReleaseState>(two.commands[0]));
    }
    SECTION("a snapshot, which has a slot of its own") {
        auto held = one.mempool(Slot{7});
        auto other = two.mempool(Slot{8});
        REQUIRE((held && other));
        CHECK(held->slot() == Slot{7});
        *held = std::move(*other);
        CHECK(held->slot() == Slot{8});
        REQUIRE(one.commands.size() == 1);
        CHECK(std::holds_alternative<ReleaseMempool>(one.commands[0]));
        CHECK(two.answered(held->changed(), MempoolAcquired{{}, Slot{9}}) == Errc::none);
        CHECK(held->slot() == Slot{9});
    }
}
