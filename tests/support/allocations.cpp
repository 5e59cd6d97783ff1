#include "support/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local ouro::Allocations total;

}  // namespace

ouro::Allocations ouro::allocations() noexcept { return total; }

// All forms that would otherwise mix with a sanitizer's. The array forms are not replaced and match each other.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++total.count;
    total.bytes += size;
    return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
    if (void* memory = operator new(size, std::nothrow)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
