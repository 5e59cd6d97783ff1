#pragma once

#include <vector>

#include "behavior/local/served_client.hpp"

namespace ouro::local_responder {

/// Answers followers: from the chain if there is one, otherwise with the user's answers.
class ChainSyncPart : public Speaker<LocalChainSync, ChainSource::Follower> {
  public:
    ChainSyncPart(Desk& desk, const std::optional<ChainSource>& source) : Speaker(desk), source_(source) {}

    void gone(Peer& peer, const Ending&) override {
        std::erase(waiting_, &peer);
        std::erase(reading_, &peer);
    }
    /// Continues with followers whose next block was still being read.
    void tick() override { serve(reading_); }
    void changed(const std::vector<Peer*>& peers, ChainView::Position common) override;

  private:
    enum class Served : std::uint8_t { yes, at_tip, pending };

    Errc received(Peer& peer, LocalChainSync::Message& message, LocalChainSync::State before) override;
    Errc answered(Peer& peer, LocalChainSync::Message& message) override;
    Served serve(Peer& peer);
    /// Serves those of `peers` that can be served. The others stay, or move to those whose block is being read.
    void serve(std::vector<Peer*>& peers);

    const std::optional<ChainSource>& source_;
    std::vector<Peer*> waiting_;  // at the tip, in the order in which they arrived there
    std::vector<Peer*> reading_;  // their next block is still being read
};

}  // namespace ouro::local_responder
