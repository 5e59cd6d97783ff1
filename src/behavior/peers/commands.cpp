#include <algorithm>

#include "behavior/requesting.hpp"

namespace ouro::initiator {

Result<CommandId> Frame::execute(Command& command, Instant now) {
    if (stopping_) return Errc::stopped;
    desk_.now = now;
    const CommandId id{ids_};
    const auto own =
        frame::execute_any<IncludePeer, DemotePeer, KnowPeers, SetLocalRoots, SetTargets, SetOwnAddresses, BanPeer,
                           UnbanPeer, Housekeeping>(command, [&](auto& wish) { return carry_out(id, wish); });
    const Result<CommandId> result = own ? *own : parts_.execute(id, command);
    if (result && *result == id) ++ids_;
    carry_out_parts_wishes();
    conclude();
    return result;
}

Result<CommandId> Frame::carry_out(CommandId id, IncludePeer& wish) {
    if (!wish.peer) return Errc::bad_argument;
    if (book_.own().contains(wish.peer)) return Errc::self_connection;
    Peer* peer = book_.find(wish.peer);
    if (peer && peer->temperature == Temperature::banned) return Errc::banned;
    if (!peer) peer = book_.add(wish.peer);
    if (!peer) return Errc::queue_full;
    if (peer->included == CommandId{}) peer->included = id;
    peer->claimed = true;
    peer->trusted = wish.trusted;  // from its next connection on
    peer->leaving = false;
    // One that waits need not, but for what the system does not permit.
    if (peer->stage == Stage::waiting)
        peer->retry_at = peer->not_before > desk_.now ? peer->not_before : Instant::max();
    promotion_.include(*peer);
    peer->own_protocols = wish.own_protocols;
    promotion_.stir(*peer);
    watch(*peer);
    return peer->included;
}

Result<CommandId> Frame::carry_out(CommandId id, DemotePeer& wish) {
    Peer* peer = book_.find(wish.peer);
    if (!peer) return Errc::unknown_peer;
    leave(*peer, Errc::demoted, false);
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, KnowPeers& wish) {
    if (std::any_of(wish.peers.begin(), wish.peers.end(), [](const PeerId& peer) { return !peer; }))
        return Errc::bad_argument;
    std::erase_if(wish.peers, [&](const PeerId& peer) { return book_.own().contains(peer); });
    const auto fresh = static_cast<std::size_t>(std::count_if(
        wish.peers.begin(), wish.peers.end(), [&](const PeerId& peer) { return book_.find(peer) == nullptr; }));
    if (book_.size() + fresh > config_.max_known) return Errc::queue_full;
    for (const PeerId& known : wish.peers) {
        if (Peer* peer = book_.find(known)) {
            peer->leaving = false;
            peer->claimed = true;
            peer->advertise |= wish.advertise;
            continue;
        }
        Peer& peer = *book_.add(known);
        peer.advertise = wish.advertise;
        book_.offer(peer, true);
        promotion_.stir(peer);
    }
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, SetLocalRoots& wish) {
    if (const Errc error = promotion_.set_local_roots(wish.groups); error != Errc::none) return error;
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, SetTargets& wish) {
    if (check(wish.targets) != Errc::none) return Errc::bad_argument;
    churn_.set_targets(wish.targets);
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, SetOwnAddresses& wish) {
    if (std::any_of(wish.addresses.begin(), wish.addresses.end(), [](const PeerId& own) { return !own; }))
        return Errc::bad_argument;
    book_.own().set(std::move(wish.addresses));
    std::vector<Peer*> same;
    book_.each([&](Peer& peer) {
        if (book_.own().contains(peer.id)) same.push_back(&peer);
    });
    for (Peer* peer : same) leave(*peer, Errc::self_connection, false);
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, BanPeer& wish) {
    if (!wish.peer || wish.time <= Duration::zero()) return Errc::bad_argument;
    Peer* peer = book_.find(wish.peer);
    if (!peer) {
        peer = book_.add(wish.peer);
        if (!peer) return Errc::queue_full;
        peer->leaving = true;  // known for the ban alone
    }
    const bool parting = peer->parting != Errc::none;
    if (parting || (peer->stage != Stage::waiting && peer->stage != Stage::closing))
        drop(*peer, io::Close::reset, Errc::banned);
    ban(*peer, Errc::banned, wish.time);
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, UnbanPeer& wish) {
    Peer* peer = book_.find(wish.peer);
    if (!peer || peer->temperature != Temperature::banned) return Errc::unknown_peer;
    pardon(*peer);
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, Housekeeping&) {
    tick(desk_.now);
    return id;
}

void Frame::carry_out_parts_wishes() {
    while (const auto wish = desk_.wishes.try_pop_front()) {
        Peer* peer = book_.find(wish->peer);
        if (!peer) continue;
        if (wish->what == PeerWish::What::leave) {
            if (peer->temperature == Temperature::hot) leave_debtor(*peer);
            continue;
        }
        peer->heat_at = desk_.now + config_.passed_over_delay;
        cool(*peer);
    }
    if (!sharing_) desk_.crowders = {};  // only a node disconnects them
}

void Frame::carry_out_wishes() {
    struct Carrier {
        Frame& self;
        void operator()(const PeerVisitor::Ban& wish) const {
            if (self.stopping_) return;
            BanPeer command{wish.peer, wish.time};
            (void)self.carry_out(CommandId{}, command);  // the user has to know whether there is room
        }
        void operator()(const PeerVisitor::Disconnect& wish) const {
            if (Peer* peer = self.connection_.find(wish.connection)) self.leave(*peer, Errc::disconnected, true);
        }
    };
    visitors_.wishes(Carrier{*this});
}

}  // namespace ouro::initiator
