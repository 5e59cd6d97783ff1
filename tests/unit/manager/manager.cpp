#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <functional>

#include <ouro/manager.hpp>

#include "support/catch.hpp"
#include "support/scripted.hpp"

namespace {

using namespace ouro;
using namespace ouro::scripted;
using namespace std::chrono_literals;

using TestManager = Manager<ScriptedInterface, ScriptedBehavior>;
using Event = std::optional<std::unique_ptr<int>>;
using Log = std::vector<std::string>;

/// A manager of scripted parts on a context that runs until nothing is left to do.
struct Stage {
    Script script;
    asio::io_context context{1};
    std::optional<TestManager> manager;

    Stage() {
        manager.emplace(std::piecewise_construct, std::forward_as_tuple(context.get_executor(), std::ref(script)),
                        std::forward_as_tuple(std::ref(script)));
    }
    void settle() {
        context.restart();
        context.poll();
    }
    /// One handler after another until `done`; the result is how many, or nothing if it takes too many.
    std::optional<int> step_until(const std::function<bool()>& done) {
        for (int steps = 0; steps < 10'000; ++steps) {
            if (done()) return steps;
            context.restart();
            context.poll_one();
        }
        return std::nullopt;
    }
};

/// A callback that keeps what it got.
struct Got {
    int calls = 0;
    std::error_code error;
    std::optional<int> number;

    auto handler() {
        return [this](std::error_code failure, Event event) {
            ++calls;
            error = failure;
            number.reset();
            if (event) number = **event;
        };
    }
};

}  // namespace

TEST_CASE("The pump runs without polling, and commands are dispatched after each event", "[unit][manager]") {
    Stage stage;
    stage.settle();
    stage.script.arrive(1);
    stage.script.arrive(2);
    stage.settle();
    CHECK(stage.script.log == Log{"handle 1", "dispatch 1", "handle 2", "dispatch 2"});

    stage.script.log.clear();
    stage.script.deadline = stage.script.now + 10s;
    stage.script.arrive(3);
    stage.settle();
    stage.script.advance(9s);
    stage.settle();
    CHECK(stage.script.ticks == 0);
    stage.script.advance(1s);
    stage.settle();
    CHECK(stage.script.log == Log{"handle 3", "dispatch 3", "tick"});

    CHECK(**stage.manager->try_poll_next() == 1);
    CHECK(**stage.manager->try_poll_next() == 2);
    CHECK(**stage.manager->try_poll_next() == 3);
    CHECK_FALSE(stage.manager->try_poll_next());
}

TEST_CASE("The first commands of a behavior are dispatched without a call", "[unit][manager]") {
    Stage stage;
    stage.script.commands.push_back(Note{7});
    stage.settle();
    CHECK(stage.script.log == Log{"dispatch 7"});
}

