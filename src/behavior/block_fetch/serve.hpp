#pragma once

#include <vector>

#include "behavior/peers/served_peer.hpp"

namespace ouro::responder {

/// The rest of the range that a peer has requested.
struct RangeRest {
    ChainView::Position next = 0;
    ChainView::Position last = 0;  ///< zero: no range is being served
    detail::Fifo<Bytes> provided;  ///< the user's own blocks
    bool serving_provided = false;
    std::size_t waiting = 0;  ///< bytes of blocks that have not left, as counted in the total
};

/// Serves ranges: blocks are pulled from the chain as they leave, never far ahead of the socket.
class BlockFetchPart : public Speaker<BlockFetch, RangeRest> {
  public:
    BlockFetchPart(Desk& desk, const std::optional<ChainSource>& source) : Speaker(desk), source_(source) {}

    void sent(Peer& peer) override {
        count(peer, own(peer).queued);
        pull(peer);
        credit(peer);
    }
    void gone(Peer& peer, const Ending&) override {
        std::erase(reading_, &peer);
        count(peer, 0);
    }
    /// Continues with peers whose next block was still being read.
    void tick() override;
    /// A range that is not on the chain any more cannot be continued: its peer is disconnected.
    void changed(const std::vector<Peer*>& peers, ChainView::Position common) override;
    /// Carries out ProvideBlocks: sends the whole range, or NoBlocks.
    std::optional<Errc> carry_out(Peer& peer, Command& command) override;

  private:
    Errc provide(Peer& peer, std::vector<Bytes>& blocks);
    Errc received(Peer& peer, BlockFetch::Message& message, BlockFetch::State before) override;
    Errc answered(Peer& peer, BlockFetch::Message& message) override;
    /// Sends blocks while there is room for them.
    void pull(Peer& peer);
    /// Notes how many bytes wait for the peer now.
    void count(Peer& peer, std::size_t waiting) noexcept {
        waiting_ += waiting - std::exchange(mine(peer).waiting, waiting);
    }
    /// Bytes below which a peer gets another block. With 1, it gets one when none waits.
    [[nodiscard]] std::size_t allowance() const noexcept {
        return waiting_ < desk_.config.blocks_ahead_in_all ? desk_.config.blocks_ahead : 1;
    }
    /// The next block of the range; empty at its end.
    std::optional<Result<Bytes>> next(Peer& peer);
    void send_block(Peer& peer, BlockFetch::Block block);

    const std::optional<ChainSource>& source_;
    std::size_t waiting_ = 0;     // bytes of blocks that have not left, of all peers
    std::vector<Peer*> reading_;  // their next block is still being read
};

}  // namespace ouro::responder
