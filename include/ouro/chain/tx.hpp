#pragma once

#include <ouro/base/result.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro::chain {

/// The id of a transaction: its era, and the blake2b-256 of its body, which is its first part. The contents of the
/// parts are not read.
///
/// Shape   Byron `[transaction, witnesses]`; Shelley to Mary `[body, witnesses, auxiliary]`; Alonzo to Conway `[body,
///         witnesses, is valid, auxiliary]`; Dijkstra three or four parts. From Shelley on the array may be indefinite.
/// Errors  Errc::unknown_era  an era after Dijkstra
///         Errc::malformed    not one whole array with the parts of its era and nothing after it, or a Byron item that
///                            is not a transaction
[[nodiscard]] Result<TxId> tx_id(const Tx& tx);

}  // namespace ouro::chain
