#include <ouro/chain/credential.hpp>

#include <algorithm>
#include <cassert>

#include <ouro/chain/bech32.hpp>

#include "blake2b.hpp"

namespace ouro::chain {

namespace {

constexpr std::array<std::string_view, 3> prefixes{"cc_hot", "cc_cold", "drep"};  // by role
constexpr std::string_view key_suffix = "_vkh", script_suffix = "_script";

/// The first byte of CIP-129: the role, and 2 for a key or 3 for a script.
constexpr std::uint8_t first_byte(const GovernanceId& id) noexcept {
    return static_cast<std::uint8_t>(static_cast<unsigned>(id.role) << 4 |
                                     (2U + static_cast<unsigned>(id.credential.kind)));
}

/// The hash in `bytes`, which has its size.
Hash28 hash_in(BytesView bytes) noexcept {
    Hash28 hash{};
    std::copy_n(bytes.begin(), hash.size(), hash.begin());
    return hash;
}

}  // namespace

Hash28 hash_28(BytesView bytes) noexcept { return blake2b_224(bytes); }

Hash28 pool_of(BytesView issuer) noexcept { return hash_28(issuer); }

std::string pool_text(const Hash28& pool) { return to_bech32("pool", pool); }

Result<Hash28> parse_pool(std::string_view text) {
    const Result<Bytes> data = from_bech32(text, "pool");
    if (!data) return {data.error(), data.offset()};
    if (data->size() != Hash28().size()) return {Errc::malformed, text.size()};
    return hash_in(*data);
}

std::string to_string(const GovernanceId& id, GovernanceText as) {
    std::string prefix(prefixes[static_cast<std::size_t>(id.role)]);
    if (as == GovernanceText::cip105) {
        prefix += id.credential.kind == Credential::Kind::key ? key_suffix : script_suffix;
        return to_bech32(prefix, id.credential.hash);
    }
    std::array<std::uint8_t, 29> data{first_byte(id)};
    std::copy(id.credential.hash.begin(), id.credential.hash.end(), data.begin() + 1);
    return to_bech32(prefix, data);
}

Result<GovernanceId> parse_governance_id(std::string_view text) {
    const Result<Bech32> parts = from_bech32(text);
    if (!parts) return {parts.error(), parts.offset()};
    const auto role = std::find_if(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
        return parts->prefix == prefix || parts->prefix == std::string(prefix).append(key_suffix) ||
               parts->prefix == std::string(prefix).append(script_suffix);
    });
    if (role == prefixes.end()) return Errc::wrong_prefix;
    GovernanceId id{static_cast<GovernanceRole>(role - prefixes.begin()), {}};
    if (parts->prefix.ends_with(script_suffix)) id.credential.kind = Credential::Kind::script;

    BytesView data = parts->data;
    if (data.size() == Hash28().size() + 1 && parts->prefix == *role) {
        if (data[0] == first_byte({id.role, {Credential::Kind::script, {}}}))
            id.credential.kind = Credential::Kind::script;
        // The separator, then the header's first digit.
        if (data[0] != first_byte(id)) return {Errc::malformed, role->size() + 1};
        data = data.subspan(1);
    }
    if (data.size() != Hash28().size()) return {Errc::malformed, text.size()};
    id.credential.hash = hash_in(data);
    return id;
}

}  // namespace ouro::chain
