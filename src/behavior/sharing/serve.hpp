#pragma once

#include <ouro/behavior/peer_source.hpp>

#include "behavior/peers/served_peer.hpp"

namespace ouro::responder {

/// The number of addresses that a peer has requested.
struct SharingRequest {
    std::size_t amount = 0;
};

/// Shares addresses: those that the source chooses, or without one those of the user's answers.
class PeerSharingPart : public Speaker<PeerSharing, SharingRequest> {
  public:
    explicit PeerSharingPart(Desk& desk) : Speaker(desk) {
        const PeerId& own = desk.config.own_address;
        if (own)
            source_.emplace(desk.config.shareable, desk.config.seed, *PeerAddress::from(own));
        else if (desk.config.shareable)
            source_.emplace(desk.config.shareable, desk.config.seed);
    }

  private:
    Errc received(Peer& peer, PeerSharing::Message& message, PeerSharing::State before) override;
    Errc answered(Peer& peer, PeerSharing::Message& message) override;

    std::optional<PeerSource> source_;
};

}  // namespace ouro::responder
