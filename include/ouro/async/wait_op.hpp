#pragma once

#include <ouro/async/asio.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace ouro::detail {

/// A handler that waits outside of Asio, with its type erased. Call `complete` or `destroy`, once.
class WaitOp {
  public:
    WaitOp(const WaitOp&) = delete;
    WaitOp& operator=(const WaitOp&) = delete;

    /// Posts the handler with `error`; the operation is destroyed before the handler runs.
    void complete(std::error_code error) { end_(this, &error); }
    /// Destroys the handler without calling it.
    void destroy() { end_(this, nullptr); }
    [[nodiscard]] asio::cancellation_slot& slot() noexcept { return slot_; }

  protected:
    using End = void (*)(WaitOp*, const std::error_code*);
    WaitOp(End end, asio::cancellation_slot slot) noexcept : end_(end), slot_(slot) {}
    ~WaitOp() = default;

  private:
    End end_;
    asio::cancellation_slot slot_;
};

/// Lives in memory of the handler's associated allocator and holds work on its associated executor.
template <class Handler>
class HandlerWaitOp final : public WaitOp {
    using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
    using Allocator =
        typename std::allocator_traits<asio::associated_allocator_t<Handler>>::template rebind_alloc<HandlerWaitOp>;
    using Traits = std::allocator_traits<Allocator>;

    struct Completion {
        using allocator_type = asio::associated_allocator_t<Handler>;
        [[nodiscard]] allocator_type get_allocator() const noexcept { return asio::get_associated_allocator(handler); }
        void operator()() { std::move(handler)(error); }

        Handler handler;
        std::error_code error;
    };

  public:
    static WaitOp* make(Handler handler, const asio::any_io_executor& fallback) {
        Allocator allocator(asio::get_associated_allocator(handler));
        HandlerWaitOp* memory = Traits::allocate(allocator, 1);
        return ::new (static_cast<void*>(memory)) HandlerWaitOp(std::move(handler), fallback);
    }

    HandlerWaitOp(Handler&& handler, const asio::any_io_executor& fallback)
        : WaitOp(&end, asio::get_associated_cancellation_slot(handler)),
          work_(asio::get_associated_executor(handler, fallback)),
          handler_(std::move(handler)) {}

  private:
    static void end(WaitOp* op, const std::error_code* error) {
        auto* self = static_cast<HandlerWaitOp*>(op);
        // The error may be in the caller's frame, which dies with the handler: everything is moved out first.
        const asio::executor_work_guard<Executor> work(std::move(self->work_));
        Completion completion{std::move(self->handler_), error ? *error : std::error_code()};
        Allocator allocator(completion.get_allocator());
        self->~HandlerWaitOp();
        Traits::deallocate(allocator, self, 1);
        if (error) asio::post(work.get_executor(), std::move(completion));
    }

    asio::executor_work_guard<Executor> work_;
    Handler handler_;
};

}  // namespace ouro::detail
