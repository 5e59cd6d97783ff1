#pragma once

#include <array>
#include <optional>
#include <vector>

#include <ouro/base/json_writer.hpp>
#include <ouro/n2c/query_result.hpp>

namespace ouro::n2c {

struct ProtocolVersion {
    std::uint64_t major = 0;
    std::uint64_t minor = 0;

    friend bool operator==(const ProtocolVersion&, const ProtocolVersion&) = default;
};

/// Execution units: memory and steps.
struct ExUnits {
    std::uint64_t memory = 0;
    std::uint64_t steps = 0;

    friend bool operator==(const ExUnits&, const ExUnits&) = default;
};

/// Prices and limits of scripts. From Alonzo on.
struct ScriptParameters {
    std::uint64_t coins_per_utxo = 0;  ///< per word of eight bytes in Alonzo, later per byte
    Bytes cost_models;                 ///< as received: see `parse_cost_models`
    Rational memory_price;
    Rational step_price;
    ExUnits max_in_tx;
    ExUnits max_in_block;
    std::uint64_t max_value_size = 0;
    std::uint64_t collateral_percentage = 0;
    std::uint64_t max_collateral_inputs = 0;

    friend bool operator==(const ScriptParameters&, const ScriptParameters&) = default;
};

/// Governance of the chain. From Conway on.
struct GovernanceParameters {
    std::array<Rational, 5> pool_voting_thresholds{};
    std::array<Rational, 10> drep_voting_thresholds{};
    std::uint64_t committee_min_size = 0;
    std::uint64_t committee_max_term = 0;  ///< epochs
    std::uint64_t action_lifetime = 0;     ///< epochs
    std::uint64_t action_deposit = 0;
    std::uint64_t drep_deposit = 0;
    std::uint64_t drep_activity = 0;  ///< epochs
    Rational script_cost_per_byte;    ///< for scripts that a transaction references

    friend bool operator==(const GovernanceParameters&, const GovernanceParameters&) = default;
};

/// Limits and prices of the scripts that a transaction references. From Dijkstra on.
struct ReferenceScriptParameters {
    std::uint64_t max_in_block = 0;  ///< bytes
    std::uint64_t max_in_tx = 0;     ///< bytes
    std::uint64_t stride = 0;        ///< bytes after which the price per byte rises
    Rational multiplier;             ///< factor of each rise

    friend bool operator==(const ReferenceScriptParameters&, const ReferenceScriptParameters&) = default;
};

/// Limits on a pool's rewards and margin. From Dijkstra on, since protocol version 12.
struct PoolLimits {
    std::optional<Rational> max_pledge_leverage;  ///< stake that earns rewards, per lovelace of pledge (CIP-50)
    Rational min_margin;                          ///< CIP-23

    friend bool operator==(const PoolLimits&, const PoolLimits&) = default;
};

/// The parameters of any era from Shelley on, in lovelace and bytes unless stated otherwise.
struct ProtocolParameters {
    std::uint64_t min_fee_a = 0;
    std::uint64_t min_fee_b = 0;
    std::uint64_t max_block_body = 0;
    std::uint64_t max_tx = 0;
    std::uint64_t max_block_header = 0;
    std::uint64_t key_deposit = 0;
    std::uint64_t pool_deposit = 0;
    std::uint64_t max_epoch = 0;               ///< maximum epochs until a pool retires
    std::uint64_t wanted_pools = 0;            ///< n, the number of pools that rewards aim at
    Rational pledge_influence;                 ///< a0
    Rational expansion;                        ///< rho
    Rational treasury;                         ///< tau
    std::optional<Rational> decentralization;  ///< d; up to Alonzo
    std::optional<Hash> extra_entropy;         ///< if it is not neutral; up to Alonzo
    ProtocolVersion version;
    std::optional<std::uint64_t> min_utxo_value;  ///< up to Mary
    std::uint64_t min_pool_cost = 0;
    std::optional<ScriptParameters> scripts;
    std::optional<GovernanceParameters> governance;
    std::optional<ReferenceScriptParameters> reference_scripts;
    std::optional<PoolLimits> pool_limits;
    std::vector<Bytes> others;  ///< further parameters, each as received; from Dijkstra on

    friend bool operator==(const ProtocolParameters&, const ProtocolParameters&) = default;
};

/// The costs of a language of scripts, in the order of its operations.
struct CostModel {
    std::uint64_t language = 0;  ///< from 0: Plutus V1
    std::vector<std::int64_t> costs;

    friend bool operator==(const CostModel&, const CostModel&) = default;
};
/// Reads `ScriptParameters::cost_models`. It has no error for those of parameters that were read.
[[nodiscard]] Result<std::vector<CostModel>> parse_cost_models(const Bytes& cost_models);

/// Reads both layouts: the protocol version as one element (since version 21 and from Conway on) or as two.
///
/// Dijkstra's list has grown from 31 to 35 to 37 parameters; all three lengths are accepted.
///
/// Source  ouroboros-consensus-cardano, Shelley/Ledger/Query/LegacyPParams.hs; cardano-ledger, eras/dijkstra.
/// Errors  Errc::malformed  also for Byron, which has no such query
[[nodiscard]] Result<ProtocolParameters> parse_protocol_parameters(Era era, const Bytes& result);
/// The ledger's JSON of parameters. Those without a name are listed as bytes in `unknown`.
void write_json(JsonWriter& out, const ProtocolParameters& parameters);

}  // namespace ouro::n2c
