#pragma once

#include <vector>

#include <ouro/behavior/facade.hpp>
#include <ouro/behavior/initiator_types.hpp>

namespace ouro {

/// Dials peers and keeps as many of them in use as its targets say, follows chains, fetches blocks, submits
/// transactions, and fetches endorser blocks on command.
///
/// Errors  `execute` returns Errc::stopped after `stop`, Errc::queue_full when too many requests or syncs exist or no
///         more peers can be known, Errc::unknown_peer for a peer that is not known, Errc::banned for including a
///         banned peer, and Errc::bad_argument for a range that ends before it begins, points that are not those of
///         consecutive blocks, a sync that does not exist, invalid groups of roots or targets, no transactions or more
///         than a message can name, or Leios if it is not spoken. Trouble with a peer is always an event.
class InitiatorBehavior : public BehaviorFacade<initiator::Words> {
  public:
    using BehaviorFacade::BehaviorFacade;

    /// As `initiator::View` describes them.
    [[nodiscard]] std::vector<PeerState> peers() const;
    [[nodiscard]] initiator::Counters counters() const noexcept;
    [[nodiscard]] std::vector<PeerId> shareable() const;
};

}  // namespace ouro
