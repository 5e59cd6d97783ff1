#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>

namespace ouro::chain {

/// A blake2b-224 hash: of a key, a script or a stake pool's key.
using Hash28 = std::array<std::uint8_t, 28>;

/// The owner of outputs, stake or votes: the holder of a key, or any transaction that a script allows.
struct Credential {
    /// Whether a key or a script is needed.
    enum class Kind : std::uint8_t { key, script };

    Kind kind = Kind::key;  ///< of what the hash is
    /// Blake2b-224 of the key or script.
    Hash28 hash{};

    friend bool operator==(const Credential&, const Credential&) = default;
};

/// The blake2b-224 hash of `bytes`.
[[nodiscard]] Hash28 hash_28(BytesView bytes) noexcept;

/// The id of the stake pool that made a block, from `Block::issuer`. Only blocks since Shelley are made by pools, and
/// the first of those were made by keys of the genesis file, whose id names no pool.
[[nodiscard]] Hash28 pool_of(BytesView issuer) noexcept;

/// A pool id as text, `pool1…`.
[[nodiscard]] std::string pool_text(const Hash28& pool);
/// Errors  as `from_bech32`, and Errc::malformed for another length
[[nodiscard]] Result<Hash28> parse_pool(std::string_view text);

/// What a credential of governance is for.
enum class GovernanceRole : std::uint8_t { cc_hot, cc_cold, drep };

/// A credential of governance.
struct GovernanceId {
    GovernanceRole role = GovernanceRole::drep;  ///< of the credential
    Credential credential;                       ///< that has the role

    friend bool operator==(const GovernanceId&, const GovernanceId&) = default;
};

/// The two ways to write it.
enum class GovernanceText : std::uint8_t {
    cip129,  ///< `drep1…`, `cc_hot1…`, `cc_cold1…`, with a byte for role and kind
    cip105   ///< `drep_vkh1…`, `drep_script1…` and so on, with the hash alone
};

/// The text in the form `as`.
[[nodiscard]] std::string to_string(const GovernanceId& id, GovernanceText as = GovernanceText::cip129);
/// Reads both, and the older `drep1…`, `cc_hot1…` and `cc_cold1…` with the hash of a key alone.
/// Errors  as `from_bech32`, and
///         Errc::wrong_prefix  not a credential of governance
///         Errc::malformed     another length, or a first byte of another role or kind
[[nodiscard]] Result<GovernanceId> parse_governance_id(std::string_view text);

}  // namespace ouro::chain
