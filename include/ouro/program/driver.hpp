#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include <ouro/base/result.hpp>
#include <ouro/behavior/local_initiator.hpp>
#include <ouro/behavior/node.hpp>
#include <ouro/interface/stream.hpp>
#include <ouro/manager.hpp>

// How the programs' API reaches a manager without the type of its interface. For interfaces of one's own.
namespace ouro::detail {

/// Receives the events of a driver's manager.
template <class Event>
class Listener {
  public:
    virtual ~Listener() = default;
    /// Handles an event; empty after the last one. May destroy the listener.
    virtual void handle(std::optional<Event> event) = 0;
    /// Called when no further event is available now. May destroy the listener.
    virtual void rest() = 0;
    [[nodiscard]] virtual bool closed() const noexcept = 0;
};

/// The manager of a behavior, over some interface.
template <class Behavior>
class Driver {
  public:
    using Command = typename Behavior::Command;
    using Event = typename Behavior::Event;

    virtual ~Driver() = default;

    [[nodiscard]] virtual asio::any_io_executor get_executor() const noexcept = 0;
    [[nodiscard]] virtual Instant now() noexcept = 0;
    virtual Result<CommandId> execute(Command&& command) = 0;
    [[nodiscard]] virtual const Behavior& behavior() const = 0;
    /// Accepts connections at an address. An interface without `listen` accepts them by itself.
    virtual Listening accept_at(const PeerId& where) = 0;
    /// The next dial of `socket.peer()` uses this socket. False if the interface has no sockets.
    virtual bool connect_with(ConnectedSocket socket) = 0;
    /// Uses a connection that the program has accepted.
    virtual std::error_code accept(ConnectedSocket socket) = 0;
    /// Figures of the interface, if it has sockets and still exists.
    [[nodiscard]] virtual std::optional<StreamFigures> figures() noexcept = 0;
    virtual void stop() = 0;
    /// Passes every event from now on to `listener`, as long as it exists and is not closed.
    virtual void listen(std::weak_ptr<Listener<Event>> listener) = 0;
};

template <class Interface, class Behavior>
class ManagedDriver final : public Driver<Behavior> {
  public:
    using typename Driver<Behavior>::Command;
    using typename Driver<Behavior>::Event;

    template <class... Args>
    explicit ManagedDriver(typename Behavior::Config config, Args&&... interface)
        : manager_(std::piecewise_construct, std::forward_as_tuple(std::forward<Args>(interface)...),
                   std::forward_as_tuple(std::move(config))) {}

    [[nodiscard]] asio::any_io_executor get_executor() const noexcept override { return manager_.get_executor(); }
    [[nodiscard]] Instant now() noexcept override { return now_ = stopped_ ? now_ : manager_.interface().now(); }
    Result<CommandId> execute(Command&& command) override { return manager_.execute(std::move(command)); }
    [[nodiscard]] const Behavior& behavior() const override { return manager_.behavior(); }
    Listening accept_at(const PeerId& where) override {
        if constexpr (requires { manager_.interface().listen(where); }) {
            return manager_.interface().listen(where);
        } else {
            return {where, {}};
        }
    }
    bool connect_with(ConnectedSocket socket) override {
        if constexpr (requires { manager_.interface().connect_with(std::move(socket)); }) {
            manager_.interface().connect_with(std::move(socket));
            return true;
        } else {
            return false;
        }
    }
    std::error_code accept(ConnectedSocket socket) override {
        if constexpr (requires { manager_.interface().accept(std::move(socket)); }) {
            return manager_.interface().accept(std::move(socket));
        } else {
            return std::make_error_code(std::errc::operation_not_supported);
        }
    }
    [[nodiscard]] std::optional<StreamFigures> figures() noexcept override {
        if constexpr (requires { StreamFigures(manager_.interface().figures()); })
            if (!stopped_) return manager_.interface().figures();
        return std::nullopt;
    }
    void stop() override {
        (void)now();  // some time after `stop` the interface no longer exists
        stopped_ = true;
        manager_.stop();
    }
    void listen(std::weak_ptr<Listener<Event>> listener) override {
        manager_.async_poll_next(
            [this, listener = std::move(listener)](std::error_code error, std::optional<Event> event) mutable {
                const auto hears = listener.lock();  // keeps this alive, too
                if (error || !hears || hears->closed()) return;
                bool last = false;
                for (int handled = 1;; ++handled) {
                    last = !event;
                    hears->handle(std::move(event));
                    if (hears->closed()) return;
                    if (last || handled == batch) break;
                    event = manager_.try_poll_next();
                    if (!event) break;
                }
                if (!last) listen(std::move(listener));
                hears->rest();
            });
    }

  private:
    static constexpr int batch = 64;  // events in a row, as in a manager

    Manager<Interface, Behavior> manager_;
    Instant now_{};
    bool stopped_ = false;
};

}  // namespace ouro::detail
