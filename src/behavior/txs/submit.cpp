#include "submit.hpp"

#include <algorithm>
#include <string_view>

#include <ouro/names/address_range.hpp>

#include "behavior/frame/encoded_bytes.hpp"

namespace ouro::initiator {

namespace {

using State = TxSubmission::State;

std::string site_of(const PeerId& from) { return ouro::site_of(from.host().empty() ? from.text() : from.host()); }

bool is_item(const Bytes& cbor) {
    cbor::Reader in(cbor);
    in.skip();
    return in.finish() == Errc::none;
}

}  // namespace

TxOffer* TxLane::find(const TxId& id) noexcept {
    for (std::size_t i = 0; i < offers.size(); ++i)
        if (offers[i].id == id) return &offers[i];
    return nullptr;
}

std::optional<Result<CommandId>> TxSubmissionPart::execute(CommandId id, Command& command) {
    return frame::execute_any<SubmitTx>(command, [&](SubmitTx& submitted) { return submit(id, submitted); });
}

Result<CommandId> TxSubmissionPart::submit(CommandId command, SubmitTx& submitted) {
    const std::size_t bytes = wire_size(submitted.tx);
    if (submitted.id.era != submitted.tx.era || submitted.id.byron != submitted.tx.byron || bytes > largest_tx ||
        !is_item(submitted.tx.cbor) || ids_.contains(submitted.id))
        return Errc::bad_argument;
    if (!make_room(submitted.from, bytes)) return Errc::queue_full;
    Origin* origin = find(submitted.from);
    if (!origin) {
        origin = &origins_.emplace_back();
        origin->from = submitted.from;
        origin->site = site_of(submitted.from);
    }
    // A site has one turn in each round, also with several origins.
    origin->turn = std::max(turn_, origin->txs > 0 ? origin->turn + origins_of(origin->site) : 0);
    ++origin->txs;
    origin->bytes += bytes;
    ids_.insert(submitted.id);
    bytes_ += bytes;
    const TxRank rank{origin->turn, ++numbered_};
    order_.emplace(rank.number, rank);
    Submission& submission = txs_[rank];
    submission.from = std::move(submitted.from);
    submission.command = command;
    submission.named = {submitted.id, static_cast<std::uint32_t>(bytes)};
    submission.tx = std::move(submitted.tx);
    submission.give_up = desk_.now + desk_.config.tx_timeout;
    for (Peer* peer : hot_) {
        begin(*peer);
        answer_wait(*peer);
    }
    return command;
}

// The user's own transactions keep their places: the user need not submit more than there is room for.
bool TxSubmissionPart::make_room(const PeerId& from, std::size_t bytes) {
    const auto& config = desk_.config;
    while (txs_.size() >= config.max_txs || bytes_ + bytes > config.tx_bytes) {
        const Origin* const found = crowder(from);
        if (found == nullptr) return false;
        const PeerId from_there = found->from;
        for (auto at = txs_.begin(); at != txs_.end();) {
            const auto each = at++;
            if (each->second.from != from_there) continue;
            each->second.reason = Errc::over_budget;
            finish(each);
        }
        desk_.crowders.push_back(from_there);
    }
    return true;
}

// Sites share the queue, and the origins of a site share its part: a host with many ports has one share, and a good
// peer that shares an address with a flooding one keeps its own.
const TxSubmissionPart::Origin* TxSubmissionPart::crowder(const PeerId& from) const {
    struct Site {
        std::size_t txs = 0, bytes = 0, origins = 0;
        const Origin* most = nullptr;
    };
    std::map<std::string_view, Site> sites;
    for (const Origin& origin : origins_) {
        Site& site = sites[origin.site];
        site.txs += origin.txs;
        site.bytes += origin.bytes;
        ++site.origins;
        if (site.most == nullptr || part_of(*site.most) < part_of(origin)) site.most = &origin;
    }
    const auto part = [this](const Site& site) { return part_of(site.txs, site.bytes); };
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

double TxSubmissionPart::part_of(std::size_t txs, std::size_t bytes) const noexcept {
    return std::max(static_cast<double>(txs) / static_cast<double>(desk_.config.max_txs),
                    static_cast<double>(bytes) / static_cast<double>(desk_.config.tx_bytes));
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

void TxSubmissionPart::begin(Peer& peer) {
    if (txs_.empty() && (!desk_.config.early_txs || desk_.config.max_txs == 0)) return;
    if (state(peer) != State::init) return;  // the protocol continues where it was
    if (!mine(peer)) mine(peer) = std::make_unique<TxLane>();
    TxLane& lane = *mine(peer);
    lane.window = IdWindow<TxId>(TxSubmission::window, Again::allowed);
    lane.offers.clear();
    lane.next = {};
    // Also without room for events: a request of the peer must find a credit.
    send(peer, TxSubmission::Init{});
}

void TxSubmissionPart::cool(Peer& peer) {
    lost(peer, Errc::disconnected);
    if (state(peer) == State::tx_ids_blocking) answer_wait(peer);
    finish_acknowledged();
}

void TxSubmissionPart::gone(Peer& peer, const Ending& ending) {
    lost(peer, ending.reason);
    TxLane* lane = mine(peer).get();
    if (lane && std::exchange(lane->paused, false)) --paused_;
    finish_acknowledged();
}

void TxSubmissionPart::lost(Peer& peer, Errc reason) {
    if (!mine(peer)) return;
    const auto& offers = mine(peer)->offers;
    for (std::size_t i = 0; i < offers.size(); ++i)
        if (Submission* submission = find(offers[i].rank)) submission->reason = reason;
}

Errc TxSubmissionPart::received(Peer& peer, TxSubmission::Message& message, State) {
    if (const auto* wait = std::get_if<TxSubmission::RequestTxIdsBlocking>(&message))
        return asked_for_ids(peer, true, wait->acknowledged, wait->requested);
    if (const auto* look = std::get_if<TxSubmission::RequestTxIdsNonBlocking>(&message))
        return asked_for_ids(peer, false, look->acknowledged, look->requested);
    return asked_for_txs(peer, std::get<TxSubmission::RequestTxs>(message).ids);
}

Errc TxSubmissionPart::asked_for_ids(Peer& peer, bool blocking, std::uint16_t acknowledged, std::uint16_t requested) {
    const Errc error = mine(peer)->window.request_ids(blocking, acknowledged, requested);
    if (error != Errc::none) return error;
    this->acknowledged(peer, acknowledged);
    mine(peer)->ids_wanted = requested;
    if (blocking) {
        answer_wait(peer);
        return Errc::none;
    }
    std::vector<Named<TxId>> ids = offer(peer, requested);
    (void)mine(peer)->window.reply_ids(ids);
    send_reply(peer, TxSubmission::ReplyTxIds{std::move(ids)});
    return Errc::none;
}

void TxSubmissionPart::acknowledged(Peer& peer, std::size_t ids) {
    for (; ids > 0; --ids) {
        const TxOffer offer = mine(peer)->offers.pop_front();
        Submission* submission = find(offer.rank);
        if (!submission) continue;
        ++(offer.sent ? submission->delivered : submission->known);
        if (offer.sent)
            desk_.out.event(TxDelivered{submission->command, peer.id});
        else
            desk_.out.event(TxKnown{submission->command, peer.id});
    }
    finish_acknowledged();
}

void TxSubmissionPart::answer_wait(Peer& peer) {
    if (state(peer) != State::tx_ids_blocking) return;
    if (peer.temperature != Temperature::hot) {
        send_reply(peer, TxSubmission::Done{});
        restart(peer);
        return;
    }
    std::vector<Named<TxId>> ids = offer(peer, mine(peer)->ids_wanted);
    if (ids.empty()) return;
    (void)mine(peer)->window.reply_ids(ids);
    send_reply(peer, TxSubmission::ReplyTxIds{std::move(ids)});
}

std::vector<Named<TxId>> TxSubmissionPart::offer(Peer& peer, std::size_t most) {
    std::vector<Named<TxId>> ids;
    if (peer.temperature != Temperature::hot) return ids;
    for (auto at = txs_.lower_bound(mine(peer)->next); at != txs_.end() && ids.size() < most; ++at) {
        auto& [rank, submission] = *at;
        // A transaction submitted again waits until the peer has acknowledged its first announcement.
        if (mine(peer)->find(submission.named.id)) break;
        mine(peer)->next = {rank.turn, rank.number + 1};
        turn_ = std::max(turn_, rank.turn);
        if (submission.from == peer.id) continue;  // it has sent it
        ids.push_back(submission.named);
        mine(peer)->offers.push_back({rank, submission.named.id});
        ++submission.offered;
        desk_.out.event(TxOffered{submission.command, peer.id});
    }
    return ids;
}

Errc TxSubmissionPart::asked_for_txs(Peer& peer, const std::vector<TxId>& ids) {
    const Errc error = mine(peer)->window.request(ids);
    if (error != Errc::none) return error;
    TxSubmission::ReplyTxs reply;
    std::vector<Named<TxId>> given;
    for (const TxId& id : ids) {
        TxOffer& offer = *mine(peer)->find(id);
        const Submission* submission = find(offer.rank);
        // Leave out transactions with an outcome, and ids that the request names twice.
        if (!submission || std::find(given.begin(), given.end(), submission->named) != given.end()) continue;
        reply.txs.push_back(submission->tx);
        given.push_back(submission->named);
        if (!std::exchange(offer.sent, true)) desk_.out.event(TxRequested{submission->command, peer.id});
    }
    (void)mine(peer)->window.reply(given);
    send_reply(peer, std::move(reply));
    return Errc::none;
}

void TxSubmissionPart::send_reply(Peer& peer, TxSubmission::Message message) {
    own(peer).queued += encoded_bytes(message);
    send(peer, std::move(message), false);
    credit(peer);
}

void TxSubmissionPart::credit(Peer& peer) {
    if (!mine(peer)) return;
    bool& paused = mine(peer)->paused;
    if (std::exchange(paused, full())) --paused_;
    if (paused) ++paused_;
    if (!paused && own(peer).queued < frame::egress_soft_limit) give_credit(peer, desk_.out);
}

TxSubmissionPart::Submission* TxSubmissionPart::find(const TxRank& rank) noexcept {
    const auto found = txs_.find(rank);
    return found == txs_.end() ? nullptr : &found->second;
}

void TxSubmissionPart::finish_acknowledged() {
    if (hot_.empty()) return;
    const auto first_open = [this](const Peer& peer) { return mine(peer) ? mine(peer)->first_open() : TxRank(); };
    TxRank open = first_open(*hot_.front());
    for (const Peer* peer : hot_) open = std::min(open, first_open(*peer));
    while (!txs_.empty() && txs_.begin()->first < open) finish(txs_.begin());
}

void TxSubmissionPart::tick() {
    while (next_deadline() <= desk_.now) finish_oldest();
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

namespace ouro::frame {

std::unique_ptr<initiator::Part> make_part(Speaks<initiator::RequestingSide, TxSubmission>,
                                           initiator::RequestingSide::Making& with) {
    return std::make_unique<initiator::TxSubmissionPart>(with.desk, with.book);
}

}  // namespace ouro::frame
