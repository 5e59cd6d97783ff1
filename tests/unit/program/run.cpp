#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <system_error>

#include <ouro/program/run.hpp>

#include "support/catch.hpp"

namespace {

using namespace ouro;

/// Ends by cancellation only.
asio::awaitable<void> wait_for_ever(Runtime& runtime) {
    asio::steady_timer timer(runtime.get_executor(), Instant::max());
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<int> raise_and_wait(Runtime& runtime, int signal) {
    std::raise(signal);
    co_await wait_for_ever(runtime);
    co_return 0;
}

asio::awaitable<void> fail(const char* text) {
    co_await asio::post(asio::use_awaitable);
    throw std::runtime_error(text);
}

/// What `run` throws, in words.
template <class Program>
std::string thrown_by(Program program) {
    try {
        (void)run(program);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "nothing";
}

}  // namespace

TEST_CASE("run returns the result of the program", "[unit][run]") {
    bool interrupted = true;
    CHECK(run([&](Runtime& runtime) -> asio::awaitable<int> {
              co_await asio::post(asio::use_awaitable);
              interrupted = runtime.interrupted();
              co_return 7;
          }) == 7);
    CHECK_FALSE(interrupted);
}

TEST_CASE("Spawned coroutines end with the program", "[unit][run]") {
    bool alive = false;
    struct Alive {
        explicit Alive(bool& flag) : value(flag) { value = true; }
        ~Alive() { value = false; }
        bool& value;
    };
    CHECK(run([&](Runtime& runtime) -> asio::awaitable<int> {
              auto other = [](Runtime& r, bool& flag) -> asio::awaitable<void> {
                  const Alive mark(flag);
                  co_await wait_for_ever(r);
              };
              spawn(runtime.get_executor(), other(runtime, alive));
              co_await asio::post(asio::use_awaitable);
              co_return alive ? 1 : 0;
          }) == 1);
    CHECK_FALSE(alive);
}

TEST_CASE("A signal ends a program with 128 plus its number", "[unit][run][signal]") {
    const int signal = GENERATE(SIGINT, SIGTERM);
    CHECK(run([=](Runtime& runtime) { return raise_and_wait(runtime, signal); }) == 128 + signal);
}

TEST_CASE("A cancelled program may still return its own result", "[unit][run][signal]") {
    CHECK(run([](Runtime& runtime) -> asio::awaitable<int> {
              try {
                  co_await raise_and_wait(runtime, SIGINT);
              } catch (const std::system_error&) {
              }
              co_return runtime.interrupted() ? 5 : 6;
          }) == 5);
}

TEST_CASE("The first signal calls on_stop, and the second one cancels", "[unit][run][signal]") {
    int stops = 0;

    SECTION("the program ends by itself") {
        CHECK(run([&](Runtime& runtime) -> asio::awaitable<int> {
                  asio::steady_timer timer(runtime.get_executor(), Instant::max());
                  runtime.on_stop([&] {
                      ++stops;
                      timer.expires_at(Instant::min());
                  });
                  std::raise(SIGTERM);
                  try {
                      co_await timer.async_wait(asio::use_awaitable);
                  } catch (const std::system_error&) {
                  }
                  co_await asio::post(asio::use_awaitable);  // throws if it was a cancellation
                  co_return 3;
              }) == 3);
    }
    SECTION("the program does not") {
        CHECK(run([&](Runtime& runtime) -> asio::awaitable<int> {
                  runtime.on_stop([&] {
                      ++stops;
                      std::raise(SIGINT);
                  });
                  return raise_and_wait(runtime, SIGTERM);
              }) == 128 + SIGINT);
    }
    CHECK(stops == 1);
}

TEST_CASE("A signal cancels again after on_stop was reset", "[unit][run][signal]") {
    int stops = 0;
    CHECK(run([&](Runtime& runtime) {
              runtime.on_stop([&] { ++stops; });
              runtime.on_stop(nullptr);
              return raise_and_wait(runtime, SIGINT);
          }) == 130);
    CHECK(stops == 0);
}

TEST_CASE("Exceptions leave run", "[unit][run]") {
    CHECK(thrown_by([](Runtime&) -> asio::awaitable<int> {
              co_await fail("the program");
              co_return 0;
          }) == "the program");
    CHECK(thrown_by([](Runtime& runtime) -> asio::awaitable<int> {
              spawn(runtime.get_executor(), fail("what it spawned"));
              co_await wait_for_ever(runtime);
              co_return 0;
          }) == "what it spawned");
    CHECK(thrown_by([](Runtime&) -> asio::awaitable<int> { throw std::runtime_error("before it begins"); }) ==
          "before it begins");
    const std::string aborted = make_error_code(asio::error::operation_aborted).message();
    CHECK(thrown_by([](Runtime&) -> asio::awaitable<int> {
              co_await asio::post(asio::use_awaitable);
              throw std::system_error(make_error_code(asio::error::operation_aborted));  // not by our cancellation
          }) == aborted);
}

TEST_CASE("A spawned coroutine may end by cancellation without an error", "[unit][run]") {
    CHECK(run([](Runtime& runtime) -> asio::awaitable<int> {
              auto aborted = []() -> asio::awaitable<void> {
                  co_await asio::post(asio::use_awaitable);
                  throw std::system_error(make_error_code(asio::error::operation_aborted));
              };
              spawn(runtime.get_executor(), aborted());
              for (int i = 0; i < 10; ++i) co_await asio::post(asio::use_awaitable);
              co_return 4;
          }) == 4);
}

TEST_CASE("A watchdog reports once if nothing makes progress", "[unit][run][watchdog]") {
    asio::io_context context(1);
    int barks = 0;
    asio::steady_timer end(context);
    Watchdog watchdog(context.get_executor(), 1ms, [&] {
        if (++barks == 1) end.expires_after(20ms);
        end.async_wait([&](std::error_code failure) {
            if (!failure) context.stop();
        });
    });
    context.run();
    CHECK(barks == 1);
    watchdog.progress();
    context.restart();
    end.expires_at(Instant::max());
    while (barks == 1) context.run_one();
    CHECK(barks == 2);
}

TEST_CASE("A watchdog is silent while there is progress and after its end", "[unit][run][watchdog]") {
    asio::io_context context(1);
    int barks = 0;

    SECTION("progress") {
        Watchdog watchdog(context.get_executor(), 1h, [&] { ++barks; });
        for (int i = 0; i < 1000; ++i) {
            watchdog.progress();
            context.poll();
        }
    }
    SECTION("destroyed") {
        {
            const Watchdog watchdog(context.get_executor(), Duration::zero(), [&] { ++barks; });
        }
        CHECK(context.run() == 1);  // the handler of the timer, which delays nothing
    }
    SECTION("stopped") {
        std::optional<Watchdog> watchdog;
        watchdog.emplace(context.get_executor(), Duration::zero(), [&] {
            watchdog.reset();
            ++barks;
        });
        context.run();
        CHECK(barks == 1);
        barks = 0;
    }
    CHECK(barks == 0);
}
