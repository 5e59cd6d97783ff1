#include <ouro/mux/input_queue.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace ouro::mux {

namespace {

// What an empty queue keeps, so that small messages one after another do not go to the allocator each time.
constexpr std::size_t kept = 128;
// From this size on memory matters more than a copy.
constexpr std::size_t large = 64 * 1024;

}  // namespace

void InputQueue::append(BytesView bytes) {
    const std::size_t least = size() + bytes.size();
    if (bytes_.size() + bytes.size() > bytes_.capacity()) {
        const std::size_t had = size();
        if (gone_ > had && least <= bytes_.capacity()) {
            bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(gone_));
            gone_ = 0;
        } else {
            move_to(std::max(least, had < large ? 2 * had : had + had / 4));
        }
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void InputQueue::consume(std::size_t count) {
    assert(count <= size());
    gone_ += count;
    if (empty()) {
        if (bytes_.capacity() > kept) Memory().swap(bytes_);
        bytes_.clear();
        gone_ = 0;
    } else if (bytes_.capacity() >= large && gone_ >= 2 * size()) {
        move_to(size());  // constant work a byte, because as many have gone
    }
}

void InputQueue::move_to(std::size_t capacity) {
    Memory moved;
    moved.reserve(capacity);
    const BytesView all = view();
    moved.insert(moved.end(), all.begin(), all.end());
    bytes_ = std::move(moved);
    gone_ = 0;
}

}  // namespace ouro::mux
