#include <ouro/base/page_memory.hpp>

#include <cstring>
#include <new>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif
// A sanitizer checks only the memory of its own allocator. g++ defines a macro, clang has a feature.
#if defined(__SANITIZE_ADDRESS__)
#undef MAP_ANONYMOUS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#undef MAP_ANONYMOUS
#endif
#endif

namespace ouro::detail {

namespace {

#ifdef MAP_ANONYMOUS
constexpr bool has_pages(std::size_t bytes) noexcept { return bytes >= page_memory_from; }
#else
constexpr bool has_pages(std::size_t) noexcept { return false; }
#endif

}  // namespace

void* take_memory(std::size_t bytes) {
#ifdef MAP_ANONYMOUS
    if (has_pages(bytes)) {
        void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        return memory;
    }
#endif
    return ::operator new(bytes);
}

void* move_memory(void* memory, std::size_t bytes, std::size_t used, std::size_t new_bytes) {
#ifdef MREMAP_MAYMOVE
    if (has_pages(bytes) && has_pages(new_bytes)) {
        void* const moved = ::mremap(memory, bytes, new_bytes, MREMAP_MAYMOVE);
        if (moved == MAP_FAILED) throw std::bad_alloc();
        return moved;
    }
#endif
    void* const moved = take_memory(new_bytes);
    if (used != 0) std::memcpy(moved, memory, used);
    give_memory(memory, bytes);
    return moved;
}

void give_memory(void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
    if (memory == nullptr) return;
#ifdef MAP_ANONYMOUS
    if (has_pages(bytes)) {
        ::munmap(memory, bytes);
        return;
    }
#endif
    ::operator delete(memory);
}

}  // namespace ouro::detail
