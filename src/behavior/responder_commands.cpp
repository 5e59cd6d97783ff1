#include <ouro/names/address_range.hpp>

#include "responder_impl.hpp"

namespace ouro {

using namespace responder;

template <class F>
Errc ResponderBehavior::Impl::answer_for(ConnectionId connection, F&& answer) {
    Peer* peer = find(connection);
    if (!peer || peer->closing) return Errc::unknown_peer;
    const Errc error = answer(*peer);
    pruning_.note(*peer, false, now_);
    watch(*peer);
    return error;
}

template <class Answer>
    requires requires(responder::ChainSyncPart& part, Peer& peer, Answer& answer) {
        part.provide(peer, answer, Instant{});
    }
Errc ResponderBehavior::Impl::carry_out(Answer& answer, Instant now) {
    return answer_for(answer.connection, [&](Peer& peer) { return chain_sync_.provide(peer, answer, now); });
}

template <class Answer>
    requires requires(responder::LeiosNotifyPart& part, Peer& peer, Answer& answer) {
        part.provide(peer, answer, Instant{});
    }
Errc ResponderBehavior::Impl::carry_out(Answer& answer, Instant now) {
    return answer_for(answer.connection, [&](Peer& peer) { return leios_notify_.provide(peer, answer, now); });
}

Result<CommandId> ResponderBehavior::Impl::execute(Command& command, Instant now) {
    if (stopping_) return Errc::stopped;
    now_ = now;
    const Errc error = std::visit([&](auto& wish) { return carry_out(wish, now); }, command);
    carry_out_wishes();
    if (error != Errc::none) return error;
    return CommandId{next_command_++};
}

Errc ResponderBehavior::Impl::carry_out(ProvideBlocks& answer, Instant now) {
    return answer_for(answer.connection, [&](Peer& peer) { return block_fetch_.provide(peer, answer, now); });
}

Errc ResponderBehavior::Impl::carry_out(ProvidePeers& answer, Instant now) {
    return answer_for(answer.connection, [&](Peer& peer) { return peer_sharing_.provide(peer, answer, now); });
}

Errc ResponderBehavior::Impl::carry_out(ProvideEb& answer, Instant now) {
    return answer_for(answer.connection, [&](Peer& peer) { return leios_fetch_.provide(peer, answer, now); });
}

Errc ResponderBehavior::Impl::carry_out(ProvideEbTxs& answer, Instant now) {
    return answer_for(answer.connection, [&](Peer& peer) { return leios_fetch_.provide(peer, answer, now); });
}

Errc ResponderBehavior::Impl::carry_out(RejectTx& wish, Instant now) {
    return answer_for(wish.connection, [&](Peer& peer) { return tx_submission_.reject(peer, now); });
}

Errc ResponderBehavior::Impl::carry_out(ChainChanged& change, Instant now) {
    if (!source_) return Errc::bad_argument;
    std::vector<Peer*> all;
    for (auto& [id, peer] : peers_) all.push_back(peer.get());
    chain_sync_.changed(all, change.common, now);
    for (Peer* peer : all) {
        block_fetch_.changed(*peer, change.common);
        pruning_.note(*peer, false, now);
        watch(*peer);
    }
    return Errc::none;
}

Errc ResponderBehavior::Impl::carry_out(DisconnectPeer& wish, Instant) {
    return answer_for(wish.connection, [&](Peer& peer) {
        desk_.close(peer, io::Close::orderly, Errc::demoted);
        return Errc::none;
    });
}

Errc ResponderBehavior::Impl::carry_out(BanPeer& wish, Instant now) {
    if (const Errc error = bans_.add(wish, now); error != Errc::none) return error;
    ++counters_.bans;
    const std::string site = site_of(wish.peer.host());
    for (auto& [id, peer] : peers_)
        if (!peer->closing && site_of(peer->peer.host()) == site) desk_.close(*peer, io::Close::reset, Errc::banned);
    return Errc::none;
}

Errc ResponderBehavior::Impl::carry_out(Housekeeping&, Instant now) {
    tick(now);
    return Errc::none;
}

void ResponderBehavior::Impl::carry_out_wishes() {
    struct Carrier {
        Impl& self;
        void operator()(const PeerVisitor::Ban& wish) const {
            BanPeer command{wish.peer, wish.time, Errc::banned};
            (void)self.carry_out(command, self.now_);  // it is the user's own to know whether there is room
        }
        void operator()(const PeerVisitor::Disconnect& wish) const {
            if (Peer* peer = self.find(wish.connection); peer && !peer->closing)
                self.desk_.close(*peer, io::Close::orderly, Errc::disconnected);
        }
    };
    visitors_.wishes(Carrier{*this});
}

}  // namespace ouro
