#pragma once

#include "behavior/peers/served_peer.hpp"

namespace ouro::responder {

/// Notifies followers of endorser blocks with the user's answers, one for each request.
class LeiosNotifyPart : public Speaker<LeiosNotify> {
  public:
    explicit LeiosNotifyPart(Desk& desk) : Speaker(desk) {}

  private:
    Errc received(Peer& peer, LeiosNotify::Message& message, LeiosNotify::State before) override;
    Errc answered(Peer& peer, LeiosNotify::Message& message) override;
};

}  // namespace ouro::responder
