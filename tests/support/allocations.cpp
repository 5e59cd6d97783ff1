#include "support/allocations.hpp"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace {

thread_local ouro::Allocations total;
thread_local std::size_t in_use = 0;

void release(void* memory) noexcept {
    in_use -= ::malloc_usable_size(memory);
    std::free(memory);
}

}  // namespace

ouro::Allocations ouro::allocations() noexcept { return total; }
std::size_t ouro::heap_in_use() noexcept { return in_use; }

// All forms that would otherwise mix with a sanitizer's. The array forms are not replaced and match each other.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++total.count;
    total.bytes += size;
    void* const memory = std::malloc(size == 0 ? 1 : size);
    in_use += ::malloc_usable_size(memory);
    return memory;
}
void* operator new(std::size_t size) {
    if (void* memory = operator new(size, std::nothrow)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
