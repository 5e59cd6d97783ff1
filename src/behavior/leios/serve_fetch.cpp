#include "serve_fetch.hpp"

namespace ouro::responder {

void LeiosFetchPart::received(Peer& peer, LeiosFetch::Message& message) {
    if (const auto* wish = std::get_if<LeiosFetch::BlockRequest>(&message)) {
        desk_.out.event(EbRequested{peer.connection(), peer.peer, wish->block});
    } else if (auto* txs = std::get_if<LeiosFetch::BlockTxsRequest>(&message)) {
        peer.eb_txs = *txs;  // what is provided has to be some of it
        desk_.out.event(EbTxsRequested{peer.connection(), peer.peer, txs->block, std::move(txs->wanted)});
    }
}

Errc LeiosFetchPart::provide(Peer& peer, ProvideEb& answer, Instant now) {
    if (peer.link.machine<LeiosFetch>().state() != LeiosFetch::State::block) return Errc::not_our_turn;
    LeiosFetch::Message message = LeiosFetch::Block{answer.cbor};
    if (!read_endorser_block(answer.cbor) || !fits<LeiosFetch>(message, LeiosFetch::State::block))
        return Errc::bad_argument;
    return desk_.send<LeiosFetch>(peer, std::move(message), now);
}

Errc LeiosFetchPart::provide(Peer& peer, ProvideEbTxs& answer, Instant now) {
    if (peer.link.machine<LeiosFetch>().state() != LeiosFetch::State::block_txs) return Errc::not_our_turn;
    if (!answer.which.within(peer.eb_txs.wanted) || answer.which.count() != answer.txs.size())
        return Errc::bad_argument;
    LeiosFetch::Message message = LeiosFetch::BlockTxs{peer.eb_txs.block, answer.which, answer.txs};
    if (!fits<LeiosFetch>(message, LeiosFetch::State::block_txs)) return Errc::bad_argument;
    peer.eb_txs = {};
    return desk_.send<LeiosFetch>(peer, std::move(message), now);
}

}  // namespace ouro::responder
