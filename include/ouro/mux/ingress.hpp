#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <ouro/bytes.hpp>
#include <ouro/cbor/scanner.hpp>
#include <ouro/error.hpp>
#include <ouro/mux/input_queue.hpp>
#include <ouro/mux/segment.hpp>
#include <ouro/types.hpp>

namespace ouro::mux {

/// How many octets the queue of a mini-protocol may hold unread; 0 for a number nobody knows.
using IngressLimit = std::size_t (*)(Channel) noexcept;
/// What a mini-protocol is called; nothing for a number nobody knows.
using ProtocolName = std::string_view (*)(Channel) noexcept;

/// The receiving half of a connection: octets in, whole CBOR items out, one at a time and only on credit.
///
/// What has credit is framed straight from the input; what has none moves to the queue of its endpoint, a mini-protocol
/// and our role in it. An item that is cut is assembled, each octet copied once. An endpoint stays registered without
/// credit: after its last message a mini-protocol may start again. Credit for nothing closes it until the next credit:
/// the peer may send nothing there, and its first byte is `Errc::unread_data`.
///
/// A connection begins with a gate. Until it opens there is one endpoint, the handshake's, and one item is framed, with
/// nothing read ahead; what follows that item in its segment is discarded. The gate opens with the first credit for
/// another mini-protocol; from then on the handshake's number is nobody's.
class Ingress {
  public:
    /// `opened` is who opened the connection: of an inbound one we are the handshake's responder. Of an outbound one
    /// the handshake takes either mode bit, for a peer that opened the same connection at the same time.
    Ingress(Direction opened, IngressLimit limit) noexcept : limit_(limit), opened_(opened) {}

    struct Taken {
        Channel channel{};
        Role role{};                   ///< ours
        BytesView octets;              ///< of one whole item; valid until the next call of `next`
        const Bytes* owner = nullptr;  ///< where not null, `octets` lies inside and can be shared; valid as long
    };

    /// Credit: `items` more items, each of at most `max_octets`, which replaces the size of earlier credit. The first
    /// one of an endpoint registers it. No items of no bytes close the endpoint. Credit for the handshake is for one
    /// item at a time, and nothing once the gate is open.
    void expect(Channel channel, Role role, std::uint32_t items, std::size_t max_octets);

    /// The next item: from the queues first, in turn, then from `input`, which is advanced over what was consumed.
    ///
    /// Errors    Errc::none       `taken` is set
    ///           Errc::need_more  nothing whole. `input` is empty, or the gate is closed: the handshake's item has not
    ///                            been asked for, or it was given and waits for its answer
    ///           All others are fatal, come again with every call, and `failed_at` says where they arose:
    ///           empty_segment, unknown_protocol, wrong_direction, ingress_overflow (all known from a header);
    ///           unread_data (bytes at a closed endpoint);
    ///           malformed, depth_exceeded, message_too_large (as soon as an item's heads say so).
    /// Lifetimes `input` must stay as long as `taken.octets` is used.
    Errc next(BytesView& input, Taken& taken);

    /// How many octets to read from the socket now: in the handshake what completes the header or the payload, 0 while
    /// the gate is closed, any number afterwards.
    [[nodiscard]] std::size_t want() const noexcept;
    /// A header has begun and its payload not ended, and it is the peer who has to go on.
    [[nodiscard]] bool inside_segment() const noexcept;
    /// How many segments have begun, modulo 2^32: tells a segment that lasts from the next one.
    [[nodiscard]] std::uint32_t segments() const noexcept { return segments_; }
    /// Part of a segment or of an item has arrived: who ends the connection now breaks off. Octets nobody gave credit
    /// for do not count: nobody has looked whether they are whole.
    [[nodiscard]] bool inside_item() const noexcept;
    /// Bytes of memory that a connection's input takes, by the claim that the peer has to it.
    struct Held {
        std::size_t unread = 0;     ///< queued without credit: nothing has requested it
        std::size_t awaited = 0;    ///< credited where the peer is the initiator: its requests, its transactions
        std::size_t requested = 0;  ///< credited where we are the initiator: answers to our requests

        [[nodiscard]] std::size_t total() const noexcept { return unread + awaited + requested; }
        friend bool operator==(const Held&, const Held&) = default;
    };
    /// Memory held: queues, and the room that is taken for items that are cut.
    [[nodiscard]] Held held() const noexcept;
    /// The same without the spare room of queues: bytes that have arrived, or that heads announce, and were not taken.
    [[nodiscard]] std::size_t waiting() const noexcept;
    /// A queue has bytes and credit, or a closed endpoint has bytes: `next` gives an item, or an error, without input.
    [[nodiscard]] bool ready() const noexcept { return runnable_ != 0 || failure_ != Errc::none; }

    struct Place {
        Channel channel{};
        Role role{};  ///< ours
    };
    /// Where the fatal error arose.
    [[nodiscard]] Place failed_at() const noexcept { return failed_at_; }
    /// Of an item that was refused: its octets before the one that is wrong, or is one too many, however it was cut.
    [[nodiscard]] std::optional<std::size_t> failed_offset() const noexcept { return failed_offset_; }

  private:
    enum class Gate : std::uint8_t { closed, handshake, open };

    struct Endpoint {
        Place place;
        std::uint32_t credit = 0;
        std::size_t max_octets = 0;
        std::size_t limit = 0;
        bool closed = false;   // the peer may send nothing
        std::size_t lent = 0;  // octets at the front of the queue that the last item was
        InputQueue queue;      // empty whenever there is credit and `next` has returned need_more
        BytesBuilder part;     // exactly what the scanner has seen of an item that has not ended
        cbor::Scanner scanner;

        [[nodiscard]] bool runnable() const noexcept { return credit != 0 && queue.size() > lent; }
    };

    Endpoint* find(Channel channel, Role role) noexcept;
    void open_gate() noexcept;
    void give_back() noexcept;
    Errc fail(Errc error, Place place, std::optional<std::size_t> offset = {}) noexcept;
    Errc begin_segment(BytesView& input);
    Errc route(const SegmentHeader& header);
    Errc next_queued(Taken& taken);
    Errc frame(Endpoint& endpoint, BytesView& run, Taken& taken);

    std::vector<Endpoint> endpoints_;
    IngressLimit limit_;
    std::size_t segment_ = 0;   // whose segment it is
    std::size_t turn_ = 0;      // whose queue comes next
    std::size_t lender_ = 0;    // whose queue the last item lies in
    std::size_t runnable_ = 0;  // how many endpoints are
    Bytes assembled_;           // the last item, if it was cut
    std::array<std::uint8_t, header_size> header_{};
    std::uint32_t segments_ = 0;
    std::uint8_t header_octets_ = 0;  // of a header that is cut
    std::uint16_t payload_left_ = 0;
    bool discarding_ = false;  // the payload that is left follows the handshake's item
    Gate gate_ = Gate::closed;
    Direction opened_;
    Errc failure_ = Errc::none;
    Place failed_at_;
    std::optional<std::size_t> failed_offset_;
};

}  // namespace ouro::mux
