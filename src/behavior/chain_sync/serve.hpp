#pragma once

#include <vector>

#include "behavior/peers/served_peer.hpp"

namespace ouro::responder {

/// Answers followers: from the chain if there is one, otherwise with the user's answers.
class ChainSyncPart : public Speaker<ChainSync, ChainSource::Follower> {
  public:
    ChainSyncPart(Desk& desk, const std::optional<ChainSource>& source) : Speaker(desk), source_(source) {}

    void gone(Peer& peer, const Ending&) override {
        std::erase(waiting_, &peer);
        std::erase(reading_, &peer);
    }
    /// Continues with followers whose next header was still being read.
    void tick() override;
    /// Serves the followers that wait at the tip, in the order in which they arrived there.
    void changed(const std::vector<Peer*>& peers, ChainView::Position common) override;

  private:
    Errc received(Peer& peer, ChainSync::Message& message, ChainSync::State before) override;
    Errc answered(Peer& peer, ChainSync::Message& message) override;
    void reply(Peer& peer, ChainSync::Message message);
    /// Sends the follower's next answer, or lets it wait for one.
    void serve(Peer& peer);

    const std::optional<ChainSource>& source_;
    std::vector<Peer*> waiting_;  // at the tip
    std::vector<Peer*> reading_;  // their next header is still being read
};

}  // namespace ouro::responder
