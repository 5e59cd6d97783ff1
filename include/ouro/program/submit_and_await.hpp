#pragma once

#include <ouro/async/asio.hpp>

#include <asio/awaitable.hpp>
#include <cstdint>

#include <ouro/chain/awaited_tx.hpp>

namespace ouro {

class Client;
class Node;

/// Submits a transaction to the peers of a node, and waits until it is in a block with `depth` blocks after it, or
/// cannot be any more. A follower of the node watches the blocks from before the submission on. Await it on the node's
/// executor.
///
/// Errors        those of `Node::submit` and of a follower; Errc::malformed  not a transaction
/// Cancellation  `operation_aborted`; the transaction may still get into a block
/// Lifetimes     the node outlives the call
[[nodiscard]] asio::awaitable<Result<chain::TxOutcome>> submit_and_await(Node& node, Tx tx, std::uint64_t depth);

/// The same through one's own node, which says why it refuses a transaction: `chain::TxRefused`.
///
/// Errors        those of `Client::submit` and of a follower; Errc::malformed  not a transaction
/// Cancellation  `operation_aborted`; the transaction may still get into a block
/// Lifetimes     the client outlives the call
[[nodiscard]] asio::awaitable<Result<chain::TxOutcome>> submit_and_await(Client& client, Tx tx, std::uint64_t depth);

}  // namespace ouro
