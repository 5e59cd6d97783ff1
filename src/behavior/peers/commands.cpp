#include <algorithm>
#include <array>

#include "behavior/requesting.hpp"

namespace ouro::initiator {

Result<CommandId> Frame::execute(Command& command, Instant now) {
    if (stopping_) return Errc::stopped;
    desk_.now = now;
    const CommandId id{ids_};
    const auto own = frame::execute_any<IncludePeer, DemotePeer, KnowPeers, SetLocalRoots, SetTargets, SetOwnAddresses,
                                        BanPeer, UnbanPeer, RejectBlock, Housekeeping>(
        command, [&](auto& own_command) { return carry_out(id, own_command); });
    const Result<CommandId> result = own ? *own : parts_.execute(id, command);
    if (result && *result == id) ++ids_;
    carry_out_requests();
    conclude();
    return result;
}

Result<CommandId> Frame::carry_out(CommandId id, IncludePeer& command) {
    if (!command.peer) return Errc::bad_argument;
    if (book_.own().contains(command.peer)) return Errc::self_connection;
    Peer* peer = book_.find(command.peer);
    if (peer && peer->temperature == Temperature::banned) return Errc::banned;
    if (!peer) peer = book_.add(command.peer);
    if (!peer) return Errc::queue_full;
    if (peer->included == CommandId{}) peer->included = id;
    peer->claimed = true;
    peer->trusted = command.trusted;  // from its next connection on
    peer->leaving = false;
    // A peer in back-off is dialled at once, unless the system does not permit it.
    if (peer->stage == Stage::waiting)
        peer->retry_at = peer->not_before > desk_.now ? peer->not_before : Instant::max();
    promotion_.include(*peer);
    peer->own_protocols = command.own_protocols;
    promotion_.stir(*peer);
    watch(*peer);
    return peer->included;
}

Result<CommandId> Frame::carry_out(CommandId id, DemotePeer& command) {
    Peer* peer = book_.find(command.peer);
    if (!peer) return Errc::unknown_peer;
    leave(*peer, Errc::demoted, false);
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, KnowPeers& command) {
    if (std::any_of(command.peers.begin(), command.peers.end(), [](const PeerId& peer) { return !peer; }))
        return Errc::bad_argument;
    std::erase_if(command.peers, [&](const PeerId& peer) { return book_.own().contains(peer); });
    const auto fresh = static_cast<std::size_t>(std::count_if(
        command.peers.begin(), command.peers.end(), [&](const PeerId& peer) { return book_.find(peer) == nullptr; }));
    if (book_.size() + fresh > config_.max_known) return Errc::queue_full;
    for (const PeerId& known : command.peers) {
        if (Peer* peer = book_.find(known)) {
            peer->leaving = false;
            peer->claimed = true;
            peer->advertise |= command.advertise;
            continue;
        }
        Peer& peer = *book_.add(known);
        peer.advertise = command.advertise;
        book_.offer(peer, true);
        promotion_.stir(peer);
    }
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, SetLocalRoots& command) {
    if (const Errc error = promotion_.set_local_roots(command.groups); error != Errc::none) return error;
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, SetTargets& command) {
    if (check(command.targets) != Errc::none) return Errc::bad_argument;
    churn_.set_targets(command.targets);
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, SetOwnAddresses& command) {
    if (std::any_of(command.addresses.begin(), command.addresses.end(), [](const PeerId& own) { return !own; }))
        return Errc::bad_argument;
    book_.own().set(std::move(command.addresses));
    std::vector<Peer*> same;
    book_.each([&](Peer& peer) {
        if (book_.own().contains(peer.id)) same.push_back(&peer);
    });
    for (Peer* peer : same) leave(*peer, Errc::self_connection, false);
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, BanPeer& command) {
    if (!command.peer || command.time <= Duration::zero()) return Errc::bad_argument;
    Peer* peer = book_.find(command.peer);
    if (!peer) {
        peer = book_.add(command.peer);
        if (!peer) return Errc::queue_full;
        peer->leaving = true;  // known for the ban alone
    }
    const bool parting = peer->parting != Errc::none;
    if (parting || (peer->stage != Stage::waiting && peer->stage != Stage::closing))
        drop(*peer, io::Close::reset, Errc::banned);
    ban(*peer, Errc::banned, command.time);
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, UnbanPeer& command) {
    Peer* peer = book_.find(command.peer);
    if (!peer || peer->temperature != Temperature::banned) return Errc::unknown_peer;
    pardon(*peer);
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, RejectBlock& command) {
    const std::array faults{Errc::malformed, Errc::unknown_era, Errc::body_size, Errc::body_mismatch};
    if (std::find(faults.begin(), faults.end(), command.rule) == faults.end()) return Errc::bad_argument;
    Peer* peer = book_.find(command.peer);
    if (!peer || !peer->ready()) return Errc::unknown_peer;
    constexpr auto& streaming = BlockFetch::states[static_cast<std::size_t>(BlockFetch::State::streaming)];
    peer->broken_at = std::make_unique<Point>(command.block);
    drop(*peer, io::Close::reset, command.rule,
         {BlockFetch::name, streaming.name, BlockFetch::Block::name, command.rule});
    return id;
}

Result<CommandId> Frame::carry_out(CommandId id, Housekeeping&) {
    tick(desk_.now);
    return id;
}

void Frame::carry_out_requests() {
    if (desk_.requests.empty() && desk_.crowders.empty()) return;
    while (const auto request = desk_.requests.try_pop_front()) {
        Peer* peer = book_.find(request->peer);
        if (!peer) continue;
        if (request->what == PeerRequest::What::leave) {
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
            (void)self.carry_out(CommandId{}, command);  // there may be no room: the visitor is not informed
        }
        void operator()(const PeerVisitor::Disconnect& wish) const {
            if (Peer* peer = self.connection_.find(wish.connection)) self.leave(*peer, Errc::disconnected, true);
        }
    };
    visitors_.wishes(Carrier{*this});
}

}  // namespace ouro::initiator
