#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <random>
#include <thread>

#include <ouro/manager.hpp>

#include "support/catch.hpp"
#include "support/scripted.hpp"

// The asynchronous operations of a manager: tokens, cancellation, threads, and what is left when a context ends.

namespace {

using namespace ouro;
using namespace ouro::scripted;
using namespace asio::experimental::awaitable_operators;

using TestManager = Manager<ScriptedInterface, ScriptedBehavior>;
using Event = std::optional<std::unique_ptr<int>>;

std::unique_ptr<TestManager> make_manager(const asio::any_io_executor& executor, Script& script) {
    return std::make_unique<TestManager>(std::piecewise_construct, std::forward_as_tuple(executor, std::ref(script)),
                                         std::forward_as_tuple(std::ref(script)));
}

asio::awaitable<void> pass(int handlers) {
    for (int i = 0; i < handlers; ++i) co_await asio::post(asio::use_awaitable);
}

asio::awaitable<void> expire(asio::steady_timer& timer) {
    timer.expires_at(std::chrono::steady_clock::time_point::min());
    co_await timer.async_wait(asio::use_awaitable);
}

/// Lets `total` numbers arrive, a few at a time, with pauses of a few handlers.
asio::awaitable<void> feed(Script& script, int total, std::mt19937& random) {
    for (int sent = 0; sent < total;) {
        for (auto burst = random() % 4; burst > 0 && sent < total; --burst) script.arrive(++sent);
        co_await pass(static_cast<int>(random() % 6));
    }
}

/// Takes until `last` in races with something else; gives how many races the other side won, or -1 for a lost event.
asio::awaitable<int> race(TestManager& manager, int last, std::mt19937& random) {
    asio::steady_timer timer(manager.get_executor());
    int won = 0;
    for (int expected = 1; expected <= last;) {
        std::variant<Event, std::monostate> result;
        const auto kind = random() % 3;
        if (kind == 0) {
            result = co_await (manager.poll_next() || expire(timer));
        } else {
            result = co_await (manager.poll_next() || pass(static_cast<int>(random() % 8)));
        }
        if (const auto* event = std::get_if<Event>(&result)) {
            if (!*event || ***event != expected) co_return -1;
            ++expected;
        } else {
            ++won;
        }
    }
    co_return won;
}

/// Memory that knows how much of it is in use.
template <class T>
struct Counting {
    using value_type = T;
    explicit Counting(int* count) : live(count) {}
    template <class U>
    Counting(const Counting<U>& other) : live(other.live) {}
    T* allocate(std::size_t n) {
        ++*live;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* p, std::size_t n) {
        --*live;
        std::allocator<T>().deallocate(p, n);
    }
    friend bool operator==(const Counting&, const Counting&) = default;
    int* live;
};

struct CountingHandler {
    using allocator_type = Counting<void>;
    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type(live); }
    void operator()(std::error_code, const Event&) const { *seen = *live; }
    int* live;
    int* seen;
};

/// Says when it is gone.
struct Mark {
    explicit Mark(bool& flag) : gone(flag) {}
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;
    ~Mark() { gone = true; }
    bool& gone;
};

/// Owns its manager: only the context can end it.
asio::awaitable<void> own(asio::any_io_executor executor, Script& script, std::shared_ptr<Mark>) {
    const auto manager = make_manager(executor, script);
    while (auto event = co_await manager->poll_next()) {
        const int number = **event;
        if (number % 4 != 0) (void)manager->execute(Command(number + 1));
        co_await pass(1);
    }
}

asio::awaitable<void> take_all(TestManager& manager, int& taken, std::shared_ptr<Mark>) {
    while (const auto event = co_await manager.poll_next()) ++taken;
}

}  // namespace

TEST_CASE("A cancelled wait loses no event", "[unit][manager][cancel]") {
    constexpr int total = 100'000;
    Script script;
    asio::io_context context(1);
    const auto manager = make_manager(context.get_executor(), script);
    std::mt19937 random(1);
    std::optional<int> won;
    asio::co_spawn(context, feed(script, total, random), asio::detached);
    asio::co_spawn(context, race(*manager, total, random), [&](const std::exception_ptr& error, int races) {
        CHECK_FALSE(error);
        won = races;
        context.stop();
    });
    context.run();
    REQUIRE(won);
    CHECK(*won > total / 10);  // both sides win often, or the test says nothing
}

