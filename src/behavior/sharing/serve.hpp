#pragma once

#include <ouro/behavior/peer_source.hpp>

#include "behavior/peers/served_peer.hpp"

namespace ouro::responder {

/// Hands addresses to whoever asks: those the source chooses, or without one those the user says.
class PeerSharingPart {
  public:
    explicit PeerSharingPart(Desk& desk) : desk_(desk) {
        if (desk.config.shareable) source_.emplace(desk.config.shareable, desk.config.seed);
    }

    void received(Peer& peer, const PeerSharing::Message& message, Instant now);
    Errc provide(Peer& peer, const ProvidePeers& answer, Instant now);

  private:
    Desk& desk_;
    std::optional<PeerSource> source_;
};

}  // namespace ouro::responder
