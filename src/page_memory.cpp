#include <ouro/detail/page_allocator.hpp>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif
#ifdef __SANITIZE_ADDRESS__
#undef MAP_ANONYMOUS  // the sanitizer watches the memory of the allocator alone
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