TEST_CASE("A flood of events starves neither the deadlines nor the other handlers", "[unit][manager]") {
    Stage stage;
    stage.script.endless = true;

    SECTION("other handlers run between turns of 64 events") {
        int before = -1;
        asio::post(stage.context, [&] { before = stage.script.handled; });
        REQUIRE(stage.step_until([&] { return before >= 0; }));
        CHECK(before == 64);
    }
    SECTION("a turn is over with the message that makes it 64 KiB") {
        const auto [bytes, turn] = GENERATE(table<std::size_t, int>({{std::size_t{1'025}, 64},
                                                                     {std::size_t{1'057}, 63},
                                                                     {std::size_t{20'000}, 4},
                                                                     {std::size_t{65'535}, 2},
                                                                     {std::size_t{65'536}, 1},
                                                                     {std::size_t{2'500'000}, 1}}));
        stage.script.bytes = bytes;
        int before = -1;
        asio::post(stage.context, [&] { before = stage.script.handled; });
        REQUIRE(stage.step_until([&] { return before >= 0; }));
        CHECK(before == turn);
    }
    SECTION("a deadline is checked after 4,096 events read since it was due") {
        REQUIRE(stage.step_until([&] { return stage.script.handled >= 640; }));
        const int before = stage.script.handled;
        stage.script.deadline = stage.script.now;
        REQUIRE(stage.step_until([&] { return stage.script.ticks == 1; }));
        CHECK(stage.script.handled - before == 4096);
    }
}

TEST_CASE("Arrived bytes are read before a peer is late", "[unit][manager]") {
    Stage stage;
    stage.settle();
    stage.script.deadline = stage.script.now + 60s;
    const int answer = GENERATE(1, 64, 65, 1000, 4000);
    INFO("events before the answer: " << answer);
    for (int i = 1; i <= answer; ++i) stage.script.arrived.push_back(i);
    stage.script.advance(61s);

    SECTION("the answer is among them") {
        stage.script.answer = answer;
        stage.settle();
        CHECK(stage.script.ticks == 0);
    }
    SECTION("the answer is not") {
        stage.settle();
        CHECK(stage.script.ticks == 1);
        CHECK(stage.script.log.back() == "tick");
    }
    CHECK(stage.script.handled == answer);
}

TEST_CASE("Taking events makes the pump run soon and wakes it once", "[unit][manager]") {
    Stage stage;
    stage.settle();
    for (int i = 0; i < 10; ++i) stage.script.arrived.push_back(i);
    stage.script.arrive(10);
    stage.settle();
    stage.script.ticks_after_taking = true;
    for (int i = 0; i < 10; ++i) REQUIRE(stage.manager->try_poll_next());
    CHECK(stage.script.wakes == 1);
    CHECK(stage.script.ticks == 0);
    stage.settle();
    CHECK(stage.script.ticks == 1);
}

TEST_CASE("A waiting poll_next gets one event per wait", "[unit][manager]") {
    Stage stage;
    Got got;
    stage.manager->async_poll_next(got.handler());
    stage.settle();
    CHECK(got.calls == 0);
    stage.script.arrived.push_back(1);
    stage.script.arrive(2);
    stage.settle();
    CHECK(got.calls == 1);
    CHECK(got.number == 1);
    CHECK_FALSE(got.error);

    stage.manager->async_poll_next(got.handler());
    CHECK(got.calls == 1);  // never inside the initiating function
    stage.settle();
    CHECK(got.calls == 2);
    CHECK(got.number == 2);
}

TEST_CASE("A wait continues if another call takes the event", "[unit][manager]") {
    Stage stage;
    stage.script.arrive(1);
    stage.settle();
    Got got;
    stage.manager->async_poll_next(got.handler());
    CHECK(**stage.manager->try_poll_next() == 1);
    stage.settle();
    CHECK(got.calls == 0);
    stage.script.arrive(2);
    stage.settle();
    CHECK(got.number == 2);
}

TEST_CASE("A second wait is refused, and the first one continues", "[unit][manager]") {
    Stage stage;
    Got first, second;
    stage.manager->async_poll_next(first.handler());
    stage.manager->async_poll_next(second.handler());
    CHECK(second.calls == 0);
    stage.settle();
    CHECK(second.error == Errc::busy);

    std::error_code thrown;
    asio::co_spawn(
        stage.context,
        [&]() -> asio::awaitable<void> {
            try {
                (void)co_await stage.manager->poll_next();
            } catch (const std::system_error& error) {
                thrown = error.code();
            }
        },
        asio::detached);
    stage.settle();
    CHECK(thrown == Errc::busy);
    CHECK(first.calls == 0);
    stage.script.arrive(1);
    stage.settle();
    CHECK(first.number == 1);
}

TEST_CASE("A command wakes a coroutine that awaits poll_next", "[unit][manager]") {
    Stage stage;
    std::optional<int> number;
    asio::co_spawn(
        stage.context,
        [&]() -> asio::awaitable<void> {
            auto event = co_await stage.manager->poll_next();
            number = **event;
        },
        asio::detached);
    stage.settle();
    CHECK_FALSE(number);

    Result<CommandId> id = Errc::stopped;
    asio::post(stage.context, [&] { id = stage.manager->execute(Command(5)); });
    stage.settle();
    REQUIRE(id);
    CHECK(*id == CommandId{1});
    CHECK(number == 5);
    CHECK(stage.script.log == Log{"execute 5", "dispatch 5"});
}

TEST_CASE("A command is moved from only if it is accepted", "[unit][manager]") {
    Stage stage;
    Command command(-1);
    CHECK(stage.manager->execute(std::move(command)).error() == Errc::queue_full);
    REQUIRE(command.number);  // NOLINT(bugprone-use-after-move): that is the promise
    *command.number = 1;
    CHECK(stage.manager->execute(std::move(command)));
    CHECK_FALSE(command.number);  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("A coroutine that always finds events yields to the executor", "[unit][manager]") {
    Stage stage;
    for (int i = 0; i < 1000; ++i) stage.script.events.push_back(i);
    int taken = 0, seen = -1;
    asio::co_spawn(
        stage.context,
        [&]() -> asio::awaitable<void> {
            asio::post(stage.context, [&] { seen = taken; });
            while (taken < 1000) {
                const auto event = co_await stage.manager->poll_next();
                if (**event == taken) ++taken;
                if (taken == 500) asio::post(stage.context, [&] { seen = taken; });
            }
        },
        asio::detached);
    REQUIRE(stage.step_until([&] { return taken > 0; }));
    CHECK(taken <= 64);
    REQUIRE(stage.step_until([&] { return taken == 1000; }));
    CHECK(seen > 500 - 64);
    CHECK(seen <= 500 + 64);
}

TEST_CASE("After stop the remaining events are returned, and then nullopt for ever", "[unit][manager][stop]") {
    Stage stage;
    stage.script.open = true;
    stage.script.arrive(1);
    stage.settle();
    stage.manager->stop();
    stage.manager->stop();
    stage.settle();
    CHECK(stage.script.log == Log{"handle 1", "dispatch 1", "stop"});
    CHECK(stage.manager->execute(Command(9)).error() == Errc::stopped);
    CHECK(stage.script.interface != nullptr);  // the connection is still there

    SECTION("the last connection ends in time") {
        stage.script.arrive(2);
        stage.script.open = false;
        stage.settle();
        CHECK(stage.script.interface == nullptr);
        CHECK(**stage.manager->try_poll_next() == 1);
        CHECK(**stage.manager->try_poll_next() == 2);
    }
    SECTION("a connection that stays is closed after two seconds") {
        stage.script.advance(1999ms);
        stage.settle();
        CHECK(stage.script.interface != nullptr);
        stage.script.advance(1ms);
        stage.settle();
        CHECK(stage.script.interface == nullptr);
        CHECK(**stage.manager->try_poll_next() == 1);
    }
    for (int i = 0; i < 3; ++i) {
        Got got;
        stage.manager->async_poll_next(got.handler());
        stage.settle();
        CHECK(got.calls == 1);
        CHECK_FALSE(got.number);
        CHECK_FALSE(got.error);
    }
    stage.manager->stop();
    CHECK(stage.manager->execute(Command(9)).error() == Errc::stopped);
}

TEST_CASE("stop ends the loop of a waiting coroutine", "[unit][manager][stop]") {
    Stage stage;
    std::vector<int> numbers;
    bool ended = false;
    asio::co_spawn(
        stage.context,
        [&]() -> asio::awaitable<void> {
            while (auto event = co_await stage.manager->poll_next()) numbers.push_back(**event);
            ended = true;
        },
        asio::detached);
    stage.settle();
    stage.script.arrive(1);
    stage.settle();
    CHECK_FALSE(ended);
    stage.manager->stop();
    stage.script.arrive(2);
    stage.settle();
    CHECK(ended);
    CHECK(numbers == std::vector{1, 2});
    CHECK(stage.context.stopped());  // nothing is left to do
}

TEST_CASE("A destroyed manager aborts pending operations", "[unit][manager]") {
    Stage stage;
    Got got;

    SECTION("a wait") {
        stage.manager->async_poll_next(got.handler());
        stage.settle();
        stage.manager.reset();
        CHECK(got.calls == 0);
        CHECK(stage.script.interface == nullptr);
        stage.settle();
        CHECK(got.error == asio::error::operation_aborted);
    }
    SECTION("a wait with an event") {
        stage.script.arrive(1);
        stage.settle();
        stage.manager->async_poll_next(got.handler());
        stage.manager.reset();
        stage.settle();
        CHECK(got.error == asio::error::operation_aborted);
    }
    SECTION("a command of another thread") {
        std::error_code error;
        stage.manager->async_execute(Command(1), [&](std::error_code failure, CommandId) { error = failure; });
        stage.manager.reset();
        stage.settle();
        CHECK(error == asio::error::operation_aborted);
    }
    SECTION("from inside the handler, which still gets its event") {
        stage.manager->async_poll_next([&](std::error_code, Event event) {
            got.number = **event;
            stage.manager.reset();
        });
        stage.settle();
        stage.script.arrive(1);
        stage.settle();
        CHECK(got.number == 1);
    }
    CHECK(stage.context.stopped());  // nothing is left to do
}
