#pragma once

#include <vector>

#include <ouro/behavior/facade.hpp>
#include <ouro/behavior/node_types.hpp>

namespace ouro {

/// Both sides of a node over one set of connections: it dials and follows as an InitiatorBehavior, serves as a
/// ResponderBehavior, and uses a connection both ways if both ends have agreed to it.
///
/// A peer to dial that already has a connection open to us is used over that connection. It is known by the address
/// that it listens at, from which its connections come, so both ends have to listen. A connection that one side
/// releases remains while the other uses it. A rule that is broken on it, in either direction, ends it for both.
///
/// Errors  `execute` returns those of the side that the command is for.
class NodeBehavior : public BehaviorFacade<node::Words> {
  public:
    using BehaviorFacade::BehaviorFacade;

    /// Every connection as it is now, and every address that waits, in no particular order.
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] node::Counters counters() const noexcept;
    [[nodiscard]] const initiator::View& initiator() const noexcept;
    [[nodiscard]] const responder::View& responder() const noexcept;
};

}  // namespace ouro
