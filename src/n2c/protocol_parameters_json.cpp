#include <algorithm>

#include "n2c/protocol_parameters.hpp"

// Source  cardano-ledger, the names in the PParams.hs of each era.
namespace ouro::n2c {

namespace {

constexpr std::uint64_t known_languages = 4;

void write_costs(JsonWriter& out, const CostModel& model) {
    out.begin_array();
    for (const std::int64_t cost : model.costs) out.integer(cost);
    out.end_array();
}

template <std::size_t size>
void write_thresholds(JsonWriter& out, const std::array<const char*, size>& names,
                      const std::array<Rational, size>& thresholds) {
    out.begin_object();
    for (std::size_t i = 0; i < size; ++i) member_decimal(out, names[i], thresholds[i]);
    out.end_object();
}

void write_scripts(JsonWriter& out, const ScriptParameters& scripts) {
    out.key("collateralPercentage").uint(scripts.collateral_percentage);
    out.key("costModels");
    write_cost_models(out, scripts.cost_models);
    out.key("executionUnitPrices");
    write_prices(out, scripts.memory_price, scripts.step_price);
    member(out, "maxBlockExecutionUnits", scripts.max_in_block);
    out.key("maxCollateralInputs").uint(scripts.max_collateral_inputs);
    member(out, "maxTxExecutionUnits", scripts.max_in_tx);
    out.key("maxValueSize").uint(scripts.max_value_size);
    out.key("utxoCostPerByte").uint(scripts.coins_per_utxo);
}

void write_governance(JsonWriter& out, const GovernanceParameters& governance) {
    out.key("committeeMaxTermLength").uint(governance.committee_max_term);
    out.key("committeeMinSize").uint(governance.committee_min_size);
    out.key("dRepActivity").uint(governance.drep_activity);
    out.key("dRepDeposit").uint(governance.drep_deposit);
    out.key("dRepVotingThresholds");
    write_drep_thresholds(out, governance.drep_voting_thresholds);
    out.key("govActionDeposit").uint(governance.action_deposit);
    out.key("govActionLifetime").uint(governance.action_lifetime);
    member_decimal(out, "minFeeRefScriptCostPerByte", governance.script_cost_per_byte);
    out.key("poolVotingThresholds");
    write_pool_thresholds(out, governance.pool_voting_thresholds);
}

void write_reference_scripts(JsonWriter& out, const ReferenceScriptParameters& scripts) {
    out.key("maxRefScriptSizePerBlock").uint(scripts.max_in_block);
    out.key("maxRefScriptSizePerTx").uint(scripts.max_in_tx);
    member_decimal(out, "refScriptCostMultiplier", scripts.multiplier);
    out.key("refScriptCostStride").uint(scripts.stride);
}

void write_pool_limits(JsonWriter& out, const PoolLimits& limits) {
    out.key("maxPledgeLeverage");
    if (limits.max_pledge_leverage)
        write_decimal(out, *limits.max_pledge_leverage);
    else
        out.null();
    member_decimal(out, "minPoolMargin", limits.min_margin);
}

}  // namespace

void write_json(JsonWriter& out, const ProtocolVersion& version) {
    out.begin_object();
    out.key("major").uint(version.major);
    out.key("minor").uint(version.minor);
    out.end_object();
}

void write_json(JsonWriter& out, const ExUnits& units) {
    out.begin_object();
    out.key("memory").uint(units.memory);
    out.key("steps").uint(units.steps);
    out.end_object();
}

void write_prices(JsonWriter& out, Rational memory, Rational step) {
    out.begin_object();
    member_decimal(out, "priceMemory", memory);
    member_decimal(out, "priceSteps", step);
    out.end_object();
}

void write_cost_models(JsonWriter& out, const Bytes& cost_models) {
    const auto models = parse_cost_models(cost_models);
    out.begin_object();
    const auto known = [](const CostModel& model) { return model.language < known_languages; };
    if (models) {
        for (const CostModel& model : *models) {
            if (!known(model)) continue;
            out.key("PlutusV" + std::to_string(model.language + 1));
            write_costs(out, model);
        }
        if (!std::all_of(models->begin(), models->end(), known)) {
            out.key("Unknown").begin_object();
            for (const CostModel& model : *models) {
                if (known(model)) continue;
                out.key(std::to_string(model.language));
                write_costs(out, model);
            }
            out.end_object();
        }
    }
    out.end_object();
}

void write_pool_thresholds(JsonWriter& out, const std::array<Rational, 5>& thresholds) {
    constexpr std::array names{"motionNoConfidence", "committeeNormal", "committeeNoConfidence", "hardForkInitiation",
                               "ppSecurityGroup"};
    write_thresholds(out, names, thresholds);
}

void write_drep_thresholds(JsonWriter& out, const std::array<Rational, 10>& thresholds) {
    constexpr std::array names{
        "motionNoConfidence", "committeeNormal", "committeeNoConfidence", "updateToConstitution", "hardForkInitiation",
        "ppNetworkGroup",     "ppEconomicGroup", "ppTechnicalGroup",      "ppGovGroup",           "treasuryWithdrawal"};
    write_thresholds(out, names, thresholds);
}

void write_json(JsonWriter& out, const ProtocolParameters& parameters) {
    out.begin_object();
    out.key("txFeePerByte").uint(parameters.min_fee_a);
    out.key("txFeeFixed").uint(parameters.min_fee_b);
    out.key("maxBlockBodySize").uint(parameters.max_block_body);
    out.key("maxTxSize").uint(parameters.max_tx);
    out.key("maxBlockHeaderSize").uint(parameters.max_block_header);
    out.key("stakeAddressDeposit").uint(parameters.key_deposit);
    out.key("stakePoolDeposit").uint(parameters.pool_deposit);
    out.key("poolRetireMaxEpoch").uint(parameters.max_epoch);
    out.key("stakePoolTargetNum").uint(parameters.wanted_pools);
    member_decimal(out, "poolPledgeInfluence", parameters.pledge_influence);
    member_decimal(out, "monetaryExpansion", parameters.expansion);
    member_decimal(out, "treasuryCut", parameters.treasury);
    if (parameters.decentralization) {
        member_decimal(out, "decentralization", *parameters.decentralization);
        member_or_null(out, "extraPraosEntropy", parameters.extra_entropy);
    }
    member(out, "protocolVersion", parameters.version);
    member_if_any(out, "minUTxOValue", parameters.min_utxo_value);
    out.key("minPoolCost").uint(parameters.min_pool_cost);
    if (parameters.scripts) write_scripts(out, *parameters.scripts);
    if (parameters.governance) write_governance(out, *parameters.governance);
    if (parameters.reference_scripts) write_reference_scripts(out, *parameters.reference_scripts);
    if (parameters.pool_limits) write_pool_limits(out, *parameters.pool_limits);
    if (!parameters.others.empty()) member_list(out, "unknown", parameters.others);
    out.end_object();
}

}  // namespace ouro::n2c
