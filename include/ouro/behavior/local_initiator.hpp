#pragma once

#include <ouro/behavior/facade.hpp>
#include <ouro/behavior/local_initiator_types.hpp>

namespace ouro {

/// A client of one node, over one connection: follows its chain in whole blocks, submits transactions, queries the
/// ledger's state, and looks into the mempool.
///
/// The protocols set no time limits, so every call has one of its own. A call that times out or is cancelled leaves the
/// connection as it is: its answer is discarded when it arrives, and what follows waits for that.
///
/// Errors  `execute` returns Errc::stopped after `stop`, Errc::not_connected without a connection or a retry,
///         Errc::queue_full when too many calls wait, Errc::busy for a second Connect or Follow, Errc::unsupported for
///         what the negotiated version does not have, Errc::state_gone for a state or a snapshot that is not held, and
///         Errc::bad_argument for invalid arguments. Everything else is an event.
class LocalInitiatorBehavior : public BehaviorFacade<local_initiator::Words> {
  public:
    using BehaviorFacade::BehaviorFacade;

    [[nodiscard]] PeerState node() const;
};

}  // namespace ouro
