#include "program/client_core.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <vector>

#include "support/catch.hpp"

// What a client keeps of its calls, without a manager: events in, commands out.

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
    bool connect_with(ConnectedSocket) override { return false; }
    std::error_code accept(ConnectedSocket) override { return Errc::unsupported; }
    [[nodiscard]] std::optional<StreamFigures> figures() noexcept override { return std::nullopt; }
    void stop() override {}
    void listen(std::weak_ptr<detail::Listener<local_initiator::Event>>) override {}

  private:
    asio::any_io_executor executor_;
    std::vector<Command>& commands_;
    LocalInitiatorBehavior behavior_{{}};
};

template <class T>
asio::awaitable<void> keep(asio::awaitable<T> call, std::optional<T>& result) {
    auto value = co_await std::move(call);
    result.emplace(std::move(value));
}

/// A client without a manager.
struct Bare {
    Bare() {
        core = std::make_shared<detail::ClientCore>(Config());
        core->attach(std::make_unique<Recorder>(context.get_executor(), commands));
    }
    ~Bare() { core->close(); }
    Bare(const Bare&) = delete;
    Bare& operator=(const Bare&) = delete;

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

}  // namespace

TEST_CASE("A handle releases its state when it takes over another one and when it is destroyed", "[unit][client]") {
    Bare one, two;
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
