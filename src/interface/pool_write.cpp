// The way out of a pool: queues, writes, and what they tell.

#include "interface/pool.hpp"

namespace ouro::detail {

namespace {

/// What may wait for the next write of everything; more is written at once.
constexpr std::size_t unsent_limit = mux::Batch::max_octets;
/// What is written in a row. Then the socket says when it has room for as much again: to try until it refuses would
/// plan a batch in vain each time, and write little ones to whoever reads meanwhile.
constexpr int most_batches = 2;

std::uint32_t stamp(Instant now) noexcept {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count());
}

}  // namespace

void Pool::send(ConnectionId id, Channel channel, Role role, StreamCore::Encode encode, const void* message) {
    Connection* c = find(id);
    if (c == nullptr || c->drain || c->write_error) return;
    c->egress.append(channel, role, [&](OctetQueue& queue) { encode(message, queue); });
    if (c->blocked) return;
    if (waiter_.pending() || c->egress.size() > unsent_limit) {
        flush(*c);
        notify();
    } else if (!std::exchange(c->unsent, true)) {
        unsent_.push_back(c->shared_from_this());
    }
}

void Pool::flush_all() {
    while (!unsent_.empty()) {
        const auto c = unsent_.pop_front();
        c->unsent = false;
        if (c->pool != nullptr && !c->blocked && !c->write_error) flush(*c);
    }
}

void Pool::flush(Connection& c) {
    for (int batches = 1; !c.egress.empty(); ++batches) {
        const Instant time = now();
        c.egress.plan(batch_, stamp(time));
        const Bearer::Moved written = c.bearer.try_write(batch_.buffers);
        c.egress.sent(written.octets, [&](Channel channel, Role role, std::size_t octets, std::size_t) {
            for (auto& known : c.gone) {
                if (known.channel != channel || known.role != role) continue;
                known.octets += octets;
                return;
            }
            c.gone.push_back({channel, role, octets});
            if (!std::exchange(c.untold, true)) untold_.push_back(c.shared_from_this());
        });
        if (written.error && !written.would_block()) return write_failed(c, written.error);
        c.write.wrote(written.octets);
        // A short write means a full socket: asking again would only cost a call.
        const bool enough = batches == most_batches && !c.egress.empty();
        if (written.octets < batch_.octets || enough) return wait_writable(c, time);
    }
    c.write.rest();
    in_system(c, 0);
    if (c.drain) c.bearer.shutdown_send();
}

void Pool::wait_writable(Connection& c, Instant time) {
    in_system(c, c.bearer.unacknowledged());
    c.write.left(c.unacknowledged, options_.segment_payload + mux::header_size, time, options_.write_timeout);
    reschedule(c);
    if (std::exchange(c.blocked, true)) return;
    c.bearer.async_wait_writable([self = c.shared_from_this()](std::error_code) {
        if (self->pool != nullptr) self->pool->writable(*self);
    });
}

void Pool::in_system(Connection& c, std::size_t unacknowledged) noexcept {
    unacknowledged_ -= std::exchange(c.unacknowledged, unacknowledged);
    unacknowledged_ += unacknowledged;
}

void Pool::writable(Connection& c) {
    c.blocked = false;
    flush(c);
    notify();
}

// What the peer sent before it went away is worth reading: a refusal, for example.
void Pool::write_failed(Connection& c, std::error_code error) {
    c.write_error = error;
    c.write.rest();
    if (c.drain) return end_drained(c, error);
    if (!c.may_read()) return end(c, Errc::connection_reset, error);
    c.readable = true;
    go_on(c);
}

bool Pool::tell_gone(StreamEvent& event) {
    while (!untold_.empty()) {
        Connection& c = *untold_.front();
        if (c.pool == nullptr || c.gone.empty()) {
            c.untold = false;
            untold_.pop_front();
            continue;
        }
        const Connection::Gone gone = c.gone.back();
        c.gone.pop_back();
        // As it is now: whoever is told may have sent more since that write.
        const std::size_t queued = c.egress.size(gone.channel, gone.role);
        event = io::Sent{c.id, c.peer, gone.channel, gone.role, gone.octets, queued};
        return true;
    }
    return false;
}

}  // namespace ouro::detail
