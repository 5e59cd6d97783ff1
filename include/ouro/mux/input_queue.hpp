#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ouro/bytes.hpp>
#include <ouro/detail/page_allocator.hpp>

namespace ouro::mux {

/// Bytes that wait unread: one run, in memory of little more than their size.
///
/// An empty queue holds no memory worth counting. A long one grows by a quarter at a time, and what has been consumed
/// gives its memory back before it is four times what is left.
class InputQueue {
  public:
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - gone_; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    /// Bytes of memory that it takes.
    [[nodiscard]] std::size_t capacity() const noexcept { return empty() ? 0 : bytes_.capacity(); }
    /// All of it. Any call that is not const ends the view.
    [[nodiscard]] BytesView view() const noexcept { return BytesView(bytes_).subspan(gone_); }

    void append(BytesView bytes);
    /// Drops `count` bytes from the front; there must be as many.
    void consume(std::size_t count);

  private:
    using Memory = std::vector<std::uint8_t, detail::PageAllocator<std::uint8_t>>;

    void move_to(std::size_t capacity);

    Memory bytes_;
    std::size_t gone_ = 0;
};

}  // namespace ouro::mux
