#include "n2c/proposals.hpp"

#include "n2c/governance.hpp"
#include "n2c/protocol_parameters.hpp"
#include "n2c/query_encoding.hpp"

namespace ouro::n2c {

namespace query {

InEra proposals(Era era, List<ActionId> ids) {
    return about_set(era, 31, SetTag::from_conway, std::move(ids), [](cbor::Writer& out, const ActionId& id) {
        out.array(2).bytes(BytesView(id.tx)).uint(id.index);
    });
}

}  // namespace query

namespace {

using Previous = std::optional<ActionId>;

using Kind = ParameterKind;

/// The gaps are those that only eras before Conway could change.
constexpr std::array<Parameter, parameter_count> parameters_by_number{{
    {"txFeePerByte", Kind::number},
    {"txFeeFixed", Kind::number},
    {"maxBlockBodySize", Kind::number},
    {"maxTxSize", Kind::number},
    {"maxBlockHeaderSize", Kind::number},
    {"stakeAddressDeposit", Kind::number},
    {"stakePoolDeposit", Kind::number},
    {"poolRetireMaxEpoch", Kind::number},
    {"stakePoolTargetNum", Kind::number},
    {"poolPledgeInfluence", Kind::rational},
    {"monetaryExpansion", Kind::rational},
    {"treasuryCut", Kind::rational},
    {},
    {},
    {},
    {},
    {"minPoolCost", Kind::number},
    {"utxoCostPerByte", Kind::number},
    {"costModels", Kind::cost_models},
    {"executionUnitPrices", Kind::prices},
    {"maxTxExecutionUnits", Kind::units},
    {"maxBlockExecutionUnits", Kind::units},
    {"maxValueSize", Kind::number},
    {"collateralPercentage", Kind::number},
    {"maxCollateralInputs", Kind::number},
    {"poolVotingThresholds", Kind::pool_thresholds},
    {"dRepVotingThresholds", Kind::drep_thresholds},
    {"committeeMinSize", Kind::number},
    {"committeeMaxTermLength", Kind::number},
    {"govActionLifetime", Kind::number},
    {"govActionDeposit", Kind::number},
    {"dRepDeposit", Kind::number},
    {"dRepActivity", Kind::number},
    {"minFeeRefScriptCostPerByte", Kind::rational},
    {"maxRefScriptSizePerBlock", Kind::number},
    {"maxRefScriptSizePerTx", Kind::number},
    {"refScriptCostStride", Kind::number},
    {"refScriptCostMultiplier", Kind::rational},
    {"maxPledgeLeverage", Kind::rational_or_null},
    {"minPoolMargin", Kind::rational},
}};

ParameterValue read_value(cbor::Reader& in, Kind kind, const Bytes& item) {
    switch (kind) {
        case Kind::unknown: break;
        case Kind::number: return in.uint();
        case Kind::rational: return read_rational(in);
        case Kind::rational_or_null: return read_nullable(in, read_rational);
        case Kind::units: return read_units(in);
        case Kind::prices: in.array_of(2); return ExUnitPrices{read_rational(in), read_rational(in)};
        case Kind::pool_thresholds: return read_thresholds<5>(in);
        case Kind::drep_thresholds: return read_thresholds<10>(in);
        case Kind::cost_models: return CostModels{read_cost_models(in, item)};
    }
    return UnknownParameter{item.share(in.skip())};
}

std::vector<ParameterUpdate> read_updates(cbor::Reader& in, const Bytes& item) {
    std::vector<ParameterUpdate> updates;
    for_each(in, in.map_of_any(), [&] {
        const std::uint64_t key = in.uint();
        updates.push_back({key, read_value(in, parameter(key).kind, item)});
    });
    return updates;
}

Previous read_previous(cbor::Reader& in) noexcept { return read_nullable(in, read_action_id); }
std::optional<KeyHash> read_policy(cbor::Reader& in) noexcept { return read_nullable(in, read_key_hash); }

ProtocolVersion read_version(cbor::Reader& in) noexcept {
    in.array_of(2);
    return {in.uint(), in.uint()};
}

ParameterChange read_parameter_change(cbor::Reader& in, const Bytes& item) {
    ParameterChange change;
    change.previous = read_previous(in);
    change.updates = read_updates(in, item);
    change.policy = read_policy(in);
    return change;
}

UpdateCommittee read_update_committee(cbor::Reader& in) {
    UpdateCommittee update;
    update.previous = read_previous(in);
    update.removed = read_set(in, read_credential);
    update.added = read_entries(in, read_credential, read_uint);
    update.threshold = read_rational(in);
    return update;
}

GovernanceAction read_action(cbor::Reader& in, const Bytes& item) {
    constexpr std::array<std::uint64_t, 7> sizes{4, 3, 3, 2, 5, 3, 1};
    const std::size_t start = in.offset();
    const auto size = in.array();
    const auto kind = static_cast<std::size_t>(in.uint(sizes.size() - 1));
    if (size != sizes[kind]) in.fail_at(start);
    switch (kind) {
        case 0: return read_parameter_change(in, item);
        case 1: {
            const Previous previous = read_previous(in);
            return HardForkInitiation{previous, read_version(in)};
        }
        case 2: {
            auto withdrawals = read_entries(in, read_account, read_uint);
            return TreasuryWithdrawals{std::move(withdrawals), read_policy(in)};
        }
        case 3: return NoConfidence{read_previous(in)};
        case 4: return read_update_committee(in);
        case 5: {
            const Previous previous = read_previous(in);
            return NewConstitution{previous, read_constitution(in)};
        }
        default: return InfoAction();
    }
}

Vote read_vote(cbor::Reader& in) noexcept { return read_enum(in, Vote::abstain); }

}  // namespace

Parameter parameter(std::uint64_t key) noexcept {
    return key < parameters_by_number.size() ? parameters_by_number[static_cast<std::size_t>(key)] : Parameter{};
}

std::optional<std::uint64_t> parameter_key(std::string_view name) noexcept {
    for (std::size_t key = 0; key < parameters_by_number.size(); ++key)
        if (!name.empty() && parameters_by_number[key].name == name) return key;
    return std::nullopt;
}

std::string_view ParameterUpdate::name() const noexcept { return parameter(key).name; }

ActionId read_action_id(cbor::Reader& in) noexcept {
    in.array_of(2);
    return {in.bytes<32>(), in.uint_as<std::uint16_t>()};
}

Proposal read_proposal(cbor::Reader& in, const Bytes& item) {
    in.array_of(7);
    Proposal proposal;
    proposal.id = read_action_id(in);
    proposal.committee_votes = read_entries(in, read_credential, read_vote);
    proposal.drep_votes = read_entries(in, read_credential, read_vote);
    proposal.pool_votes = read_entries(in, read_key_hash, read_vote);
    in.array_of(4);
    proposal.deposit = in.uint();
    proposal.return_account = read_account(in);
    proposal.action = read_action(in, item);
    proposal.anchor = read_anchor(in);
    proposal.proposed_in = in.uint();
    proposal.expires_after = in.uint();
    return proposal;
}

std::vector<Proposal> read_proposals(cbor::Reader& in, const Bytes& item) {
    return read_list(in, [&](cbor::Reader& of) { return read_proposal(of, item); });
}

Result<std::vector<Proposal>> parse_proposals(const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) { return read_proposals(in, result); });
}

}  // namespace ouro::n2c
