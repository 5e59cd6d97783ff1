#include "serve.hpp"

namespace ouro::responder {

Errc ChainSyncPart::received(Peer& peer, ChainSync::Message& message, ChainSync::State) {
    peer.at_tip = false;
    if (std::holds_alternative<ChainSync::Done>(message)) {
        mine(peer) = {};  // the next run begins where every run does
    } else if (!source_) {
        desk_.out.event(Requested{peer.connection(), peer.peer, std::move(message)});
    } else if (const auto* find = std::get_if<ChainSync::FindIntersect>(&message)) {
        reply(peer, source_->intersect(mine(peer), find->points));
    } else {
        serve(peer);
    }
    return Errc::none;
}

void ChainSyncPart::serve(Peer& peer) {
    ChainSource::Follower& follower = mine(peer);
    auto next = source_->next(follower);
    if (next.error() == Errc::pending) return reading_.push_back(&peer);
    if (!next) return desk_.close(peer, io::Close::orderly, next.error());
    if (auto* forward = std::get_if<ChainSync::RollForward>(&*next)) {
        peer.headers.latest = follower.position;
        reply(peer, std::move(*forward));
    } else if (auto* back = std::get_if<ChainSync::RollBackward>(&*next)) {
        reply(peer, *back);
    } else {
        if (state(peer) == ChainSync::State::can_await) reply(peer, ChainSync::AwaitReply{});
        waiting_.push_back(&peer);
    }
}

void ChainSyncPart::changed(const std::vector<Peer*>& peers, ChainView::Position common) {
    for (Peer* peer : peers) ChainSource::changed(mine(*peer), common);
    for (Peer* peer : std::exchange(waiting_, {}))
        if (!peer->closing) serve(*peer);
    tick();
}

void ChainSyncPart::tick() {
    for (Peer* peer : std::exchange(reading_, {})) {
        if (peer->closing) continue;
        serve(*peer);
        desk_.watch(*peer, machine(*peer).expires_at());
    }
}

Errc ChainSyncPart::answered(Peer& peer, ChainSync::Message& message) {
    if (source_) return Errc::not_our_turn;
    if (!fits<ChainSync>(message, state(peer))) return Errc::bad_argument;
    reply(peer, std::move(message));
    return Errc::none;
}

void ChainSyncPart::reply(Peer& peer, ChainSync::Message message) {
    const auto* forward = std::get_if<ChainSync::RollForward>(&message);
    if (forward) {
        ++peer.headers.count;
        ++desk_.counters.headers;
    }
    const std::size_t bytes = 64 + (forward ? forward->header.cbor.size() : 0);
    (void)send(peer, std::move(message), bytes);
    peer.at_tip = state(peer) == ChainSync::State::must_reply;
}

}  // namespace ouro::responder
