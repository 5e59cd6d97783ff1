#include "counted/operations.hpp"

#include <cstddef>
#include <unordered_map>

namespace {

ouro::test::Operations total;

/// How many bytes there are behind what `malloc` and `realloc` have given.
std::unordered_map<void*, std::size_t>& sizes() {
    static std::unordered_map<void*, std::size_t> all;
    return all;
}

}  // namespace

ouro::test::Operations ouro::test::operations() noexcept { return total; }

// The compiler calls this wherever a run of code begins: -fsanitize-coverage=trace-pc.
extern "C" void __sanitizer_cov_trace_pc() { ++total.runs; }

// In place of the C library's, for the whole program. Through volatile, or the compiler would make the loops calls of
// themselves.
extern "C" void* memcpy(void* to, const void* from, std::size_t size) {
    total.copied += size;
    auto* out = static_cast<volatile unsigned char*>(to);
    const auto* in = static_cast<const unsigned char*>(from);
    for (std::size_t i = 0; i < size; ++i) out[i] = in[i];
    return to;
}
extern "C" void* memmove(void* to, const void* from, std::size_t size) {
    total.copied += size;
    auto* out = static_cast<volatile unsigned char*>(to);
    const auto* in = static_cast<const unsigned char*>(from);
    if (out < in)
        for (std::size_t i = 0; i < size; ++i) out[i] = in[i];
    else
        for (std::size_t i = size; i-- > 0;) out[i] = in[i];
    return to;
}

// Memory that grows may have to move, so it counts as copied: -Wl,--wrap=malloc,--wrap=realloc.
extern "C" void* __real_malloc(std::size_t size);
extern "C" void* __wrap_malloc(std::size_t size) {
    void* const memory = __real_malloc(size);
    sizes()[memory] = size;
    return memory;
}
extern "C" void* __real_realloc(void* memory, std::size_t size);
extern "C" void* __wrap_realloc(void* memory, std::size_t size) {
    if (memory != nullptr) total.copied += sizes()[memory];
    void* const grown = __real_realloc(memory, size);
    sizes()[grown] = size;
    return grown;
}
