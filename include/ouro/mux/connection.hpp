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

/// A connection without its socket: framing, credit, deadlines, the count of the bytes that left, and the end.
///
/// Its owner has the socket, the read buffer and the batch, and passes in what the socket did, and the time. Any call
/// may end the connection: then `end` is set, and the owner closes the socket as it says and destroys the connection.
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
/// In every state `reset`, a rule the peer broke, an error of the socket and a deadline end the connection.
class Connection {
  public:
    /// What the connections of one owner have in common. A timeout of zero is none.
    struct Rules {
        IngressLimit limit = nullptr;
        ProtocolName name = nullptr;
        std::size_t segment_payload = default_segment_payload_length;  ///< bytes that one segment of ours carries
        Duration segment_timeout{};  ///< from the first byte of the peer's segment to its last
        Duration write_timeout{};    ///< in which the peer takes at least one segment of what is queued
    };

    enum class State : std::uint8_t { open, input_only, draining, finishing, lingering, ended };

    /// Why a connection ended, and how its socket is closed.
    struct End {
        Errc reason = Errc::none;
        std::error_code system{};  ///< the socket's error, if it had one
        Violation violation{};     ///< the rule that the peer broke, if it broke one
        bool orderly = false;      ///< the system still delivers what was written; otherwise the close is a reset
    };

    /// Bytes of payload that left, of one endpoint: in all writes since it was reported last.
    struct Sent {
        Channel channel{};
        Role role{};
        std::size_t bytes = 0;
        std::size_t queued = 0;  ///< still to be written when it is reported
    };

    /// What the owner has to try at once, because a deadline has passed.
    struct Due {
        bool write = false;
        bool read = false;
    };

    /// Lifetimes  `rules` live as long as the connection.
    Connection(Direction opened, const Rules& rules)
        : rules_(&rules), ingress_(opened, rules.limit), egress_(rules.segment_payload) {}

    [[nodiscard]] State state() const noexcept { return state_; }
    /// `close` was called, or the connection has ended.
    [[nodiscard]] bool closing() const noexcept { return state_ >= State::draining; }
    /// Null until the connection has ended.
    [[nodiscard]] const End* end() const noexcept { return state_ == State::ended ? &ending_->end : nullptr; }

    /// Gives credit, as `Ingress::expect`; not while the connection closes.
    void expect(Channel channel, Role role, std::uint32_t items, std::size_t max_bytes, std::size_t queue = 0,
                std::shared_ptr<cbor::ItemWatch> watch = {}) {
        if (!closing()) ingress_.expect(channel, role, items, max_bytes, queue, std::move(watch));
    }
    /// Queues messages, as `Egress::append`, if the connection is open.
    template <class F>
    void append(Channel channel, Role role, F&& encode) {
        if (state_ == State::open) egress_.append(channel, role, std::forward<F>(encode));
    }
    /// Begins an orderly close: what is queued is written, then our side of the socket ends, and the connection ends
    /// when the peer ends its own, `linger` from now at the latest. Nothing happens if it is closing already.
    void close(Errc reason, const Violation& violation, Duration linger, Instant now);
    /// Ends the connection, also while it closes.
    void reset(Errc reason, const Violation& violation = {});
    /// Ends the connection because of an item of `channel`, which becomes the protocol of `violation`.
    void fail(Channel channel, Violation violation);

    /// Bytes to read from the socket now; 0: do not read. A read may give fewer.
    [[nodiscard]] std::size_t want() const noexcept {
        if (!closing()) return ingress_.want();
        return state_ == State::draining || state_ == State::lingering ? SIZE_MAX : 0;
    }
    /// `next` gives an item, or ends the connection, without input.
    [[nodiscard]] bool ready() const noexcept { return !closing() && ingress_.ready(); }
    /// The next item, as `Ingress::next`: false if there is no whole one or the connection has ended. While it closes,
    /// the input is discarded.
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
    /// All input was consumed; `more`: a read may give more. Starts, moves and judges the deadline of a segment: a peer
    /// is late only if the socket has nothing more of it. `now` matters only inside a segment.
    void consumed(bool more, Instant now) {
        // Between segments, as most reads end.
        if (state_ == State::open && segment_due_ == Instant::max() && !ingress_.inside_segment()) return;
        watch_input(more, now);
    }
    /// Part of a segment has arrived and `consumed` needs the time.
    [[nodiscard]] bool inside_segment() const noexcept { return ingress_.inside_segment(); }
    /// The socket has reached the end of the peer's side.
    void input_ended();
    void input_failed(std::error_code error);

    /// There is something to write.
    [[nodiscard]] bool has_output() const noexcept {
        return !egress_.empty() && state_ != State::input_only && state_ != State::ended;
    }
    /// Bytes of payload to be written: in all queues, and in one.
    [[nodiscard]] std::size_t queued() const noexcept { return egress_.size(); }
    [[nodiscard]] std::size_t queued(Channel channel, Role role) const noexcept { return egress_.size(channel, role); }
    /// Plans the next write, stamped with the time; there must be output. Followed by `wrote`.
    void plan(Batch& batch, Instant now);
    /// The first `bytes` of the plan went to the system: 0 if none did.
    void wrote(std::size_t bytes);
    /// A write has been tried and the rest waits until the socket has room; `unacknowledged` bytes of all that was
    /// written are still in the system. Starts, moves and judges the deadline of the writer.
    void blocked(std::size_t unacknowledged, Instant now);
    void write_failed(std::error_code error);
    /// Returns true once, when all was written in an orderly close: the owner ends its side of the socket.
    [[nodiscard]] bool shut_down() { return closing() && end_output(); }
    /// Bytes have left that `poll_sent` has not reported.
    [[nodiscard]] bool unreported() const noexcept { return !gone_.empty(); }
    /// Reports bytes that left; false if all are reported.
    bool poll_sent(Sent& sent) {
        if (gone_.empty()) return false;
        sent = gone_.front();
        // As it is now: more may have been queued since that write.
        sent.queued = egress_.size(sent.channel, sent.role);
        gone_.erase(gone_.begin());
        return true;
    }

    /// When to call `expire`; `Instant::max()`: no deadline.
    [[nodiscard]] Instant next_deadline() const noexcept {
        const Instant next = std::min(segment_due_, write_.due());
        if (!closing()) return next;
        return state_ == State::ended ? Instant::max() : std::min(next, ending_->due);
    }
    /// Looks at the deadlines. Ends the connection after its linger. For a peer that is late, the owner tries again
    /// what `Due` says: a busy program may have left room or input unused. `blocked` and `consumed` then judge.
    Due expire(Instant now);

    /// Memory that the input takes, and bytes in it that were not taken.
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
    std::uint32_t segment_ = 0;  // which one `segment_due_` is about
    State state_ = State::open;
};

}  // namespace ouro::mux
