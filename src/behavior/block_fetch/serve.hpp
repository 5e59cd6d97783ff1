#pragma once

#include <vector>

#include "behavior/peers/served_peer.hpp"

namespace ouro::responder {

/// Serves ranges: blocks are pulled from the chain as they leave, never far ahead of the socket.
class BlockFetchPart {
  public:
    BlockFetchPart(Desk& desk, const std::optional<ChainSource>& source) noexcept : desk_(desk), source_(source) {}

    void received(Peer& peer, const BlockFetch::Message& message, Instant now);
    /// Hands out blocks while there is room for them.
    void pull(Peer& peer, Instant now);
    /// The chain is another one above `common`: a range that is not there any more cannot be gone on with.
    void changed(Peer& peer, ChainView::Position common);
    /// Continues with the peers whose next block was still being read.
    void look_again(Instant now);
    void gone(Peer& peer) { std::erase(reading_, &peer); }
    Errc provide(Peer& peer, ProvideBlocks& answer, Instant now);

  private:
    /// The next block of the range; nothing at its end.
    std::optional<Result<Bytes>> next(Peer& peer);

    Desk& desk_;
    const std::optional<ChainSource>& source_;
    std::vector<Peer*> reading_;  // those whose next block is still being read
};

}  // namespace ouro::responder
