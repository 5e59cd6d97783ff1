#include "byte_memory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>
#include <utility>

// With the address sanitizer, access to a returned piece is reported as if the allocator had freed it.
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, size) (static_cast<void>(memory), static_cast<void>(size))
#define ASAN_UNPOISON_MEMORY_REGION(memory, size) (static_cast<void>(memory), static_cast<void>(size))
#endif

namespace ouro::detail {

namespace {

// Four sizes per power of two: 4, 5, 6, 7, 8, 10, 12, … KiB.
constexpr std::size_t size_of(std::size_t kind) noexcept { return (4 + kind % 4) << (kind / 4 + 10); }

// The smallest class for `size`, which is between `least` and `most`.
constexpr std::size_t kind_of(std::size_t size) noexcept {
    const auto shift = static_cast<std::size_t>(std::bit_width(size - 1)) - 3;
    return shift * 4 + ((size - 1) >> shift) + 1 - 11 * 4;
}

constexpr std::size_t kinds = kind_of(ByteMemory::most) + 1;
static_assert(size_of(0) == ByteMemory::least && kind_of(ByteMemory::least) == 0);
static_assert(size_of(kinds - 1) == ByteMemory::most);
static_assert(kind_of(4097) == 1 && kind_of(5120) == 1 && kind_of(5121) == 2 && kind_of(80'071) == 17);

constexpr bool is_kept(std::size_t size) noexcept { return size >= ByteMemory::least && size <= ByteMemory::most; }

/// The returned pieces that are kept, oldest first.
class Spares {
  public:
    void* take(std::size_t kind) noexcept {
        const Turn turn(busy_);
        if (!turn) return nullptr;
        for (std::size_t i = count_; i-- > 0;) {
            if (spares_[i].kind == kind) return remove(i);
        }
        return nullptr;
    }

    /// Returns the surplus pieces, one after another, then null.
    void* keep(void* memory, std::size_t kind) noexcept {
        const Turn turn(busy_);
        if (!turn) return memory;
        if (memory != nullptr) {
            spares_[count_++] = {memory, kind};
            bytes_ += size_of(kind);
        }
        return count_ > ByteMemory::most_pieces || bytes_ > ByteMemory::most_together ? remove(0) : nullptr;
    }

    [[nodiscard]] ByteMemory::Kept kept() noexcept {
        const Turn turn(busy_);
        return turn ? ByteMemory::Kept{count_, bytes_} : ByteMemory::Kept{};
    }

  private:
    struct Spare {
        void* memory = nullptr;
        std::size_t kind = 0;
    };

    class Turn {
      public:
        explicit Turn(std::atomic_flag& busy) noexcept
            : busy_(busy), ours_(!busy.test_and_set(std::memory_order_acquire)) {}
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        ~Turn() {
            if (ours_) busy_.clear(std::memory_order_release);
        }
        explicit operator bool() const noexcept { return ours_; }

      private:
        std::atomic_flag& busy_;
        bool ours_;
    };

    void* remove(std::size_t index) noexcept {
        void* const memory = spares_[index].memory;
        bytes_ -= size_of(spares_[index].kind);
        const auto at = spares_.begin() + static_cast<std::ptrdiff_t>(index);
        std::copy(std::next(at), spares_.begin() + static_cast<std::ptrdiff_t>(count_), at);
        --count_;
        return memory;
    }

    std::array<Spare, ByteMemory::most_pieces + 1> spares_{};
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
    std::atomic_flag busy_{};
};

constinit Spares spares;

void* allocated(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

template <std::size_t kind>
void end_kept(Owner* owner) noexcept {
    owner->~Owner();
    ByteMemory::give(owner, size_of(kind));
}

void end_other(Owner* owner) noexcept {
    owner->~Owner();
    std::free(owner);
}

}  // namespace

std::size_t ByteMemory::size_for(std::size_t size) noexcept { return is_kept(size) ? size_of(kind_of(size)) : size; }

void* ByteMemory::take(std::size_t size) {
    if (is_kept(size)) {
        if (void* const memory = spares.take(kind_of(size))) {
            ASAN_UNPOISON_MEMORY_REGION(memory, size);
            return memory;
        }
    }
    return allocated(std::malloc(size));
}

void* ByteMemory::grow(void* memory, std::size_t size, std::size_t used, std::size_t new_size) {
    // The allocator may be able to do it without a copy.
    if (!is_kept(size) && !is_kept(new_size)) return allocated(std::realloc(memory, new_size));
    void* const grown = take(new_size);
    std::memcpy(grown, memory, used);
    give(memory, size);
    return grown;
}

void ByteMemory::give(void* memory, std::size_t size) noexcept {
    if (!is_kept(size)) return std::free(memory);
    ASAN_POISON_MEMORY_REGION(memory, size);
    for (void* old = spares.keep(memory, kind_of(size)); old != nullptr; old = spares.keep(nullptr, 0)) std::free(old);
}

ByteMemory::Kept ByteMemory::kept() noexcept { return spares.kept(); }

ByteMemory::End ByteMemory::end_for(std::size_t size) noexcept {
    static constexpr auto ends = []<std::size_t... kind>(std::index_sequence<kind...>) {
        return std::array<End, sizeof...(kind)>{&end_kept<kind>...};
    }(std::make_index_sequence<kinds>());
    return is_kept(size) ? ends[kind_of(size)] : &end_other;
}

}  // namespace ouro::detail
