#pragma once

#include <cstddef>
#include <cstdint>

#include <ouro/base/bytes.hpp>

namespace ouro::mux {

/// Unread bytes in one run, in memory of little more than their size.
///
/// An empty queue holds next to no memory. A long one grows by a quarter at a time, and its memory stays below four
/// times the unconsumed bytes.
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
    /// Bytes of memory in use.
    [[nodiscard]] std::size_t capacity() const noexcept { return empty() ? 0 : capacity_; }
    /// All bytes. Any non-const call invalidates the view.
    [[nodiscard]] BytesView view() const noexcept { return BytesView(bytes_, end_).subspan(gone_); }

    void append(BytesView bytes);
    /// Drops `count` bytes from the front; there must be as many.
    void consume(std::size_t count);

  private:
    void swap(InputQueue& other) noexcept;
    void close_up() noexcept;
    void resize(std::size_t capacity);

    std::uint8_t* bytes_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t end_ = 0;   // of the bytes
    std::size_t gone_ = 0;  // of them, at the front
};

}  // namespace ouro::mux
