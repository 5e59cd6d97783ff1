#pragma once

#include <cstddef>
#include <iterator>

#include <ouro/base/bytes.hpp>
#include <ouro/protocol/chain.hpp>

namespace ouro::chain {

/// Reads the next item of a sequence that was checked, and advances `rest`. Each type of item has such a function.
void read_checked(BytesView& rest, Era era, BytesView& to);

/// The items of an array, or the pairs of a map, which stand one after another in a block. They were checked when the
/// sequence was made. An iterator reads them again, one at a time, so nothing is allocated.
///
/// Lifetimes  Views, and the views in its items, are valid as long as the block's bytes. Name the `Result` that a
///            sequence came in before looping over it: `for (… : *body.inputs())` would destroy it first.
template <class T>
class Sequence {
  public:
    /// Reads the items in order.
    class Iterator {
      public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        const T& operator*() const noexcept { return item_; }
        const T* operator->() const noexcept { return &item_; }
        Iterator& operator++() {
            --left_;
            step();
            return *this;
        }
        Iterator operator++(int) {
            Iterator before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.left_ == b.left_; }

      private:
        friend class Sequence;
        Iterator(BytesView rest, std::size_t left, Era era) : rest_(rest), left_(left), era_(era) { step(); }
        void step() {
            if (left_ > 0) read_checked(rest_, era_, item_);
        }

        BytesView rest_;
        std::size_t left_ = 0;
        Era era_{};
        T item_{};
    };

    /// An empty sequence.
    Sequence() noexcept = default;
    /// For the library: `items` were checked and are `size` items of `era`.
    Sequence(BytesView items, std::size_t size, Era era) noexcept : items_(items), size_(size), era_(era) {}

    /// Number of items.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// The bytes of the items, without the head before and the break after them.
    [[nodiscard]] BytesView bytes() const noexcept { return items_; }
    [[nodiscard]] Iterator begin() const { return {items_, size_, era_}; }
    [[nodiscard]] Iterator end() const noexcept { return {}; }

  private:
    BytesView items_;
    std::size_t size_ = 0;
    Era era_{};
};

}  // namespace ouro::chain