TEST_CASE("Of two managers with an event each, the one that loses the race keeps it", "[unit][manager][cancel]") {
    Script left, right;
    asio::io_context context(1);
    const auto one = make_manager(context.get_executor(), left);
    const auto two = make_manager(context.get_executor(), right);
    for (int i = 0; i < 500; ++i) {
        left.arrive(i);
        right.arrive(i);
    }
    int from_left = 0, from_right = 0;
    bool in_order = true;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            while (from_left < 500 || from_right < 500) {
                std::variant<Event, Event> result;
                if ((from_left + from_right) % 2 == 0) {
                    result = co_await (one->poll_next() || two->poll_next());
                } else {
                    auto swapped = co_await (two->poll_next() || one->poll_next());
                    if (swapped.index() == 0) {
                        result.emplace<1>(std::get<0>(std::move(swapped)));
                    } else {
                        result.emplace<0>(std::get<1>(std::move(swapped)));
                    }
                }
                int& count = result.index() == 0 ? from_left : from_right;
                const int got = result.index() == 0 ? **std::get<0>(result) : **std::get<1>(result);
                in_order = in_order && got == count;
                ++count;
            }
            context.stop();
        },
        asio::detached);
    context.run_for(20s);
    CHECK(in_order);
    CHECK(from_left == 500);
    CHECK(from_right == 500);
}

TEST_CASE("A cancelled wait ends with operation_aborted, and the next one begins at once", "[unit][manager][cancel]") {
    Script script;
    asio::io_context context(1);
    const auto manager = make_manager(context.get_executor(), script);
    const auto type =
        GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total);
    const bool ready = GENERATE(false, true);
    if (ready) script.arrive(1);
    context.poll();

    asio::cancellation_signal signal;
    std::error_code error;
    Event event;
    int calls = 0;
    const auto keep = [&](std::error_code failure, Event got) {
        ++calls;
        error = failure;
        event = std::move(got);
    };
    manager->async_poll_next(asio::bind_cancellation_slot(signal.slot(), keep));
    signal.emit(type);
    CHECK(calls == 0);  // never inside emit
    context.poll();
    CHECK(calls == 1);
    CHECK(error == asio::error::operation_aborted);
    CHECK_FALSE(event);
    signal.emit(type);  // no operation is pending

    manager->async_poll_next(keep);
    if (!ready) script.arrive(1);
    context.poll();
    CHECK(calls == 2);
    CHECK_FALSE(error);
    REQUIRE(event);
    CHECK(**event == 1);
}

TEST_CASE("Every kind of completion token gets its event", "[unit][manager]") {
    Script script;
    asio::io_context context(1);
    const auto manager = make_manager(context.get_executor(), script);
    std::optional<int> number;

    SECTION("a future") {
        auto future = manager->async_poll_next(asio::use_future);
        script.arrive(1);
        context.poll();
        number = **future.get();
    }
    SECTION("a callback on a strand of the same context") {
        const auto strand = asio::make_strand(context);
        bool there = false;
        manager->async_poll_next(asio::bind_executor(strand, [&](std::error_code, const Event& event) {
            there = strand.running_in_this_thread();
            number = **event;
        }));
        context.poll();
        script.arrive(1);
        context.poll();
        CHECK(there);
    }
    SECTION("a coroutine") {
        asio::co_spawn(
            context,
            [&]() -> asio::awaitable<void> {
                const auto event = co_await manager->async_poll_next(asio::use_awaitable);
                number = **event;
            },
            asio::detached);
        context.poll();
        script.arrive(1);
        context.poll();
    }
    SECTION("a coroutine that receives the error too") {
        asio::co_spawn(
            context,
            [&]() -> asio::awaitable<void> {
                auto [error, event] = co_await manager->async_poll_next(ouro::detail::as_tuple(asio::use_awaitable));
                if (!error) number = **event;
            },
            asio::detached);
        context.poll();
        script.arrive(1);
        context.poll();
    }
    SECTION("a callback on another context") {
        asio::io_context other(1);
        manager->async_poll_next(
            asio::bind_executor(other, [&](std::error_code, const Event& event) { number = **event; }));
        script.arrive(1);
        context.poll();
        CHECK_FALSE(number);
        other.run();  // the operation held work on it
    }
    CHECK(number == 1);
}

