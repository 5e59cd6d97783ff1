#include "serve.hpp"

#include <algorithm>

namespace ouro::responder {

Errc BlockFetchPart::received(Peer& peer, BlockFetch::Message& message, BlockFetch::State) {
    const auto* wish = std::get_if<BlockFetch::RequestRange>(&message);
    if (!wish) return Errc::none;
    if (!source_) {
        request(peer, *wish);
        return Errc::none;
    }
    const auto range = source_->range(wish->first, wish->last);
    if (!range) {
        send(peer, BlockFetch::NoBlocks{});
        return Errc::none;
    }
    std::tie(mine(peer).next, mine(peer).last) = *range;
    send(peer, BlockFetch::StartBatch{});
    pull(peer);
    return Errc::none;
}

Errc BlockFetchPart::answered(Peer& peer, BlockFetch::Message& message) {
    if (source_ || mine(peer).serving_provided) return Errc::not_our_turn;
    if (!fits<BlockFetch>(message, state(peer))) return Errc::bad_argument;
    if (auto* block = std::get_if<BlockFetch::Block>(&message))
        send_block(peer, std::move(*block));
    else
        send(peer, std::move(message));
    return Errc::none;
}

std::optional<Errc> BlockFetchPart::carry_out(Peer& peer, Command& command) {
    auto* range = std::get_if<ProvideBlocks>(&command);
    return range ? std::optional(provide(peer, range->blocks)) : std::nullopt;
}

Errc BlockFetchPart::provide(Peer& peer, std::vector<Bytes>& blocks) {
    if (source_ || state(peer) != BlockFetch::State::busy) return Errc::not_our_turn;
    if (blocks.empty()) return send(peer, BlockFetch::NoBlocks{});
    send(peer, BlockFetch::StartBatch{});
    for (Bytes& block : blocks) mine(peer).provided.push_back(std::move(block));
    mine(peer).serving_provided = true;
    pull(peer);
    return Errc::none;
}

void BlockFetchPart::changed(const std::vector<Peer*>& peers, ChainView::Position common) {
    for (Peer* peer : peers) {
        const RangeRest& rest = mine(*peer);
        if (!peer->closing && rest.next <= rest.last && rest.last > common)
            desk_.close(*peer, io::Close::reset, Errc::no_blocks);
    }
}

void BlockFetchPart::pull(Peer& peer) {
    RangeRest& rest = mine(peer);
    if (rest.last == 0 && !rest.serving_provided) return;
    while (!peer.closing && own(peer).queued < allowance()) {
        auto block = next(peer);
        if (!block) {
            rest.last = 0;
            rest.serving_provided = false;
            send(peer, BlockFetch::BatchDone{});
            return;
        }
        if (block->error() == Errc::pending) {
            if (std::ranges::find(reading_, &peer) == reading_.end()) reading_.push_back(&peer);
            return;
        }
        // A batch that cannot continue must not end with BatchDone. The peer still gets the blocks before.
        if (!*block) return desk_.close(peer, io::Close::orderly, block->error());
        peer.blocks.latest = rest.next;
        send_block(peer, BlockFetch::Block{**std::move(block)});
    }
}

void BlockFetchPart::send_block(Peer& peer, BlockFetch::Block block) {
    ++peer.blocks.count;
    ++desk_.counters.blocks;
    const std::size_t bytes = 8 + block.cbor.size();
    send(peer, std::move(block), bytes);
    count(peer, own(peer).queued);
}

std::optional<Result<Bytes>> BlockFetchPart::next(Peer& peer) {
    RangeRest& rest = mine(peer);
    if (rest.serving_provided) {
        if (rest.provided.empty()) return std::nullopt;
        return rest.provided.pop_front();
    }
    if (rest.next > rest.last) return std::nullopt;
    Result<Bytes> block = source_->chain().block(rest.next);
    if (block) ++rest.next;
    return block;
}

void BlockFetchPart::tick() {
    // Peers that get nothing stay in front of those that get something: all are served in turn.
    std::vector<Peer*> served;
    for (Peer* const peer : std::exchange(reading_, {})) {
        if (peer->closing) continue;
        const std::uint64_t before = peer->blocks.count;
        pull(*peer);
        desk_.watch(*peer, machine(*peer).expires_at());
        if (peer->blocks.count == before || reading_.empty() || reading_.back() != peer) continue;
        reading_.pop_back();
        served.push_back(peer);
    }
    reading_.insert(reading_.end(), served.begin(), served.end());
}

}  // namespace ouro::responder

namespace ouro::frame {

std::unique_ptr<responder::Part> make_part(Speaks<responder::ServingSide, BlockFetch>,
                                           responder::ServingSide::Making& with) {
    return std::make_unique<responder::BlockFetchPart>(with.desk, with.source);
}

}  // namespace ouro::frame
