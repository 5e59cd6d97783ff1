#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/base/error.hpp>
#include <ouro/base/types.hpp>
#include <ouro/cbor/item_watch.hpp>
#include <ouro/cbor/scanner.hpp>
#include <ouro/mux/input_queue.hpp>
#include <ouro/mux/segment.hpp>

namespace ouro::mux {

/// Returns how many unread bytes the queue of a mini-protocol may hold; 0 for an unknown number.
using IngressLimit = std::size_t (*)(Channel) noexcept;
/// Returns the name of a mini-protocol; empty for an unknown number.
using ProtocolName = std::string_view (*)(Channel) noexcept;

/// The receiving half of a connection: bytes in, whole CBOR items out, one at a time and only on credit.
///
/// Data with credit is framed directly from the input; other data moves to the queue of its endpoint (a mini-protocol
/// and our role). A cut item is assembled, each byte copied once. An endpoint stays registered without credit: after
/// its last message a mini-protocol may start again. Credit for zero items and bytes closes it until the next credit: a
/// first byte from the peer is then `Errc::unread_data`.
///
/// A connection begins with a gate. Until it opens, the handshake's endpoint is the only one, one item is framed, and
/// nothing is read ahead; data after that item in its segment is discarded. The gate opens with the first credit for
/// another mini-protocol; afterwards channel 0 is an unknown protocol.
class Ingress {
  public:
    /// `opened`: on an inbound connection we are the handshake's responder. On an outbound one the handshake accepts
    /// either mode bit, in case the peer opened the same connection at the same time.
    Ingress(Direction opened, IngressLimit limit) noexcept : limit_(limit), opened_(opened) {}

    struct Taken {
        Channel channel{};
        Role role{};                   ///< ours
        BytesView bytes;               ///< one whole item; valid until the next call of `next`
        const Bytes* owner = nullptr;  ///< if not null, it contains `bytes`, which can be shared; valid as long
    };

    /// Gives credit for `items` more items, each of at most `max_bytes` bytes; this size replaces that of earlier
    /// credit. The first credit of an endpoint registers it. Zero items and zero bytes close it. Credit for the
    /// handshake covers one item at a time, and is ignored once the gate is open.
    ///
    /// `watch` sees the next item, until its end. If it consumes the item, only `watch->ended()` is returned of it.
    void expect(Channel channel, Role role, std::uint32_t items, std::size_t max_bytes, std::size_t queue = 0,
                const std::shared_ptr<cbor::ItemWatch>& watch = {});

    /// The next item: first from the queues, in turn, then from `input`, which advances past the consumed bytes.
    ///
    /// Errors    Errc::none       `taken` is set
    ///           Errc::need_more  no whole item. `input` is empty, or the gate is closed: the handshake's item has no
    ///                            credit, or it was returned and is not yet answered
    ///           All others are fatal and are returned again by every call; `failed_at` is their endpoint:
    ///           empty_segment, unknown_protocol, wrong_direction, ingress_overflow (all detected at a header);
    ///           unread_data (bytes at a closed endpoint); malformed, depth_exceeded, message_too_large (as soon as the
    ///           heads of an item show it).
    /// Lifetimes `input` must stay as long as `taken.bytes` is used.
    Errc next(BytesView& input, Taken& taken);

    /// Moves `input` to the queues, even with credit, so that `next` returns its items without input.
    ///
    /// Errors  Errc::none, and those of `next` that are detected at a header or at a closed endpoint
    Errc put_aside(BytesView input);

    /// Bytes to read from the socket now: in the handshake the rest of the header or the payload, 0 while the gate is
    /// closed, any number afterwards.
    [[nodiscard]] std::size_t want() const noexcept;
    /// Whether a segment is incomplete and the peer has to continue it.
    [[nodiscard]] bool inside_segment() const noexcept;
    /// Number of segments begun, modulo 2^32: distinguishes a long segment from the next one.
    [[nodiscard]] std::uint32_t segments() const noexcept { return segments_; }
    /// Whether part of a segment or of an item has arrived, so that an end of the connection now cuts it. Bytes without
    /// credit do not count, because they have not been examined.
    [[nodiscard]] bool inside_item() const noexcept;
    /// Bytes of memory that a connection's input takes, by the peer's claim to it.
    struct Held {
        std::size_t unread = 0;     ///< queued without credit: not requested
        std::size_t awaited = 0;    ///< credited where the peer is the initiator: its requests, its transactions
        std::size_t requested = 0;  ///< credited where we are the initiator: answers to our requests

