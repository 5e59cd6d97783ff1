#include "local_serve.hpp"

#include <utility>

namespace ouro::local_responder {

Errc ChainSyncPart::received(Peer& peer, LocalChainSync::Message& message, LocalChainSync::State before) {
    if (!source_) return Speaker::received(peer, message, before);
    if (const auto* find = std::get_if<LocalChainSync::FindIntersect>(&message)) {
        auto answer = source_->intersect(mine(peer), find->points);
        if (const auto* found = std::get_if<ChainSync::IntersectFound>(&answer))
            send(peer, *found);
        else
            send(peer, std::get<ChainSync::IntersectNotFound>(answer));
    } else if (std::holds_alternative<LocalChainSync::RequestNext>(message)) {
        const Served served = serve(peer);
        if (served == Served::pending) reading_.push_back(&peer);
        if (served != Served::at_tip) return Errc::none;
        send(peer, LocalChainSync::AwaitReply{});
        waiting_.push_back(&peer);
    } else {
        mine(peer) = {};  // after Done the next run begins where every run does
    }
    return Errc::none;
}

ChainSyncPart::Served ChainSyncPart::serve(Peer& peer) {
    const ChainView& chain = source_->chain();
    auto& follower = mine(peer);
    if (std::exchange(follower.roll_back, false)) {
        const auto point = source_->point(follower.position);
        if (point)
            send(peer, LocalChainSync::RollBackward{*point, chain.tip()});
        else
            desk_.close(peer, io::Close::reset, point.error());
        return Served::yes;
    }
    if (follower.position >= chain.size()) return Served::at_tip;
    auto block = chain.block(follower.position + 1);
    if (block.error() == Errc::pending) return Served::pending;
    if (!block) {
        desk_.close(peer, io::Close::reset, block.error());
        return Served::yes;
    }
    ++follower.position;
    ++peer.blocks;
    ++desk_.counters.blocks;
    send(peer, LocalChainSync::RollForward{*std::move(block), chain.tip()});
    return Served::yes;
}

void ChainSyncPart::serve(std::vector<Peer*>& peers) {
    std::vector<Peer*> stay;
    for (Peer* const peer : std::exchange(peers, {})) {
        if (peer->closing) continue;
        const Served served = serve(*peer);
        if (served == Served::pending) reading_.push_back(peer);
        // The block was taken back while it was read, and the follower has not got AwaitReply yet.
        if (served == Served::at_tip && &peers == &reading_) send(*peer, LocalChainSync::AwaitReply{});
        if (served == Served::at_tip) stay.push_back(peer);
    }
    waiting_.insert(waiting_.end(), stay.begin(), stay.end());
}

void ChainSyncPart::changed(const std::vector<Peer*>& peers, ChainView::Position common) {
    for (Peer* peer : peers) ChainSource::changed(mine(*peer), common);
    serve(waiting_);
    serve(reading_);
}

Errc ChainSyncPart::answered(Peer& peer, LocalChainSync::Message& message) {
    return source_ ? Errc::not_our_turn : Speaker::answered(peer, message);
}

}  // namespace ouro::local_responder
