#pragma once

#include "peer.hpp"

namespace ouro::initiator {

/// Proposes versions and judges the answer.
class HandshakePart {
  public:
    explicit HandshakePart(Desk& desk) noexcept : desk_(desk) {}

    void connected(Peer& peer);
    /// The peer has opened the connection, and proposed; the handshake has ended with that.
    void adopted(Peer& peer, const Agreement& agreement);
    /// Afterwards the peer is ready, or its connection closing.
    /// Errors  why there is no agreement, where it is we who see none
    Errc received(Peer& peer, const Handshake::Message& message);

  private:
    [[nodiscard]] VersionOffer offer(const Peer& peer) const;
    void open(Peer& peer);
    void agreed(Peer& peer, const Agreement& agreement);
    Errc settle(Peer& peer, std::variant<Agreement, Disagreement> outcome);
    void answered(Peer& peer, VersionTable versions);

    Desk& desk_;
};

}  // namespace ouro::initiator
