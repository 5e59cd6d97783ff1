#include <algorithm>

#include "n2c/result_writer.hpp"

namespace ouro::n2c {

namespace {

void write_cost(ResultWriter& to, const JsonValue& json) {
    if (!json.text.starts_with('-')) return write_whole(to, json);
    JsonValue positive = json;
    positive.text.erase(0, 1);
    const std::uint64_t below = whole(to, positive) - 1;  // CBOR writes -1 - n
    ByteQueue bytes;
    cbor::Writer(bytes).uint(below);
    const Bytes encoded = bytes.take();
    std::vector<std::uint8_t> item(encoded.view().begin(), encoded.view().end());
    item[0] |= 0x20U;
    to.out.raw(BytesView(item));
}

void write_thresholds(ResultWriter& to, const JsonValue& json, std::initializer_list<const char*> names) {
    to.out.array(names.size());
    for (const char* name : names) to.member(json, name, write_rational);
}

struct Member {
    const char* name;
    ResultWriter::Write write;
};
void write_members(ResultWriter& to, const JsonValue& json, std::initializer_list<Member> members) {
    for (const Member& each : members) to.member(json, each.name, each.write);
}

/// The parameters since Conway that an era has added, in the order of the list.
void write_later_parameters(ResultWriter& to, const JsonValue& json) {
    write_members(to, json,
                  {{"poolVotingThresholds", write_pool_thresholds},
                   {"dRepVotingThresholds", write_drep_thresholds},
                   {"committeeMinSize", write_whole},
                   {"committeeMaxTermLength", write_whole},
                   {"govActionLifetime", write_whole},
                   {"govActionDeposit", write_whole},
                   {"dRepDeposit", write_whole},
                   {"dRepActivity", write_whole},
                   {"minFeeRefScriptCostPerByte", write_rational}});
    if (json.find("maxRefScriptSizePerBlock") != nullptr)
        write_members(to, json,
                      {{"maxRefScriptSizePerBlock", write_whole},
                       {"maxRefScriptSizePerTx", write_whole},
                       {"refScriptCostStride", write_whole},
                       {"refScriptCostMultiplier", write_rational}});
    if (json.find("minPoolMargin") != nullptr)
        write_members(to, json,
                      {{"maxPledgeLeverage", write_nullable<write_rational>}, {"minPoolMargin", write_rational}});
}

std::uint64_t parameters_of(Era era, const JsonValue& json) {
    if (era <= Era::mary) return 17;
    if (era == Era::alonzo) return 24;
    if (era == Era::babbage) return 22;
    return 31 + (json.find("maxRefScriptSizePerBlock") != nullptr ? 4U : 0U) +
           (json.find("minPoolMargin") != nullptr ? 2U : 0U);
}

}  // namespace

void write_units(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    write_members(to, json, {{"memory", write_whole}, {"steps", write_whole}});
}

void write_prices(ResultWriter& to, const JsonValue& json) {
    to.out.array(2);
    write_members(to, json, {{"priceMemory", write_rational}, {"priceSteps", write_rational}});
}

void write_pool_thresholds(ResultWriter& to, const JsonValue& json) {
    write_thresholds(
        to, json,
        {"motionNoConfidence", "committeeNormal", "committeeNoConfidence", "hardForkInitiation", "ppSecurityGroup"});
}

void write_drep_thresholds(ResultWriter& to, const JsonValue& json) {
    write_thresholds(
        to, json,
        {"motionNoConfidence", "committeeNormal", "committeeNoConfidence", "updateToConstitution", "hardForkInitiation",
         "ppNetworkGroup", "ppEconomicGroup", "ppTechnicalGroup", "ppGovGroup", "treasuryWithdrawal"});
}

/// `PlutusV1` and so on, and further languages by number in `Unknown`.
void write_cost_models(ResultWriter& to, const JsonValue& json) {
    constexpr std::string_view prefix = "PlutusV";
    if (!json.is(JsonKind::object)) return to.fail("an object");
    const JsonValue* unknown = json.find("Unknown");
    const std::size_t others = unknown != nullptr ? unknown->items.size() : 0;
    to.out.map(json.items.size() - (unknown != nullptr ? 1 : 0) + others);
    const auto model = [&](const std::string& name, std::string_view number, std::uint64_t from,
                           const JsonValue& costs) {
        JsonValue language;
        language.kind = JsonKind::number;
        language.text = number;
        to.at(name, [&] {
            const std::uint64_t value = whole(to, language);
            if (value < from) return to.fail("a language");
            to.out.uint(value - from);
            write_list<write_cost>(to, costs);
        });
    };
    for (std::size_t i = 0; i < json.items.size(); ++i) {
        const std::string& name = json.names[i];
        if (&json.items[i] == unknown) continue;
        if (!name.starts_with(prefix)) return to.at(name, [&] { to.fail("a language, such as PlutusV1"); });
        model(name, std::string_view(name).substr(prefix.size()), 1, json.items[i]);
    }
    if (unknown == nullptr) return;
    for (std::size_t i = 0; i < others; ++i) model(unknown->names[i], unknown->names[i], 0, unknown->items[i]);
}

void write_parameters(ResultWriter& to, const JsonValue& json) {
    if (!json.is(JsonKind::object)) return to.fail("an object");
    const JsonValue* others = json.find("unknown");
    to.out.array(parameters_of(to.era, json) + (others != nullptr ? others->items.size() : 0));
    write_members(to, json,
                  {{"txFeePerByte", write_whole},
                   {"txFeeFixed", write_whole},
                   {"maxBlockBodySize", write_whole},
                   {"maxTxSize", write_whole},
                   {"maxBlockHeaderSize", write_whole},
                   {"stakeAddressDeposit", write_whole},
                   {"stakePoolDeposit", write_whole},
                   {"poolRetireMaxEpoch", write_whole},
                   {"stakePoolTargetNum", write_whole},
                   {"poolPledgeInfluence", write_rational},
                   {"monetaryExpansion", write_rational},
                   {"treasuryCut", write_rational}});
    if (to.era <= Era::alonzo)
        write_members(to, json, {{"decentralization", write_rational}, {"extraPraosEntropy", write_nonce}});
    to.member(json, "protocolVersion", write_version);
    if (to.era <= Era::mary) to.member(json, "minUTxOValue", write_whole);
    to.member(json, "minPoolCost", write_whole);
    if (to.era >= Era::alonzo)
        write_members(to, json,
                      {{"utxoCostPerByte", write_whole},
                       {"costModels", write_cost_models},
                       {"executionUnitPrices", write_prices},
                       {"maxTxExecutionUnits", write_units},
                       {"maxBlockExecutionUnits", write_units},
                       {"maxValueSize", write_whole},
                       {"collateralPercentage", write_whole},
                       {"maxCollateralInputs", write_whole}});
    if (to.era >= Era::conway) write_later_parameters(to, json);
    if (others != nullptr)
        for (const JsonValue& each : others->items) to.at("unknown", [&] { write_item(to, each); });
}

}  // namespace ouro::n2c
