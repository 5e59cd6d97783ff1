#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include <ouro/n2c/credential.hpp>
#include <ouro/n2c/query.hpp>
#include <ouro/n2c/query_result.hpp>

/// Queries about accounts: delegations, rewards and deposits, and the two pots of the chain.
///
/// Source  ouroboros-consensus-cardano, Shelley/Ledger/Query.hs; the results as in cardano-ledger-api,
///         State/Query.hs, whose JSON `write_json` writes.
namespace ouro::n2c {

/// Where rewards for a stake are asked for: an amount in lovelace, or an account.
using RewardSubject = std::variant<std::uint64_t, Credential>;

namespace query {

/// The pools that accounts delegate to, and their rewards.
[[nodiscard]] InEra delegations(Era era, List<Credential> accounts);
/// Deposits for the registration of accounts.
[[nodiscard]] InEra stake_deposits(Era era, List<Credential> accounts);
/// The representatives that accounts delegate their votes to. From Conway on.
[[nodiscard]] InEra vote_delegations(Era era, List<Credential> accounts);
/// The treasury and the reserves.
[[nodiscard]] InEra pots(Era era);
/// Rewards to expect from each pool, for an amount or an account.
[[nodiscard]] InEra member_rewards(Era era, List<RewardSubject> subjects);

}  // namespace query

/// Delegations to pools, and rewards in lovelace. Accounts that are not registered are absent.
struct Delegations {
    Entries<Credential, PoolId> pools;
    Entries<Credential, std::uint64_t> rewards;

    friend bool operator==(const Delegations&, const Delegations&) = default;
};
[[nodiscard]] Result<Delegations> parse_delegations(const Bytes& result);
void write_json(JsonWriter& out, const Delegations& delegations);

/// Lovelace for each account or representative.
[[nodiscard]] Result<Entries<Credential, std::uint64_t>> parse_stake_deposits(const Bytes& result);
void write_json(JsonWriter& out, const Entries<Credential, std::uint64_t>& deposits);

[[nodiscard]] Result<Entries<Credential, DRep>> parse_vote_delegations(const Bytes& result);
void write_json(JsonWriter& out, const Entries<Credential, DRep>& delegations);

/// Money that belongs to no account, in lovelace.
struct Pots {
    std::uint64_t treasury = 0;
    std::uint64_t reserves = 0;

    friend bool operator==(const Pots&, const Pots&) = default;
};
[[nodiscard]] Result<Pots> parse_pots(const Bytes& result);
void write_json(JsonWriter& out, const Pots& pots);

/// Rewards per epoch to expect from each pool, in lovelace.
using MemberRewards = Entries<RewardSubject, Entries<PoolId, std::uint64_t>>;
[[nodiscard]] Result<MemberRewards> parse_member_rewards(const Bytes& result);
/// A list of `{"lovelace": …, "rewards": …}` and `{"account": …, "rewards": …}`. The ledger has no JSON for it.
void write_json(JsonWriter& out, const MemberRewards& rewards);

}  // namespace ouro::n2c
