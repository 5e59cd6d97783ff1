#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/base/error.hpp>
#include <ouro/base/time.hpp>
#include <ouro/base/types.hpp>
#include <ouro/mux/egress.hpp>
#include <ouro/mux/ingress.hpp>
#include <ouro/mux/segment.hpp>
#include <ouro/mux/write_watch.hpp>

namespace ouro::mux {

/// A connection without its socket: framing, credit, deadlines, the count of sent bytes, and the end.
///
/// Its owner has the socket, the read buffer and the batch, and passes in the socket's results and the time. Any call
/// may end the connection. Then `end` is set, and the owner closes the socket accordingly and destroys the connection.
///
///     state      | input     | queued messages      | next state
///     -----------|-----------|----------------------|-----------------------------------------------------------
///     open       | items     | are written          | draining: `close`.  input_only: a write failed
///     input_only | items     | dropped, none added  | ended: no input is left
///     draining   | discarded | written, none added  | lingering: all written.  finishing: the peer ended its side
///     finishing  | ended     | written, none added  | ended: all written
///     lingering  | discarded | none, our side ended | ended: the peer ended its side
///     ended      | none      | none                 |
///
/// In every state `reset`, a rule that the peer broke, an error of the socket, and a deadline end the connection.
class Connection {
  public:
    /// The settings that all connections of one owner share. A timeout of zero means none.
    struct Rules {
        IngressLimit limit = nullptr;
        ProtocolName name = nullptr;
        std::size_t segment_payload = default_segment_payload_length;  ///< bytes in one segment that we send
        Duration segment_timeout{};  ///< from the first byte of the peer's segment to its last
        Duration write_timeout{};    ///< in which the peer must take at least one queued segment
    };

    enum class State : std::uint8_t { open, input_only, draining, finishing, lingering, ended };

    /// Why a connection ended, and how its socket is closed.
    struct End {
        Errc reason = Errc::none;
        std::error_code system{};  ///< the socket's error, if it had one
        Violation violation{};     ///< the rule that the peer broke, if it broke one
        bool orderly = false;      ///< the system still delivers the written bytes; otherwise the close is a reset
    };

    /// Bytes of payload of one endpoint that were sent since its last report.
    struct Sent {
        Channel channel{};
        Role role{};
        std::size_t bytes = 0;
        std::size_t queued = 0;  ///< still to be written when it is reported
    };

    /// What the owner must try at once because a deadline has passed.
    struct Due {
        bool write = false;
        bool read = false;
    };

    /// Lifetimes  `rules` live as long as the connection.
    Connection(Direction opened, const Rules& rules)
        : rules_(&rules), ingress_(opened, rules.limit), egress_(rules.segment_payload) {}

    [[nodiscard]] State state() const noexcept { return state_; }
    /// Whether `close` was called or the connection has ended.
    [[nodiscard]] bool closing() const noexcept { return state_ >= State::draining; }
    /// Null until the connection has ended.
    [[nodiscard]] const End* end() const noexcept { return state_ == State::ended ? &ending_->end : nullptr; }

    /// Gives credit as in `Ingress::expect`. Does nothing while the connection closes.
    void expect(Channel channel, Role role, std::uint32_t items, std::size_t max_bytes, std::size_t queue = 0,
                const std::shared_ptr<cbor::ItemWatch>& watch = {}) {
        if (!closing()) ingress_.expect(channel, role, items, max_bytes, queue, watch);
    }
    /// Queues messages as in `Egress::append`, if the connection is open.
    template <class F>
    void append(Channel channel, Role role, F&& encode) {
        if (state_ == State::open) egress_.append(channel, role, std::forward<F>(encode));
    }
    /// Starts an orderly close: queued messages are written, then our side of the socket ends. The connection ends when
    /// the peer ends its side, or after `linger`. Does nothing if it is closing already.
    void close(Errc reason, const Violation& violation, Duration linger, Instant now);
    /// Ends the connection, also while it closes.
    void reset(Errc reason, const Violation& violation = {});
    /// Ends the connection because of an item of `channel`, and sets the protocol of `violation` from it.
    void fail(Channel channel, Violation violation);

