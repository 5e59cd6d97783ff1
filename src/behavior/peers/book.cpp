#include "book.hpp"

namespace ouro::initiator {

Peer* PeerBook::add(const PeerId& id) {
    if (full()) return nullptr;
    auto owned = std::make_unique<Peer>();
    Peer& peer = *owned;
    peer.id = id;
    peer.number = ++numbered_;
    peers_.emplace(peer.number, std::move(owned));
    by_id_.emplace(id, &peer);
    return &peer;
}

void PeerBook::erase(Peer& peer) {
    offer(peer, false);
    if (peer.temperature != Temperature::cold) move(peer, Temperature::cold);
    by_id_.erase(peer.id);
    peers_.erase(peer.number);
}

void PeerBook::move(Peer& peer, Temperature to) {
    const Temperature from = peer.temperature;
    if (from == to) return;
    if (from == Temperature::warm) std::erase(warm_, &peer);
    if (from == Temperature::hot) std::erase(hot_, &peer);
    if (from == Temperature::banned) --banned_;
    if (to == Temperature::banned) ++banned_;
    peer.temperature = to;
    if (to != Temperature::cold) offer(peer, false);
    if (to != Temperature::warm) {
        peer.cooling = false;
        peer.cool_by = Instant::max();
    }
    if (to == Temperature::warm) warm_.push_back(&peer);
    if (to == Temperature::hot) hot_.push_back(&peer);
    desk_.out.event(TemperatureChanged{peer.id, from, to});
    desk_.visitors.each([&](PeerVisitor& visitor) { visitor.moved(peer.id, from, to, desk_.now); });
}

void PeerBook::offer(Peer& peer, bool offered) {
    if (offered == (peer.place != SIZE_MAX)) return;
    if (offered) {
        peer.place = offered_.size();
        offered_.push_back(&peer);
        return;
    }
    offered_.back()->place = peer.place;
    offered_[peer.place] = offered_.back();
    offered_.pop_back();
    peer.place = SIZE_MAX;
}

Counters PeerBook::counters() const noexcept {
    Counters counters;
    counters.known = peers_.size();
    counters.available = offered_.size();
    counters.connecting = desk_.connecting;
    counters.warm = warm_.size();
    counters.hot = hot_.size();
    counters.banned = banned_;
    for (const Peer* peer : warm_) counters.cooling += peer->cooling ? 1 : 0;
    for (const auto& [number, peer] : peers_) {
        counters.roots += peer->root() ? 1 : 0;
    }
    return counters;
}

}  // namespace ouro::initiator
