#pragma once

#include <cstddef>
#include <new>

namespace ouro::detail {

/// From this size on, memory comes from the system in pages of its own, and goes back there. Where many queues grow and
/// end side by side, an allocator's heap has holes between them, of a quarter to a half of what is in use.
inline constexpr std::size_t page_memory_from = 8 * 1024;

/// Errors  throws std::bad_alloc
[[nodiscard]] void* take_pages(std::size_t bytes);
void give_pages(void* memory, std::size_t bytes) noexcept;

/// The allocator of a container of bytes that may be long.
template <class T>
struct PageAllocator {
    using value_type = T;

    PageAllocator() noexcept = default;
    template <class U>
    PageAllocator(const PageAllocator<U>&) noexcept {}

    [[nodiscard]] T* allocate(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        return static_cast<T*>(bytes < page_memory_from ? ::operator new(bytes) : take_pages(bytes));
    }
    void deallocate(T* memory, std::size_t count) noexcept {
        const std::size_t bytes = count * sizeof(T);
        bytes < page_memory_from ? ::operator delete(memory) : give_pages(memory, bytes);
    }
    friend bool operator==(const PageAllocator&, const PageAllocator&) noexcept { return true; }
};

}  // namespace ouro::detail
