#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ouro/bytes.hpp>

namespace ouro {

/// A queue of octets, first in, first out: small pieces are copied in and merge, large slices are shared uncopied.
/// An empty queue holds no memory worth counting.
class OctetQueue {
  public:
    /// A slice shorter than this many octets is copied: sharing it costs more.
    static constexpr std::size_t share_threshold = 512;

    /// A place in the queue, for reading ahead of `consume`. Any call that is not const ends it.
    struct Cursor {
        std::size_t piece = 0;
        std::size_t offset = 0;  // inside the piece
        std::size_t copied = 0;  // where the next copied piece begins, inside copied_
    };

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    void append(BytesView octets);
    void append(const Bytes& slice);
    void append(std::uint8_t octet) { append(BytesView(&octet, 1)); }

    [[nodiscard]] Cursor begin() const noexcept;
    /// The next octets in one run, at most `most` of them; empty at the end.
    [[nodiscard]] BytesView read(Cursor& at, std::size_t most) const noexcept;

    /// Drops `count` octets from the front; there must be as many.
    void consume(std::size_t count) noexcept;
    void clear() noexcept;

    /// Everything in the queue as one slice: shared where it is one, copied otherwise. The queue is empty afterwards.
    [[nodiscard]] Bytes take();

  private:
    struct Piece {
        std::size_t size = 0;  // octets left of it
        Bytes slice;           // without owner and data: the octets are in copied_
        [[nodiscard]] bool shared() const noexcept { return slice.data() != nullptr; }
    };

    std::vector<std::uint8_t> copied_;
    std::vector<Piece> pieces_;
    std::size_t first_copied_ = 0;  // octets of copied_ that are gone
    std::size_t first_piece_ = 0;   // pieces that are gone
    std::size_t size_ = 0;
};

}  // namespace ouro
