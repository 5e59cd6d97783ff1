#pragma once

#include <ouro/n2c/pools.hpp>

#include "n2c/parse.hpp"

namespace ouro::n2c {

/// `item` is the whole result, whose bytes the value shares.
PoolParameters read_pool_parameters(cbor::Reader& in, const Bytes& item);
/// A key and its proof.
BlsKey read_bls_key(cbor::Reader& in, const Bytes& item) noexcept;

}  // namespace ouro::n2c
