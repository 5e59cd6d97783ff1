#include <ouro/names/address_range.hpp>

#include "behavior/serving.hpp"

namespace ouro::responder {

Result<CommandId> Frame::execute(Command& command, Instant now) {
    if (stopping_) return Errc::stopped;
    desk_.now = now;
    const Errc error = std::visit([&](auto& wish) { return carry_out(wish); }, command);
    carry_out_wishes();
    if (error != Errc::none) return error;
    return CommandId{ids_++};
}

template <class Answered>
Errc Frame::answer_for(ConnectionId connection, Answered&& answered) {
    Peer* peer = find(connection);
    if (!peer || peer->closing) return Errc::unknown_peer;
    const Errc error = answered(*peer);
    pruning_.note(*peer, false, desk_.now);
    watch(*peer);
    return error;
}

Errc Frame::carry_out(Answer& answer) {
    return answer_for(answer.connection, [&](Peer& peer) {
        Part* part = parts_.speaker(answer.message.channel());
        return part ? part->answer(peer, answer.message) : Errc::not_our_turn;
    });
}

Errc Frame::carry_out(ProvideBlocks& answer) {
    return answer_for(answer.connection, [&](Peer& peer) { return block_fetch_->provide(peer, answer.blocks); });
}

Errc Frame::carry_out(RejectTx& wish) {
    return answer_for(wish.connection, [&](Peer& peer) { return txs_->reject(peer); });
}

Errc Frame::carry_out(ChainChanged& change) {
    if (!source_) return Errc::bad_argument;
    std::vector<Peer*> all;
    for (auto& [id, peer] : peers_) all.push_back(peer.get());
    parts_.each([&](Part& part) { part.changed(all, change.common); });
    for (Peer* peer : all) {
        pruning_.note(*peer, false, desk_.now);
        watch(*peer);
    }
    return Errc::none;
}

Errc Frame::carry_out(DisconnectPeer& wish) {
    return answer_for(wish.connection, [&](Peer& peer) {
        desk_.close(peer, io::Close::orderly, Errc::demoted);
        return Errc::none;
    });
}

Errc Frame::carry_out(BanPeer& wish) {
    if (const Errc error = bans_.add(wish, desk_.now); error != Errc::none) return error;
    ++counters_.bans;
    const std::string site = site_of(wish.peer.host());
    for (auto& [id, peer] : peers_)
        if (!peer->closing && site_of(peer->peer.host()) == site) desk_.close(*peer, io::Close::reset, Errc::banned);
    return Errc::none;
}

Errc Frame::carry_out(Housekeeping&) {
    tick(desk_.now);
    return Errc::none;
}

void Frame::carry_out_wishes() {
    struct Carrier {
        Frame& self;
        void operator()(const PeerVisitor::Ban& wish) const {
            BanPeer command{wish.peer, wish.time, Errc::banned};
            (void)self.carry_out(command);  // the user has to know whether there is room
        }
        void operator()(const PeerVisitor::Disconnect& wish) const {
            if (Peer* peer = self.find(wish.connection); peer && !peer->closing)
                self.desk_.close(*peer, io::Close::orderly, Errc::disconnected);
        }
    };
    visitors_.wishes(Carrier{*this});
}

}  // namespace ouro::responder
