#include <ouro/emulation/adapter.hpp>

#include <asio/error.hpp>

#include <algorithm>

namespace ouro::emulation {

Clockwork::Clockwork(asio::any_io_executor executor, SimulatedNetwork& network)
    : executor_(std::move(executor)), network_(network), self_(std::make_shared<Clockwork*>(this)) {}

Clockwork::~Clockwork() { *self_ = nullptr; }

void Clockwork::attach(AdapterCore& adapter) { adapters_.push_back(&adapter); }

void Clockwork::detach(AdapterCore& adapter) noexcept {
    std::erase(adapters_, &adapter);
    consider();
}

// Posts the step, so that handlers that are ready on the executor run first.
void Clockwork::consider() {
    const auto waits = [](const auto* adapter) { return adapter->waiting(); };
    if (over_ || posted_ || adapters_.empty() || !std::all_of(adapters_.begin(), adapters_.end(), waits)) return;
    posted_ = true;
    asio::post(executor_, [self = self_] {
        if (*self != nullptr) (*self)->turn();
    });
}

void Clockwork::turn() {
    posted_ = false;
    Instant until = Instant::max();
    for (const auto* const adapter : adapters_) {
        if (!adapter->waiting()) return;
        until = std::min(until, adapter->until());
    }
    // If nothing is due, only the program can continue, and the time does not move.
    const bool stepped = until == Instant::max() ? network_.step() : network_.step_by(until);
    if (!stepped && until == Instant::max()) return;
    if (!stepped) {
        // In the order of attaching. Handlers are posted, so no adapter is destroyed inside this loop.
        for (auto* const adapter : adapters_) adapter->look();
    }
    consider();
}

AdapterCore::AdapterCore(Clockwork& clock, const PeerId& address, mux::IngressLimit limit, mux::ProtocolName name)
    : Bearers(clock.network().world(), address, limit, name),
      clock_(clock),
      self_(std::make_shared<AdapterCore*>(this)) {
    clock_.attach(*this);
    enter(executor());
}

AdapterCore::~AdapterCore() {
    *self_ = nullptr;
    if (op_ != nullptr) finish(asio::error::operation_aborted);
    clock_.detach(*this);
}

void AdapterCore::wake() noexcept {
    woken_ = op_ == nullptr;
    if (op_ != nullptr) finish({});
}

void AdapterCore::start(Instant until, detail::WaitOp* op) {
    if (op_ != nullptr) return op->complete(Errc::busy);
    if (std::exchange(woken_, false) || busy() || until <= now()) return op->complete({});
    op_ = op;
    until_ = until;
    if (op->slot().is_connected()) {
        // The signal may outlive this object.
        op->slot().assign([self = self_](asio::cancellation_type_t) {
            if (*self != nullptr && (*self)->op_ != nullptr) (*self)->finish(asio::error::operation_aborted);
        });
    }
    clock_.consider();
}

void AdapterCore::look() {
    if (op_ != nullptr && (busy() || until_ <= now())) finish({});
}

// May run inside the slot's handler, which `clear` destroys: nothing of the handler is used afterwards.
void AdapterCore::finish(std::error_code error) {
    detail::WaitOp* const op = std::exchange(op_, nullptr);
    if (op->slot().is_connected()) op->slot().clear();
    op->complete(error);
}

void AdapterCore::abandon() noexcept {
    clock_.over_ = true;
    if (detail::WaitOp* const op = std::exchange(op_, nullptr)) op->destroy();  // may destroy this object
}

}  // namespace ouro::emulation
