#pragma once

#include <unordered_map>

#include "initiator_peer.hpp"

namespace ouro::initiator {

/// Dials peers, and says when one may be dialled again: 5, 10, … 160 seconds after a failure, give or take two.
///
/// Source  ouroboros-network, Governor/EstablishedPeers.hs.
class ConnectionPart {
  public:
    explicit ConnectionPart(Desk& desk) noexcept : desk_(desk) {}

    void dial(Peer& peer);
    /// The dial is none: there is a connection of the peer's own.
    void adopt(Peer& peer, ConnectionId connection);
    /// Puts the peer to wait for its next turn, unless it is not wanted any more.
    void disconnected(Peer& peer, const io::Disconnected& event);
    /// A dial that was not answered in time is given up.
    void tick(Peer& peer);

    [[nodiscard]] Peer* find(ConnectionId connection) const noexcept;
    [[nodiscard]] bool idle() const noexcept { return connections_.empty(); }

  private:
    Desk& desk_;
    std::unordered_map<ConnectionId, Peer*> connections_;
    std::uint64_t dialled_ = 0;
};

}  // namespace ouro::initiator
