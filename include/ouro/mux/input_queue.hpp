#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <ouro/bytes.hpp>

namespace ouro::mux {

/// Bytes that wait unread: one run, in memory of little more than their size.
///
/// An empty queue holds no memory worth counting. A long one grows by a quarter at a time, and what has been consumed
/// gives its memory back before it is four times what is left. From 64 KiB on the memory is pages of the system itself:
/// it goes back at once, where that of an allocator would leave holes between the queues of other peers.
///
/// Errors  What needs memory throws std::bad_alloc.
class InputQueue {
  public:
    InputQueue() noexcept = default;
    InputQueue(InputQueue&& other) noexcept { swap(other); }
    InputQueue& operator=(InputQueue&& other) noexcept {
        swap(other);
        return *this;
    }
    ~InputQueue();

    [[nodiscard]] std::size_t size() const noexcept { return end_ - gone_; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    /// Bytes of memory that it takes.
    [[nodiscard]] std::size_t capacity() const noexcept { return empty() ? 0 : capacity_; }
    /// All of it. Any call that is not const ends the view.
    [[nodiscard]] BytesView view() const noexcept { return {memory_ + gone_, size()}; }

    void append(BytesView bytes);
    /// Drops `count` bytes from the front; there must be as many.
    void consume(std::size_t count);

  private:
    void swap(InputQueue& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(capacity_, other.capacity_);
        std::swap(end_, other.end_);
        std::swap(gone_, other.gone_);
    }
    /// Moves what is left to the front of memory.
    void compact() noexcept;
    /// Gives it another capacity, of at least its size, behind a `compact`.
    void resize(std::size_t capacity);

    std::uint8_t* memory_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t end_ = 0;   // of the bytes in memory
    std::size_t gone_ = 0;  // of them
};

}  // namespace ouro::mux
