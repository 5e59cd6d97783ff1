#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace ouro::n2c {

/// The rules of the ledger that a transaction can break.
enum class Rule : std::uint8_t { none, ledger, utxow, utxo, utxos, certs, cert, deleg, pool, govcert, gov, delegs };

[[nodiscard]] std::string_view name_of(Rule rule) noexcept;

/// A failure of a rule: its number, its name, and what its items are. A failure of another rule has no name: its only
/// item is that failure.
struct Failure {
    Rule rule{};
    std::uint64_t tag = 0;
    std::string_view name{};
    std::array<std::string_view, 3> items{};
    Rule inner = Rule::none;

    /// The number of items after the tag.
    [[nodiscard]] std::uint64_t size() const noexcept;
};

[[nodiscard]] std::span<const Failure> failures_of_conway() noexcept;
/// From Shelley to Babbage only the outermost rule is read.
[[nodiscard]] std::span<const Failure> failures_before_conway() noexcept;

}  // namespace ouro::n2c
