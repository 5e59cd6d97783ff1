#pragma once

/// The system's accept(2), which a test lets fail.
namespace ouro::test {

/// The next `times` calls fail with `error`.
void fail_accepts(int times, int error) noexcept;
/// Calls that were to fail and have not.
[[nodiscard]] int accepts_to_fail() noexcept;

}  // namespace ouro::test
