#pragma once

#include <ouro/n2c/protocol_parameters.hpp>

#include "n2c/json.hpp"
#include "n2c/parse.hpp"

/// Reading and writing of parameters inside other results.
namespace ouro::n2c {

/// `item` is the whole result, whose bytes the value shares.
ProtocolParameters read_protocol_parameters(cbor::Reader& in, Era era, const Bytes& item);

/// A list of votes' thresholds.
template <std::size_t size>
std::array<Rational, size> read_thresholds(cbor::Reader& in) noexcept {
    in.array_of(size);
    std::array<Rational, size> thresholds;
    for (Rational& each : thresholds) each = read_rational(in);
    return thresholds;
}
ExUnits read_units(cbor::Reader& in) noexcept;
/// A map from a language to its costs, checked; the bytes of the map.
Bytes read_cost_models(cbor::Reader& in, const Bytes& item);

void write_pool_thresholds(JsonWriter& out, const std::array<Rational, 5>& thresholds);
void write_drep_thresholds(JsonWriter& out, const std::array<Rational, 10>& thresholds);
void write_cost_models(JsonWriter& out, const Bytes& cost_models);
void write_json(JsonWriter& out, const ProtocolVersion& version);
void write_json(JsonWriter& out, const ExUnits& units);
void write_prices(JsonWriter& out, Rational memory, Rational step);

inline void member_decimal(JsonWriter& out, std::string_view name, Rational number) {
    out.key(name);
    write_decimal(out, number);
}

}  // namespace ouro::n2c
