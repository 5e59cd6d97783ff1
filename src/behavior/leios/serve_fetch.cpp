#include "serve_fetch.hpp"

namespace ouro::responder {

Errc LeiosFetchPart::received(Peer& peer, LeiosFetch::Message& message, LeiosFetch::State before) {
    if (const auto* txs = std::get_if<LeiosFetch::BlockTxsRequest>(&message))
        mine(peer) = *txs;  // the answer has to be a part of it
    return Speaker::received(peer, message, before);
}

Errc LeiosFetchPart::answered(Peer& peer, LeiosFetch::Message& message) {
    const LeiosFetch::BlockTxsRequest& request = mine(peer);
    if (const auto* block = std::get_if<LeiosFetch::Block>(&message)) {
        if (!read_endorser_block(block->cbor)) return Errc::bad_argument;
    } else if (const auto* txs = std::get_if<LeiosFetch::BlockTxs>(&message)) {
        if (txs->block != request.block || !txs->which.within(request.wanted) || txs->which.count() != txs->txs.size())
            return Errc::bad_argument;
    }
    if (!fits<LeiosFetch>(message, state(peer))) return Errc::bad_argument;
    mine(peer) = {};
    return send(peer, std::move(message));
}

}  // namespace ouro::responder

namespace ouro::frame {

std::unique_ptr<responder::Part> make_part(Speaks<responder::ServingSide, LeiosFetch>,
                                           responder::ServingSide::Making& with) {
    if (!with.desk.config.leios) return nullptr;
    return std::make_unique<responder::LeiosFetchPart>(with.desk);
}

}  // namespace ouro::frame
