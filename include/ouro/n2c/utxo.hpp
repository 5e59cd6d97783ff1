#pragma once

#include <vector>

#include <ouro/n2c/query.hpp>

namespace ouro::n2c {

/// An unspent output.
struct Utxo {
    query::TxInput input;
    Bytes output;  ///< one item, whose form depends on the ledger's era

    friend bool operator==(const Utxo&, const Utxo&) = default;
};

/// Answer to `query::utxo_by_address` and `query::utxo_by_input`, in wire order.
///
/// Source  ouroboros-consensus-cardano, Shelley/Ledger/Query.hs.
/// Errors  Errc::malformed, Errc::depth_exceeded
[[nodiscard]] Result<std::vector<Utxo>> parse_utxo(const Bytes& result);

}  // namespace ouro::n2c
