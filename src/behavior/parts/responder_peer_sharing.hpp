#pragma once

#include "responder_peer.hpp"

namespace ouro::responder {

/// Hands addresses to whoever asks: those the user says.
class PeerSharingPart {
  public:
    explicit PeerSharingPart(Desk& desk) noexcept : desk_(desk) {}

    void received(Peer& peer, const PeerSharing::Message& message);
    Errc provide(Peer& peer, const ProvidePeers& answer, Instant now);

  private:
    Desk& desk_;
};

}  // namespace ouro::responder
