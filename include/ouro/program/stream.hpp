#pragma once

#include <ouro/async/asio.hpp>

#include <asio/awaitable.hpp>
#include <asio/dispatch.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <ouro/async/context_guest.hpp>
#include <ouro/async/home_thread.hpp>
#include <ouro/async/last_suspended.hpp>
#include <ouro/async/pending.hpp>
#include <ouro/base/result.hpp>

namespace ouro {

namespace detail {

/// A bounded queue of values with at most one wait, behind a handle.
template <class T>
class Stream : private ContextGuest, public std::enable_shared_from_this<Stream<T>> {
  public:
    using Wait = Pending<Result<T>>;

    explicit Stream(asio::any_io_executor executor);
    virtual ~Stream() = default;

    [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return executor_; }
    /// The next value, if it is there.
    [[nodiscard]] std::optional<T> take();
    [[nodiscard]] virtual bool ready() const noexcept = 0;
    /// Why there will be no further value; Errc::none if there may be one.
    [[nodiscard]] virtual Errc end() const noexcept = 0;
    /// Ends the stream. A wait ends in a later handler, with `end()`.
    void stop();
    /// Ends the stream, and a wait with `operation_aborted`.
    void close();

    static asio::awaitable<Result<T>> next(std::shared_ptr<Stream> self);
    void start_wait(typename Wait::Pointer wait);
    void cancel_wait();

  protected:
    /// Ends the wait if there is a value, or the end. The waiting program runs within this call.
    void notify();
    /// `notify` in a later handler.
    void post_notify();
    /// Asserts that the caller may run where the stream's source runs.
    void check_thread() const noexcept { home_.check(executor_); }
    /// Called where the executor certainly runs.
    void note_thread() noexcept { home_.note(); }

  private:
    /// `ready()` holds.
    virtual T pop() = 0;
    /// The consumer wants nothing more: `end()` is Errc::cancelled from now on, unless there was another end before.
    virtual void give_up() = 0;
    void finish();
    void abandon() noexcept override;

    asio::any_io_executor executor_;
    typename Wait::Pointer wait_;
    LastSuspended last_suspended_;
    std::uint32_t in_a_row_ = 0;
    HomeThread home_;
    bool closed_ = false;  // the handle is gone
};

/// Begins a wait. A class, because a lambda with captures is not safe in a `co_await` of g++ 12.
template <class T>
class StreamWaiting {
  public:
    using executor_type = asio::any_io_executor;

    explicit StreamWaiting(std::shared_ptr<Stream<T>> stream) noexcept : stream_(std::move(stream)) {}
    [[nodiscard]] executor_type get_executor() const noexcept { return stream_->executor(); }

    template <class Handler>
    void operator()(Handler&& handler) {
        auto pending =
            PendingHandler<Result<T>, std::decay_t<Handler>>::make(std::forward<Handler>(handler), stream_->executor());
        pending->on_cancel(Cancellation{stream_});
        asio::dispatch(stream_->executor(),
                       [stream = stream_, wait = typename Stream<T>::Wait::Pointer(std::move(pending))]() mutable {
                           stream->start_wait(std::move(wait));
                       });
    }

  private:
    struct Cancellation {
        std::weak_ptr<Stream<T>> stream;
        void operator()() const {
            if (const auto self = stream.lock()) self->cancel_wait();
        }
    };

    std::shared_ptr<Stream<T>> stream_;
};

}  // namespace detail

/// The consumer's end of a stream. Everything but `async_next` and `get_executor` is called on the executor of the
/// stream's source, the destructor too; `next` is awaited there.
///
/// Lifetimes  Moves. Its end stops the stream and ends a pending wait with `operation_aborted`. It may outlive its
///            source.
template <class T>
class StreamHandle {
  public:
    using executor_type = asio::any_io_executor;

    StreamHandle(StreamHandle&&) noexcept = default;
    StreamHandle& operator=(StreamHandle&& other) noexcept {
        if (this != &other) close();
        stream_ = std::move(other.stream_);
        return *this;
    }
    ~StreamHandle() { close(); }

    [[nodiscard]] executor_type get_executor() const noexcept { return stream_->executor(); }

    /// The next value; waits for it without a time limit. Does not suspend while there is one, except for an occasional
    /// yield to the executor.
    ///
    /// Errors        `end()`, after the last value; Errc::busy  another call is waiting
    /// Cancellation  all types: `operation_aborted` is thrown as `std::system_error`. No value is lost.
    [[nodiscard]] asio::awaitable<Result<T>> next() & { return detail::Stream<T>::next(stream_); }

    /// `next` for any completion token, from any thread. The handler runs on its associated executor, by default that
    /// of the stream, and never within this call.
    ///
    /// Shape         void(std::error_code, Result<T>); the code reports cancellation and nothing else
    /// Errors        as `next`, in the `Result`
    /// Cancellation  all types, if it is requested on the stream's executor
    template <class Token>
    auto async_next(Token&& token) & {
        return asio::async_initiate<Token, void(std::error_code, Result<T>)>(detail::StreamWaiting<T>(stream_), token);
    }

    /// The next value if it is there; never waits.
    [[nodiscard]] std::optional<T> try_next() & { return stream_->take(); }

    /// Why the stream has ended; Errc::none while it runs.
    [[nodiscard]] Errc end() const noexcept { return stream_->end(); }
    /// Ends the stream: what was received is discarded, and `end()` is Errc::cancelled. A pending `next` ends with it.
    void stop() { stream_->stop(); }

  protected:
    /// `stream`: what the handle is for.
    explicit StreamHandle(std::shared_ptr<detail::Stream<T>> stream) noexcept : stream_(std::move(stream)) {}

    std::shared_ptr<detail::Stream<T>> stream_;  ///< what the handle is for; null after a move

  private:
    void close() {
        if (stream_) stream_->close();
    }
};

}  // namespace ouro
