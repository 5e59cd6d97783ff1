#include "handshake.hpp"

namespace ouro::initiator {

void Handshakes::connected(Peer& peer) {
    open(peer);
    frame::Endpoint& endpoint = *peer.side().handshake;
    Handshake::Message proposal = Handshake::ProposeVersions{offer(peer).table()};
    (void)endpoint.machine.send(proposal.index(), desk_.now);  // it is the first message
    desk_.out.command(
        io::Send<n2n::Message>{peer.connection, Role::initiator, n2n::Message::of<Handshake>(std::move(proposal))});
    frame::give_credit(endpoint, peer.side(), desk_.out);
    desk_.watch(peer, endpoint.machine.due());
}

void Handshakes::adopted(Peer& peer, const Agreement& agreement) {
    open(peer);
    agreed(peer, agreement);
}

VersionOffer Handshakes::offer(const Peer& peer) const {
    VersionOffer offer = desk_.config.offer;
    offer.data.initiator_only = desk_.one_way(peer);
    return offer;
}

void Handshakes::open(Peer& peer) {
    desk_.enter(peer, Stage::handshaking);
    peer.dial_deadline = Instant::max();
    peer.requesting = std::make_unique<frame::Side>(desk_.layout, peer.connection, Role::initiator,
                                                    detail::next_random(desk_.random), peer.trusted);
    desk_.out.event(PeerConnected{peer.id});
}

void Handshakes::agreed(Peer& peer, const Agreement& agreement) {
    peer.agreement = agreement;
    peer.side().handshake.reset();
    desk_.enter(peer, Stage::ready);
    desk_.out.event(PeerInitialized{peer.id, agreement});
}

Errc Handshakes::received(Peer& peer, const Handshake::Message& message) {
    const VersionOffer offer = this->offer(peer);
    if (const auto* accept = std::get_if<Handshake::AcceptVersion>(&message)) {
        // A peer that does not know the query flag accepts, which answers the query as well.
        if (!offer.data.query) return conclude(peer, confirm(offer, *accept));
        answered(peer, VersionTable({{accept->version, accept->data}}));
        return Errc::none;
    }
    if (const auto* proposal = std::get_if<Handshake::ProposeVersions>(&message))
        return conclude(peer, choose(offer, proposal->versions));  // both sides opened this connection
    if (const auto* reply = std::get_if<Handshake::QueryReply>(&message)) {
        if (!offer.data.query) return Errc::out_of_turn;
        answered(peer, reply->versions);
        return Errc::none;
    }
    const auto& reason = std::get<Handshake::Refuse>(message).reason;
    desk_.out.event(PeerRefused{peer.id, error_of(reason), reason, true, {}});
    desk_.close(peer, io::Close::reset, error_of(reason));
    return Errc::none;
}

Errc Handshakes::conclude(Peer& peer, std::variant<Agreement, Disagreement> outcome) {
    if (auto* failed = std::get_if<Disagreement>(&outcome)) {
        desk_.out.event(
            PeerRefused{peer.id, failed->error, std::move(failed->reason), false, std::move(failed->offered)});
        return failed->error;
    }
    agreed(peer, std::get<Agreement>(outcome));
    return Errc::none;
}

void Handshakes::answered(Peer& peer, VersionTable versions) {
    desk_.out.event(QueryAnswered{peer.id, std::move(versions)});
    peer.leaving = true;  // the query was the only purpose
    desk_.close(peer, io::Close::reset, Errc::query_answered);
}

}  // namespace ouro::initiator
