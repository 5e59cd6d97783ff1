#pragma once

#include <set>
#include <string>
#include <string_view>

namespace support {

/// JSON text in a form in which two equal values are the same text: members sorted, no spaces, and each number as its
/// significant digits and an exponent, so that 3.0e-3 and 0.003 are equal and no digit is lost.
///
/// Members named in `left_out` are dropped, at any depth. Text that is not JSON, or that repeats a member, becomes
/// `not JSON: ` and the reason.
[[nodiscard]] std::string canonical_json(std::string_view text, const std::set<std::string>& left_out = {});

}  // namespace support
