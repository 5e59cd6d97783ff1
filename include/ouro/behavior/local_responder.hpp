#pragma once

#include <vector>

#include <ouro/behavior/facade.hpp>
#include <ouro/behavior/local_responder_types.hpp>

namespace ouro {

/// The node's side of the local protocols: serves a chain, and passes every other request to its user.
///
/// Errors  `execute` returns Errc::stopped after `stop`, Errc::unknown_peer for a connection that is gone, and
///         Errc::not_our_turn for an answer without a request. Trouble with a client is always an event.
class LocalResponderBehavior : public BehaviorFacade<local_responder::Words> {
  public:
    using BehaviorFacade::BehaviorFacade;

    /// Every connected client as it is now.
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] const local_responder::Counters& counters() const noexcept;
};

}  // namespace ouro
