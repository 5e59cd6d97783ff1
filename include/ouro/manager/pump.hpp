#pragma once

#include <algorithm>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include <ouro/async/context_guest.hpp>
#include <ouro/async/last_suspended.hpp>
#include <ouro/async/pending.hpp>
#include <ouro/behavior/concept.hpp>
#include <ouro/interface/concept.hpp>

namespace ouro::detail {

/// The implementation of a manager: moves events and commands between an interface and a behavior.
///
/// Operations of the manager share it; its own handlers do not, so it is destroyed with the last operation. It works in
/// turns, each a handler on the executor. Between two turns it has either posted the next one or waits for the
/// interface.
template <class Interface, class Behavior>
class Pump final : private ContextGuest, public std::enable_shared_from_this<Pump<Interface, Behavior>> {
  public:
    using Event = typename Behavior::Event;
    using Command = typename Behavior::Command;
    using Wait = Pending<std::optional<Event>>;

    /// Events of the interface per turn, and events in a row that a user gets without a yield.
    static constexpr std::size_t batch = 64;
    /// Bytes of the messages of a turn, and of the writes that it reports; the last one may exceed it. A user gets
    /// large messages while they are in the processor's cache, and releases their memory for the next ones. The output
    /// that one peer causes does not delay other peers.
    static constexpr std::size_t batch_bytes = 64 * 1024;
    /// Events of the interface that are read although a deadline has passed, because the answer may be among them.
    static constexpr std::size_t patience = 4096;
    /// Time for the remaining connections after `stop`.
    static constexpr Duration drain_time = 2s;

    template <class... InterfaceArgs, class... BehaviorArgs>
    Pump(std::tuple<InterfaceArgs...>&& interface, std::tuple<BehaviorArgs...>&& behavior)
        : behavior_(std::make_from_tuple<Behavior>(std::move(behavior))), thread_(this_thread()) {
        std::apply([this](auto&&... args) { interface_.emplace(std::forward<decltype(args)>(args)...); },
                   std::move(interface));
        executor_ = interface_->get_executor();
        enter(executor_);
    }

    [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return executor_; }
    [[nodiscard]] Interface* interface() noexcept { return interface_ ? &*interface_ : nullptr; }
    [[nodiscard]] const Behavior& behavior() const noexcept { return behavior_; }
    /// Whether the caller may run where the turns run.
    [[nodiscard]] bool at_home() const noexcept { return this_thread() == thread_ || may_run_on(executor_); }
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    [[nodiscard]] bool ended() const noexcept { return state_ == State::ended; }

    /// Makes the next turn run soon.
    void poke() {
        if (state_ == State::resting) {
            post_turn();
        } else if (state_ == State::waiting) {
            state_ = State::woken;
            interface_->wake();
        }
    }

    Result<CommandId> execute(Command& command) {
        if (drain_until_) return Errc::stopped;
        auto id = behavior_.execute(command, interface_->now());
        poke();
        return id;
    }

    void stop() {
        if (drain_until_ || closed_) return;
        const Instant now = interface_->now();
        drain_until_ = now + drain_time;
        behavior_.stop(now);
        poke();
    }

    std::optional<Event> take() {
        if (closed_) return std::nullopt;
        auto event = behavior_.poll_event();
        if (event) {
            ++in_a_row_;
            poke();  // the behavior may have room again
        }
        return event;
    }

    /// Whether the coroutine with this cancellation slot may take an event at once. From time to time it must yield.
    [[nodiscard]] bool may_take(const asio::cancellation_slot& slot) const noexcept {
        return in_a_row_ < batch && last_suspended_.may_go_on(slot);
    }
    /// Records that the coroutine was suspended and continues.
    void resumed(asio::cancellation_slot slot) {
        in_a_row_ = 0;
        last_suspended_.mark(slot);
    }
    [[nodiscard]] bool awaited() const noexcept { return wait_ != nullptr; }

    /// Called when the manager is destroyed.
    void close() {
        leave();
        closed_ = true;
        state_ = State::ended;
        // The wait may own the pump: the executor has it from now on, so that it ends with its context at the latest.
        if (wait_) post_end(std::move(wait_), asio::error::operation_aborted);
        interface_.reset();
    }

    template <class Handler>
    void start_wait(Handler handler) {
        auto pending = PendingHandler<std::optional<Event>, Handler>::make(std::move(handler), executor_);
        if (closed_ || wait_) {
            std::error_code why = Errc::busy;
            if (closed_) why = asio::error::operation_aborted;
            return post_end(std::move(pending), why);
        }
        pending->on_cancel([weak = this->weak_from_this()] {
            if (const auto self = weak.lock()) self->cancel_wait();
        });
        wait_ = std::move(pending);
        cancelled_ = false;
        in_a_row_ = 0;
        if (behavior_.has_event() || ended()) post_finish();
    }

