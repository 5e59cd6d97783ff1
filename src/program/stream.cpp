#include <ouro/program/stream.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ouro/program/news.hpp>
#include <ouro/program/step.hpp>
#include <ouro/program/transactions.hpp>

namespace ouro::detail {

template <class T>
Stream<T>::Stream(asio::any_io_executor executor) : executor_(std::move(executor)) {
    enter(executor_);
}

template <class T>
std::optional<T> Stream<T>::take() {
    check_thread();
    if (!ready()) return std::nullopt;
    ++in_a_row_;
    return pop();
}

template <class T>
void Stream<T>::stop() {
    check_thread();
    give_up();
    if (wait_) post_notify();
}

template <class T>
void Stream<T>::close() {
    check_thread();
    give_up();
    closed_ = true;
    if (!wait_) return;
    asio::post(executor_, [wait = std::move(wait_)]() mutable {
        Wait::complete(std::move(wait), asio::error::operation_aborted, Errc::cancelled);
    });
}

template <class T>
asio::awaitable<Result<T>> Stream<T>::next(std::shared_ptr<Stream> self) {
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (self->in_a_row_ >= LastSuspended::most_in_a_row || !self->last_suspended_.may_go_on(cancellation.slot())) {
        co_await asio::post(asio::use_awaitable);
        self->in_a_row_ = 0;
        self->last_suspended_.mark(cancellation.slot());
    }
    if (cancellation.cancelled() != asio::cancellation_type::none) {
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        if (throws) throw std::system_error(make_error_code(asio::error::operation_aborted));
    }
    if (!self->wait_) {
        if (auto value = self->take()) co_return Result<T>(*std::move(value));
        const Errc end = self->end();
        if (end != Errc::none) co_return end;
    }
    auto result = co_await asio::async_initiate<decltype(asio::use_awaitable)&, void(std::error_code, Result<T>)>(
        StreamWaiting<T>(self), asio::use_awaitable);
    self->last_suspended_.mark(cancellation.slot());
    co_return result;
}

template <class T>
void Stream<T>::start_wait(typename Wait::Pointer wait) {
    home_.note();
    if (closed_ || wait_) {
        const std::error_code error = closed_ ? make_error_code(asio::error::operation_aborted) : std::error_code();
        asio::post(executor_, [error, wait = std::move(wait)]() mutable {
            Wait::complete(std::move(wait), error, error ? Errc::cancelled : Errc::busy);
        });
        return;
    }
    in_a_row_ = 0;
    wait_ = std::move(wait);
    if (ready() || end() != Errc::none) post_notify();
}

template <class T>
void Stream<T>::cancel_wait() {
    if (!wait_) return;
    asio::post(executor_, [wait = std::move(wait_)]() mutable {
        Wait::complete(std::move(wait), asio::error::operation_aborted, Errc::cancelled);
    });
}

template <class T>
void Stream<T>::notify() {
    home_.note();
    if (wait_ && (ready() || end() != Errc::none)) finish();
}

template <class T>
void Stream<T>::finish() {
    const auto keep = this->shared_from_this();  // the handler may drop the last handle
    auto wait = std::move(wait_);
    if (auto value = take())
        Wait::complete(std::move(wait), {}, Result<T>(*std::move(value)));
    else
        Wait::complete(std::move(wait), {}, end());
}

template <class T>
void Stream<T>::post_notify() {
    // Weak: a handler that is never run must not keep the stream until its context ends.
    asio::post(executor_, [weak = this->weak_from_this()] {
        if (const auto self = weak.lock()) self->notify();
    });
}

template <class T>
void Stream<T>::abandon() noexcept {
    const auto dropped = std::move(wait_);  // may own the handle, and with it this
}

template class Stream<Step>;
template class Stream<Forward>;
template class Stream<PeerNews>;
template class Stream<ReceivedTx>;

}  // namespace ouro::detail
