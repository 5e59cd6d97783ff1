#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/base/page_allocator.hpp>

namespace ouro::mux {

/// Unread bytes in one run, in memory of little more than their size.
///
/// An empty queue holds next to no memory. A long one grows by a quarter at a time, and its memory stays below four
/// times the unconsumed bytes.
class InputQueue {
  public:
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - gone_; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    /// Bytes of memory in use.
    [[nodiscard]] std::size_t capacity() const noexcept { return empty() ? 0 : bytes_.capacity(); }
    /// All bytes. Any non-const call invalidates the view.
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
