#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <ouro/n2c/pools.hpp>
#include <ouro/n2c/protocol_parameters.hpp>

/// Queries about the protocol: nonces and counters of certificates, the genesis configuration, parameters to come.
/// `query_result.hpp` reads the start of the chain and the history of its eras.
///
/// Source  ouroboros-consensus-protocol, Protocol/Praos.hs; cardano-ledger-shelley, Shelley/Genesis.hs;
///         ouroboros-consensus-cardano, Shelley/Ledger/Query.hs.
namespace ouro::n2c {

namespace query {

/// Nonces, and counters of operational certificates. This library reads the answer from Babbage on.
[[nodiscard]] InEra chain_dep_state(Era era);
[[nodiscard]] InEra genesis(Era era);
/// The parameters that the next epoch will certainly have, if they change. Since version 18, from Conway on.
[[nodiscard]] InEra future_parameters(Era era);
/// The highest major protocol version that the node supports. Since version 21.
[[nodiscard]] InEra max_major_version(Era era);

}  // namespace query

/// A random number of the protocol; empty: neutral.
using Nonce = std::optional<Hash>;

/// The state of the consensus protocol (Praos).
struct ChainDepState {
    std::optional<Slot> last_slot;            ///< empty at the origin
    Entries<PoolId, std::uint64_t> counters;  ///< number of the newest operational certificate of each pool
    Nonce evolving;
    Nonce candidate;
    Nonce epoch;
    std::optional<Nonce> previous_epoch;  ///< sent by nodes since 11.0
    Nonce last_block;                     ///< from the hash of the previous block
    Nonce last_epoch_block;               ///< from the hash of the last block of the previous epoch

    friend bool operator==(const ChainDepState&, const ChainDepState&) = default;
};
/// Reads six nonces, or five of older nodes.
[[nodiscard]] Result<ChainDepState> parse_chain_dep_state(const Bytes& result);
/// The members that `cardano-cli query protocol-state` prints.
void write_json(JsonWriter& out, const ChainDepState& state);

/// Keys that a genesis key delegates to.
struct GenesisDelegate {
    KeyHash delegate{};
    Hash vrf{};

    friend bool operator==(const GenesisDelegate&, const GenesisDelegate&) = default;
};
void write_json(JsonWriter& out, const GenesisDelegate& delegate);

/// The genesis configuration of Shelley.
struct Genesis {
    SystemStart start;
    NetworkMagic magic{};
    NetworkId network = NetworkId::testnet;
    Rational active_slots;                 ///< share of the slots that have a leader
    std::uint64_t security_parameter = 0;  ///< k: blocks that a rollback can take back
    std::uint64_t epoch_length = 0;        ///< slots
    std::uint64_t slots_per_kes_period = 0;
    std::uint64_t max_kes_evolutions = 0;
    std::chrono::microseconds slot_length{};
    std::uint64_t update_quorum = 0;
    std::uint64_t max_lovelace = 0;
    ProtocolParameters parameters;
    Entries<KeyHash, GenesisDelegate> delegates;
    Entries<Bytes, std::uint64_t> initial_funds;  ///< lovelace by address, as bytes
    PoolRegistrations pools;
    Entries<KeyHash, PoolId> delegations;
    std::optional<Bytes> extra;  ///< data to inject, as received; since version 21

    friend bool operator==(const Genesis&, const Genesis&) = default;
};
/// Reads 16 items, or 15 of a version before 21.
[[nodiscard]] Result<Genesis> parse_genesis(const Bytes& result);
/// The members of a Shelley genesis file. `extraConfig` is written as bytes.
void write_json(JsonWriter& out, const Genesis& genesis);

/// Empty if the parameters do not change.
[[nodiscard]] Result<std::optional<ProtocolParameters>> parse_future_parameters(Era era, const Bytes& result);
void write_json(JsonWriter& out, const std::optional<ProtocolParameters>& parameters);

[[nodiscard]] Result<std::uint64_t> parse_max_major_version(const Bytes& result);

// Results of `query_result.hpp`; the ledger has no JSON for the last three.
/// As a date and time, `2020-07-21T02:24:00Z`.
void write_json(JsonWriter& out, const SystemStart& start);
void write_json(JsonWriter& out, const ChainTime& time);
void write_json(JsonWriter& out, const EraBound& bound);
void write_json(JsonWriter& out, const EraSummary& summary);

}  // namespace ouro::n2c
