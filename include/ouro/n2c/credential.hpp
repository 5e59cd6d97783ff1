#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ouro/base/json_writer.hpp>
#include <ouro/protocol/chain.hpp>

/// Names of accounts, representatives and documents in the ledger, as queries and their results contain them.
///
/// Source  cardano-ledger, cardano-ledger-core, Cardano/Ledger/{Credential,DRep,Address}.hs.
namespace ouro::n2c {

/// The entries of a map of the ledger, in wire order.
template <class Key, class Value>
using Entries = std::vector<std::pair<Key, Value>>;

/// Hash of a key or of a script: blake2b-224.
using KeyHash = std::array<std::uint8_t, 28>;

/// A key or a script that controls an account, a representative or a seat in the committee.
///
/// Its order is the ledger's: scripts come before keys, although their number on the wire is higher.
struct Credential {
    enum class Kind : std::uint8_t { script, key };

    Credential() noexcept = default;
    Credential(Kind of, const KeyHash& value) noexcept : kind(of), hash(value) {}

    Kind kind = Kind::key;
    KeyHash hash{};

    friend auto operator<=>(const Credential&, const Credential&) = default;
};

/// A delegated representative: a credential, or one of the two predefined votes.
struct DRep {
    enum class Kind : std::uint8_t { key, script, abstain, no_confidence };

    DRep() noexcept = default;
    DRep(Kind of, const KeyHash& value = {}) noexcept : kind(of), hash(value) {}

    Kind kind = Kind::abstain;
    KeyHash hash{};  ///< zero for the predefined votes

    friend auto operator<=>(const DRep&, const DRep&) = default;
};

enum class NetworkId : std::uint8_t { testnet, mainnet };

/// A reward account.
///
/// Shape  29 bytes: 0xe0 (a key) or 0xf0 (a script) plus the network, then the hash.
struct Account {
    NetworkId network = NetworkId::testnet;
    Credential credential;

    friend auto operator<=>(const Account&, const Account&) = default;
};

/// A document elsewhere and its hash.
struct Anchor {
    std::string url;  ///< the author's text: print with `printable`
    Hash hash{};

    friend bool operator==(const Anchor&, const Anchor&) = default;
};

/// `{"keyHash": "…"}` or `{"scriptHash": "…"}`.
void write_json(JsonWriter& out, const Credential& credential);
/// `{"credential": …, "network": "Testnet"}`.
void write_json(JsonWriter& out, const Account& account);
void write_json(JsonWriter& out, const Anchor& anchor);
/// A list of credentials.
void write_json(JsonWriter& out, const std::vector<Credential>& credentials);

/// `keyHash-…` or `scriptHash-…`, as the ledger names it in the keys of its JSON.
[[nodiscard]] std::string to_string(const Credential& credential);
/// `drep-keyHash-…`, `drep-scriptHash-…`, `drep-alwaysAbstain` or `drep-alwaysNoConfidence`, as in the ledger's JSON.
[[nodiscard]] std::string to_string(const DRep& drep);

}  // namespace ouro::n2c
