#pragma once

#include <unordered_map>

#include "book.hpp"

namespace ouro::initiator {

/// Dials peers, and decides when one may be dialled again: 5, 10, … 160 seconds after a failure or after the peer or
/// the network has ended the connection, and at least 10 after this side has ended it, all plus or minus two.
///
/// Source  ouroboros-network, Governor/{EstablishedPeers,ActivePeers}.hs.
class ConnectionPart {
  public:
    ConnectionPart(Desk& desk, PeerBook& book) noexcept : desk_(desk), book_(book) {}

    void dial(Peer& peer);
    /// Uses a connection of the peer's own instead of the dial.
    void adopt(Peer& peer, ConnectionId connection);
    /// Sets when the peer may be dialled again, unless it is not wanted any more.
    void disconnected(Peer& peer, const io::Disconnected& event);
    /// Dials the peer's address no sooner than `until`.
    void rest(Peer& peer, Instant until);
    /// Gives up a dial that was not answered in time.
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
