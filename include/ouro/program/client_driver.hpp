#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include <ouro/behavior/local_initiator.hpp>
#include <ouro/manager.hpp>

namespace ouro::detail {

/// Receives the events of a client's manager.
class ClientListener {
  public:
    virtual ~ClientListener() = default;
    /// Handles an event; empty after the last one. May destroy the listener.
    virtual void handle(std::optional<local_initiator::Event> event) = 0;
    /// Called when no further event is available now. May destroy the listener.
    virtual void rest() = 0;
    [[nodiscard]] virtual bool closed() const noexcept = 0;
};

/// The manager of a client without the type of its interface.
class ClientDriver {
  public:
    virtual ~ClientDriver() = default;

    [[nodiscard]] virtual asio::any_io_executor get_executor() const noexcept = 0;
    [[nodiscard]] virtual Instant now() noexcept = 0;
    virtual Result<CommandId> execute(local_initiator::Command&& command) = 0;
    [[nodiscard]] virtual local_initiator::NodeState node() const = 0;
    virtual void stop() = 0;
    /// Passes every event from now on to `listener`, as long as it exists and is not closed.
    virtual void listen(std::weak_ptr<ClientListener> listener) = 0;
};

template <class Interface>
class ManagedDriver final : public ClientDriver {
  public:
    template <class... Args>
    explicit ManagedDriver(local_initiator::Config config, Args&&... interface)
        : manager_(std::piecewise_construct, std::forward_as_tuple(std::forward<Args>(interface)...),
                   std::forward_as_tuple(std::move(config))) {}

    [[nodiscard]] asio::any_io_executor get_executor() const noexcept override { return manager_.get_executor(); }
    [[nodiscard]] Instant now() noexcept override { return now_ = stopped_ ? now_ : manager_.interface().now(); }
    Result<CommandId> execute(local_initiator::Command&& command) override {
        return manager_.execute(std::move(command));
    }
    [[nodiscard]] local_initiator::NodeState node() const override { return manager_.behavior().node(); }
    void stop() override {
        (void)now();  // some time after `stop` the interface no longer exists
        stopped_ = true;
        manager_.stop();
    }
    void listen(std::weak_ptr<ClientListener> listener) override {
        manager_.async_poll_next([this, listener = std::move(listener)](
                                     std::error_code error, std::optional<local_initiator::Event> event) mutable {
            const auto hears = listener.lock();  // keeps this alive, too
            if (error || !hears || hears->closed()) return;
            bool last = false;
            for (int told = 1;; ++told) {
                last = !event;
                hears->handle(std::move(event));
                if (hears->closed()) return;
                if (last || told == batch) break;
                event = manager_.try_poll_next();
                if (!event) break;
            }
            if (!last) listen(std::move(listener));
            hears->rest();
        });
    }

  private:
    static constexpr int batch = 64;  // events in a row, as in a manager

    Manager<Interface, LocalInitiatorBehavior> manager_;
    Instant now_{};
    bool stopped_ = false;
};

}  // namespace ouro::detail
