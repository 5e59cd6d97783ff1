#include "responder_block_fetch.hpp"

#include <algorithm>

namespace ouro::responder {

void BlockFetchPart::received(Peer& peer, const BlockFetch::Message& message, Instant now) {
    const auto* wish = std::get_if<BlockFetch::RequestRange>(&message);
    if (!wish) return;
    if (!source_) {
        desk_.out.event(BlockRangeRequested{peer.connection(), peer.peer, wish->first, wish->last});
        return;
    }
    const auto range = source_->range(wish->first, wish->last);
    if (!range) {
        desk_.send<BlockFetch>(peer, BlockFetch::NoBlocks{}, now);
        return;
    }
    std::tie(peer.next_block, peer.last_block) = *range;
    desk_.send<BlockFetch>(peer, BlockFetch::StartBatch{}, now);
    pull(peer, now);
}

Errc BlockFetchPart::provide(Peer& peer, ProvideBlocks& answer, Instant now) {
    if (answer.blocks.empty()) return desk_.send<BlockFetch>(peer, BlockFetch::NoBlocks{}, now);
    const Errc error = desk_.send<BlockFetch>(peer, BlockFetch::StartBatch{}, now);
    if (error != Errc::none) return error;
    for (Bytes& block : answer.blocks) peer.provided.push_back(std::move(block));
    peer.serving_provided = true;
    pull(peer, now);
    return Errc::none;
}

void BlockFetchPart::changed(Peer& peer, ChainView::Position common) {
    if (!peer.closing && peer.next_block <= peer.last_block && peer.last_block > common)
        desk_.close(peer, io::Close::reset, Errc::no_blocks);
}

void BlockFetchPart::pull(Peer& peer, Instant now) {
    if (peer.last_block == 0 && !peer.serving_provided) return;
    while (!peer.closing && peer.queued_blocks < desk_.config.blocks_ahead) {
        auto block = next(peer);
        if (!block) {
            peer.last_block = 0;
            peer.serving_provided = false;
            desk_.send<BlockFetch>(peer, BlockFetch::BatchDone{}, now);
            return;
        }
        if (block->error() == Errc::pending) {
            if (std::ranges::find(reading_, &peer) == reading_.end()) reading_.push_back(&peer);
            return;
        }
        // A batch can only go on or be done, and done it is not. The peer gets what was read before.
        if (!*block) return desk_.close(peer, io::Close::orderly, block->error());
        ++peer.blocks;
        ++desk_.counters.blocks;
        desk_.send<BlockFetch>(peer, BlockFetch::Block{**std::move(block)}, now);
    }
}

std::optional<Result<Bytes>> BlockFetchPart::next(Peer& peer) {
    if (peer.serving_provided) {
        if (peer.provided.empty()) return std::nullopt;
        return peer.provided.pop_front();
    }
    if (peer.next_block > peer.last_block) return std::nullopt;
    Result<Bytes> block = source_->chain().block(peer.next_block);
    if (block) ++peer.next_block;
    return block;
}

void BlockFetchPart::look_again(Instant now) {
    // Peers that get nothing stay in front of those that get something: all are served in turn.
    std::vector<Peer*> served;
    for (Peer* const peer : std::exchange(reading_, {})) {
        if (peer->closing) continue;
        const std::uint64_t before = peer->blocks;
        pull(*peer, now);
        desk_.watch(*peer);
        if (peer->blocks == before || reading_.empty() || reading_.back() != peer) continue;
        reading_.pop_back();
        served.push_back(peer);
    }
    reading_.insert(reading_.end(), served.begin(), served.end());
}

}  // namespace ouro::responder
