// The writing side of a pool: queues, writes and their reports.

#include <algorithm>

#include "interface/pool.hpp"

namespace ouro::detail {

namespace {

/// Bytes that may wait for the next stretch of writing; more are written at once.
constexpr std::size_t unsent_limit = mux::Batch::max_bytes;
/// Bytes up to which output waits in the first line: small answers such as a pong, an intersection or a few headers.
constexpr std::size_t little = 4 * 1024;
/// Batches written in a row. After them the pool waits until the socket has room for more. Writing until the socket
/// refuses would plan a useless batch each time, and write small ones to a peer that reads meanwhile.
constexpr int most_batches = 2;

}  // namespace

void Pool::send(ConnectionId id, Channel channel, Role role, StreamCore::Encode encode, const void* message) {
    Connection* c = find(id);
    if (c == nullptr) return;
    const std::size_t before = c->queued;
    c->engine.append(channel, role, [&](ByteQueue& queue) { encode(message, queue); });
    count_queued(*c);
    const std::size_t added = c->queued - before;
    line_.use(c->account, added);
    if (c == current_.get()) answers_ -= std::min(answers_, added);
    if (c->blocked || !c->engine.has_output()) return;
    if (waiter_.pending() || c->engine.queued() > unsent_limit) {
        (void)flush(*c);
        notify();
    } else {
        line_up(*c);
    }
}

void Pool::count_queued(Connection& c) noexcept {
    in_use_.queued -= std::exchange(c.queued, c.engine.queued());
    in_use_.queued += c.queued;
}

// Joins a line for the next stretch of writing.
void Pool::line_up(Connection& c) {
    if (std::exchange(c.unsent, true)) return;
    (c.engine.queued() <= little ? unsent_ : backlog_).push_back(c.shared_from_this());
}

void Pool::flush_some() {
    for (std::size_t written = 0; written < stretch && has_unsent();) {
        const auto c = (unsent_.empty() ? backlog_ : unsent_).pop_front();
        c->unsent = false;
        if (c->pool != nullptr && !c->blocked) written += flush(*c);
    }
}

// Returns the number of bytes written.
std::size_t Pool::flush(Connection& c) {
    std::size_t total = 0;
    for (int batches = 1; c.engine.has_output(); ++batches) {
        const Instant time = now();
        c.engine.plan(batch_, time);
        const Bearer::Moved written = c.bearer.try_write(batch_.buffers);
        c.engine.wrote(written.bytes);
        count_queued(c);
        total += written.bytes;
        if (c.engine.unreported() && !std::exchange(c.unreported, true)) unreported_.push_back(c.shared_from_this());
        if (written.error && !written.would_block()) {
            c.engine.write_failed(written.error);
            if (settle(c)) return total;
            c.readable = true;
            go_on(c);
            return total;
        }
        // A short write means a full socket: another try would only cost a call.
        const bool enough = batches == most_batches && c.engine.has_output();
        if (written.bytes < batch_.bytes || enough) {
            wait_writable(c, time);
            return total;
        }
    }
    in_system(c, 0);
    if (c.engine.shut_down()) c.bearer.shutdown_send();
    settle(c);
    return total;
}

void Pool::wait_writable(Connection& c, Instant time) {
    in_system(c, c.bearer.unacknowledged());
    c.engine.blocked(c.unacknowledged, time);
    if (settle(c)) return;
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
    line_up(c);
    notify();
}

bool Pool::report_sent(StreamEvent& event) {
    while (!unreported_.empty()) {
        Connection& c = *unreported_.front();
        mux::Connection::Sent sent;
        if (c.pool == nullptr || !c.engine.poll_sent(sent)) {
            c.unreported = false;
            unreported_.pop_front();
            continue;
        }
        event = io::Sent{c.id, c.peer, sent.channel, sent.role, sent.bytes, sent.queued};
        return true;
    }
    return false;
}

}  // namespace ouro::detail
