#pragma once

#include <asio/awaitable.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cassert>
#include <concepts>
#include <memory>
#include <optional>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

#include <ouro/manager/pump.hpp>

namespace ouro {

/// Drives a behavior with an interface. Programs use both through it: commands in, events out.
///
/// From its construction on it works on the interface's executor, which is a strand or has one thread. It also works
/// while no poll is pending, so that a program that is busy elsewhere keeps its peers. Call everything but
/// `async_execute` on that executor, or while it does not run.
///
/// Lifetimes  Neither copied nor moved. The destructor ends pending waits with `operation_aborted` and resets the
///            connections; call `stop` first for an orderly end.
template <class Interface, class Behavior>
    requires ouro::Interface<Interface> && ouro::Behavior<Behavior> &&
             std::same_as<typename Interface::Message, typename Behavior::Message>
class Manager {
    using Pump = detail::Pump<Interface, Behavior>;

  public:
    /// The messages of its connections.
    using Message = typename Behavior::Message;
    /// What `execute` takes.
    using Command = typename Behavior::Command;
    /// What `poll_next` returns.
    using Event = typename Behavior::Event;
    using executor_type = asio::any_io_executor;

    /// Moves both in.
    Manager(Interface&& interface, Behavior&& behavior)
        requires std::move_constructible<Interface> && std::move_constructible<Behavior>
        : Manager(std::piecewise_construct, std::forward_as_tuple(std::move(interface)),
                  std::forward_as_tuple(std::move(behavior))) {}

    /// Constructs both in place: an interface usually cannot be moved.
    template <class... InterfaceArgs, class... BehaviorArgs>
    Manager(std::piecewise_construct_t, std::tuple<InterfaceArgs...> interface, std::tuple<BehaviorArgs...> behavior)
        : pump_(std::make_shared<Pump>(std::move(interface), std::move(behavior))) {
        pump_->poke();
    }

    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager() { pump_->close(); }

    [[nodiscard]] executor_type get_executor() const noexcept { return pump_->executor(); }
    /// The interface, for listening, for example. It no longer exists once `stop` has finished.
    [[nodiscard]] Interface& interface() noexcept {
        assert(pump_->interface() != nullptr);
        return *pump_->interface();
    }
    /// The behavior, to look at.
    [[nodiscard]] const Behavior& behavior() const noexcept { return pump_->behavior(); }

    /// The next event; `nullopt` only after `stop` and the last event. Trouble with a peer is an event.
    ///
    /// Does not suspend while there are events, except for an occasional yield to the executor.
    ///
    /// Errors        operation_aborted, Errc::busy while another wait is pending; both thrown as std::system_error
    /// Cancellation  takes no event and changes nothing: it may be called again. One wait takes one event or none.
    [[nodiscard]] asio::awaitable<std::optional<Event>> poll_next() {
        assert(pump_->at_home());
        return next(pump_);
    }

    /// The next event if there is one; never waits.
    [[nodiscard]] std::optional<Event> try_poll_next() {
        assert(pump_->at_home());
        return pump_->take();
    }

    /// `poll_next` for any completion token.
    ///
    /// Shape         void(std::error_code, std::optional<Event>)
    /// Errors        operation_aborted, Errc::busy while another wait is pending
    /// Cancellation  terminal, partial and total alike, as for `poll_next`, if the handler runs on the manager's
    ///               executor. On another one the event is in flight for a moment and belongs to the handler.
    /// Lifetimes     never completes inside this call; the handler may destroy the manager
    template <class Token>
    auto async_poll_next(Token&& token) {
        assert(pump_->at_home());
        return start_wait(pump_, std::forward<Token>(token));
    }

    /// Passes a command to the behavior and wakes it. May be called from any coroutine on the manager's executor, also
    /// while another one awaits `poll_next`. Every outcome repeats the id. Moves from `command` only on success. A
    /// refused command has no outcome: check the result, or discard it with `(void)`.
    ///
    /// Errors  Errc::stopped after `stop`, and the behavior's own errors, such as a full queue
    [[nodiscard]] Result<CommandId> execute(Command&& command) {
        assert(pump_->at_home());
        return pump_->execute(command);
    }
    /// The same for a command that is kept.
    [[nodiscard]] Result<CommandId> execute(const Command& command)
        requires std::copy_constructible<Command>
    {
        Command copy(command);
        return execute(std::move(copy));
    }

    /// `execute` for other threads: posts the command to the manager's executor.
    ///
    /// Shape   void(std::error_code, CommandId)
    /// Errors  those of `execute`; operation_aborted if the manager is destroyed before it executes the command
    template <class Token>
    auto async_execute(Command command, Token&& token) {
        return asio::async_initiate<Token, void(std::error_code, CommandId)>(Execution(pump_), token,
                                                                             std::move(command));
    }

    /// Stops in good order: no more commands, pending requests end with `Errc::stopped`, connections close, and any
    /// still open after two seconds is reset. Remaining events can be taken, then comes `nullopt`. Idempotent.
    void stop() {
        assert(pump_->at_home());
        pump_->stop();
    }

  private:
    /// State of an initiation. A class, because a lambda with captures is not safe in a `co_await` of g++ 12.
    class Initiation {
      public:
        using executor_type = asio::any_io_executor;

        explicit Initiation(std::shared_ptr<Pump> pump) noexcept : pump_(std::move(pump)) {}
        [[nodiscard]] executor_type get_executor() const noexcept { return pump_->executor(); }

      protected:
        std::shared_ptr<Pump> pump_;
    };

    class Waiting : public Initiation {
      public:
        using Initiation::Initiation;

        template <class Handler>
        void operator()(Handler&& handler) {
            this->pump_->start_wait(std::decay_t<Handler>(std::forward<Handler>(handler)));
        }
    };

    class Execution : public Initiation {
      public:
        using Initiation::Initiation;

        template <class Handler>
        void operator()(Handler&& handler, Command command) {
            auto pending = detail::PendingHandler<CommandId, std::decay_t<Handler>>::make(
                std::forward<Handler>(handler), this->pump_->executor());
            asio::post(this->pump_->executor(),
                       [pump = this->pump_, command = std::move(command),
                        pending = typename detail::Pending<CommandId>::Pointer(std::move(pending))]() mutable {
                           std::error_code error = asio::error::operation_aborted;
                           CommandId id{};
                           if (!pump->closed()) {
                               auto result = pump->execute(command);
                               error = result ? std::error_code() : make_error_code(result.error());
                               if (result) id = *result;
                           }
                           detail::Pending<CommandId>::complete(std::move(pending), error, id);
                       });
        }
    };

    template <class Token>
    static auto start_wait(std::shared_ptr<Pump> pump, Token&& token) {
        return asio::async_initiate<Token, void(std::error_code, std::optional<Event>)>(Waiting(std::move(pump)),
                                                                                        token);
    }

    static asio::awaitable<std::optional<Event>> next(std::shared_ptr<Pump> pump) {
        const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
        if (!pump->may_take(cancellation.slot())) {
            co_await asio::post(asio::use_awaitable);
            pump->resumed(cancellation.slot());
        }
        if (cancellation.cancelled() != asio::cancellation_type::none) {
            const bool throws = co_await asio::this_coro::throw_if_cancelled();
            if (throws) throw std::system_error(make_error_code(asio::error::operation_aborted));
        }

        if (!pump->awaited()) {
            if (auto event = pump->take()) co_return event;
        }
        auto event = co_await start_wait(pump, asio::use_awaitable);
        pump->resumed(cancellation.slot());
        co_return event;
    }

    std::shared_ptr<Pump> pump_;
};

}  // namespace ouro
