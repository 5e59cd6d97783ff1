#pragma once

#include "peer.hpp"

namespace ouro::initiator {

/// Proposes versions and checks the answer.
class Handshakes {
  public:
    explicit Handshakes(Desk& desk) noexcept : desk_(desk) {}

    void connected(Peer& peer);
    /// The handshake of a connection that the peer has opened has succeeded.
    void adopted(Peer& peer, const Agreement& agreement);
    /// Afterwards the peer is ready, or its connection is closing.
    /// Errors  why this side sees no agreement
    Errc received(Peer& peer, const Handshake::Message& message);

  private:
    [[nodiscard]] VersionOffer offer(const Peer& peer) const;
    void open(Peer& peer);
    void agreed(Peer& peer, const Agreement& agreement);
    Errc conclude(Peer& peer, std::variant<Agreement, Disagreement> outcome);
    void answered(Peer& peer, VersionTable versions);

    Desk& desk_;
};

}  // namespace ouro::initiator
