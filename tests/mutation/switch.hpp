#pragma once

namespace ouro_mutation {

bool selected(unsigned number) noexcept;

/// Whether mutant `number` is selected; never in constant expressions.
constexpr bool on(unsigned number) noexcept { return !__builtin_is_constant_evaluated() && selected(number); }

}  // namespace ouro_mutation
