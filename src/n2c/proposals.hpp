#pragma once

#include <ouro/n2c/proposals.hpp>

#include "n2c/parse.hpp"

namespace ouro::n2c {

ActionId read_action_id(cbor::Reader& in) noexcept;
/// `item` is the whole result, whose bytes the value shares.
Proposal read_proposal(cbor::Reader& in, const Bytes& item);
std::vector<Proposal> read_proposals(cbor::Reader& in, const Bytes& item);

/// How the value of a parameter is written.
enum class ParameterKind : std::uint8_t {
    unknown,
    number,
    rational,
    rational_or_null,
    units,
    prices,
    pool_thresholds,
    drep_thresholds,
    cost_models
};

struct Parameter {
    std::string_view name{};
    ParameterKind kind = ParameterKind::unknown;
};

/// The ledger's numbers of parameters are below this.
constexpr std::uint64_t parameter_count = 40;
/// The parameter of a number; without a name if there is none.
Parameter parameter(std::uint64_t key) noexcept;
/// The number of the parameter of that name.
std::optional<std::uint64_t> parameter_key(std::string_view name) noexcept;

}  // namespace ouro::n2c
