#pragma once

#include "initiator_peer.hpp"

namespace ouro::initiator {

/// Proposes versions and judges the answer.
class HandshakePart {
  public:
    explicit HandshakePart(Desk& desk) noexcept : desk_(desk) {}

    void connected(Peer& peer);
    /// Afterwards the peer is ready, or its connection closing.
    /// Errors  why there is no agreement, where it is we who see none
    Errc received(Peer& peer, const Handshake::Message& message);

  private:
    Errc settle(Peer& peer, std::variant<Agreement, Disagreement> outcome);
    void answered(Peer& peer, VersionTable versions);

    Desk& desk_;
};

}  // namespace ouro::initiator
