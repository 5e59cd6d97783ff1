#include "responder_tx_submission.hpp"

#include <algorithm>

namespace ouro::responder {

namespace {

using State = TxSubmission::State;

// Inbound/V2/Policy.hs: txInflightMultiplicity, maxOutstandingTxBatchesPerPeer, scoreMax and scoreRate.
constexpr std::size_t most_askers = 2;
constexpr std::size_t most_batches = 4;
constexpr Duration most_points = 900s;
constexpr Duration::rep wear = 1'000;  // time for that of a point to be forgotten

TxSlot& slot_of(Peer& peer, const TxId& id) {
    return *std::find_if(peer.tx_slots.begin(), peer.tx_slots.end(),
                         [&](const TxSlot& slot) { return slot.named.id == id; });
}

// Whose share of the remembered ids is used: hosts of one /64 have one share.
std::string_view host_of(const Peer& peer) { return peer.site.empty() ? peer.peer.text() : peer.site; }

// What no request is made for: more than a queue is sure to hold, and what has an id that is no transaction's.
bool unwanted(const Named<TxId>& named) {
    return named.octets > largest_tx || named.id.byron != ByronTxKind::transaction;
}

}  // namespace

Errc TxSubmissionPart::received(Peer& peer, TxSubmission::Message& message, Instant now) {
    if (!desk_.config.pull_txs) return Errc::none;  // after its Init it is our turn, and nothing says when
    Errc error = Errc::none;
    if (std::holds_alternative<TxSubmission::Init>(message)) {
        peer.tx_open_at = std::max(now + desk_.config.tx_delay, peer.tx_rejected_at + peer.tx_points);
    } else if (const auto* ids = std::get_if<TxSubmission::ReplyTxIds>(&message)) {
        error = announced(peer, *ids);
    } else if (auto* txs = std::get_if<TxSubmission::ReplyTxs>(&message)) {
        error = given(peer, *txs);
    } else {
        peer.tx_window = IdWindow<TxId>(TxSubmission::window);  // Done: whoever waits has nothing in it
        peer.tx_ids_asked.reset();
        peer.tx_open = false;
        peer.tx_open_at = Instant::max();
        return Errc::none;
    }
    if (error != Errc::none) return error;
    ask(peer, now);
    wake(now);
    feed(now);
    return Errc::none;
}

Errc TxSubmissionPart::announced(Peer& peer, const TxSubmission::ReplyTxIds& reply) {
    const Errc error = peer.tx_window.reply_ids(reply.ids);
    if (error != Errc::none) return error;
    peer.tx_ids_left = reply.ids.size() == *peer.tx_ids_asked;
    peer.tx_ids_asked.reset();
    for (const Named<TxId>& named : reply.ids)
        peer.tx_slots.push_back({named, unwanted(named) ? TxSlot::State::done : TxSlot::State::open});
    return Errc::none;
}

Errc TxSubmissionPart::given(Peer& peer, TxSubmission::ReplyTxs& reply) {
    if (reply.txs.size() > peer.tx_batches.front().size()) return Errc::unrequested;
    std::vector<Named<TxId>> named;
    for (const Tx& tx : reply.txs) {
        const auto id = desk_.config.rules->tx_id(tx);
        if (!id) return Errc::malformed;
        named.push_back({*id, static_cast<std::uint32_t>(wire_size(tx))});
    }
    const Errc error = peer.tx_window.reply(named);
    if (error != Errc::none) return error;

    for (const TxId& id : peer.tx_batches.pop_front()) {
        TxSlot& slot = slot_of(peer, id);
        slot.state = TxSlot::State::done;  // what it does not give is gone
        peer.tx_octets -= slot.named.octets;
        in_flight_ -= slot.named.octets;
        const auto at = std::find_if(named.begin(), named.end(), [&](const auto& each) { return each.id == id; });
        release(peer, id, at != named.end());
        if (at == named.end() || known_.contains(id)) continue;
        remember(peer, id);
        ++desk_.counters.txs;
        Tx& tx = reply.txs[static_cast<std::size_t>(at - named.begin())];
        TxReceived event{peer.connection(), peer.peer, id, std::move(tx)};
        untaken_ += cost(event);
        desk_.out.event(std::move(event));
    }
    return Errc::none;
}

void TxSubmissionPart::look_at(Peer& peer, Instant now) {
    if (peer.tx_open_at > now) return;
    peer.tx_open_at = Instant::max();
    peer.tx_open = true;
    ask(peer, now);
}

void TxSubmissionPart::ask(Peer& peer, Instant now) {
    if (peer.closing || !peer.tx_open) return;
    ask_for_txs(peer, now);
    ask_for_ids(peer, now);
    desk_.watch(peer);
}

void TxSubmissionPart::ask_for_txs(Peer& peer, Instant now) {
    if (peer.tx_batches.size() >= most_batches) return;
    std::vector<TxId> wanted;
    for (TxSlot& slot : peer.tx_slots) {
        if (slot.state != TxSlot::State::open) continue;
        if (known_.contains(slot.named.id)) {
            slot.state = TxSlot::State::done;
        } else if (claim(peer, slot, now)) {
            wanted.push_back(slot.named.id);
        }
    }
    if (wanted.empty()) return;
    (void)peer.tx_window.request(wanted);
    peer.tx_batches.push_back(wanted);
    desk_.send<TxSubmission>(peer, TxSubmission::RequestTxs{std::move(wanted)}, now);
}

bool TxSubmissionPart::claim(Peer& peer, TxSlot& slot, Instant now) {
    if (!has_room(peer, slot.named.octets)) {
        // Its own answers make room with the peer; for room with all it has to wait its turn.
        if (peer.tx_octets == 0 && !std::exchange(peer.tx_starved, true)) starved_.push_back(&peer);
        return false;
    }
    const TxId& id = slot.named.id;
    const auto [it, fresh] = fetches_.try_emplace(id);
    Fetch& fetch = it->second;
    const bool late = fetch.late_at <= now && fetch.askers.size() < most_askers;
    if (!fresh && !fetch.askers.empty() && !late) {
        if (std::find(fetch.waiting.begin(), fetch.waiting.end(), &peer) == fetch.waiting.end())
            fetch.waiting.push_back(&peer);
        if (fetch.askers.size() < most_askers) late_.insert({fetch.late_at, id});
        return false;
    }
    late_.erase({fetch.late_at, id});
    std::erase(fetch.waiting, &peer);
    fetch.askers.push_back(&peer);
    fetch.late_at = now + desk_.config.tx_patience;
    if (!fetch.waiting.empty() && fetch.askers.size() < most_askers) late_.insert({fetch.late_at, id});
    slot.state = TxSlot::State::asked;
    peer.tx_octets += slot.named.octets;
    in_flight_ += slot.named.octets;
    return true;
}

void TxSubmissionPart::release(Peer& peer, const TxId& id, bool over) {
    const auto it = fetches_.find(id);
    if (it == fetches_.end()) return;  // another has given it
    Fetch& fetch = it->second;
    const bool asked = std::erase(fetch.askers, &peer) > 0;
    std::erase(fetch.waiting, &peer);
    if (over || asked) woken_.insert(woken_.end(), fetch.waiting.begin(), fetch.waiting.end());
    if (!over && !fetch.askers.empty()) return;
    late_.erase({fetch.late_at, id});
    // Those that wait and are not asked at once come back when they are.
    fetches_.erase(it);
}

void TxSubmissionPart::wake(Instant now) {
    for (Peer* peer : std::exchange(woken_, {})) ask(*peer, now);
}

void TxSubmissionPart::feed(Instant now) {
    for (std::size_t left = starved_.size(); left > 0 && drained(); --left) {
        Peer& peer = *starved_.pop_front();
        peer.tx_starved = false;
        ask(peer, now);
    }
}

void TxSubmissionPart::ask_for_ids(Peer& peer, Instant now) {
    if (peer.tx_ids_asked) return;
    const auto done = [](const TxSlot& slot) { return slot.state == TxSlot::State::done; };
    const auto end = std::find_if_not(peer.tx_slots.begin(), peer.tx_slots.end(), done);
    const auto acknowledged = static_cast<std::uint16_t>(end - peer.tx_slots.begin());
    const auto left = static_cast<std::uint16_t>(peer.tx_slots.end() - end);
    const std::uint16_t requested = std::min<std::uint16_t>(desk_.config.tx_ids, TxSubmission::window - left);
    TxSubmission::Message message = TxSubmission::RequestTxIdsBlocking{acknowledged, requested};
    if (left > 0) {
        // Nobody is asked again and again whether there is more: there is something to acknowledge, or there was more.
        if (acknowledged == 0 && (!peer.tx_ids_left || requested == 0)) return;
        message = TxSubmission::RequestTxIdsNonBlocking{acknowledged, requested};
    }
    (void)peer.tx_window.request_ids(left == 0, acknowledged, requested);
    peer.tx_slots.erase(peer.tx_slots.begin(), end);
    peer.tx_ids_asked = requested;
    desk_.send<TxSubmission>(peer, std::move(message), now);
}

bool TxSubmissionPart::has_room(const Peer& peer, std::size_t octets) const noexcept {
    if (peer.tx_octets > 0 && peer.tx_octets + octets > desk_.config.tx_octets_in_flight) return false;
    const std::size_t used = in_flight_ + untaken_;
    return used == 0 || used + octets <= desk_.config.tx_octets;
}

void TxSubmissionPart::remember(Peer& giver, const TxId& id) {
    if (!std::exchange(giver.tx_giver, true)) known_.join(host_of(giver));
    known_.add(id, host_of(giver));
}

void TxSubmissionPart::gone(Peer& peer, Instant now) {
    for (const TxSlot& slot : peer.tx_slots) {
        if (slot.state == TxSlot::State::done) continue;
        if (slot.state == TxSlot::State::asked) in_flight_ -= slot.named.octets;
        release(peer, slot.named.id, false);
    }
    peer.tx_slots.clear();
    peer.tx_open = false;
    if (std::exchange(peer.tx_giver, false)) known_.leave(host_of(peer));
    if (std::exchange(peer.tx_starved, false)) {
        for (std::size_t left = starved_.size(); left > 0; --left)
            if (Peer* other = starved_.pop_front(); other != &peer) starved_.push_back(other);
    }
    wake(now);
    feed(now);
}

void TxSubmissionPart::tick(Instant now) {
    while (!late_.empty() && late_.begin()->first <= now) {
        const Fetch& fetch = fetches_.at(late_.begin()->second);
        woken_.insert(woken_.end(), fetch.waiting.begin(), fetch.waiting.end());
        late_.erase(late_.begin());
    }
    wake(now);
    feed(now);
}

Errc TxSubmissionPart::reject(Peer& peer, Instant now) {
    if (!desk_.config.pull_txs) return Errc::bad_argument;
    const Duration worn = (now - peer.tx_rejected_at) / wear;
    peer.tx_points = std::min(std::max(peer.tx_points - worn, Duration::zero()) + Duration(1s), most_points);
    peer.tx_rejected_at = now;
    if (peer.link.machine<TxSubmission>().state() == State::init) return Errc::none;  // it has not begun
    const Instant until = now + peer.tx_points;
    peer.tx_open_at = std::exchange(peer.tx_open, false) ? until : std::max(peer.tx_open_at, until);
    return Errc::none;
}

}  // namespace ouro::responder
