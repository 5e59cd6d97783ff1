#pragma once

#include <ouro/async/asio.hpp>

#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include <ouro/async/wait_op.hpp>
#include <ouro/base/time.hpp>

namespace ouro::detail {

/// The one wait of an interface: who waits, until when, and the timer that ends it.
///
/// Arming a timer costs more than anything else here, and the pump waits very often. So the timer is set only when it
/// must ring earlier than it would; when it rings too early it is set again.
class Waiter {
  public:
    explicit Waiter(const asio::any_io_executor& executor);
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    /// Ends a pending wait with `operation_aborted`.
    ~Waiter();

    /// Takes `op` over. `ready`: there is something to take already.
    void start(Instant until, bool ready, WaitOp* op);
    /// The pending wait must end at `at` already.
    void hasten(Instant at);
    [[nodiscard]] bool pending() const noexcept { return op_ != nullptr; }
    /// Ends a pending wait.
    void notify() {
        if (op_ != nullptr) finish({});
    }
    /// Ends a pending wait, or else the next one.
    void wake() {
        woken_ = op_ == nullptr;
        notify();
    }
    /// Nothing is left to wait for: lets an `io_context` come to its end.
    void rest();
    /// Asio's context ends: forgets the timer, and the handler uncalled. The handler may own what owns this object.
    void abandon();

  private:
    void arm(Instant at);
    void rang();
    void finish(std::error_code error);

    std::optional<asio::steady_timer> timer_;
    std::shared_ptr<Waiter*> self_;  // null inside when the timer's handler comes too late
    WaitOp* op_ = nullptr;
    Instant until_ = Instant::max();
    Instant armed_ = Instant::max();
    bool woken_ = false;
};

}  // namespace ouro::detail