  private:
    /// resting: until `poke`. posted: the next turn is in the executor's queue. waiting, woken: in the interface.
    enum class State : std::uint8_t { resting, posted, running, waiting, woken, ended };

    /// Handler of a wait or of a posted turn. Owns nothing: the pump may be destroyed.
    struct Turn {
        std::weak_ptr<Pump> pump;
        void operator()(std::error_code = {}) const {
            if (const auto self = pump.lock(); self && !self->ended()) self->turn();
        }
    };

    /// The events that a turn has taken from the interface.
    struct Intake {
        std::size_t events = 0;
        std::size_t bytes = 0;
        bool more = false;  // the interface gave way
        [[nodiscard]] bool full() const noexcept { return more || events == batch || bytes >= batch_bytes; }
    };

    void post_turn() {
        state_ = State::posted;
        asio::post(executor_, Turn{this->weak_from_this()});
    }

    void turn() {
        state_ = State::running;
        thread_ = this_thread();
        in_a_row_ = 0;
        const Instant now = interface_->now();
        dispatch_commands();
        const Intake taken = take_in(now);
        tick_if_due(now, taken);

        const bool hands_over = wait_ && behavior_.has_event();
        if (drain_until_ && (behavior_.idle() || now >= *drain_until_)) {
            end();
        } else if (taken.full() || hands_over) {
            post_turn();  // there is more, or the user will make room
        } else {
            wait_for_interface();
        }
        // Last, because the user's code runs inside and may destroy the manager.
        if (wait_ && (hands_over || ended())) finish_wait();
    }

    void dispatch_commands() {
        if constexpr (requires { behavior_.drop_command(); }) {
            while (auto* const command = behavior_.front_command()) {
                interface_->dispatch(std::move(*command));
                behavior_.drop_command();
            }
        } else {
            while (auto command = behavior_.poll_command()) interface_->dispatch(*std::move(command));
        }
    }

    Intake take_in(Instant now) {
        Intake taken;
        while (!taken.full()) {
            auto event = interface_->try_poll();
            if (!event) {
                if constexpr (requires(const Interface& io) { io.gave_way(); }) taken.more = interface_->gave_way();
                break;
            }
            ++taken.events;
            if (const auto* got = std::get_if<io::Recv<typename Interface::Message>>(&*event))
                taken.bytes += got->bytes;
            else if (const auto* sent = std::get_if<io::Sent>(&*event))
                taken.bytes += sent->bytes;
            behavior_.handle_io(*std::move(event), now);
            dispatch_commands();  // the interface needs the next credit before the next poll
        }
        return taken;
    }

    void tick_if_due(Instant now, const Intake& taken) {
        if (const auto deadline = behavior_.next_deadline(); !deadline || *deadline > now) {
            overdue_ = 0;
            return;
        }
        overdue_ += taken.more ? batch : taken.events;
        if (taken.full() && overdue_ < patience) return;
        overdue_ = 0;
        behavior_.tick(now);
        dispatch_commands();
    }

    void wait_for_interface() {
        state_ = State::waiting;
        const Instant until =
            std::min(behavior_.next_deadline().value_or(Instant::max()), drain_until_.value_or(Instant::max()));
        interface_->async_wait_ready(until, Turn{this->weak_from_this()});
    }

    /// After `stop`: resets the connections that are still open.
    void end() {
        state_ = State::ended;
        interface_.reset();
    }

    void cancel_wait() {
        if (!wait_) return;
        cancelled_ = true;
        post_finish();
    }

    /// Ends a wait that is not, or no longer, the pump's.
    void post_end(typename Wait::Pointer wait, std::error_code why) {
        asio::post(executor_,
                   [wait = std::move(wait), why]() mutable { Wait::complete(std::move(wait), why, std::nullopt); });
    }

    void post_finish() {
        asio::post(executor_, [self = this->shared_from_this()] { self->finish_wait(); });
    }

    /// Takes an event and delivers it in one step, so that no event is ever in flight and a cancellation loses none.
    void finish_wait() {
        if (!wait_) return;
        std::error_code error;
        std::optional<Event> event;
        if (cancelled_) {
            error = asio::error::operation_aborted;
        } else {
            event = take();
            if (!event && !ended()) return;  // another call took it: keep waiting
        }
        Wait::complete(std::move(wait_), error, std::move(event));
    }

    void abandon() noexcept override {
        const auto dropped = std::move(wait_);  // may own the manager, and with it this
    }

    std::optional<Interface> interface_;
    Behavior behavior_;
    asio::any_io_executor executor_;
    typename Wait::Pointer wait_;
    LastSuspended last_suspended_;
    std::optional<Instant> drain_until_;
    std::size_t in_a_row_ = 0;
    std::size_t overdue_ = 0;
    std::uintptr_t thread_;
    State state_ = State::resting;
    bool cancelled_ = false;
    bool closed_ = false;
};

}  // namespace ouro::detail
