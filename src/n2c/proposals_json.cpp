#include <type_traits>

#include <ouro/n2c/proposals.hpp>

#include "n2c/json.hpp"
#include "n2c/protocol_parameters.hpp"

namespace ouro::n2c {

namespace {

template <class T>
void write_or_null(JsonWriter& out, const std::optional<T>& value) {
    if (value)
        write_json(out, *value);
    else
        out.null();
}

// One overload for each kind of value that an action can change.
void write_value(JsonWriter& out, std::uint64_t number) { out.uint(number); }
void write_value(JsonWriter& out, const Rational& number) { write_decimal(out, number); }
void write_value(JsonWriter& out, const std::optional<Rational>& number) {
    if (number)
        write_decimal(out, *number);
    else
        out.null();
}
void write_value(JsonWriter& out, const ExUnits& units) { write_json(out, units); }
void write_value(JsonWriter& out, const ExUnitPrices& prices) { write_prices(out, prices.memory, prices.step); }
void write_value(JsonWriter& out, const std::array<Rational, 5>& thresholds) { write_pool_thresholds(out, thresholds); }
void write_value(JsonWriter& out, const std::array<Rational, 10>& thresholds) {
    write_drep_thresholds(out, thresholds);
}
void write_value(JsonWriter& out, const CostModels& models) { write_cost_models(out, models.cbor); }
void write_value(JsonWriter& out, const UnknownParameter& parameter) { out.text(to_hex(parameter.cbor)); }

void write_updates(JsonWriter& out, const std::vector<ParameterUpdate>& updates) {
    out.begin_object();
    for (const ParameterUpdate& update : updates) {
        const std::string_view name = update.name();
        out.key(name.empty() ? "unknown-" + std::to_string(update.key) : std::string(name));
        std::visit([&](const auto& value) { write_value(out, value); }, update.value);
    }
    out.end_object();
}

// The contents of an action: a list, or the value itself if there is only one.
void write_contents(JsonWriter& out, const ParameterChange& change) {
    out.begin_array();
    write_or_null(out, change.previous);
    write_updates(out, change.updates);
    write_or_null(out, change.policy);
    out.end_array();
}

void write_contents(JsonWriter& out, const HardForkInitiation& fork) {
    out.begin_array();
    write_or_null(out, fork.previous);
    write_json(out, fork.version);
    out.end_array();
}

void write_contents(JsonWriter& out, const TreasuryWithdrawals& action) {
    out.begin_array().begin_array();
    for (const auto& [account, lovelace] : action.withdrawals) {
        out.begin_array();
        write_json(out, account);
        out.uint(lovelace).end_array();
    }
    out.end_array();
    write_or_null(out, action.policy);
    out.end_array();
}

void write_contents(JsonWriter& out, const NoConfidence& action) { write_or_null(out, action.previous); }

void write_contents(JsonWriter& out, const UpdateCommittee& update) {
    out.begin_array();
    write_or_null(out, update.previous);
    write_json(out, update.removed);
    write_json(out, update.added);
    write_decimal(out, update.threshold);
    out.end_array();
}

void write_contents(JsonWriter& out, const NewConstitution& action) {
    out.begin_array();
    write_or_null(out, action.previous);
    write_json(out, action.constitution);
    out.end_array();
}

}  // namespace

void write_json(JsonWriter& out, const ActionId& id) {
    out.begin_object();
    out.key("govActionIx").uint(id.index);
    member(out, "txId", id.tx);
    out.end_object();
}

void write_json(JsonWriter& out, Vote vote) {
    constexpr std::array names{"VoteNo", "VoteYes", "Abstain"};
    out.text(names[static_cast<std::size_t>(vote)]);
}

void write_json(JsonWriter& out, const GovernanceAction& action) {
    constexpr std::array names{"ParameterChange", "HardForkInitiation", "TreasuryWithdrawals", "NoConfidence",
                               "UpdateCommittee", "NewConstitution",    "InfoAction"};
    out.begin_object();
    std::visit(
        [&]<class T>(const T& contents) {
            if constexpr (!std::is_same_v<T, InfoAction>) {
                out.key("contents");
                write_contents(out, contents);
            }
        },
        action);
    out.key("tag").text(names[action.index()]);
    out.end_object();
}

void write_json(JsonWriter& out, const Proposal& proposal) {
    out.begin_object();
    member(out, "actionId", proposal.id);
    member_entries(out, "committeeVotes", proposal.committee_votes);
    member_entries(out, "dRepVotes", proposal.drep_votes);
    out.key("expiresAfter").uint(proposal.expires_after);
    out.key("proposalProcedure").begin_object();
    member(out, "anchor", proposal.anchor);
    out.key("deposit").uint(proposal.deposit);
    member(out, "govAction", proposal.action);
    member(out, "returnAddr", proposal.return_account);
    out.end_object();
    out.key("proposedIn").uint(proposal.proposed_in);
    member_entries(out, "stakePoolVotes", proposal.pool_votes);
    out.end_object();
}

void write_json(JsonWriter& out, const std::vector<Proposal>& proposals) { write_list(out, proposals); }

}  // namespace ouro::n2c
