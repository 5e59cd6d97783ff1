#pragma once

#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <string>

namespace support {

/// Whether a sanitizer's allocator is in use. g++ defines macros, clang has features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
inline constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif

/// Bytes of memory that a process has: this one, or one of that id.
inline std::size_t resident_bytes(const std::string& process = "self") {
    std::ifstream pages("/proc/" + process + "/statm");
    std::size_t all = 0, resident = 0;
    pages >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace support
