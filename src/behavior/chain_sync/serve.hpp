#pragma once

#include <vector>

#include "behavior/peers/served_peer.hpp"

namespace ouro::responder {

/// Answers followers: from the chain, where there is one, and else as the user says.
class ChainSyncPart {
  public:
    ChainSyncPart(Desk& desk, const std::optional<ChainSource>& source) noexcept : desk_(desk), source_(source) {}

    void received(Peer& peer, ChainSync::Message& message, Instant now);
    void gone(Peer& peer) {
        std::erase(waiting_, &peer);
        std::erase(reading_, &peer);
    }
    /// Serves the followers that wait at the tip, in the order they came there.
    void changed(const std::vector<Peer*>& peers, ChainView::Position common, Instant now);
    /// Continues with the followers whose next header was still being read.
    void look_again(Instant now);

    Errc provide(Peer& peer, ProvideIntersection& answer, Instant now);
    Errc provide(Peer& peer, ProvideHeader& answer, Instant now);
    Errc provide(Peer& peer, ProvideRollback& answer, Instant now);
    Errc provide(Peer& peer, ProvideAwait& answer, Instant now);

  private:
    /// Sends the follower's next answer, or lets it wait for one.
    void serve(Peer& peer, Instant now);

    Desk& desk_;
    const std::optional<ChainSource>& source_;
    std::vector<Peer*> waiting_;  // at the tip
    std::vector<Peer*> reading_;  // those whose next header is still being read
};

}  // namespace ouro::responder
