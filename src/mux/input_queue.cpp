#include <ouro/mux/input_queue.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include <ouro/base/page_memory.hpp>

namespace ouro::mux {

namespace {

// Memory that an empty queue keeps, so that consecutive small messages need no allocation.
constexpr std::size_t kept = 128;
// From this size on memory matters more than a copy.
constexpr std::size_t large = 64 * 1024;

}  // namespace

InputQueue::~InputQueue() { detail::give_memory(bytes_, capacity_); }

void InputQueue::append(BytesView bytes) {
    if (bytes.empty()) return;
    const std::size_t least = size() + bytes.size();
    if (end_ + bytes.size() > capacity_) {
        const std::size_t had = size();
        const bool room = gone_ > had && least <= capacity_;
        close_up();
        if (!room) resize(std::max(least, had < large ? 2 * had : had + had / 4));
    }
    std::memcpy(bytes_ + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
}

void InputQueue::consume(std::size_t count) {
    assert(count <= size());
    gone_ += count;
    if (empty()) {
        if (capacity_ > kept) {
            detail::give_memory(std::exchange(bytes_, nullptr), capacity_);
            capacity_ = 0;
        }
        end_ = gone_ = 0;
    } else if (capacity_ >= large && gone_ >= 2 * size()) {
        close_up();  // constant work per byte, because as many bytes were consumed
        resize(end_);
    }
}

void InputQueue::swap(InputQueue& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(capacity_, other.capacity_);
    std::swap(end_, other.end_);
    std::swap(gone_, other.gone_);
}

void InputQueue::close_up() noexcept {
    if (gone_ == 0) return;
    std::memmove(bytes_, bytes_ + gone_, size());
    end_ -= std::exchange(gone_, 0);
}

// At least the bytes have to fit.
void InputQueue::resize(std::size_t capacity) {
    bytes_ = static_cast<std::uint8_t*>(detail::move_memory(bytes_, capacity_, end_, capacity));
    capacity_ = capacity;
}

}  // namespace ouro::mux
