#include "n2c/protocol_parameters.hpp"

namespace ouro::n2c {

namespace {

// Lengths of Dijkstra's list, which was extended twice.
constexpr std::uint64_t with_reference_scripts = 35;
constexpr std::uint64_t with_pool_limits = 37;

/// Number of an era's parameters if the protocol version is one of them; for Dijkstra the minimum.
std::uint64_t parameters_in(Era era) noexcept {
    switch (era) {
        case Era::byron: return 0;
        case Era::shelley:
        case Era::allegra:
        case Era::mary: return 17;
        case Era::alonzo: return 24;
        case Era::babbage: return 22;
        case Era::conway:
        case Era::dijkstra: return 31;
    }
    return 0;
}

std::optional<Hash> read_entropy(cbor::Reader& in) noexcept {
    const auto size = in.array();
    const bool neutral = in.uint(1) == 0;
    if (size != (neutral ? 1U : 2U)) in.fail();
    if (neutral) return std::nullopt;
    return in.bytes<32>();
}

ScriptParameters read_scripts(cbor::Reader& in, const Bytes& result) {
    ScriptParameters scripts;
    scripts.coins_per_utxo = in.uint();
    scripts.cost_models = read_cost_models(in, result);
    in.array_of(2);
    scripts.memory_price = read_rational(in);
    scripts.step_price = read_rational(in);
    scripts.max_in_tx = read_units(in);
    scripts.max_in_block = read_units(in);
    scripts.max_value_size = in.uint();
    scripts.collateral_percentage = in.uint();
    scripts.max_collateral_inputs = in.uint();
    return scripts;
}

GovernanceParameters read_governance(cbor::Reader& in) noexcept {
    GovernanceParameters governance;
    governance.pool_voting_thresholds = read_thresholds<5>(in);
    governance.drep_voting_thresholds = read_thresholds<10>(in);
    governance.committee_min_size = in.uint();
    governance.committee_max_term = in.uint();
    governance.action_lifetime = in.uint();
    governance.action_deposit = in.uint();
    governance.drep_deposit = in.uint();
    governance.drep_activity = in.uint();
    governance.script_cost_per_byte = read_rational(in);
    return governance;
}

ReferenceScriptParameters read_reference_scripts(cbor::Reader& in) noexcept {
    return {in.uint(), in.uint(), in.uint(), read_rational(in)};
}

PoolLimits read_pool_limits(cbor::Reader& in) noexcept {
    PoolLimits limits;
    if (!read_null(in)) limits.max_pledge_leverage = read_rational(in);
    limits.min_margin = read_rational(in);
    return limits;
}

std::vector<CostModel> read_models(cbor::Reader& in) {
    std::vector<CostModel> models;
    for (auto& [language, costs] :
         read_entries(in, read_uint, [](cbor::Reader& of) { return read_list(of, read_signed); }))
        models.push_back({language, std::move(costs)});
    return models;
}

}  // namespace

ExUnits read_units(cbor::Reader& in) noexcept {
    in.array_of(2);
    return {in.uint(), in.uint()};
}

Bytes read_cost_models(cbor::Reader& in, const Bytes& item) {
    const std::size_t start = in.offset();
    read_models(in);
    return in.ok() ? item.slice(start, in.offset() - start) : Bytes();
}

Result<std::vector<CostModel>> parse_cost_models(const Bytes& cost_models) { return parse(cost_models, read_models); }

ProtocolParameters read_protocol_parameters(cbor::Reader& in, Era era, const Bytes& result) {
    const std::uint64_t size = in.array();
    const std::uint64_t expected = parameters_in(era);
    const bool version_in_two = era < Era::conway && size == expected + 1;
    const bool open_ended = era >= Era::dijkstra && size > expected;
    if (era == Era::byron || (size != expected && !version_in_two && !open_ended)) in.fail();

    ProtocolParameters parameters;
    parameters.min_fee_a = in.uint();
    parameters.min_fee_b = in.uint();
    parameters.max_block_body = in.uint();
    parameters.max_tx = in.uint();
    parameters.max_block_header = in.uint();
    parameters.key_deposit = in.uint();
    parameters.pool_deposit = in.uint();
    parameters.max_epoch = in.uint();
    parameters.wanted_pools = in.uint();
    parameters.pledge_influence = read_rational(in);
    parameters.expansion = read_rational(in);
    parameters.treasury = read_rational(in);
    if (era <= Era::alonzo) {
        parameters.decentralization = read_rational(in);
        parameters.extra_entropy = read_entropy(in);
    }
    if (!version_in_two) in.array_of(2);
    parameters.version = {in.uint(), in.uint()};
    if (era <= Era::mary) parameters.min_utxo_value = in.uint();
    parameters.min_pool_cost = in.uint();
    if (era >= Era::alonzo) parameters.scripts = read_scripts(in, result);
    if (era >= Era::conway) parameters.governance = read_governance(in);
    if (!open_ended) return parameters;
    std::uint64_t named = expected;
    if (size >= with_reference_scripts) {
        parameters.reference_scripts = read_reference_scripts(in);
        named = with_reference_scripts;
    }
    if (size >= with_pool_limits) {
        parameters.pool_limits = read_pool_limits(in);
        named = with_pool_limits;
    }
    for (; named < size && in.ok(); ++named) parameters.others.push_back(result.share(in.skip()));
    return parameters;
}

Result<ProtocolParameters> parse_protocol_parameters(Era era, const Bytes& result) {
    return parse(result, [&](cbor::Reader& in) { return read_protocol_parameters(in, era, result); });
}

}  // namespace ouro::n2c