        [[nodiscard]] std::size_t total() const noexcept { return unread + awaited + requested; }
        friend bool operator==(const Held&, const Held&) = default;
    };
    /// Memory held: queues, and the room reserved for incomplete items.
    [[nodiscard]] Held held() const noexcept;
    /// The same without the spare room of queues: untaken bytes that have arrived or that heads announce.
    [[nodiscard]] std::size_t waiting() const noexcept;
    /// Whether `next` needs no input: a queue has bytes and credit, or a closed endpoint has bytes.
    [[nodiscard]] bool ready() const noexcept { return runnable_ != 0 || failure_ != Errc::none; }

    struct Place {
        Channel channel{};
        Role role{};  ///< ours
    };
    /// The endpoint of the fatal error.
    [[nodiscard]] Place failed_at() const noexcept { return failed_at_; }
    /// For a refused item, the offset in it of the wrong or surplus byte, however the item was cut.
    [[nodiscard]] std::optional<std::size_t> failed_offset() const noexcept { return failed_offset_; }

  private:
    enum class Gate : std::uint8_t { closed, handshake, open };

    /// Bytes of an endpoint that have arrived and were not taken, and the watch of its next item. Most endpoints of
    /// most connections have none.
    struct Unread {
        std::size_t lent = 0;  // bytes of the last item, at the front of the queue
        InputQueue queue;      // empty whenever there is credit and `next` has returned need_more
        BytesBuilder part;     // exactly the bytes of an incomplete item that the scanner has seen; none if `watch`
                               // consumes them
        std::shared_ptr<cbor::ItemWatch> watch;  // of the next item, or of the incomplete one
        cbor::Scanner scanner;

        [[nodiscard]] bool consumed() const noexcept { return watch != nullptr && watch->consumes(); }
        /// Bytes of the incomplete item that have arrived.
        [[nodiscard]] std::size_t arrived() const noexcept {
            return consumed() ? static_cast<std::size_t>(watch->count()) : part.size();
        }
        [[nodiscard]] bool none() const noexcept { return queue.empty() && watch == nullptr && !scanner.inside(); }
    };

    struct Endpoint {
        Place place;
        bool closed = false;  // the peer may send nothing
        std::uint32_t credit = 0;
        std::size_t max_bytes = 0;
        std::size_t limit = 0;
        std::unique_ptr<Unread> unread;  // null: none

        [[nodiscard]] Unread& keep() {
            if (!unread) unread = std::make_unique<Unread>();
            return *unread;
        }
        /// Frees the memory if nothing is left in it.
        void tidy() noexcept {
            if (unread && unread->none()) unread.reset();
        }
        [[nodiscard]] std::size_t queued() const noexcept { return unread ? unread->queue.size() : 0; }
        /// Whether bytes are queued that were not taken.
        [[nodiscard]] bool has_queued() const noexcept { return unread && unread->queue.size() > unread->lent; }
        [[nodiscard]] std::size_t arrived() const noexcept { return unread ? unread->arrived() : 0; }
        [[nodiscard]] bool runnable() const noexcept { return credit != 0 && has_queued(); }
    };

    Endpoint* find(Channel channel, Role role) noexcept;
    void open_gate() noexcept;
    void give_back() noexcept;
    Errc fail(Errc error, Place place, std::optional<std::size_t> offset = {}) noexcept;
    Errc begin_segment(BytesView& input);
    void append(Endpoint& endpoint, BytesView payload);
    Errc route(const SegmentHeader& header);
    Errc next_queued(Taken& taken);
    Errc frame(Endpoint& endpoint, BytesView& run, Taken& taken);
    void end_item(Unread& unread, std::size_t had, Taken& taken);

    std::vector<Endpoint> endpoints_;
    IngressLimit limit_;
    std::uint32_t segment_ = 0;   // endpoint of the current segment
    std::uint32_t turn_ = 0;      // endpoint whose queue is next
    std::uint32_t lender_ = 0;    // endpoint whose queue contains the last item
    std::uint32_t runnable_ = 0;  // number of runnable endpoints
    Bytes assembled_;             // the last item, if it was cut
    std::array<std::uint8_t, header_size> header_{};
    std::uint32_t segments_ = 0;
    std::uint8_t header_bytes_ = 0;  // bytes of an incomplete header
    std::uint16_t payload_left_ = 0;
    bool discarding_ = false;  // the rest of the payload follows the handshake's item
    Gate gate_ = Gate::closed;
    Direction opened_;
    Errc failure_ = Errc::none;
    Place failed_at_;
    std::optional<std::size_t> failed_offset_;
};

}  // namespace ouro::mux
