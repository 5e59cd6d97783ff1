#pragma once

#include "behavior/peers/served_peer.hpp"

namespace ouro::responder {

/// Hands out the endorser blocks and transactions that the user has, one answer for each request.
class LeiosFetchPart {
  public:
    explicit LeiosFetchPart(Desk& desk) noexcept : desk_(desk) {}

    void received(Peer& peer, LeiosFetch::Message& message);

    Errc provide(Peer& peer, ProvideEb& answer, Instant now);
    Errc provide(Peer& peer, ProvideEbTxs& answer, Instant now);

  private:
    Desk& desk_;
};

}  // namespace ouro::responder
