#pragma once

#include "behavior/peers/served_peer.hpp"

namespace ouro::responder {

/// Serves endorser blocks and transactions with the user's answers, one for each request.
class LeiosFetchPart : public Speaker<LeiosFetch, LeiosFetch::BlockTxsRequest> {
  public:
    explicit LeiosFetchPart(Desk& desk) : Speaker(desk) {}

  private:
    Errc received(Peer& peer, LeiosFetch::Message& message, LeiosFetch::State before) override;
    Errc answered(Peer& peer, LeiosFetch::Message& message) override;
};

}  // namespace ouro::responder
