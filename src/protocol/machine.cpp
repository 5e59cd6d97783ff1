#include <ouro/protocol/machine.hpp>

#include <cassert>

#include <ouro/base/random.hpp>

namespace ouro {

Errc AnyMachine::send(std::size_t message, Instant now) {
    if (ours()) {
        const auto next = table_->after(state_, message);
        if (next == ProtocolTable::illegal) return Errc::not_our_turn;
        state_ = next;
        arm(now);
        return Errc::none;
    }
    if (done() || table_->ahead[message] != own_agency()) return Errc::not_our_turn;
    if (ledger_.empty() || ledger_.back().message != message)
        ledger_.push_back({static_cast<std::uint8_t>(message), 0});
    ++ledger_.back().count;
    ++pending_;
    return Errc::none;
}

Errc AnyMachine::receive(std::size_t message, std::size_t bytes, Instant now) {
    if (!theirs()) return Errc::out_of_turn;
    const auto next = table_->after(state_, message);
    if (next == ProtocolTable::illegal) return Errc::out_of_turn;
    if (bytes > row().size) return Errc::message_too_large;
    state_ = next;
    while (pending_ > 0 && ours()) {
        Run& run = ledger_.front();
        const auto sent = table_->after(state_, run.message);
        assert(sent != ProtocolTable::illegal && "a send was pipelined behind one whose answer leads elsewhere");
        if (sent == ProtocolTable::illegal) return Errc::not_our_turn;
        state_ = sent;
        --pending_;
        if (--run.count == 0) ledger_.erase(ledger_.begin());
    }
    arm(now);
    return Errc::none;
}

void AnyMachine::arm(Instant now) noexcept {
    const Limit& limit = row().time;
    deadline_ = stalls_at_ = Instant::max();
    if (!theirs() || limit.none()) return;
    Duration wait = limit.max;
    if (limit.min != limit.max) {
        const auto range = static_cast<std::uint64_t>((limit.max - limit.min).count()) + 1;
        wait = limit.min + Duration(static_cast<Duration::rep>(detail::next_random(random_) % range));
    }
    waiting_since_ = now;
    stalls_at_ = now + wait / 2;
    if (!trusted_ || !limit.waived_for_trusted) deadline_ = now + wait;
}

void AnyMachine::restart() noexcept {
    state_ = 0;
    deadline_ = stalls_at_ = Instant::max();
    ledger_.clear();
    pending_ = 0;
}

Violation AnyMachine::violation(Errc rule, std::optional<std::size_t> message) const noexcept {
    return {table_->protocol, row().name, message ? table_->messages[*message] : std::string_view{}, rule};
}

}  // namespace ouro
