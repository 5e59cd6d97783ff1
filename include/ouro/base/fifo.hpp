#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace ouro::detail {

/// A queue in one block of memory: no allocation per item, and none before the first item. Items are constructed and
/// destroyed in place, so an item passes with a single move.
template <class T>
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
        --size_;
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
        std::destroy_at(at(--size_));
        return item;
    }
    void clear() noexcept {
        for (std::size_t i = 0; i < size_; ++i) std::destroy_at(at(i));
        if (items_ != nullptr) std::allocator<T>().deallocate(items_, room_);
        items_ = nullptr;
        room_ = first_ = size_ = 0;
    }

  private:
    [[nodiscard]] T* at(std::size_t i) const noexcept { return items_ + ((first_ + i) & (room_ - 1)); }
    void grow() {
        Fifo bigger;
        bigger.room_ = room_ == 0 ? 4 : room_ * 2;
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
    std::size_t room_ = 0;  // capacity in items: a power of two, or 0
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace ouro::detail