    /// Bytes to read from the socket now; 0: do not read. A read may give fewer.
    [[nodiscard]] std::size_t want() const noexcept {
        if (!closing()) return ingress_.want();
        return state_ == State::draining || state_ == State::lingering ? SIZE_MAX : 0;
    }
    /// Whether `next` returns an item, or ends the connection, without input.
    [[nodiscard]] bool ready() const noexcept { return !closing() && ingress_.ready(); }
    /// Takes the next item as in `Ingress::next`. Returns false if there is no whole item or the connection has ended.
    /// Discards the input while the connection closes.
    bool next(BytesView& input, Ingress::Taken& taken) {
        if (closing()) {
            input = {};
            return false;
        }
        const Errc status = ingress_.next(input, taken);
        if (status != Errc::none && status != Errc::need_more) broke(status);
        return status == Errc::none;
    }
    /// Moves the rest of the input to the queues of its endpoints, to be framed later. May end the connection.
    void put_aside(BytesView& input) {
        const Errc status = closing() ? Errc::none : ingress_.put_aside(input);
        input = {};
        if (status != Errc::none) broke(status);
    }
    /// Call it when all input was consumed; `more`: a read may return more. Starts, moves and checks the deadline of a
    /// segment: a peer is late only if the socket has no more bytes of it. `now` matters only inside a segment.
    void consumed(bool more, Instant now) {
        // Most reads end between segments.
        if (state_ == State::open && segment_due_ == Instant::max() && !ingress_.inside_segment()) return;
        watch_input(more, now);
    }
    /// Whether part of a segment has arrived, so that `consumed` needs the time.
    [[nodiscard]] bool inside_segment() const noexcept { return ingress_.inside_segment(); }
    /// Call it when the socket has reached the end of the peer's side.
    void input_ended();
    void input_failed(std::error_code error);

    /// Whether there is something to write.
    [[nodiscard]] bool has_output() const noexcept {
        return !egress_.empty() && state_ != State::input_only && state_ != State::ended;
    }
    /// Bytes of payload to be written: in all queues, and in one.
    [[nodiscard]] std::size_t queued() const noexcept { return egress_.size(); }
    [[nodiscard]] std::size_t queued(Channel channel, Role role) const noexcept { return egress_.size(channel, role); }
    /// Plans the next write, stamped with the time; there must be output. Call `wrote` next.
    void plan(Batch& batch, Instant now);
    /// Records that the first `bytes` of the plan were written; 0 if none were.
    void wrote(std::size_t bytes);
    /// Call it after a write if the rest waits until the socket has room; `unacknowledged` bytes of all written ones
    /// are still in the system. Starts, moves and checks the write deadline.
    void blocked(std::size_t unacknowledged, Instant now);
    void write_failed(std::error_code error);
    /// Returns true once, when everything is written in an orderly close. The owner then ends its side of the socket.
    [[nodiscard]] bool shut_down() { return closing() && end_output(); }
    /// Whether bytes were sent that `poll_sent` has not reported.
    [[nodiscard]] bool unreported() const noexcept { return !gone_.empty(); }
    /// Reports sent bytes; returns false if all are reported.
    bool poll_sent(Sent& sent) {
        if (gone_.empty()) return false;
        sent = gone_.front();
        // The present count: more bytes may have been queued since that write.
        sent.queued = egress_.size(sent.channel, sent.role);
        gone_.erase(gone_.begin());
        if (gone_.empty()) std::vector<Sent>().swap(gone_);
        return true;
    }

    /// When to call `expire`; `Instant::max()`: no deadline.
    [[nodiscard]] Instant next_deadline() const noexcept {
        const Instant next = std::min(segment_due_, write_.due());
        if (!closing()) return next;
        return state_ == State::ended ? Instant::max() : std::min(next, ending_->due);
    }
    /// Checks the deadlines. Ends the connection after its linger. If a peer is late, the owner tries again as `Due`
    /// states, because a busy program may have left room or input unused. Then `blocked` and `consumed` decide.
    Due expire(Instant now);

    /// Memory of the input, and bytes in it that were not taken.
    [[nodiscard]] Ingress::Held held() const noexcept { return ingress_.held(); }
    [[nodiscard]] std::size_t waiting() const noexcept { return ingress_.waiting(); }

  private:
    // Behind a pointer: there are many connections, and most are idle.
    struct Ending {
        End end;
        Instant due = Instant::max();  // of the linger
    };

    void broke(Errc rule);
    void watch_input(bool more, Instant now);
    [[nodiscard]] bool end_output();
    void finish(End end);
    void finish_closing(std::error_code system, bool orderly);

    const Rules* rules_;
    Ingress ingress_;
    Egress egress_;
    std::vector<Sent> gone_;
    std::unique_ptr<Ending> ending_;
    Instant segment_due_ = Instant::max();
    WriteWatch write_;
    std::uint32_t segment_ = 0;  // number of the segment of `segment_due_`
    State state_ = State::open;
};

}  // namespace ouro::mux
