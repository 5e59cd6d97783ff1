#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <ouro/n2c/credential.hpp>
#include <ouro/n2c/query.hpp>
#include <ouro/n2c/query_result.hpp>

/// Queries about stake pools. `parse_stake_distribution` reads the distribution.
///
/// Source  ouroboros-consensus-cardano, Shelley/Ledger/Query.hs; cardano-ledger-core, State/StakePool.hs;
///         cardano-ledger-api, State/Query.hs, whose JSON `write_json` writes.
namespace ouro::n2c {

namespace query {

/// The parameters that pools are registered with.
[[nodiscard]] InEra pool_parameters(Era era, List<PoolId> pools);
/// Registrations, changes and retirements, of the given pools or of all.
[[nodiscard]] InEra pool_state(Era era, std::optional<List<PoolId>> pools = {});
/// The stake of pools in three snapshots, of the given pools or of all.
[[nodiscard]] InEra stake_snapshots(Era era, std::optional<List<PoolId>> pools = {});
/// The stake distribution that elects leaders, of the given pools or of all; answered as `stake_distribution`.
///
/// Uses the tag that nodes of `version` know.
[[nodiscard]] InEra pool_distribution(Era era, Version version, std::optional<List<PoolId>> pools = {});
/// The stake that pools vote with; of all if `pools` is empty. From Conway on.
[[nodiscard]] InEra pool_voting_stake(Era era, List<PoolId> pools = {});

}  // namespace query

/// A relay with addresses. IPv4 and IPv6 are in network byte order.
struct RelayAddress {
    std::optional<std::uint16_t> port;
    std::optional<std::array<std::uint8_t, 4>> ipv4;
    std::optional<std::array<std::uint8_t, 16>> ipv6;

    friend bool operator==(const RelayAddress&, const RelayAddress&) = default;
};
/// A relay with a host name.
struct RelayName {
    std::optional<std::uint16_t> port;
    std::string name;  ///< the pool's text: print with `printable`

    friend bool operator==(const RelayName&, const RelayName&) = default;
};
/// A name whose services (SRV) are relays.
struct RelayService {
    std::string name;  ///< the pool's text: print with `printable`

    friend bool operator==(const RelayService&, const RelayService&) = default;
};
using Relay = std::variant<RelayAddress, RelayName, RelayService>;
void write_json(JsonWriter& out, const Relay& relay);

/// Metadata of a pool: a document elsewhere, and its hash as registered, which may have any length.
struct PoolMetadata {
    std::string url;  ///< the pool's text: print with `printable`
    Bytes hash;

    friend bool operator==(const PoolMetadata&, const PoolMetadata&) = default;
};
void write_json(JsonWriter& out, const PoolMetadata& metadata);

/// The registration of a pool.
struct PoolParameters {
    PoolId id{};
    Hash vrf{};
    std::optional<BlsKey> bls;  ///< key for votes in Leios; since protocol version 12
    std::uint64_t pledge = 0;   ///< lovelace
    std::uint64_t cost = 0;     ///< lovelace per epoch
    Rational margin;
    Account account;  ///< receives the pool's rewards
    std::vector<KeyHash> owners;
    std::vector<Relay> relays;
    std::optional<PoolMetadata> metadata;

    friend bool operator==(const PoolParameters&, const PoolParameters&) = default;
};
void write_json(JsonWriter& out, const PoolParameters& pool);

using PoolRegistrations = Entries<PoolId, PoolParameters>;
[[nodiscard]] Result<PoolRegistrations> parse_pool_parameters(const Bytes& result);
void write_json(JsonWriter& out, const PoolRegistrations& pools);

/// Pools with their changes and retirements to come.
struct PoolState {
    PoolRegistrations registered;
    PoolRegistrations future;                 ///< parameters from the next epoch on
    Entries<PoolId, std::uint64_t> retiring;  ///< epoch at whose start a pool retires
    Entries<PoolId, std::uint64_t> deposits;  ///< lovelace

    friend bool operator==(const PoolState&, const PoolState&) = default;
};
[[nodiscard]] Result<PoolState> parse_pool_state(const Bytes& result);
void write_json(JsonWriter& out, const PoolState& state);

/// Stake in lovelace in the snapshots of the last three epochs; `go` elects the leaders of the present one.
struct Snapshots {
    std::uint64_t mark = 0;
    std::uint64_t set = 0;
    std::uint64_t go = 0;

    friend bool operator==(const Snapshots&, const Snapshots&) = default;
};
void write_json(JsonWriter& out, const Snapshots& snapshots);
struct StakeSnapshots {
    Entries<PoolId, Snapshots> pools;
    Snapshots total;  ///< of all pools, also of those that were not asked about; at least 1

    friend bool operator==(const StakeSnapshots&, const StakeSnapshots&) = default;
};
[[nodiscard]] Result<StakeSnapshots> parse_stake_snapshots(const Bytes& result);
void write_json(JsonWriter& out, const StakeSnapshots& snapshots);

/// The stake that pools vote with, in lovelace.
struct PoolVotingStake {
    Entries<PoolId, std::uint64_t> pools;

    friend bool operator==(const PoolVotingStake&, const PoolVotingStake&) = default;
};
[[nodiscard]] Result<PoolVotingStake> parse_pool_voting_stake(const Bytes& result);
void write_json(JsonWriter& out, const PoolVotingStake& stake);

// Parts of `query_result.hpp`; the distribution is one under either tag.
void write_json(JsonWriter& out, const BlsKey& bls);
void write_json(JsonWriter& out, const PoolStake& stake);
void write_json(JsonWriter& out, const StakeDistribution& distribution);

}  // namespace ouro::n2c
