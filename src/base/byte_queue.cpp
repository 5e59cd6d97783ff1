#include <ouro/base/byte_queue.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace ouro {

namespace {

// Memory that an empty queue keeps, so that consecutive small messages need no allocation.
constexpr std::size_t kept_bytes = 128;
constexpr std::size_t kept_pieces = 4;
constexpr std::size_t first_room = 56;  // a memory block of 64 bytes

// The consumed front is dropped when it is the larger part: constant work per item.
constexpr bool worthwhile(std::size_t gone, std::size_t all) noexcept { return gone >= 64 && gone >= all - gone; }

}  // namespace

void ByteQueue::make_room(std::size_t count) {
    if (!std::exchange(copying_, true)) pieces_.emplace_back();
    if (copied_room_ - copied_end_ >= count) return;
    const std::size_t room = std::max({first_room, 2 * copied_room_, copied_end_ + count});
    auto more = std::make_unique_for_overwrite<std::uint8_t[]>(room);
    if (copied_end_ != 0) std::memcpy(more.get(), copied_.get(), copied_end_);
    copied_ = std::move(more);
    copied_room_ = room;
}

void ByteQueue::drop_consumed() noexcept {
    if (worthwhile(first_copied_, copied_end_)) {
        copied_end_ -= first_copied_;
        std::memmove(copied_.get(), copied_.get() + first_copied_, copied_end_);
        first_copied_ = 0;
    }
    if (worthwhile(first_piece_, pieces_.size())) {
        pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_piece_));
        first_piece_ = 0;
    }
}

void ByteQueue::append(const Bytes& slice) {
    if (slice.size() < share_threshold) return append(slice.view());
    pieces_.push_back({slice.size(), slice});
    copying_ = false;
    size_ += slice.size();
}

ByteQueue::Cursor ByteQueue::begin() const noexcept { return {first_piece_, 0, first_copied_}; }

BytesView ByteQueue::read(Cursor& at, std::size_t most) const noexcept {
    if (at.piece == pieces_.size()) return {};
    const Piece& piece = pieces_[at.piece];
    const std::uint8_t* data = piece.shared() ? piece.slice.data() : copied_.get() + at.copied;
    const BytesView run(data + at.offset, std::min(most, piece.size - at.offset));
    at.offset += run.size();
    if (at.offset == piece.size) {
        if (!piece.shared()) at.copied += piece.size;
        at.offset = 0;
        ++at.piece;
    }
    return run;
}

void ByteQueue::consume(std::size_t count) noexcept {
    assert(count <= size_);
    if (count == size_) return clear();
    size_ -= count;
    while (count != 0) {
        Piece& piece = pieces_[first_piece_];
        const std::size_t part = std::min(count, piece.size);
        count -= part;
        piece.size -= part;
        if (!piece.shared()) {
            first_copied_ += part;
        } else if (piece.size != 0) {
            piece.slice = piece.slice.slice(part, piece.size);
        }
        if (piece.size == 0) {
            piece.slice = {};
            ++first_piece_;
        }
    }
    drop_consumed();
}

void ByteQueue::clear() noexcept {
    if (copied_room_ > kept_bytes) {
        copied_.reset();
        copied_room_ = 0;
    }
    if (pieces_.capacity() > kept_pieces) std::vector<Piece>().swap(pieces_);
    copied_end_ = 0;
    copying_ = false;
    pieces_.clear();
    first_copied_ = 0;
    first_piece_ = 0;
    size_ = 0;
}

Bytes ByteQueue::take() {
    Bytes result;
    if (pieces_.size() - first_piece_ == 1 && pieces_.back().shared()) {
        result = pieces_.back().slice;
    } else {
        BytesBuilder builder;
        builder.reserve(size_);
        Cursor at = begin();
        for (BytesView run = read(at, size_); !run.empty(); run = read(at, size_)) builder.append(run);
        result = builder.freeze();
    }
    clear();
    return result;
}

}  // namespace ouro
