#include <ouro/mux/input_queue.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

namespace ouro::mux {

namespace {

// What an empty queue keeps, so that small messages one after another do not go to the allocator each time.
constexpr std::size_t kept = 128;
// From this size on memory matters more than a copy.
constexpr std::size_t large = 64 * 1024;

std::uint8_t* checked(void* pages) {
    if (pages == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::uint8_t*>(pages);
}

std::uint8_t* take(std::size_t size) {
    if (size < large) return static_cast<std::uint8_t*>(::operator new(size));
    return checked(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

void give(std::uint8_t* memory, std::size_t size) noexcept {
    if (size < large)
        ::operator delete(memory);
    else
        ::munmap(memory, size);
}

}  // namespace

InputQueue::~InputQueue() { give(memory_, capacity_); }

void InputQueue::append(BytesView bytes) {
    if (bytes.empty()) return;
    if (end_ + bytes.size() > capacity_) {
        const std::size_t had = size();
        const std::size_t least = had + bytes.size();
        const bool moves = gone_ > had;
        compact();
        if (!moves || least > capacity_) resize(std::max(least, had < large ? 2 * had : had + had / 4));
    }
    std::memcpy(memory_ + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
}

void InputQueue::consume(std::size_t count) {
    assert(count <= size());
    gone_ += count;
    if (empty()) {
        gone_ = end_ = 0;
        if (capacity_ > kept) *this = InputQueue();
    } else if (capacity_ >= large && gone_ >= 2 * size()) {
        compact();  // constant work a byte, because as many have gone
        resize(end_);
    }
}

void InputQueue::compact() noexcept {
    if (gone_ == 0) return;
    std::memmove(memory_, memory_ + gone_, size());
    end_ -= std::exchange(gone_, 0);
}

void InputQueue::resize(std::size_t capacity) {
#if defined(MREMAP_MAYMOVE)
    if (capacity_ >= large && capacity >= large) {
        memory_ = checked(::mremap(memory_, capacity_, capacity, MREMAP_MAYMOVE));  // the pages move, uncopied
        capacity_ = capacity;
        return;
    }
#endif
    std::uint8_t* const moved = take(capacity);
    if (end_ != 0) std::memcpy(moved, memory_, end_);
    give(std::exchange(memory_, moved), std::exchange(capacity_, capacity));
}

}  // namespace ouro::mux
