#pragma once

#include <asio/dispatch.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/prefer.hpp>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <ouro/async/asio.hpp>

namespace ouro::detail {

/// A waiting handler `void(std::error_code, T)`, with its type erased.
template <class T>
class Pending {
  public:
    using Value = T;

    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    struct Destroy {
        void operator()(Pending* pending) const noexcept { pending->destroy(); }
    };
    using Pointer = std::unique_ptr<Pending, Destroy>;

    /// Completes the handler, inside this call if it is made where the handler runs; `pending` is gone before that.
    static void complete(Pointer pending, std::error_code error, T value) {
        pending.release()->finish(error, std::move(value));
    }

  protected:
    Pending() = default;
    ~Pending() = default;

  private:
    virtual void finish(std::error_code error, T&& value) = 0;
    virtual void destroy() noexcept = 0;
};

/// Lives in memory of the handler's associated allocator, and holds work on its associated executor.
template <class T, class Handler>
class PendingHandler final : public Pending<T> {
    using Allocator =
        typename std::allocator_traits<asio::associated_allocator_t<Handler>>::template rebind_alloc<PendingHandler>;
    using Traits = std::allocator_traits<Allocator>;
    using Executor =
        std::decay_t<decltype(asio::prefer(std::declval<asio::associated_executor_t<Handler, asio::any_io_executor>>(),
                                           asio::execution::outstanding_work.tracked))>;

  public:
    static std::unique_ptr<PendingHandler, typename Pending<T>::Destroy> make(Handler handler,
                                                                              const asio::any_io_executor& fallback) {
        Allocator allocator(asio::get_associated_allocator(handler));
        PendingHandler* memory = Traits::allocate(allocator, 1);
        return {::new (static_cast<void*>(memory)) PendingHandler(std::move(handler), fallback), {}};
    }

    /// Sets the function that a cancellation calls, until the handler is called.
    template <class F>
    void on_cancel(F function) {
        if (slot_.is_connected())
            slot_.assign([function = std::move(function)](asio::cancellation_type type) {
                if (type != asio::cancellation_type::none) function();
            });
    }

  private:
    PendingHandler(Handler&& handler, const asio::any_io_executor& fallback)
        : executor_(asio::prefer(asio::get_associated_executor(handler, fallback),
                                 asio::execution::outstanding_work.tracked)),
          slot_(asio::get_associated_cancellation_slot(handler)),
          handler_(std::move(handler)) {}
    ~PendingHandler() = default;

    /// The operation in flight to the handler's executor.
    struct Completion {
        using allocator_type = asio::associated_allocator_t<Handler>;
        [[nodiscard]] allocator_type get_allocator() const noexcept {
            return asio::get_associated_allocator(pending->handler_);
        }
        void operator()() { pending.release()->call(); }

        std::unique_ptr<PendingHandler, typename Pending<T>::Destroy> pending;
    };

    void finish(std::error_code error, T&& value) override {
        slot_.clear();
        error_ = error;
        value_ = std::move(value);
        const Executor executor(std::move(executor_));
        asio::dispatch(executor, Completion{{this, {}}});
    }

    // g++ 12 warns as if the value of an empty optional were read.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
    void call() {
        Handler handler(std::move(handler_));
        const std::error_code error = error_;
        T value(*std::move(value_));
        free(Allocator(asio::get_associated_allocator(handler)));
        std::move(handler)(error, std::move(value));
    }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

    // The slot stays unchanged: the user's cancellation signal may be destroyed by now.
    void destroy() noexcept override {
        [[maybe_unused]] const Handler handler(std::move(handler_));
        free(Allocator(asio::get_associated_allocator(handler)));
    }

    void free(Allocator allocator) noexcept {
        this->~PendingHandler();
        Traits::deallocate(allocator, this, 1);
    }

    Executor executor_;
    asio::associated_cancellation_slot_t<Handler> slot_;
    Handler handler_;
    std::error_code error_;
    std::optional<T> value_;
};

}  // namespace ouro::detail
