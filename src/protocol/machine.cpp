#include <ouro/protocol/machine.hpp>

#include <cassert>

#include <ouro/base/random.hpp>

namespace ouro {

bool AnyMachine::may_send(std::size_t message) const noexcept {
    if (ours()) return table_->after(state_, message) != ProtocolTable::illegal;
    return !done() && table_->ahead[message] == own_agency();
}

Errc AnyMachine::send(std::size_t message, Instant now) {
    if (!may_send(message)) return Errc::not_our_turn;
    if (ours()) {
        state_ = table_->after(state_, message);
        arm(now);
        return Errc::none;
    }
    record(static_cast<std::uint8_t>(message));
    return Errc::none;
}

void AnyMachine::record(std::uint8_t message) {
    const std::uint32_t before = pending_++;
    if (before == 0) oldest_ = message;
    if (mixed_) {
        if (Run& last = mixed_->later.back(); last.message == message)
            ++last.count;
        else
            mixed_->later.push_back({message, 1});
    } else if (message != oldest_) {
        mixed_ = std::make_unique<Mixed>(Mixed{before, {{message, 1}}});
    }
}

// One of the oldest kind fewer is pending.
void AnyMachine::count_down() {
    if (--mixed_->oldest != 0) return;
    auto& later = mixed_->later;
    oldest_ = later.front().message;
    mixed_->oldest = later.front().count;
    later.erase(later.begin());
    if (later.empty()) mixed_.reset();
}

Errc AnyMachine::receive(std::size_t message, std::size_t bytes, Instant now) {
    if (!theirs()) return Errc::out_of_turn;
    const auto next = table_->after(state_, message);
    if (next == ProtocolTable::illegal) return Errc::out_of_turn;
    if (bytes > row().size) return Errc::message_too_large;
    state_ = next;
    while (pending_ > 0 && ours()) {
        const auto sent = table_->after(state_, oldest_);
        assert(sent != ProtocolTable::illegal && "a send was pipelined behind one whose answer leads elsewhere");
        if (sent == ProtocolTable::illegal) return Errc::not_our_turn;
        state_ = sent;
        --pending_;
        if (mixed_) [[unlikely]]
            count_down();
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
    mixed_.reset();
    pending_ = 0;
}

Violation AnyMachine::violation(Errc rule, std::optional<std::size_t> message) const noexcept {
    return {table_->protocol, row().name, message ? table_->messages[*message] : std::string_view{}, rule};
}

}  // namespace ouro
