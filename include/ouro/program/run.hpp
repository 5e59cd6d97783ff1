#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <ouro/base/error.hpp>
#include <ouro/base/time.hpp>

namespace ouro {

namespace detail {
class Drivers;
class StopHook;
}  // namespace detail

/// The environment of a program that `run` runs.
class Runtime {
  public:
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    /// The executor of the single thread that runs everything.
    [[nodiscard]] asio::any_io_executor get_executor() const noexcept { return executor_; }
    /// Sets the function that the first SIGINT or SIGTERM calls instead of stopping the nodes and clients of this
    /// runtime, such as a manager's `stop`. An empty function removes it; do so before the objects that it refers to
    /// are destroyed.
    void on_stop(std::function<void()> handler) { on_stop_ = std::move(handler); }
    /// Whether SIGINT or SIGTERM arrived. Call it on the executor.
    [[nodiscard]] bool interrupted() const noexcept { return signal_ != 0; }

  protected:
    friend class Node;
    friend class Client;
    friend class detail::StopHook;

    /// `drivers`: makes the managers of nodes and clients; it outlives the runtime.
    Runtime(asio::any_io_executor executor, detail::Drivers& drivers) noexcept
        : executor_(std::move(executor)), drivers_(drivers) {}
    ~Runtime() = default;

    /// Does what the first signal does: calls the function given to `on_stop`, or else stops the nodes and clients.
    /// False if there is neither.
    bool stop();

    asio::any_io_executor executor_;  ///< see `get_executor`
    detail::Drivers& drivers_;        ///< makes the managers
    /// See `on_stop`.
    std::function<void()> on_stop_;
    std::vector<detail::StopHook*> hooks_;  ///< of nodes and clients, which a signal stops
    int signal_ = 0;                        ///< that has arrived; 0: none
};

/// Runs `program` as a coroutine to its end, on an executor of its own in the calling thread, and returns its result.
/// Coroutines that it has spawned end with it.
///
/// The first SIGINT or SIGTERM stops the nodes and clients of the runtime, so that their followers end; or calls the
/// function given to `on_stop`; or cancels the program if there is neither. A second one always cancels it, and further
/// ones have their usual effect. If the program ends by this cancellation, the result is 128 plus the signal's number.
///
/// Errors  any other exception of the program, or of a coroutine it spawned, is passed to the caller
int run(std::function<asio::awaitable<int>(Runtime&)> program);

/// The exit code that says why a stream or call has ended: 0 for Errc::none, `stopped`, `cancelled` and `end_of_range`;
/// 2 no peer could be resolved or connected, 3 the handshake was refused, 4 no progress in time, 5 a peer broke the
/// protocol, 6 the peer refused, 7 a local failure.
[[nodiscard]] int exit_code(Errc reason) noexcept;

/// Starts a coroutine alongside others, on any thread; it runs on `executor`. An exception that leaves it leaves `run`,
/// except `operation_aborted`.
void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine);

/// Calls a function when there was no progress for a time, once for each such time.
///
/// Lifetimes  `expired` is not called after the watchdog is destroyed, and may destroy it.
class Watchdog {
  public:
    /// Make all calls on `executor`; `expired` is called there, too.
    Watchdog(const asio::any_io_executor& executor, Duration limit, std::function<void()> expired);
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog();

    /// Records progress. It costs one look at the clock and leaves the timer unchanged.
    void progress() noexcept;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace ouro
