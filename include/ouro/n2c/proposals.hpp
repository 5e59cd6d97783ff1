#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include <ouro/n2c/governance.hpp>
#include <ouro/n2c/protocol_parameters.hpp>

/// Proposals of governance actions and the votes on them. From Conway on.
///
/// Source  cardano-ledger-conway, Governance/Procedures.hs, whose JSON `write_json` writes; the numbers of parameters
///         are those in the PParams.hs of each era.
namespace ouro::n2c {

/// A governance action by the transaction that proposed it.
struct ActionId {
    Hash tx{};
    std::uint16_t index = 0;

    friend auto operator<=>(const ActionId&, const ActionId&) = default;
};
void write_json(JsonWriter& out, const ActionId& id);

namespace query {

/// Proposals by id; all if `ids` is empty. Since version 17.
[[nodiscard]] InEra proposals(Era era, List<ActionId> ids = {});

}  // namespace query

enum class Vote : std::uint8_t { no, yes, abstain };
void write_json(JsonWriter& out, Vote vote);

/// Prices of execution units, in lovelace.
struct ExUnitPrices {
    Rational memory;
    Rational step;

    friend bool operator==(const ExUnitPrices&, const ExUnitPrices&) = default;
};
/// Costs of scripts, as received: see `parse_cost_models`.
struct CostModels {
    Bytes cbor;

    friend bool operator==(const CostModels&, const CostModels&) = default;
};
/// The value of a parameter that this library does not know, as received.
struct UnknownParameter {
    Bytes cbor;

    friend bool operator==(const UnknownParameter&, const UnknownParameter&) = default;
};
using ParameterValue = std::variant<std::uint64_t, Rational, std::optional<Rational>, ExUnits, ExUnitPrices,
                                    std::array<Rational, 5>, std::array<Rational, 10>, CostModels, UnknownParameter>;

/// A protocol parameter that an action changes.
struct ParameterUpdate {
    std::uint64_t key = 0;  ///< the ledger's number of the parameter
    ParameterValue value;

    /// The ledger's name of the parameter; empty if it is not known.
    [[nodiscard]] std::string_view name() const noexcept;
    friend bool operator==(const ParameterUpdate&, const ParameterUpdate&) = default;
};

/// Changes protocol parameters.
struct ParameterChange {
    std::optional<ActionId> previous;  ///< the last enacted action of the same purpose
    std::vector<ParameterUpdate> updates;
    std::optional<KeyHash> policy;  ///< the script of the constitution

    friend bool operator==(const ParameterChange&, const ParameterChange&) = default;
};
/// Begins a new protocol version.
struct HardForkInitiation {
    std::optional<ActionId> previous;
    ProtocolVersion version;

    friend bool operator==(const HardForkInitiation&, const HardForkInitiation&) = default;
};
/// Pays from the treasury.
struct TreasuryWithdrawals {
    Entries<Account, std::uint64_t> withdrawals;  ///< lovelace
    std::optional<KeyHash> policy;

    friend bool operator==(const TreasuryWithdrawals&, const TreasuryWithdrawals&) = default;
};
/// Dismisses the committee.
struct NoConfidence {
    std::optional<ActionId> previous;

    friend bool operator==(const NoConfidence&, const NoConfidence&) = default;
};
/// Changes the members of the committee.
struct UpdateCommittee {
    std::optional<ActionId> previous;
    std::vector<Credential> removed;
    Entries<Credential, std::uint64_t> added;  ///< last epoch of the term
    Rational threshold;

    friend bool operator==(const UpdateCommittee&, const UpdateCommittee&) = default;
};
/// Replaces the constitution.
struct NewConstitution {
    std::optional<ActionId> previous;
    Constitution constitution;

    friend bool operator==(const NewConstitution&, const NewConstitution&) = default;
};
/// Has no effect on the chain.
struct InfoAction {
    friend bool operator==(const InfoAction&, const InfoAction&) = default;
};
/// In the order of their numbers on the wire.
using GovernanceAction = std::variant<ParameterChange, HardForkInitiation, TreasuryWithdrawals, NoConfidence,
                                      UpdateCommittee, NewConstitution, InfoAction>;
void write_json(JsonWriter& out, const GovernanceAction& action);

/// A proposal and the votes so far.
struct Proposal {
    ActionId id;
    Entries<Credential, Vote> committee_votes;  ///< by hot credential
    Entries<Credential, Vote> drep_votes;
    Entries<PoolId, Vote> pool_votes;
    std::uint64_t deposit = 0;  ///< lovelace
    Account return_account;     ///< receives the deposit
    GovernanceAction action;
    Anchor anchor;
    std::uint64_t proposed_in = 0;    ///< epoch
    std::uint64_t expires_after = 0;  ///< epoch

    friend bool operator==(const Proposal&, const Proposal&) = default;
};
void write_json(JsonWriter& out, const Proposal& proposal);

[[nodiscard]] Result<std::vector<Proposal>> parse_proposals(const Bytes& result);
void write_json(JsonWriter& out, const std::vector<Proposal>& proposals);

}  // namespace ouro::n2c
