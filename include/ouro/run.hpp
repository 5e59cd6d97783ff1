#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <memory>

#include <ouro/time.hpp>

namespace ouro {

/// What a program that `run` runs knows of its surroundings.
class Runtime {
  public:
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    /// Of the one thread that runs everything.
    [[nodiscard]] asio::any_io_executor get_executor() const noexcept { return executor_; }
    /// What the first SIGINT or SIGTERM calls, in place of cancelling the program: a manager's `stop`, for example.
    /// An empty function takes the wish back; do so before what the function refers to is gone.
    void on_stop(std::function<void()> handler) { on_stop_ = std::move(handler); }
    /// Whether SIGINT or SIGTERM came.
    [[nodiscard]] bool interrupted() const noexcept { return signal_ != 0; }

  private:
    friend int run(std::function<asio::awaitable<int>(Runtime&)> program);
    Runtime() = default;

    asio::any_io_executor executor_;
    std::function<void()> on_stop_;
    int signal_ = 0;
};

/// Runs `program` as a coroutine to its end on an executor of its own, in the calling thread, and gives what it gives.
/// Whatever it has spawned ends with it.
///
/// The first SIGINT or SIGTERM calls what `on_stop` was told, or else cancels the program; a second one cancels it in
/// any case; one after that has its usual effect. Where the program ends by that cancellation, 128 and the signal's
/// number is given.
///
/// Errors  any other exception of the program, or of what it spawned, goes on to the caller
int run(std::function<asio::awaitable<int>(Runtime&)> program);

/// Starts a coroutine beside others. An exception that leaves it leaves `run`, but for `operation_aborted`.
void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine);

/// Calls a function when nothing has made progress for a time; once for each such time.
///
/// Lifetimes  `expired` is not called any more once the watchdog is destroyed, and may destroy it.
class Watchdog {
  public:
    /// All calls are made on `executor`, where `expired` is called, too.
    Watchdog(const asio::any_io_executor& executor, Duration limit, std::function<void()> expired);
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog();

    /// Something went on. Costs a look at the clock: the timer is left alone.
    void progress() noexcept;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace ouro