TEST_CASE("The memory of a wait is freed before its handler runs", "[unit][manager]") {
    Script script;
    asio::io_context context(1);
    const auto manager = make_manager(context.get_executor(), script);
    int live = 0, seen = -1;
    manager->async_poll_next(CountingHandler{&live, &seen});
    context.poll();
    CHECK(live == 1);
    script.arrive(1);
    context.poll();
    CHECK(seen == 0);
}

TEST_CASE("Other threads give commands by async_execute", "[unit][manager][threads]") {
    constexpr int commands = 1000;
    Script script;
    asio::io_context context(1);
    const auto manager = make_manager(context.get_executor(), script);
    int events = 0;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            while (auto event = co_await manager->poll_next()) ++events;
        },
        asio::detached);

    std::vector<std::uint64_t> ids;
    int refused = 0;
    std::thread other([&] {
        asio::io_context own(1);
        for (int i = 0; i < commands; ++i) {
            auto future = manager->async_execute(Command(i), asio::use_future);
            ids.push_back(static_cast<std::uint64_t>(future.get()));
        }
        manager->async_execute(Command(-1), asio::bind_executor(own, [&](std::error_code error, CommandId) {
                                   if (error == Errc::queue_full) ++refused;
                               }));
        own.run();
        asio::post(manager->get_executor(), [&] { manager->stop(); });
    });
    context.run();
    other.join();
    REQUIRE(ids.size() == commands);
    CHECK(ids.front() == 1);
    CHECK(ids.back() == commands);
    CHECK(events == commands);
    CHECK(refused == 1);
}

TEST_CASE("The end of a context frees a waiting coroutine that owns its manager", "[unit][manager]") {
    bool gone = false;
    Script script;
    {
        asio::io_context context(1);
        asio::co_spawn(context, own(context.get_executor(), script, std::make_shared<Mark>(gone)), asio::detached);
        context.poll();
        script.arrive(1);
        context.poll();  // until it waits again
        CHECK_FALSE(gone);
    }
    CHECK(gone);
    CHECK(script.interface == nullptr);
}

TEST_CASE("A manager destroyed before its context frees its operations even if the context no longer runs",
          "[unit][manager]") {
    bool gone = false;
    int taken = 0;
    Script script;
    {
        asio::io_context context(1);
        const auto manager = make_manager(context.get_executor(), script);
        asio::co_spawn(context, take_all(*manager, taken, std::make_shared<Mark>(gone)), asio::detached);
        SECTION("waiting for its first event") { context.poll(); }
        SECTION("waiting for another event") {
            context.poll();
            script.arrive(1);
            context.poll();
        }
        SECTION("with an event that was not taken") {
            context.poll();
            script.arrive(1);
        }
        CHECK_FALSE(gone);
        context.stop();
    }
    CHECK(gone);
}

TEST_CASE("A stop after any handler frees everything", "[unit][manager][sweep]") {
    const int handlers = GENERATE(range(0, 40));
    INFO("handlers: " << handlers);
    bool first_gone = false, second_gone = false;
    Script first, second;
    {
        asio::io_context context(1);
        asio::co_spawn(context, own(context.get_executor(), first, std::make_shared<Mark>(first_gone)), asio::detached);
        asio::co_spawn(context, own(context.get_executor(), second, std::make_shared<Mark>(second_gone)) || pass(7),
                       asio::detached);
        for (int i = 0; i < handlers; ++i) {
            if (i % 20 == 10) first.arrive(i);
            if (i % 20 == 5) second.arrive(i);
            context.poll_one();
        }
    }
    CHECK(first_gone);
    CHECK(second_gone);
}
