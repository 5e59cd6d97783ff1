#pragma once

#include <string_view>

// CMake reads these numbers from here.
#define OURO_VERSION_MAJOR 0
#define OURO_VERSION_MINOR 1
#define OURO_VERSION_PATCH 0

/// One number for comparisons: 10,000 per major version, 100 per minor one.
#define OURO_VERSION (OURO_VERSION_MAJOR * 10000 + OURO_VERSION_MINOR * 100 + OURO_VERSION_PATCH)

#define OURO_DETAIL_TEXT(number) #number
#define OURO_DETAIL_VERSION(major, minor, patch) \
    OURO_DETAIL_TEXT(major) "." OURO_DETAIL_TEXT(minor) "." OURO_DETAIL_TEXT(patch)

namespace ouro {

/// "major.minor.patch" of these headers.
inline constexpr std::string_view version =
    OURO_DETAIL_VERSION(OURO_VERSION_MAJOR, OURO_VERSION_MINOR, OURO_VERSION_PATCH);

}  // namespace ouro

#undef OURO_DETAIL_VERSION
#undef OURO_DETAIL_TEXT
