#include <ouro/n2c/protocol_state.hpp>

#include "n2c/json.hpp"
#include "n2c/picoseconds.hpp"
#include "n2c/protocol_parameters.hpp"

namespace ouro::n2c {

namespace {

/// At least two digits.
std::string two_digits(std::uint64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

/// `.5`, or nothing for whole seconds.
std::string fraction(std::uint64_t picoseconds) {
    if (picoseconds == 0) return {};
    std::string digits = std::to_string(picoseconds);
    digits.insert(0, 12 - digits.size(), '0');
    digits.erase(digits.find_last_not_of('0') + 1);
    return '.' + digits;
}

void member_slot(JsonWriter& out, const char* name, std::optional<Slot> slot) {
    out.key(name);
    if (slot)
        out.uint(static_cast<std::uint64_t>(*slot));
    else
        out.text("origin");
}

std::string json_key(const Bytes& bytes) { return to_hex(bytes); }

/// The names of a genesis file, which differ from those of later parameters.
void write_first_parameters(JsonWriter& out, const ProtocolParameters& parameters) {
    out.begin_object();
    out.key("minFeeA").uint(parameters.min_fee_a);
    out.key("minFeeB").uint(parameters.min_fee_b);
    out.key("maxBlockBodySize").uint(parameters.max_block_body);
    out.key("maxTxSize").uint(parameters.max_tx);
    out.key("maxBlockHeaderSize").uint(parameters.max_block_header);
    out.key("keyDeposit").uint(parameters.key_deposit);
    out.key("poolDeposit").uint(parameters.pool_deposit);
    out.key("eMax").uint(parameters.max_epoch);
    out.key("nOpt").uint(parameters.wanted_pools);
    member_decimal(out, "a0", parameters.pledge_influence);
    member_decimal(out, "rho", parameters.expansion);
    member_decimal(out, "tau", parameters.treasury);
    member_decimal(out, "decentralisationParam", parameters.decentralization.value_or(Rational{}));
    out.key("extraEntropy").begin_object();
    member_if_any(out, "contents", parameters.extra_entropy);
    out.key("tag").text(parameters.extra_entropy ? "Nonce" : "NeutralNonce");
    out.end_object();
    member(out, "protocolVersion", parameters.version);
    out.key("minUTxOValue").uint(parameters.min_utxo_value.value_or(0));
    out.key("minPoolCost").uint(parameters.min_pool_cost);
    out.end_object();
}

}  // namespace

void write_json(JsonWriter& out, const SystemStart& start) {
    constexpr std::uint64_t last_year = 9999;
    constexpr std::uint64_t days_in_year = 366;
    if (start.year > last_year || start.day == 0 || start.day > days_in_year) {
        out.text("day " + std::to_string(start.day) + " of " + std::to_string(start.year));
        return;
    }
    const std::chrono::sys_days first{std::chrono::year{static_cast<int>(start.year)} / 1 / 1};
    const std::chrono::year_month_day date{first + std::chrono::days{start.day - 1}};
    std::string year = std::to_string(static_cast<int>(date.year()));
    year.insert(0, year.size() < 4 ? 4 - year.size() : 0, '0');
    const std::uint64_t seconds = start.picoseconds / picoseconds_in_second;
    out.text(year + '-' + two_digits(static_cast<unsigned>(date.month())) + '-' +
             two_digits(static_cast<unsigned>(date.day())) + 'T' + two_digits(seconds / 3600) + ':' +
             two_digits(seconds / 60 % 60) + ':' + two_digits(seconds % 60) +
             fraction(start.picoseconds % picoseconds_in_second) + 'Z');
}

void write_json(JsonWriter& out, const ChainDepState& state) {
    out.begin_object();
    member_or_null(out, "candidateNonce", state.candidate);
    member_or_null(out, "epochNonce", state.epoch);
    member_or_null(out, "evolvingNonce", state.evolving);
    member_or_null(out, "labNonce", state.last_block);
    member_or_null(out, "lastEpochBlockNonce", state.last_epoch_block);
    member_slot(out, "lastSlot", state.last_slot);
    member_entries(out, "oCertCounters", state.counters);
    if (state.previous_epoch) member_or_null(out, "previousEpochNonce", *state.previous_epoch);
    out.end_object();
}

void write_json(JsonWriter& out, const GenesisDelegate& delegate) {
    out.begin_object();
    member(out, "delegate", delegate.delegate);
    member(out, "vrf", delegate.vrf);
    out.end_object();
}

void write_json(JsonWriter& out, const Genesis& genesis) {
    constexpr std::uint64_t microseconds_in_second = 1'000'000;
    out.begin_object();
    member_decimal(out, "activeSlotsCoeff", genesis.active_slots);
    out.key("epochLength").uint(genesis.epoch_length);
    if (genesis.extra) member(out, "extraConfig", *genesis.extra);
    member_entries(out, "genDelegs", genesis.delegates);
    out.key("initialFunds").begin_object();
    for (const auto& [address, lovelace] : genesis.initial_funds) out.key(json_key(address)).uint(lovelace);
    out.end_object();
    out.key("maxKESEvolutions").uint(genesis.max_kes_evolutions);
    out.key("maxLovelaceSupply").uint(genesis.max_lovelace);
    out.key("networkId").text(genesis.network == NetworkId::mainnet ? "Mainnet" : "Testnet");
    out.key("networkMagic").uint(static_cast<std::uint32_t>(genesis.magic));
    out.key("protocolParams");
    write_first_parameters(out, genesis.parameters);
    out.key("securityParam").uint(genesis.security_parameter);
    member_decimal(out, "slotLength",
                   {static_cast<std::uint64_t>(genesis.slot_length.count()), microseconds_in_second});
    out.key("slotsPerKESPeriod").uint(genesis.slots_per_kes_period);
    out.key("staking").begin_object();
    member_entries(out, "pools", genesis.pools);
    member_entries(out, "stake", genesis.delegations);
    out.end_object();
    member(out, "systemStart", genesis.start);
    out.key("updateQuorum").uint(genesis.update_quorum);
    out.end_object();
}

void write_json(JsonWriter& out, const std::optional<ProtocolParameters>& parameters) {
    if (parameters)
        write_json(out, *parameters);
    else
        out.null();
}

void write_json(JsonWriter& out, const ChainTime& time) {
    out.number(std::to_string(time.seconds) + fraction(time.picoseconds));
}

void write_json(JsonWriter& out, const EraBound& bound) {
    out.begin_object();
    out.key("epoch").uint(bound.epoch);
    if (bound.peras_round) out.key("perasRound").uint(*bound.peras_round);
    member_slot(out, "slot", bound.slot);
    member(out, "time", bound.time);
    out.end_object();
}

void write_json(JsonWriter& out, const EraSummary& summary) {
    constexpr std::uint64_t milliseconds_in_second = 1'000;
    const EraParameters& parameters = summary.parameters;
    out.begin_object();
    member_or_null(out, "end", summary.end);
    out.key("parameters").begin_object();
    out.key("epochLength").uint(parameters.epoch_size);
    out.key("genesisWindow").uint(parameters.genesis_window);
    if (parameters.peras_round_length) out.key("perasRoundLength").uint(*parameters.peras_round_length);
    member_or_null(out, "safeZone", parameters.safe_zone);
    member_decimal(out, "slotLength",
                   {static_cast<std::uint64_t>(parameters.slot_length.count()), milliseconds_in_second});
    out.end_object();
    member(out, "start", summary.start);
    out.end_object();
}

}  // namespace ouro::n2c
