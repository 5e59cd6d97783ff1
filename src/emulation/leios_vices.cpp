#include <vector>

#include "emulation/vices.hpp"

/// Peers that misuse Leios.
namespace ouro::emulation::vice {

namespace {

/// Calls `act` once, after the first message of any mini-protocol but the handshake.
template <class F>
Meddler<M> once(F act) {
    return {{}, [act, done = false](OneHand& hand, Send send) mutable {
                hand.pass(send);
                if (send.message.channel() == Handshake::channel || std::exchange(done, true)) return;
                act(hand);
            }};
}

}  // namespace

Meddler<M> false_offers() {
    return edits<LeiosNotify>([number = std::uint64_t{0}](OneHand&, LeiosNotify::Message& message) mutable {
        if (auto* block = std::get_if<LeiosNotify::BlockOffer>(&message)) *block = {made_up(++number), UINT32_MAX};
        if (auto* txs = std::get_if<LeiosNotify::BlockTxsOffer>(&message)) *txs = {made_up(++number)};
        return true;
    });
}

// Flips bits in the id of the first transaction.
Meddler<M> wrong_endorser_block() {
    return edits<LeiosFetch>([](OneHand&, LeiosFetch::Message& message) {
        if (auto* block = std::get_if<LeiosFetch::Block>(&message)) block->cbor = turned_over(block->cbor, 8, 12);
        return true;
    });
}

Meddler<M> more_eb_txs() {
    return edits<LeiosFetch>([](OneHand&, LeiosFetch::Message& message) {
        if (auto* txs = std::get_if<LeiosFetch::BlockTxs>(&message)) {
            txs->which.add(LeiosBitmap::max_transactions - 1);
            txs->txs.emplace_back();
        }
        return true;
    });
}

// Sends as many windows as fit in a request; a block needs at most 1,117.
Meddler<M> huge_bitmap() {
    return once([](OneHand& hand) {
        ByteQueue bytes;
        cbor::Writer out(bytes);
        out.array(3).uint(2);
        write(out, Point(made_up()));
        out.begin_map();
        for (int i = 0; i < 32'000; ++i) out.uint(0).uint(1);
        out.end();
        hand.say(LeiosFetch::channel, Role::initiator, bytes.take());
    });
}

// Sends more requests for notifications than the queue takes.
Meddler<M> floods_notify() {
    return once([](OneHand& hand) {
        std::vector<std::uint8_t> bytes;
        const Bytes next = encoded(M(LeiosNotify::RequestNext{}));
        while (bytes.size() <= 2 * LeiosNotify::ingress_limit)
            bytes.insert(bytes.end(), next.data(), next.data() + next.size());
        hand.say(LeiosNotify::channel, Role::initiator, bytes);
    });
}

}  // namespace ouro::emulation::vice
