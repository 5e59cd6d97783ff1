#pragma once

namespace ouro::detail {

// The functions of <cctype> depend on the locale.
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace ouro::detail
