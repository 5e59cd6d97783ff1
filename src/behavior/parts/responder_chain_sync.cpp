#include "responder_chain_sync.hpp"

namespace ouro::responder {

void ChainSyncPart::received(Peer& peer, ChainSync::Message& message, Instant now) {
    if (auto* find = std::get_if<ChainSync::FindIntersect>(&message)) {
        if (source_)
            desk_.send<ChainSync>(peer, source_->intersect(peer.follower, find->points), now);
        else
            desk_.out.event(IntersectionRequested{peer.connection(), peer.peer, std::move(find->points)});
    } else if (std::holds_alternative<ChainSync::RequestNext>(message)) {
        if (source_)
            serve(peer, now);
        else
            desk_.out.event(NextHeaderRequested{peer.connection(), peer.peer});
    } else {
        peer.follower = {};  // after Done the next run begins where every run does
    }
}

void ChainSyncPart::serve(Peer& peer, Instant now) {
    auto next = source_->next(peer.follower);
    if (next.error() == Errc::pending) return reading_.push_back(&peer);
    if (!next) return desk_.close(peer, io::Close::orderly, next.error());
    if (auto* forward = std::get_if<ChainSync::RollForward>(&*next)) {
        ++peer.headers;
        ++desk_.counters.headers;
        desk_.send<ChainSync>(peer, std::move(*forward), now);
    } else if (auto* back = std::get_if<ChainSync::RollBackward>(&*next)) {
        desk_.send<ChainSync>(peer, *back, now);
    } else {
        if (peer.link.machine<ChainSync>().state() == ChainSync::State::can_await)
            desk_.send<ChainSync>(peer, ChainSync::AwaitReply{}, now);
        waiting_.push_back(&peer);
    }
}

void ChainSyncPart::changed(const std::vector<Peer*>& peers, ChainView::Position common, Instant now) {
    for (Peer* peer : peers) ChainSource::changed(peer->follower, common);
    for (Peer* peer : std::exchange(waiting_, {}))
        if (!peer->closing) serve(*peer, now);
    look_again(now);
}

void ChainSyncPart::look_again(Instant now) {
    for (Peer* peer : std::exchange(reading_, {})) {
        if (peer->closing) continue;
        serve(*peer, now);
        desk_.watch(*peer);
    }
}

Errc ChainSyncPart::provide(Peer& peer, ProvideIntersection& answer, Instant now) {
    if (answer.point) return desk_.send<ChainSync>(peer, ChainSync::IntersectFound{*answer.point, answer.tip}, now);
    return desk_.send<ChainSync>(peer, ChainSync::IntersectNotFound{answer.tip}, now);
}

Errc ChainSyncPart::provide(Peer& peer, ProvideHeader& answer, Instant now) {
    const Errc error = desk_.send<ChainSync>(peer, ChainSync::RollForward{answer.header, answer.tip}, now);
    if (error == Errc::none) {
        ++peer.headers;
        ++desk_.counters.headers;
    }
    return error;
}

Errc ChainSyncPart::provide(Peer& peer, ProvideRollback& answer, Instant now) {
    return desk_.send<ChainSync>(peer, ChainSync::RollBackward{answer.point, answer.tip}, now);
}

Errc ChainSyncPart::provide(Peer& peer, ProvideAwait&, Instant now) {
    return desk_.send<ChainSync>(peer, ChainSync::AwaitReply{}, now);
}

}  // namespace ouro::responder
