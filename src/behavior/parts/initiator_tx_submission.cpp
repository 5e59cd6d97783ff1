#include "initiator_tx_submission.hpp"

#include <algorithm>
#include <string_view>

#include <ouro/address_range.hpp>

#include "../encoded_octets.hpp"

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

std::string site_of(const PeerId& from) { return ouro::site_of(from.host().empty() ? from.text() : from.host()); }

bool is_item(const Bytes& cbor) {
    cbor::Reader in(cbor);
    in.skip();
    return in.finish() == Errc::none;
}

}  // namespace

Result<CommandId> TxSubmissionPart::submit(CommandId command, SubmitTx& wish) {
    const std::size_t octets = wire_size(wish.tx);
    if (wish.id.era != wish.tx.era || wish.id.byron != wish.tx.byron || octets > largest_tx || !is_item(wish.tx.cbor) ||
        ids_.contains(wish.id))
        return Errc::bad_argument;
    if (!make_room(wish.from, octets)) return Errc::queue_full;
    Origin* origin = find(wish.from);
    if (!origin) {
        origin = &origins_.emplace_back();
        origin->from = wish.from;
        origin->site = site_of(wish.from);
    }
    // A site has one turn in each round, however many origins it has.
    origin->turn = std::max(turn_, origin->txs > 0 ? origin->turn + origins_of(origin->site) : 0);
    ++origin->txs;
    origin->octets += octets;
    ids_.insert(wish.id);
    octets_ += octets;
    const TxRank rank{origin->turn, ++numbered_};
    order_.emplace(rank.number, rank);
    Submission& submission = txs_[rank];
    submission.from = std::move(wish.from);
    submission.command = command;
    submission.named = {wish.id, static_cast<std::uint32_t>(octets)};
    submission.tx = std::move(wish.tx);
    submission.give_up = desk_.now + desk_.config.tx_timeout;
    for (Peer* peer : hot_) {
        ready(*peer);
        answer(*peer);
    }
    return command;
}

// The user's own keep their places: it is for the user not to submit more than there is room for.
bool TxSubmissionPart::make_room(const PeerId& from, std::size_t octets) {
    const auto& config = desk_.config;
    while (txs_.size() >= config.max_txs || octets_ + octets > config.tx_octets) {
        const Origin* const found = crowder(from);
        if (found == nullptr) return false;
        const PeerId from_there = found->from;
        for (auto at = txs_.begin(); at != txs_.end();) {
            const auto each = at++;
            if (each->second.from != from_there) continue;
            each->second.reason = Errc::over_budget;
            finish(each);
        }
        crowders_.push_back(from_there);
    }
    return true;
}

// The queue is shared by sites, and the part of a site by its origins: a host with many ports has one share, and a good
// peer that shares an address with a flooding one keeps its own.
const TxSubmissionPart::Origin* TxSubmissionPart::crowder(const PeerId& from) const {
    struct Site {
        std::size_t txs = 0, octets = 0, origins = 0;
        const Origin* most = nullptr;
    };
    std::map<std::string_view, Site> sites;
    for (const Origin& origin : origins_) {
        Site& site = sites[origin.site];
        site.txs += origin.txs;
        site.octets += origin.octets;
        ++site.origins;
        if (site.most == nullptr || part_of(*site.most) < part_of(origin)) site.most = &origin;
    }
    const auto part = [this](const Site& site) { return part_of(site.txs, site.octets); };
    const auto less = [&](const auto& a, const auto& b) { return part(a.second) < part(b.second); };
    const auto largest = std::max_element(sites.begin(), sites.end(), less);
    if (largest == sites.end() || largest->first.empty()) return nullptr;
    const std::string here = site_of(from);
    const Site& site = largest->second;
    if (largest->first != here) {
        const auto sharers = static_cast<double>(sites.size() + (sites.contains(here) ? 0 : 1));
        return part(site) * sharers > 1 ? site.most : nullptr;
    }
    const bool has_some = std::ranges::any_of(origins_, [&](const Origin& origin) { return origin.from == from; });
    const auto sharers = static_cast<double>(site.origins + (has_some ? 0 : 1));
    const bool more = part_of(*site.most) * sharers > part(site);
    return site.most->from != from && more ? site.most : nullptr;
}

double TxSubmissionPart::part_of(std::size_t txs, std::size_t octets) const noexcept {
    return std::max(static_cast<double>(txs) / static_cast<double>(desk_.config.max_txs),
                    static_cast<double>(octets) / static_cast<double>(desk_.config.tx_octets));
}

std::size_t TxSubmissionPart::origins_of(const std::string& site) const noexcept {
    const auto of_site = [&](const Origin& origin) { return origin.site == site; };
    return static_cast<std::size_t>(std::ranges::count_if(origins_, of_site));
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
    peer.tx_queued += encoded_octets(message);
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
    octets_ -= over.named.octets;
    Origin& origin = *find(over.from);
    origin.octets -= over.named.octets;
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
