#pragma once

#include <cstdint>

#include <ouro/base/types.hpp>
#include <ouro/program/stream.hpp>
#include <ouro/protocol/tx.hpp>

namespace ouro {

/// A transaction that a peer has sent. Only its id is checked.
struct ReceivedTx {
    TxId id;      ///< as its bytes say
    Tx tx;        ///< its era and bytes, as they were sent
    PeerId peer;  ///< that sent it
};

/// The transactions that peers send, from now on. The peers' hosts take turns, and the transactions of one come in the
/// order of their arrival. At most 4 MiB wait, each counted with 256 bytes beside its own; above it the host with most
/// of them loses its oldest.
///
/// Errors of `next`, and of `end()`
///     Errc::stopped  the node was stopped; Errc::cancelled  `stop` was called
class Transactions : public StreamHandle<ReceivedTx> {
  public:
    /// Transactions that were dropped because they were not taken.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

  private:
    friend class Node;
    using StreamHandle::StreamHandle;
};

}  // namespace ouro
