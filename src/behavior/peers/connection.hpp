#pragma once

#include <unordered_map>

#include "book.hpp"

namespace ouro::initiator {

/// Dials peers, and decides when one may be dialled again: 5, 10, … 160 seconds after a failure or after the peer or
/// the network has ended the connection, and 10 at least after one that we have ended, all give or take two.
///
/// Source  ouroboros-network, Governor/{EstablishedPeers,ActivePeers}.hs.
class ConnectionPart {
  public:
    ConnectionPart(Desk& desk, PeerBook& book) noexcept : desk_(desk), book_(book) {}

    void dial(Peer& peer);
    /// The dial is none: there is a connection of the peer's own.
    void adopt(Peer& peer, ConnectionId connection);
    /// Puts the peer to wait for its next turn, unless it is not wanted any more.
    void disconnected(Peer& peer, const io::Disconnected& event);
    /// Nothing is dialled at the peer's address before `until`.
    void rest(Peer& peer, Instant until);
    /// A dial that was not answered in time is given up.
    void tick(Peer& peer);

    [[nodiscard]] Peer* find(ConnectionId connection) const noexcept;
    [[nodiscard]] bool idle() const noexcept { return connections_.empty(); }

  private:
    Desk& desk_;
    PeerBook& book_;
    std::unordered_map<ConnectionId, Peer*> connections_;
    std::uint64_t dialled_ = 0;
};

}  // namespace ouro::initiator
