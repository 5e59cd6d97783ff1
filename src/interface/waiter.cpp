#include "interface/waiter.hpp"

#include <asio/error.hpp>

#include <ouro/base/error.hpp>

namespace ouro::detail {

Waiter::Waiter(const asio::any_io_executor& executor)
    : timer_(std::in_place, executor), self_(std::make_shared<Waiter*>(this)) {}

Waiter::~Waiter() {
    *self_ = nullptr;
    if (op_ != nullptr) finish(asio::error::operation_aborted);
}

void Waiter::start(Instant until, bool ready, WaitOp* op) {
    if (op_ != nullptr) return op->complete(Errc::busy);
    if (std::exchange(woken_, false) || ready) return op->complete({});
    op_ = op;
    until_ = until;
    if (op->slot().is_connected()) {
        // The signal may outlive this object.
        op->slot().assign([self = self_](asio::cancellation_type_t) {
            if (*self != nullptr && (*self)->op_ != nullptr) (*self)->finish(asio::error::operation_aborted);
        });
    }
    arm(until);
}

void Waiter::hasten(Instant at) {
    if (op_ == nullptr || at >= until_) return;
    until_ = at;
    arm(at);
}

void Waiter::arm(Instant at) {
    if (at >= armed_ || !timer_) return;
    armed_ = at;
    timer_->expires_at(std::chrono::time_point_cast<asio::steady_timer::duration>(at));
    timer_->async_wait([self = self_](std::error_code error) {
        if (!error && *self != nullptr) (*self)->rang();
    });
}

void Waiter::rang() {
    // A timer that was set again may still fire for the old time.
    const Instant now = std::chrono::steady_clock::now();
    if (now < armed_) return;
    armed_ = Instant::max();
    if (op_ == nullptr) return;
    if (now >= until_) {
        finish({});
    } else {
        arm(until_);
    }
}

// May run inside the slot's handler, which `clear` destroys: nothing of the handler is used afterwards.
void Waiter::finish(std::error_code error) {
    WaitOp* op = std::exchange(op_, nullptr);
    if (op->slot().is_connected()) op->slot().clear();
    op->complete(error);
}

void Waiter::rest() {
    if (std::exchange(armed_, Instant::max()) != Instant::max()) timer_->cancel();
}

void Waiter::abandon() {
    timer_.reset();
    if (WaitOp* op = std::exchange(op_, nullptr)) op->destroy();
}

}  // namespace ouro::detail
