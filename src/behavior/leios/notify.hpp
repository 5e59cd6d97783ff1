#pragma once

#include <vector>

#include "behavior/peers/peer.hpp"

namespace ouro::initiator {

/// Asks every hot peer what there is of endorser blocks: a window of requests, which what nobody has taken counts
/// against. A user who takes nothing so stops the asking, and nothing else: no peer has to answer in time.
class LeiosNotifyPart {
  public:
    /// `hot`: the peers that may be asked, as they are at any time.
    LeiosNotifyPart(Desk& desk, const std::vector<Peer*>& hot) noexcept : desk_(desk), hot_(hot) {}

    void ready(Peer& peer) { top_up(peer); }
    void received(Peer& peer, LeiosNotify::Message& message);
    void tick();

    /// A notification was taken by the user.
    void taken(Peer& peer) noexcept;
    /// A window has room since then.
    [[nodiscard]] bool wants_more() const noexcept { return wants_more_; }

  private:
    void top_up(Peer& peer);

    Desk& desk_;
    const std::vector<Peer*>& hot_;
    bool wants_more_ = false;
};

}  // namespace ouro::initiator
