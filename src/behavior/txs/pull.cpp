#include "pull.hpp"

#include <algorithm>

namespace ouro::responder {

namespace {

using State = TxSubmission::State;

// Inbound/V2/Policy.hs: txInflightMultiplicity, maxOutstandingTxBatchesPerPeer, scoreMax and scoreRate.
constexpr std::size_t most_askers = 2;
constexpr std::size_t most_batches = 4;
constexpr Duration most_points = 900s;
constexpr Duration::rep wear = 1'000;  // times its duration, until a point is forgotten

// The owner of a share of the remembered ids: hosts of one /64 have one share.
std::string_view host_of(const Peer& peer) { return peer.site.empty() ? peer.peer.text() : peer.site; }

// Transactions that are never requested: above the size that a queue can hold, or with an id of another kind.
bool unwanted(const Named<TxId>& named) {
    return named.bytes > largest_tx || named.id.byron != ByronTxKind::transaction;
}

}  // namespace

TxSlot& TxAnnouncements::slot(const TxId& id) noexcept {
    return *std::find_if(slots.begin(), slots.end(), [&](const TxSlot& slot) { return slot.named.id == id; });
}

Errc TxSubmissionPart::received(Peer& peer, TxSubmission::Message& message, State) {
    if (!desk_.config.pull_txs) return Errc::none;  // after its Init it is our turn, without a time limit
    Errc error = Errc::none;
    if (std::holds_alternative<TxSubmission::Init>(message)) {
        mine(peer).open_at = std::max(desk_.now + desk_.config.tx_delay, mine(peer).rejected_at + mine(peer).points);
        desk_.watch(peer, mine(peer).open_at);
    } else if (const auto* ids = std::get_if<TxSubmission::ReplyTxIds>(&message)) {
        error = announced(peer, *ids);
    } else if (auto* txs = std::get_if<TxSubmission::ReplyTxs>(&message)) {
        error = given(peer, *txs);
    } else {
        mine(peer).window = IdWindow<TxId>(TxSubmission::window);  // Done
        mine(peer).ids_asked.reset();
        mine(peer).open = false;
        mine(peer).open_at = Instant::max();
        return Errc::none;
    }
    if (error != Errc::none) return error;
    ask(peer);
    wake();
    return Errc::none;
}

Errc TxSubmissionPart::announced(Peer& peer, const TxSubmission::ReplyTxIds& reply) {
    const Errc error = mine(peer).window.reply_ids(reply.ids);
    if (error != Errc::none) return error;
    mine(peer).ids_left = reply.ids.size() == *mine(peer).ids_asked;
    mine(peer).ids_asked.reset();
    for (const Named<TxId>& named : reply.ids)
        mine(peer).slots.push_back({named, unwanted(named) ? TxSlot::State::done : TxSlot::State::open});
    return Errc::none;
}

Errc TxSubmissionPart::given(Peer& peer, TxSubmission::ReplyTxs& reply) {
    if (reply.txs.size() > mine(peer).batches.front().size()) return Errc::unrequested;
    std::vector<Named<TxId>> named;
    for (const Tx& tx : reply.txs) {
        const auto id = desk_.config.rules->tx_id(tx);
        if (!id) return Errc::malformed;
        named.push_back({*id, static_cast<std::uint32_t>(wire_size(tx))});
    }
    const Errc error = mine(peer).window.reply(named);
    if (error != Errc::none) return error;

    for (const TxId& id : mine(peer).batches.pop_front()) {
        TxSlot& slot = mine(peer).slot(id);
        slot.state = TxSlot::State::done;  // a transaction that it leaves out is gone
        mine(peer).bytes -= slot.named.bytes;
        in_flight_ -= slot.named.bytes;
        const auto at = std::find_if(named.begin(), named.end(), [&](const auto& each) { return each.id == id; });
        release(peer, id, at != named.end());
        if (at == named.end() || known_.contains(id)) continue;
        remember(peer, id);
        ++desk_.counters.txs;
        peer.useful_at = desk_.now;
        Tx& tx = reply.txs[static_cast<std::size_t>(at - named.begin())];
        TxReceived event{peer.connection(), peer.peer, id, std::move(tx)};
        untaken_ += cost(event);
        desk_.out.event(std::move(event));
    }
    return Errc::none;
}

void TxSubmissionPart::look_at(Peer& peer) {
    if (mine(peer).open_at > desk_.now) return;
    mine(peer).open_at = Instant::max();
    mine(peer).open = true;
    ask(peer);
}

void TxSubmissionPart::ask(Peer& peer) {
    if (peer.closing || !mine(peer).open) return;
    ask_for_txs(peer);
    ask_for_ids(peer);
    desk_.watch(peer, machine(peer).expires_at());
}

void TxSubmissionPart::ask_for_txs(Peer& peer) {
    if (mine(peer).batches.size() >= most_batches) return;
    std::vector<TxId> wanted;
    for (TxSlot& slot : mine(peer).slots) {
        if (slot.state != TxSlot::State::open) continue;
        if (known_.contains(slot.named.id)) {
            slot.state = TxSlot::State::done;
        } else if (claim(peer, slot)) {
            wanted.push_back(slot.named.id);
        }
    }
    if (wanted.empty()) return;
    (void)mine(peer).window.request(wanted);
    mine(peer).batches.push_back(wanted);
    send(peer, TxSubmission::RequestTxs{std::move(wanted)});
}

bool TxSubmissionPart::claim(Peer& peer, TxSlot& slot) {
    if (!has_room(peer, slot.named.bytes)) {
        // Answers of this peer make room in its own limit. For the limit of all peers it waits its turn.
        if (mine(peer).bytes == 0 && !std::exchange(mine(peer).starved, true)) starved_.push_back(&peer);
        return false;
    }
    const TxId& id = slot.named.id;
    const auto [it, fresh] = fetches_.try_emplace(id);
    Fetch& fetch = it->second;
    const bool late = fetch.late_at <= desk_.now && fetch.askers.size() < most_askers;
    if (!fresh && !late) {
        if (std::find(fetch.waiting.begin(), fetch.waiting.end(), &peer) == fetch.waiting.end())
            fetch.waiting.push_back(&peer);
        if (fetch.askers.size() < most_askers) late_.insert({fetch.late_at, id});
        return false;
    }
    late_.erase({fetch.late_at, id});
    std::erase(fetch.waiting, &peer);
    fetch.askers.push_back(&peer);
    fetch.late_at = desk_.now + desk_.config.tx_patience;
    slot.state = TxSlot::State::asked;
    mine(peer).bytes += slot.named.bytes;
    in_flight_ += slot.named.bytes;
    return true;
}

void TxSubmissionPart::release(Peer& peer, const TxId& id, bool over) {
    const auto it = fetches_.find(id);
    if (it == fetches_.end()) return;  // another peer has delivered it
    Fetch& fetch = it->second;
    const bool asked = std::erase(fetch.askers, &peer) > 0;
    std::erase(fetch.waiting, &peer);
    if (over || asked) woken_.insert(woken_.end(), fetch.waiting.begin(), fetch.waiting.end());
    if (!over && !fetch.askers.empty()) return;
    late_.erase({fetch.late_at, id});
    // Waiting peers that get no request now come back with a later one.
    fetches_.erase(it);
}

void TxSubmissionPart::wake() {
    for (Peer* peer : std::exchange(woken_, {})) ask(*peer);
}

void TxSubmissionPart::resume() {
    for (std::size_t left = starved_.size(); left > 0 && drained(); --left) {
        Peer& peer = *starved_.pop_front();
        mine(peer).starved = false;
        ask(peer);
    }
}

void TxSubmissionPart::ask_for_ids(Peer& peer) {
    if (mine(peer).ids_asked) return;
    const auto done = [](const TxSlot& slot) { return slot.state == TxSlot::State::done; };
    const auto end = std::find_if_not(mine(peer).slots.begin(), mine(peer).slots.end(), done);
    const auto acknowledged = static_cast<std::uint16_t>(end - mine(peer).slots.begin());
    const auto left = static_cast<std::uint16_t>(mine(peer).slots.end() - end);
    const std::uint16_t requested = std::min<std::uint16_t>(desk_.config.tx_ids, TxSubmission::window - left);
    TxSubmission::Message message = TxSubmission::RequestTxIdsBlocking{acknowledged, requested};
    if (left > 0) {
        // Do not poll for more ids: there must be something to acknowledge, or the last answer was full.
        if (acknowledged == 0 && (!mine(peer).ids_left || requested == 0)) return;
        message = TxSubmission::RequestTxIdsNonBlocking{acknowledged, requested};
    }
    (void)mine(peer).window.request_ids(left == 0, acknowledged, requested);
    mine(peer).slots.erase(mine(peer).slots.begin(), end);
    mine(peer).ids_asked = requested;
    send(peer, std::move(message));
}

bool TxSubmissionPart::has_room(const Peer& peer, std::size_t bytes) const noexcept {
    if (mine(peer).bytes > 0 && mine(peer).bytes + bytes > desk_.config.tx_bytes_in_flight) return false;
    return in_flight_ + untaken_ + bytes <= desk_.config.tx_bytes;
}

void TxSubmissionPart::remember(Peer& giver, const TxId& id) {
    if (!std::exchange(mine(giver).giver, true)) known_.join(host_of(giver));
    known_.add(id, host_of(giver));
}

void TxSubmissionPart::gone(Peer& peer, const Ending&) {
    for (const TxSlot& slot : mine(peer).slots) {
        if (slot.state == TxSlot::State::asked) in_flight_ -= slot.named.bytes;
        release(peer, slot.named.id, false);
    }
    if (mine(peer).giver) known_.leave(host_of(peer));
    if (mine(peer).starved) {
        for (std::size_t left = starved_.size(); left > 0; --left)
            if (Peer* other = starved_.pop_front(); other != &peer) starved_.push_back(other);
    }
    wake();
}

void TxSubmissionPart::tick() {
    while (!late_.empty() && late_.begin()->first <= desk_.now) {
        const Fetch& fetch = fetches_.at(late_.begin()->second);
        woken_.insert(woken_.end(), fetch.waiting.begin(), fetch.waiting.end());
        late_.erase(late_.begin());
    }
    wake();
}

void TxSubmissionPart::credit(Peer& peer) {
    Speaker::credit(peer);
    // No transaction is requested from it, so nothing that it sends is read.
    if (!desk_.config.pull_txs && machine(peer).ours() && !peer.closing)
        desk_.out.command(io::Receive{peer.connection(), TxSubmission::channel, Role::responder, 0, 0});
}

Errc TxSubmissionPart::reject(Peer& peer) {
    if (!desk_.config.pull_txs) return Errc::bad_argument;
    const Duration worn = (desk_.now - mine(peer).rejected_at) / wear;
    mine(peer).points = std::min(std::max(mine(peer).points - worn, Duration::zero()) + Duration(1s), most_points);
    mine(peer).rejected_at = desk_.now;
    if (state(peer) == State::init) return Errc::none;  // it has not begun
    const Instant until = desk_.now + mine(peer).points;
    mine(peer).open_at = std::exchange(mine(peer).open, false) ? until : std::max(mine(peer).open_at, until);
    return Errc::none;
}

}  // namespace ouro::responder

namespace ouro::frame {

std::unique_ptr<responder::Part> make_part(Speaks<responder::ServingSide, TxSubmission>,
                                           responder::ServingSide::Making& with) {
    return std::make_unique<responder::TxSubmissionPart>(with.desk);
}

}  // namespace ouro::frame
