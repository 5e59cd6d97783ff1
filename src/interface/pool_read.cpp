// The way in of a pool: turns, reads, items.

#include <algorithm>

#include "interface/pool.hpp"
#include "interface/reclaim.hpp"

namespace ouro::detail {

namespace {

constexpr std::size_t buffer_size = TurnLine<std::shared_ptr<Connection>>::longest;
// What a turn, and a queued item in it, count for beside their bytes: the smallest cost as much as this.
constexpr std::size_t item_cost = 128;

}  // namespace

void Pool::readable(Connection& c) {
    c.readable = true;
    go_on(c);
    notify();
}

// A place in line, or a wait for the socket; neither while the multiplexer wants nothing.
void Pool::go_on(Connection& c) {
    if (c.pool == nullptr || c.in_turn || &c == current_.get()) return;
    const bool may_read = c.may_read();
    if ((!c.drain && c.ingress.ready()) || (may_read && c.readable)) {
        c.in_turn = true;
        line_.join(c.shared_from_this(), c.round, c.used);
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
    c->used += item_cost;
    if (!c->drain && c->ingress.ready()) return;
    if (!c->readable || !c->may_read()) return end_turn(*c);
    flush_all();
    // Busy sockets must not keep the others from being late.
    expire_due();
    if (c->pool == nullptr) return;
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(buffer_size);
    if (c->drain) {
        discard(*c);
    } else {
        read(*c);
    }
}

void Pool::read(Connection& c) {
    const std::span<std::uint8_t> into(buffer_.get(), std::min(turn_, c.ingress.want()));
    const Bearer::Moved got = c.bearer.try_read(into);
    if (!got.error) {
        c.readable = got.octets == into.size();
        received_ += got.octets;
        c.used += got.octets;
        input_ = into.first(got.octets);
    } else if (c.write_error) {
        // The end that the write met first; the read cannot tell it from a clean one.
        end(c, Errc::connection_reset, c.write_error);
    } else if (got.would_block()) {
        c.readable = false;
        end_turn(c);
    } else if (got.eof()) {
        end(c, c.ingress.inside_item() ? Errc::truncated : Errc::closed_by_peer);
    } else {
        end(c, Errc::connection_reset, got.error);
    }
}

void Pool::discard(Connection& c) {
    const auto self = std::exchange(current_, nullptr);
    const std::span<std::uint8_t> into(buffer_.get(), turn_);
    const Bearer::Moved got = c.bearer.try_read(into);
    c.readable = got.octets == into.size();
    received_ += got.octets;
    if (!got.error || got.would_block()) return go_on(c);
    // The peer has closed: the last octets are the system's to deliver, and a reset would take them back.
    if (got.eof() && c.egress.empty()) c.bearer.close();
    end_drained(c, got.eof() ? std::error_code() : got.error);
}

bool Pool::take_item(StreamEvent& event) {
    Connection& c = *current_;
    // What was read is consumed to its end; what is queued can wait for the next turn.
    if (turn_ == 0 && input_.empty() && !line_.empty()) {
        end_turn(c);
        return false;
    }
    const bool queued = input_.empty();
    const Errc status = c.ingress.next(input_, taken_);
    if (status == Errc::none) {
        const std::size_t cost = taken_.octets.size() + item_cost;
        turn_ -= std::min(turn_, cost);
        if (queued) c.used += cost;
        event = Arrived{c.id, &c.peer, taken_.channel, taken_.role, taken_.octets, taken_.owner};
        return true;
    }
    if (status == Errc::need_more) {
        end_turn(c);
    } else {
        violated(c, {name_(c.ingress.failed_at().channel), {}, {}, status, c.ingress.failed_offset()});
    }
    return false;
}

// Of equals, `last`, which made it too much.
void Pool::reclaim(Connection& last) {
    const std::size_t share = options_.budget / options_.accept.hard;
    while (held_ > options_.budget) {
        Connection* victim = &last;
        Reclaim most = last.pool == nullptr ? Reclaim() : reclaim_from(last.held, share);
        for (const auto& [id, c] : connections_) {
            const Reclaim one = reclaim_from(c->held, share);
            if (one > most) {
                most = one;
                victim = c.get();
            }
        }
        end(*victim, Errc::over_budget);
    }
}

// No more than the multiplexer wanted was read, so nothing of the read is left.
void Pool::end_turn(Connection& c) {
    const auto self = std::exchange(current_, nullptr);
    held_ -= c.held.total();
    c.held = c.ingress.held();
    held_ += c.held.total();
    if (held_ > options_.budget) {
        reclaim(c);
        if (c.pool == nullptr) return;
    }

    if (c.drain || !c.ingress.inside_segment()) {
        c.segment_due = Instant::max();
    } else if (const Instant time = now(); c.segment_due == Instant::max() || c.segment != c.ingress.segments()) {
        c.segment = c.ingress.segments();
        c.segment_due = time + options_.segment_timeout;
    } else if (time >= c.segment_due && !c.readable) {
        return violated(c, {{}, {}, {}, Errc::segment_timeout});
    }
    reschedule(c);
    go_on(c);
}

}  // namespace ouro::detail
