#pragma once

/// The system's accept(2), which a test can make fail.
namespace ouro::test {

/// The next `times` calls fail with `error`.
void fail_accepts(int times, int error) noexcept;
/// Number of calls that are still going to fail.
[[nodiscard]] int accepts_to_fail() noexcept;

}  // namespace ouro::test
