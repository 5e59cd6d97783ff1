#pragma once

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace ouro::detail {

/// A queue in one block of memory: no allocation per item, none at all while empty from the start.
template <class T>
class Fifo {
  public:
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    template <class... Args>
    T& emplace_back(Args&&... args) {
        if (size_ == slots_.size()) grow();
        T& slot = slots_[at(size_)];
        slot = T(std::forward<Args>(args)...);
        ++size_;
        return slot;
    }
    void push_back(T value) { emplace_back(std::move(value)); }

    [[nodiscard]] T& front() noexcept { return (*this)[0]; }
    [[nodiscard]] T& back() noexcept { return (*this)[size_ - 1]; }
    [[nodiscard]] const T& back() const noexcept { return (*this)[size_ - 1]; }
    [[nodiscard]] T& operator[](std::size_t i) noexcept {
        assert(i < size_);
        return slots_[at(i)];
    }
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept {
        assert(i < size_);
        return slots_[at(i)];
    }

    T pop_front() {
        assert(size_ > 0);
        T value = std::move(slots_[first_]);
        slots_[first_] = T();
        first_ = (first_ + 1) & (slots_.size() - 1);
        --size_;
        return value;
    }
    T pop_back() {
        assert(size_ > 0);
        T value = std::move(back());
        back() = T();
        --size_;
        return value;
    }
    void clear() {
        slots_.clear();
        slots_.shrink_to_fit();
        first_ = size_ = 0;
    }

  private:
    [[nodiscard]] std::size_t at(std::size_t i) const noexcept { return (first_ + i) & (slots_.size() - 1); }
    void grow() {
        std::vector<T> bigger(slots_.empty() ? 4 : slots_.size() * 2);
        for (std::size_t i = 0; i < size_; ++i) bigger[i] = std::move(slots_[at(i)]);
        slots_ = std::move(bigger);
        first_ = 0;
    }

    std::vector<T> slots_;  // a power of two of them
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace ouro::detail
