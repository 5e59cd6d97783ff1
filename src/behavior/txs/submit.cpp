#include "submit.hpp"

#include <algorithm>

#include "behavior/frame/encoded_bytes.hpp"

namespace ouro::initiator {

namespace {

using State = TxSubmission::State;

bool waits(const Peer& peer) { return peer.link->machine<TxSubmission>().state() == State::tx_ids_blocking; }

/// The rank of the first transaction that the peer is not done with.
TxRank first_open(const Peer& peer) { return peer.tx_offers.empty() ? peer.tx_next : peer.tx_offers[0].rank; }

TxOffer* find_offer(Peer& peer, const TxId& id) {
    for (std::size_t i = 0; i < peer.tx_offers.size(); ++i)
        if (peer.tx_offers[i].id == id) return &peer.tx_offers[i];
    return nullptr;
}

bool is_item(const Bytes& cbor) {
    cbor::Reader in(cbor);
    in.skip();
    return in.finish() == Errc::none;
}

}  // namespace

Result<CommandId> TxSubmissionPart::submit(CommandId command, SubmitTx& wish) {
    const std::size_t bytes = wire_size(wish.tx);
    if (wish.id.era != wish.tx.era || wish.id.byron != wish.tx.byron || bytes > largest_tx || !is_item(wish.tx.cbor) ||
        ids_.contains(wish.id))
        return Errc::bad_argument;
    if (!make_room(wish.from, bytes)) return Errc::queue_full;
    Origin* origin = find(wish.from);
    if (!origin) {
        origin = &origins_.emplace_back();
        origin->from = wish.from;
    }
    origin->turn = std::max(turn_, origin->txs > 0 ? origin->turn + 1 : 0);
    ++origin->txs;
    origin->bytes += bytes;
    ids_.insert(wish.id);
    bytes_ += bytes;
    const TxRank rank{origin->turn, ++numbered_};
    order_.emplace(rank.number, rank);
    Submission& submission = txs_[rank];
    submission.from = std::move(wish.from);
    submission.command = command;
    submission.named = {wish.id, static_cast<std::uint32_t>(bytes)};
    submission.tx = std::move(wish.tx);
    submission.give_up = desk_.now + desk_.config.tx_timeout;
    for (Peer* peer : hot_) {
        ready(*peer);
        answer(*peer);
    }
    return command;
}

// The user's own keep their places: it is for the user not to submit more than there is room for.
bool TxSubmissionPart::make_room(const PeerId& from, std::size_t bytes) {
    const auto& config = desk_.config;
    while (txs_.size() >= config.max_txs || bytes_ + bytes > config.tx_bytes) {
        const auto less = [this](const Origin& a, const Origin& b) { return part_of(a) < part_of(b); };
        const auto most = std::max_element(origins_.begin(), origins_.end(), less);
        if (most == origins_.end() || !most->from || most->from == from) return false;
        const std::size_t sharers = origins_.size() + (find(from) ? 0 : 1);
        if (part_of(*most) * static_cast<double>(sharers) <= 1) return false;
        const PeerId crowder = most->from;
        for (auto at = txs_.begin(); at != txs_.end();) {
            const auto each = at++;
            if (each->second.from != crowder) continue;
            each->second.reason = Errc::over_budget;
            finish(each);
        }
        crowders_.push_back(crowder);
    }
    return true;
}

double TxSubmissionPart::part_of(const Origin& origin) const noexcept {
    return std::max(static_cast<double>(origin.txs) / static_cast<double>(desk_.config.max_txs),
                    static_cast<double>(origin.bytes) / static_cast<double>(desk_.config.tx_bytes));
}

TxSubmissionPart::Origin* TxSubmissionPart::find(const PeerId& from) noexcept {
    const auto is = [&](const Origin& origin) { return origin.from == from; };
    const auto found = std::find_if(origins_.begin(), origins_.end(), is);
    return found == origins_.end() ? nullptr : &*found;
}

void TxSubmissionPart::ready(Peer& peer) {
    if (txs_.empty() && (!desk_.config.early_txs || desk_.config.max_txs == 0)) return;
    if (peer.link->machine<TxSubmission>().state() != State::init) return;  // it goes on where it was
    peer.tx_window = IdWindow<TxId>(TxSubmission::window, Again::allowed);
    peer.tx_offers.clear();
    peer.tx_next = {};
    // However full it is here: without a credit what the peer asks would be nobody's.
    peer.link->send<TxSubmission>(TxSubmission::Init{}, desk_.now, desk_.out);
}

void TxSubmissionPart::cool(Peer& peer) {
    lost(peer, Errc::disconnected);
    if (waits(peer)) answer(peer);
    settle();
}

void TxSubmissionPart::gone(Peer& peer, Errc reason) {
    lost(peer, reason);
    peer.tx_offers.clear();
    if (std::exchange(peer.txs_paused, false)) --paused_;
    peer.tx_queued = 0;
    settle();
}

void TxSubmissionPart::lost(Peer& peer, Errc reason) {
    for (std::size_t i = 0; i < peer.tx_offers.size(); ++i)
        if (Submission* submission = find(peer.tx_offers[i].rank)) submission->reason = reason;
}

Errc TxSubmissionPart::received(Peer& peer, const TxSubmission::Message& message) {
    if (const auto* wait = std::get_if<TxSubmission::RequestTxIdsBlocking>(&message))
        return asked_for_ids(peer, true, wait->acknowledged, wait->requested);
    if (const auto* look = std::get_if<TxSubmission::RequestTxIdsNonBlocking>(&message))
        return asked_for_ids(peer, false, look->acknowledged, look->requested);
    return asked_for_txs(peer, std::get<TxSubmission::RequestTxs>(message).ids);
}

Errc TxSubmissionPart::asked_for_ids(Peer& peer, bool blocking, std::uint16_t acknowledged, std::uint16_t requested) {
    const Errc error = peer.tx_window.request_ids(blocking, acknowledged, requested);
    if (error != Errc::none) return error;
    this->acknowledged(peer, acknowledged);
    peer.tx_ids_wanted = requested;
    if (blocking) {
        answer(peer);
        return Errc::none;
    }
    std::vector<Named<TxId>> ids = offer(peer, requested);
    (void)peer.tx_window.reply_ids(ids);
    send(peer, TxSubmission::ReplyTxIds{std::move(ids)});
    return Errc::none;
}

void TxSubmissionPart::acknowledged(Peer& peer, std::size_t ids) {
    for (; ids > 0; --ids) {
        const TxOffer offer = peer.tx_offers.pop_front();
        Submission* submission = find(offer.rank);
        if (!submission) continue;
        ++(offer.sent ? submission->delivered : submission->known);
        if (offer.sent)
            desk_.out.event(TxDelivered{submission->command, peer.id});
        else
            desk_.out.event(TxKnown{submission->command, peer.id});
    }
    settle();
}

void TxSubmissionPart::answer(Peer& peer) {
    if (!waits(peer)) return;
    if (peer.temperature != Temperature::hot) {
        send(peer, TxSubmission::Done{});
        peer.link->restart<TxSubmission>();
        return;
    }
    std::vector<Named<TxId>> ids = offer(peer, peer.tx_ids_wanted);
    if (ids.empty()) return;
    (void)peer.tx_window.reply_ids(ids);
    send(peer, TxSubmission::ReplyTxIds{std::move(ids)});
}

std::vector<Named<TxId>> TxSubmissionPart::offer(Peer& peer, std::size_t most) {
    std::vector<Named<TxId>> ids;
    if (peer.temperature != Temperature::hot) return ids;
    for (auto at = txs_.lower_bound(peer.tx_next); at != txs_.end() && ids.size() < most; ++at) {
        auto& [rank, submission] = *at;
        // One that is submitted again while the peer has not acknowledged its first time has to wait for that.
        if (find_offer(peer, submission.named.id)) break;
        ids.push_back(submission.named);
        peer.tx_offers.push_back({rank, submission.named.id});
        peer.tx_next = {rank.turn, rank.number + 1};
        turn_ = std::max(turn_, rank.turn);
        ++submission.offered;
        desk_.out.event(TxOffered{submission.command, peer.id});
    }
    return ids;
}

Errc TxSubmissionPart::asked_for_txs(Peer& peer, const std::vector<TxId>& ids) {
    const Errc error = peer.tx_window.request(ids);
    if (error != Errc::none) return error;
    TxSubmission::ReplyTxs reply;
    std::vector<Named<TxId>> given;
    for (const TxId& id : ids) {
        TxOffer& offer = *find_offer(peer, id);
        const Submission* submission = find(offer.rank);
        // What has had its outcome is left out, as is what the same request names once more.
        if (!submission || std::find(given.begin(), given.end(), submission->named) != given.end()) continue;
        reply.txs.push_back(submission->tx);
        given.push_back(submission->named);
        if (!std::exchange(offer.sent, true)) desk_.out.event(TxRequested{submission->command, peer.id});
    }
    (void)peer.tx_window.reply(given);
    send(peer, std::move(reply));
    return Errc::none;
}

void TxSubmissionPart::send(Peer& peer, TxSubmission::Message message) {
    peer.tx_queued += encoded_bytes(message);
    peer.link->send<TxSubmission>(std::move(message), desk_.now, desk_.out, false);
    credit(peer);
}

void TxSubmissionPart::sent(Peer& peer, std::size_t queued) {
    peer.tx_queued = queued;
    credit(peer);
}

void TxSubmissionPart::credit(Peer& peer) {
    if (std::exchange(peer.txs_paused, full())) --paused_;
    if (peer.txs_paused) ++paused_;
    if (!peer.txs_paused && peer.tx_queued < egress_soft_limit) peer.link->give_credit<TxSubmission>(desk_.out);
}

TxSubmissionPart::Submission* TxSubmissionPart::find(const TxRank& rank) noexcept {
    const auto found = txs_.find(rank);
    return found == txs_.end() ? nullptr : &found->second;
}

void TxSubmissionPart::settle() {
    if (hot_.empty()) return;
    TxRank open = first_open(*hot_.front());
    for (const Peer* peer : hot_) open = std::min(open, first_open(*peer));
    while (!txs_.empty() && txs_.begin()->first < open) finish(txs_.begin());
}

void TxSubmissionPart::tick() {
    while (const auto due = next_deadline()) {
        if (*due > desk_.now) return;
        finish_oldest();
    }
}

void TxSubmissionPart::stop() {
    while (!order_.empty()) {
        txs_.at(order_.begin()->second).reason = Errc::stopped;
        finish_oldest();
    }
}

void TxSubmissionPart::finish(Submissions::iterator at) {
    const Submission over = std::move(at->second);
    order_.erase(at->first.number);
    txs_.erase(at);
    ids_.erase(over.named.id);
    bytes_ -= over.named.bytes;
    Origin& origin = *find(over.from);
    origin.bytes -= over.named.bytes;
    if (--origin.txs == 0) {
        origin = std::move(origins_.back());
        origins_.pop_back();
    }
    if (over.delivered + over.known > 0)
        desk_.out.event(TxSubmitted{over.command, over.delivered, over.known});
    else
        desk_.out.event(TxFailed{over.command, over.reason, over.offered});
}

}  // namespace ouro::initiator
