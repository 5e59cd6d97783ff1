#include <ouro/base/page_allocator.hpp>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif
// A sanitizer watches the memory of its allocator alone. g++ defines a macro, clang has a feature.
#if defined(__SANITIZE_ADDRESS__)
#undef MAP_ANONYMOUS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#undef MAP_ANONYMOUS
#endif
#endif

namespace ouro::detail {

void* take_pages(std::size_t bytes) {
#ifdef MAP_ANONYMOUS
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return memory;
#else
    return ::operator new(bytes);
#endif
}

void give_pages(void* memory, std::size_t bytes) noexcept {
#ifdef MAP_ANONYMOUS
    ::munmap(memory, bytes);
#else
    static_cast<void>(bytes);
    ::operator delete(memory);
#endif
}

}  // namespace ouro::detail
