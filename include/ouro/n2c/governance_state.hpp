#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ouro/n2c/proposals.hpp>

/// The whole state of governance, and the actions that the next epoch enacts. From Conway on.
///
/// Source  cardano-ledger-conway, Governance.hs and Governance/{Internal,DRepPulser,Procedures}.hs, whose JSON
///         `write_json` writes; cardano-ledger-core, State/Governance.hs.
namespace ouro::n2c {

namespace query {

/// Nodes answer it in any era; this library reads the answer from Conway on.
[[nodiscard]] InEra governance_state(Era era);
/// The actions that the next epoch enacts. Since version 17.
[[nodiscard]] InEra ratify_state(Era era);

}  // namespace query

/// The members of the committee, each with the last epoch of its term.
struct Committee {
    Entries<Credential, std::uint64_t> members;
    Rational threshold;  ///< share of votes that accepts

    friend bool operator==(const Committee&, const Committee&) = default;
};
void write_json(JsonWriter& out, const Committee& committee);

/// The last enacted action of each purpose.
struct LastActions {
    std::optional<ActionId> parameters;
    std::optional<ActionId> hard_fork;
    std::optional<ActionId> committee;
    std::optional<ActionId> constitution;

    friend bool operator==(const LastActions&, const LastActions&) = default;
};
void write_json(JsonWriter& out, const LastActions& actions);

/// The result of enacting actions.
struct EnactState {
    std::optional<Committee> committee;
    Constitution constitution;
    ProtocolParameters parameters;
    ProtocolParameters previous_parameters;
    std::uint64_t treasury = 0;                      ///< lovelace
    Entries<Credential, std::uint64_t> withdrawals;  ///< lovelace
    LastActions last;

    friend bool operator==(const EnactState&, const EnactState&) = default;
};
/// The ledger leaves out `treasury` and `withdrawals`.
void write_json(JsonWriter& out, const EnactState& state);

/// The result of the votes, which takes effect at the next epoch.
struct RatifyState {
    EnactState next;
    std::vector<Proposal> enacted;
    std::vector<ActionId> expired;
    bool delayed = false;  ///< whether an action delays all others

    friend bool operator==(const RatifyState&, const RatifyState&) = default;
};
[[nodiscard]] Result<RatifyState> parse_ratify_state(Era era, const Bytes& result);
void write_json(JsonWriter& out, const RatifyState& state);

/// The parameters of the next epoch: the same, definite ones, or ones that may still change.
struct FutureParameters {
    enum class Kind : std::uint8_t { none, definite, potential };
    Kind kind = Kind::none;
    std::optional<ProtocolParameters> parameters;  ///< empty if potentially none

    friend bool operator==(const FutureParameters&, const FutureParameters&) = default;
};
void write_json(JsonWriter& out, const FutureParameters& parameters);

/// Proposals and voters at the start of the epoch, which the votes are counted with.
struct VotingSnapshot {
    std::vector<Proposal> proposals;
    Entries<DRep, std::uint64_t> drep_stake;  ///< lovelace
    Entries<Credential, DRepState> dreps;
    Entries<PoolId, std::uint64_t> pool_stake;  ///< lovelace

    friend bool operator==(const VotingSnapshot&, const VotingSnapshot&) = default;
};
void write_json(JsonWriter& out, const VotingSnapshot& snapshot);

struct GovernanceState {
    LastActions last;
    std::vector<Proposal> proposals;
    std::optional<Committee> committee;
    Constitution constitution;
    ProtocolParameters parameters;
    ProtocolParameters previous_parameters;
    FutureParameters future_parameters;
    VotingSnapshot snapshot;
    RatifyState ratify;

    friend bool operator==(const GovernanceState&, const GovernanceState&) = default;
};
[[nodiscard]] Result<GovernanceState> parse_governance_state(Era era, const Bytes& result);
/// The ledger leaves out `proposalRoots` and `votingSnapshot`.
void write_json(JsonWriter& out, const GovernanceState& state);

}  // namespace ouro::n2c
