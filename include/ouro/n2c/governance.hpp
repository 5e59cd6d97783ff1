#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include <ouro/n2c/accounts.hpp>

/// Queries about the governance of the chain: constitution, committee and delegated representatives. From Conway on.
///
/// Source  ouroboros-consensus-cardano, Shelley/Ledger/Query.hs; cardano-ledger-api, State/Query/Governance.hs, whose
///         JSON `write_json` writes; cardano-ledger-core, DRep.hs.
namespace ouro::n2c {

/// State of a member of the committee.
enum class MemberStatus : std::uint8_t {
    active,
    expired,      ///< the term is over
    unrecognized  ///< has a hot credential, but is not a member, or not yet
};

namespace query {

[[nodiscard]] InEra constitution(Era era);
/// Representatives by credential; all if `dreps` is empty.
[[nodiscard]] InEra drep_state(Era era, List<Credential> dreps = {});
/// The stake that representatives vote with; of all if `dreps` is empty.
[[nodiscard]] InEra drep_stake(Era era, List<DRep> dreps = {});
/// Members of the committee by cold credential, hot credential and status. An empty list does not restrict.
[[nodiscard]] InEra committee(Era era, List<Credential> cold = {}, List<Credential> hot = {},
                              List<MemberStatus> status = {});
/// The vote that counts for a pool that does not vote. Since version 20.
[[nodiscard]] InEra default_vote(Era era, const PoolId& pool);
/// The accounts that delegate to each representative; all if `dreps` is empty. Since version 23.
[[nodiscard]] InEra drep_delegations(Era era, List<DRep> dreps = {});

}  // namespace query

struct Constitution {
    Anchor anchor;
    std::optional<KeyHash> script;  ///< a script that proposals must satisfy

    friend bool operator==(const Constitution&, const Constitution&) = default;
};
[[nodiscard]] Result<Constitution> parse_constitution(const Bytes& result);
void write_json(JsonWriter& out, const Constitution& constitution);

/// A registered representative.
struct DRepState {
    std::uint64_t expiry = 0;  ///< epoch
    std::optional<Anchor> anchor;
    std::uint64_t deposit = 0;           ///< lovelace
    std::vector<Credential> delegators;  ///< accounts; older nodes do not send them

    friend bool operator==(const DRepState&, const DRepState&) = default;
};
void write_json(JsonWriter& out, const DRepState& state);
/// Reads four items of each representative, or three of older nodes.
[[nodiscard]] Result<Entries<Credential, DRepState>> parse_drep_state(const Bytes& result);
/// The ledger leaves out `delegators`.
void write_json(JsonWriter& out, const Entries<Credential, DRepState>& dreps);

/// Lovelace.
[[nodiscard]] Result<Entries<DRep, std::uint64_t>> parse_drep_stake(const Bytes& result);
void write_json(JsonWriter& out, const Entries<DRep, std::uint64_t>& stake);

/// A member of the committee that has not registered a hot credential.
struct NotAuthorized {
    friend bool operator==(const NotAuthorized&, const NotAuthorized&) = default;
};
/// A member that has resigned.
struct Resigned {
    std::optional<Anchor> anchor;  ///< the reason

    friend bool operator==(const Resigned&, const Resigned&) = default;
};

/// Change for a member at the next epoch.
struct MemberChange {
    enum class Kind : std::uint8_t { enacted, removed, none, expired, term_adjusted };
    Kind kind = Kind::none;
    std::uint64_t term = 0;  ///< the new last epoch, if `term_adjusted`

    friend bool operator==(const MemberChange&, const MemberChange&) = default;
};

struct CommitteeMember {
    std::variant<Credential, NotAuthorized, Resigned> hot;  ///< the credential that votes, if there is one
    MemberStatus status{};
    std::optional<std::uint64_t> expiration;  ///< the last epoch of the term
    MemberChange change;

    friend bool operator==(const CommitteeMember&, const CommitteeMember&) = default;
};
void write_json(JsonWriter& out, const CommitteeMember& member);

struct CommitteeState {
    Entries<Credential, CommitteeMember> members;  ///< by cold credential
    std::optional<Rational> threshold;             ///< share of votes that accepts; empty: there is no committee
    std::uint64_t epoch = 0;

    friend bool operator==(const CommitteeState&, const CommitteeState&) = default;
};
[[nodiscard]] Result<CommitteeState> parse_committee(const Bytes& result);
void write_json(JsonWriter& out, const CommitteeState& committee);

enum class DefaultVote : std::uint8_t { no, abstain, no_confidence };
[[nodiscard]] Result<DefaultVote> parse_default_vote(const Bytes& result);
void write_json(JsonWriter& out, DefaultVote vote);

[[nodiscard]] Result<Entries<DRep, std::vector<Credential>>> parse_drep_delegations(const Bytes& result);
void write_json(JsonWriter& out, const Entries<DRep, std::vector<Credential>>& delegations);

}  // namespace ouro::n2c
