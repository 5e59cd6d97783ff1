#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include <ouro/base/bytes.hpp>

namespace ouro {

/// A first-in, first-out queue of bytes: small pieces are copied in and merged, large slices are shared without a copy.
/// An empty queue holds next to no memory.
class ByteQueue {
  public:
    /// A slice shorter than this number of bytes is copied: sharing it costs more.
    static constexpr std::size_t share_threshold = 512;

    /// A position in the queue, for reading ahead of `consume`. Any non-const call invalidates it.
    struct Cursor {
        std::size_t piece = 0;
        std::size_t offset = 0;  // in the piece
        std::size_t copied = 0;  // where the next copied piece begins, in copied_
    };

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    void append(BytesView bytes) {
        if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
    }
    void append(const Bytes& slice);
    void append(std::uint8_t byte) { *extend(1) = byte; }
    /// Appends `count` bytes, which the caller writes at the returned place before any other call.
    [[nodiscard]] std::uint8_t* extend(std::size_t count) {
        if (!copying_ || copied_room_ - copied_end_ < count) make_room(count);
        std::uint8_t* const at = copied_.get() + copied_end_;
        copied_end_ += count;
        pieces_.back().size += count;
        size_ += count;
        return at;
    }

    [[nodiscard]] Cursor begin() const noexcept;
    /// The next contiguous bytes, at most `most` of them; empty at the end.
    [[nodiscard]] BytesView read(Cursor& at, std::size_t most) const noexcept;

    /// Drops `count` bytes from the front; there must be as many.
    void consume(std::size_t count) noexcept;
    void clear() noexcept;

    /// The whole contents as one slice: shared if it is a single slice, else copied. The queue is empty afterwards.
    [[nodiscard]] Bytes take();

  private:
    struct Piece {
        std::size_t size = 0;  // bytes left of it
        Bytes slice;           // without owner and data: the bytes are in copied_
        [[nodiscard]] bool shared() const noexcept { return slice.data() != nullptr; }
    };

    /// Makes room for `count` more bytes in a copied piece at the end.
    void make_room(std::size_t count);
    void drop_consumed() noexcept;

    std::unique_ptr<std::uint8_t[]> copied_;
    std::size_t copied_room_ = 0;
    std::size_t copied_end_ = 0;
    std::vector<Piece> pieces_;
    std::size_t first_copied_ = 0;  // consumed bytes of copied_
    std::size_t first_piece_ = 0;   // consumed pieces
    std::size_t size_ = 0;
    bool copying_ = false;  // the last piece is copied, and not consumed
};

}  // namespace ouro
