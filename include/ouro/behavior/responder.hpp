#pragma once

#include <vector>

#include <ouro/behavior/facade.hpp>
#include <ouro/behavior/responder_types.hpp>

namespace ouro {

/// Serves peers that connect: a chain, or the answers of its user.
///
/// Errors  `execute` returns Errc::stopped after `stop`, Errc::unknown_peer for a connection that is gone, and
///         Errc::not_our_turn for an answer without a request. Trouble with a peer is always an event.
class ResponderBehavior : public BehaviorFacade<responder::Words> {
  public:
    using BehaviorFacade::BehaviorFacade;

    /// As `responder::View` describes them.
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] std::vector<responder::Ban> bans() const;
    [[nodiscard]] const responder::Counters& counters() const noexcept;
};

}  // namespace ouro
