#pragma once

#include "behavior/peers/served_peer.hpp"

namespace ouro::responder {

/// Tells followers of endorser blocks what the user has to tell, one notification for each request.
class LeiosNotifyPart {
  public:
    explicit LeiosNotifyPart(Desk& desk) noexcept : desk_(desk) {}

    void received(Peer& peer, const LeiosNotify::Message& message);

    Errc provide(Peer& peer, ProvideEbAnnouncement& answer, Instant now);
    Errc provide(Peer& peer, ProvideEbOffer& answer, Instant now);
    Errc provide(Peer& peer, ProvideEbTxsOffer& answer, Instant now);
    Errc provide(Peer& peer, ProvideVotes& answer, Instant now);

  private:
    Errc notify(Peer& peer, LeiosNotify::Message message, Instant now);

    Desk& desk_;
};

}  // namespace ouro::responder
