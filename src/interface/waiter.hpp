#pragma once

#include <ouro/async/asio.hpp>

#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include <ouro/async/wait_op.hpp>
#include <ouro/base/time.hpp>

namespace ouro::detail {

/// The wait of an interface: its operation, its end and its timer.
///
/// Setting a timer is the most expensive step here, and the pump waits very often. The timer is therefore set only if
/// it must fire earlier; if it fires too early, it is set again.
class Waiter {
  public:
    explicit Waiter(const asio::any_io_executor& executor);
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    /// Ends a pending wait with `operation_aborted`.
    ~Waiter();

    /// Starts the wait of `op`. `ready`: there is an event to take already.
    void start(Instant until, bool ready, WaitOp* op);
    /// Lets the pending wait end at `at` at the latest.
    void hasten(Instant at);
    [[nodiscard]] bool pending() const noexcept { return op_ != nullptr; }
    /// Ends a pending wait.
    void notify() {
        if (op_ != nullptr) finish({});
    }
    /// Ends a pending wait, or else the next one at once.
    void wake() {
        woken_ = op_ == nullptr;
        notify();
    }
    /// Cancels the timer when nothing is left to wait for, so that an `io_context` can run out of work.
    void rest();
    /// Drops the timer and the handler when Asio's context shuts down. The handler may own the owner of this object.
    void abandon();

  private:
    void arm(Instant at);
    void rang();
    void finish(std::error_code error);

    std::optional<asio::steady_timer> timer_;
    std::shared_ptr<Waiter*> self_;  // points to null after destruction, for a late handler of the timer
    WaitOp* op_ = nullptr;
    Instant until_ = Instant::max();
    Instant armed_ = Instant::max();
    bool woken_ = false;
};

}  // namespace ouro::detail
