#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include <ouro/base/page_memory.hpp>

namespace ouro::detail {

/// A queue in one block of memory: no allocation per item, and none before the first item. Items are constructed and
/// destroyed in place, so an item passes with a single move.
///
/// A block of at least `kept` bytes has pages of its own, and an empty queue returns them. It keeps a smaller block for
/// the next items.
template <class T, std::size_t kept = 128 * 1024>
class Fifo {
  public:
    Fifo() noexcept = default;
    Fifo(Fifo&& other) noexcept { swap(other); }
    Fifo& operator=(Fifo other) noexcept {
        swap(other);
        return *this;
    }
    ~Fifo() { clear(); }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    template <class... Args>
    T& emplace_back(Args&&... args) {
        if (size_ == room_) grow();
        T* const item = std::construct_at(at(size_), std::forward<Args>(args)...);
        ++size_;
        return *item;
    }
    void push_back(T item) { emplace_back(std::move(item)); }

    [[nodiscard]] T& front() noexcept { return (*this)[0]; }
    [[nodiscard]] T& back() noexcept { return (*this)[size_ - 1]; }
    [[nodiscard]] const T& back() const noexcept { return (*this)[size_ - 1]; }
    [[nodiscard]] T& operator[](std::size_t i) noexcept {
        assert(i < size_);
        return *at(i);
    }
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept {
        assert(i < size_);
        return *at(i);
    }

    /// Destroys the front item, which must exist.
    void drop_front() noexcept {
        std::destroy_at(at(0));
        first_ = (first_ + 1) & (room_ - 1);
        dropped();
    }
    T pop_front() {
        T item = std::move(front());
        drop_front();
        return item;
    }
    /// The front item, if there is one.
    std::optional<T> try_pop_front() {
        std::optional<T> item;
        if (empty()) return item;
        item.emplace(std::move(front()));
        drop_front();
        return item;
    }
    T pop_back() {
        T item = std::move(back());
        std::destroy_at(at(size_ - 1));
        dropped();
        return item;
    }
    void clear() noexcept {
        for (std::size_t i = 0; i < size_; ++i) std::destroy_at(at(i));
        size_ = 0;
        release();
    }

  private:
    static constexpr std::uint32_t long_room = (kept + sizeof(T) - 1) / sizeof(T);

    [[nodiscard]] T* at(std::size_t i) const noexcept { return items_ + ((first_ + i) & (room_ - 1)); }
    void dropped() noexcept {
        if (--size_ == 0 && room_ >= long_room) [[unlikely]]
            release();
    }
    /// Frees the memory of an empty queue. Apart, so that callers need no registers for it.
    [[gnu::noinline]] void release() noexcept {
        if (room_ >= long_room)
            give_memory(items_, room_ * sizeof(T));
        else if (items_ != nullptr)
            std::allocator<T>().deallocate(items_, room_);
        items_ = nullptr;
        room_ = first_ = 0;
    }
    void grow() {
        if (room_ > std::numeric_limits<std::uint32_t>::max() / 2) throw std::bad_alloc();
        Fifo bigger;
        bigger.room_ = room_ == 0 ? 4 : room_ * 2;
        if (bigger.room_ >= long_room)
            bigger.items_ = static_cast<T*>(take_memory(bigger.room_ * sizeof(T)));
        else
            bigger.items_ = std::allocator<T>().allocate(bigger.room_);
        for (std::size_t i = 0; i < size_; ++i) bigger.emplace_back(std::move(*at(i)));
        swap(bigger);
    }
    void swap(Fifo& other) noexcept {
        std::swap(items_, other.items_);
        std::swap(room_, other.room_);
        std::swap(first_, other.first_);
        std::swap(size_, other.size_);
    }

    T* items_ = nullptr;
    std::uint32_t room_ = 0;  // capacity in items: a power of two, or 0
    std::uint32_t first_ = 0;
    std::uint32_t size_ = 0;
};

}  // namespace ouro::detail
