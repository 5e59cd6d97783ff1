#pragma once

#include <array>
#include <vector>

#include <ouro/protocol/version.hpp>

namespace ouro::n2n {

inline constexpr Version version_14{14};
inline constexpr Version version_15{15};
inline constexpr Version version_16{16};  ///< experimental; an offer of it breaks some peers

/// All known versions, ascending.
inline constexpr std::array versions{version_14, version_15, version_16};

/// Versions 14 and 15.
[[nodiscard]] inline std::vector<Version> default_versions() { return {version_14, version_15}; }

}  // namespace ouro::n2n
