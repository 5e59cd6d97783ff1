#pragma once

#include <vector>

#include <ouro/n2c/query.hpp>

namespace ouro::n2c {

/// An output that is not spent.
struct Utxo {
    query::TxInput input;
    Bytes output;  ///< one item, of the form that the ledger's era gives it

    friend bool operator==(const Utxo&, const Utxo&) = default;
};

/// What `query::utxo_by_address` and `query::utxo_by_input` are answered with, in the order of the wire.
///
/// Source  ouroboros-consensus-cardano, Shelley/Ledger/Query.hs.
/// Errors  Errc::malformed, Errc::depth_exceeded
[[nodiscard]] Result<std::vector<Utxo>> parse_utxo(const Bytes& result);

}  // namespace ouro::n2c
