// The reading side of a pool: turns, reads, items.

#include <algorithm>

#include "interface/pool.hpp"

namespace ouro::detail {

namespace {

constexpr std::size_t buffer_size = TurnLine<std::shared_ptr<Connection>>::longest;
// Bytes added to the cost of a turn, and of a queued item in it: the smallest ones cost as much as this.
constexpr std::size_t item_cost = 128;
// Bytes added to the cost of a read, in a stretch of reads without an event.
constexpr std::size_t read_cost = 4 * 1024;
// Bytes of output that a turn may cause while others wait: less would not be worth a write. A request of 88 bytes
// causes a block of 88,000.
constexpr std::size_t least_answers = 64 * 1024;

}  // namespace

void Pool::readable(Connection& c) {
    c.readable = true;
    go_on(c);
    notify();
}

// Joins the line or waits for the socket; does neither while the multiplexer wants no bytes.
void Pool::go_on(Connection& c) {
    if (c.pool == nullptr || c.in_turn || &c == current_.get()) return;
    const bool may_read = c.engine.want() != 0;
    if (c.engine.ready() || (may_read && c.readable)) {
        c.in_turn = true;
        line_.join(c.shared_from_this(), c.account);
    } else if (may_read && !c.waiting) {
        c.waiting = true;
        c.bearer.async_wait_readable([self = c.shared_from_this()](std::error_code) {
            self->waiting = false;
            if (self->pool != nullptr) self->pool->readable(*self);
        });
    }
}

void Pool::begin_turn(const std::shared_ptr<Connection>& c) {
    current_ = c;
    input_ = {};
    turn_ = line_.turn();
    answers_ = std::max(turn_, least_answers);
    c->account = line_.account();
    line_.use(c->account, item_cost);
    flush_some();
    if (c->pool == nullptr || c->engine.ready()) return;
    if (!c->readable || c->engine.want() == 0) return end_turn(*c);
    // Busy sockets must not delay the deadlines of others.
    expire_due();
    if (c->pool == nullptr) return;
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(buffer_size);
    read(*c);
}

void Pool::read(Connection& c) {
    const std::span<std::uint8_t> into(buffer_.get(), std::min(turn_, c.engine.want()));
    const Bearer::Moved got = c.bearer.try_read(into);
    c.readable = got.bytes == into.size();
    received_ += got.bytes;
    read_ += got.bytes + read_cost;
    line_.use(c.account, got.bytes);
    if (!got.error) {
        input_ = into.first(got.bytes);
    } else if (got.would_block()) {
        end_turn(c);
    } else {
        if (got.eof()) {
            c.engine.input_ended();
        } else {
            c.engine.input_failed(got.error);
        }
        if (!settle(c)) end_turn(c);
    }
}

bool Pool::take_item(StreamEvent& event) {
    Connection& c = *current_;
    // The bytes of a read are consumed completely unless they cause too much output; queued bytes can wait for the next
    // turn.
    if (!line_.empty() && (answers_ == 0 || (turn_ == 0 && input_.empty()))) {
        c.engine.put_aside(input_);
        if (!settle(c)) end_turn(c);
        return false;
    }
    const bool queued = input_.empty();
    if (c.engine.next(input_, taken_)) {
        // A turn of queued items is as long as one of read bytes: a few small items would cost a write each time.
        turn_ -= std::min(turn_, taken_.bytes.size());
        if (queued) line_.use(c.account, taken_.bytes.size() + item_cost);
        event = Arrived{c.id, &c.peer, taken_.channel, taken_.role, taken_.bytes, taken_.owner};
        return true;
    }
    if (!settle(c)) end_turn(c);
    return false;
}

void Pool::count_held(Connection& c, const mux::Ingress::Held& held) noexcept {
    in_use_.held += held.total() - c.held.total();
    in_use_.requested += held.requested - c.held.requested;
    c.held = held;
}

// Of equal connections, disconnects `last`, whose bytes exceeded the budget.
void Pool::reclaim(Connection& last) {
    while (over_budget(in_use_, options_.budget)) {
        const std::size_t share = input_budget(options_.budget, in_use_.queued) / options_.accept.hard;
        Connection* victim = &last;
        Reclaim most = last.pool == nullptr ? Reclaim() : reclaim_from(last.held, share);
        for (const auto& [id, c] : connections_) {
            const Reclaim one = reclaim_from(c->held, share);
            if (one > most) {
                most = one;
                victim = c.get();
            }
        }
        victim->engine.reset(Errc::over_budget);
        settle(*victim);
    }
}

// Nothing of the read is left, because no more was read than the engine wanted.
void Pool::end_turn(Connection& c) {
    const auto self = std::exchange(current_, nullptr);
    count_held(c, c.engine.held());
    if (over_budget(in_use_, options_.budget)) {
        reclaim(c);
        if (c.pool == nullptr) return;
    }
    // Most turns end between segments, and then the time is not needed.
    c.engine.consumed(c.readable, c.engine.inside_segment() ? now() : Instant());
    if (settle(c)) return;
    reschedule(c);
    go_on(c);
}

}  // namespace ouro::detail
