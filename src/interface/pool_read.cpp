// The way in of a pool: turns, reads, items.

#include <algorithm>

#include "interface/pool.hpp"

namespace ouro::detail {

namespace {

constexpr std::size_t buffer_size = 512 * 1024;

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
        line_.push_back(c.shared_from_this());
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
    const std::span<std::uint8_t> into(buffer_.get(), std::min(buffer_size, c.ingress.want()));
    const Bearer::Moved got = c.bearer.try_read(into);
    if (!got.error) {
        c.readable = got.octets == into.size();
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
    const std::span<std::uint8_t> into(buffer_.get(), buffer_size);
    const Bearer::Moved got = c.bearer.try_read(into);
    c.readable = got.octets == into.size();
    if (!got.error || got.would_block()) return go_on(c);
    // The peer has closed: the last octets are the system's to deliver, and a reset would take them back.
    if (got.eof() && c.egress.empty()) c.bearer.close();
    end_drained(c, got.eof() ? std::error_code() : got.error);
}

bool Pool::take_item(StreamEvent& event) {
    Connection& c = *current_;
    const Errc status = c.ingress.next(input_, taken_);
    if (status == Errc::none) {
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

// Who made it too much; unless that holds no more than its part, and others more than theirs.
Connection& Pool::greediest(Connection& last) noexcept {
    if (last.held > options_.budget / options_.accept.hard) return last;
    const auto less = [](const auto& a, const auto& b) { return a.second->held < b.second->held; };
    return *std::max_element(connections_.begin(), connections_.end(), less)->second;
}

// No more than the multiplexer wanted was read, so nothing of the read is left.
void Pool::end_turn(Connection& c) {
    const auto self = std::exchange(current_, nullptr);
    const std::size_t before = std::exchange(c.held, c.ingress.held());
    held_ += c.held - before;
    if (c.held > before && held_ > options_.budget) {
        end(greediest(c), Errc::over_budget);
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
