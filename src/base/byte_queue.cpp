#include <ouro/base/byte_queue.hpp>

#include <algorithm>
#include <cassert>

namespace ouro {

namespace {

// Memory that an empty queue keeps, so that consecutive small messages need no allocation.
constexpr std::size_t kept_bytes = 128;
constexpr std::size_t kept_pieces = 4;

// Drops the consumed front of `items` when it is the larger part: constant work per item.
template <class T>
void compact(std::vector<T>& items, std::size_t& gone) noexcept {
    constexpr std::size_t worthwhile = 64;
    if (gone < worthwhile || gone < items.size() - gone) return;
    items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(gone));
    gone = 0;
}

}  // namespace

void ByteQueue::append(BytesView bytes) {
    if (bytes.empty()) return;
    if (first_piece_ == pieces_.size() || pieces_.back().shared()) pieces_.push_back({});
    copied_.insert(copied_.end(), bytes.begin(), bytes.end());
    pieces_.back().size += bytes.size();
    size_ += bytes.size();
}

void ByteQueue::append(const Bytes& slice) {
    if (slice.size() < share_threshold) return append(slice.view());
    pieces_.push_back({slice.size(), slice});
    size_ += slice.size();
}

ByteQueue::Cursor ByteQueue::begin() const noexcept { return {first_piece_, 0, first_copied_}; }

BytesView ByteQueue::read(Cursor& at, std::size_t most) const noexcept {
    if (at.piece == pieces_.size()) return {};
    const Piece& piece = pieces_[at.piece];
    const std::uint8_t* data = piece.shared() ? piece.slice.data() : copied_.data() + at.copied;
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
    compact(copied_, first_copied_);
    compact(pieces_, first_piece_);
}

void ByteQueue::clear() noexcept {
    if (copied_.capacity() > kept_bytes) std::vector<std::uint8_t>().swap(copied_);
    if (pieces_.capacity() > kept_pieces) std::vector<Piece>().swap(pieces_);
    copied_.clear();
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
