#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <csignal>
#include <exception>
#include <system_error>
#include <utility>

#include <ouro/program/run.hpp>

namespace ouro {

namespace {

bool is_cancellation(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::system_error& failure) {
        return failure.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace

int run(std::function<asio::awaitable<int>(Runtime&)> program) {
    // Coroutine frames left when the context ends may still use the runtime, so it outlives the context.
    Runtime runtime;
    std::exception_ptr error;
    int result = 0;
    bool cancelled = false;

    asio::cancellation_signal cancel;
    asio::io_context context(1);
    runtime.executor_ = context.get_executor();
    // The objects that the function refers to do not outlive the context.
    struct Forget {
        Runtime& runtime;
        ~Forget() { runtime.on_stop_ = nullptr; }
    } const forget{runtime};

    asio::signal_set signals(context, SIGINT, SIGTERM);
    std::function<void()> watch = [&] {
        signals.async_wait([&](std::error_code failure, int number) {
            if (failure) return;
            const bool first = std::exchange(runtime.signal_, number) == 0;
            if (first && runtime.on_stop_) {
                watch();
                std::exchange(runtime.on_stop_, nullptr)();
                return;
            }
            signals.clear();  // so that a program that ignores the cancellation can still be ended
            cancelled = true;
            cancel.emit(asio::cancellation_type::terminal);
        });
    };
    watch();

    asio::co_spawn(context, program(runtime),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr failure, int value) {
                       error = std::move(failure);
                       result = value;
                       context.stop();
                   }));
    context.run();

    if (!error) return result;
    if (cancelled && is_cancellation(error)) return 128 + runtime.signal_;
    std::rethrow_exception(error);
}

void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine) {
    asio::co_spawn(executor, std::move(coroutine), [](const std::exception_ptr& error) {
        if (error && !is_cancellation(error)) std::rethrow_exception(error);
    });
}

struct Watchdog::State : std::enable_shared_from_this<State> {
    using Clock = std::chrono::steady_clock;

    State(const asio::any_io_executor& executor, Duration time, std::function<void()> function)
        : timer(executor), limit(time), expired(std::move(function)), last(Clock::now()) {}

    /// The timer holds the watchdog weakly, so it ends with its owner and not with its timeout.
    void watch(Instant until) {
        timer.expires_at(until);
        timer.async_wait([weak = weak_from_this()](std::error_code failure) {
            if (const auto self = weak.lock(); self && !failure && !self->ended) self->look();
        });
    }

    void look() {
        const Instant now = Clock::now();
        if (now < last + limit) return watch(last + limit);
        if (!std::exchange(told, true)) expired();
        if (!ended) watch(now + limit);
    }

    asio::steady_timer timer;
    Duration limit;
    std::function<void()> expired;
    Instant last;
    bool told = false;
    bool ended = false;
};

Watchdog::Watchdog(const asio::any_io_executor& executor, Duration limit, std::function<void()> expired)
    : state_(std::make_shared<State>(executor, limit, std::move(expired))) {
    state_->watch(state_->last + limit);
}

Watchdog::~Watchdog() {
    state_->ended = true;
    state_->timer.cancel();
}

void Watchdog::progress() noexcept {
    state_->last = State::Clock::now();
    state_->told = false;
}

}  // namespace ouro
