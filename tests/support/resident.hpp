#pragma once

#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <string>

namespace support {

/// Bytes of memory that a process has: this one, or one of that id.
inline std::size_t resident_bytes(const std::string& process = "self") {
    std::ifstream pages("/proc/" + process + "/statm");
    std::size_t all = 0, resident = 0;
    pages >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace support
