#pragma once

#include <ouro/protocol/tx.hpp>
#include <ouro/result.hpp>

namespace ouro::chain {

/// The name of a transaction: its era, and the blake2b-256 of its body, which is its first part. Nothing else of it is
/// looked at.
///
/// Shape   `[body, witnesses, …]`; in Byron `[transaction, witnesses]`.
/// Errors  Errc::malformed  not an array of two items or more, or of Byron and no transaction
[[nodiscard]] Result<TxId> tx_id(const Tx& tx);

}  // namespace ouro::chain
