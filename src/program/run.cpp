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

#include <ouro/program/drivers.hpp>
#include "stop_hook.hpp"

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

namespace detail {

StopHook::StopHook(Runtime& runtime, std::function<void()> stop) : runtime_(&runtime), stop_(std::move(stop)) {
    runtime.hooks_.push_back(this);
}

StopHook::~StopHook() {
    if (runtime_) std::erase(runtime_->hooks_, this);
}

}  // namespace detail

bool Runtime::stop() {
    if (on_stop_) {
        std::exchange(on_stop_, nullptr)();
        return true;
    }
    const bool any = !hooks_.empty();
    for (detail::StopHook* hook : std::exchange(hooks_, {})) hook->runtime_stops();
    return any;
}

int exit_code(Errc reason) noexcept {
    constexpr int done = 0, unreachable = 2, refused = 3, late = 4, violation = 5, declined = 6, failed = 7;
    switch (reason) {
        case Errc::none:
        case Errc::stopped:
        case Errc::cancelled:
        case Errc::end_of_range: return done;
        case Errc::resolve_failed:
        case Errc::connect_failed:
        case Errc::connect_timeout:
        case Errc::not_connected:
        case Errc::closed_by_peer:
        case Errc::truncated:
        case Errc::connection_reset: return unreachable;
        case Errc::version_mismatch:
        case Errc::magic_mismatch:
        case Errc::handshake_refused:
        case Errc::version_data: return refused;
        case Errc::no_intersection:
        case Errc::no_blocks:
        case Errc::point_too_old:
        case Errc::point_not_on_chain:
        case Errc::state_gone:
        case Errc::unsupported:
        case Errc::era_mismatch: return declined;
        case Errc::no_peer:
        case Errc::deadline_passed:
        case Errc::state_timeout: return late;
        default: return fault(reason) == Fault::theirs ? violation : failed;
    }
}

int run(std::function<asio::awaitable<int>(Runtime&)> program) {
    struct Environment : Runtime {
        Environment() : Runtime({}, detail::system_drivers()) {}
        using Runtime::executor_;
        using Runtime::on_stop_;
        using Runtime::signal_;
        using Runtime::stop;
    };
    // Coroutine frames left when the context ends may still use the runtime, so it outlives the context.
    Environment runtime;
    std::exception_ptr error;
    int result = 0;
    bool cancelled = false;

    asio::cancellation_signal cancel;
    asio::io_context context(1);
    runtime.executor_ = context.get_executor();
    // The objects that the function refers to do not outlive the context.
    struct Forget {
        Environment& runtime;
        ~Forget() { runtime.on_stop_ = nullptr; }
    } const forget{runtime};

    asio::signal_set signals(context, SIGINT, SIGTERM);
    std::function<void()> watch = [&] {
        signals.async_wait([&](std::error_code failure, int number) {
            if (failure) return;
            const bool first = std::exchange(runtime.signal_, number) == 0;
            if (first) {
                watch();
                if (runtime.stop()) return;
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
        if (!std::exchange(reported, true)) expired();
        if (!ended) watch(now + limit);
    }

    asio::steady_timer timer;
    Duration limit;
    std::function<void()> expired;
    Instant last;
    bool reported = false;
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
    state_->reported = false;
}

}  // namespace ouro
