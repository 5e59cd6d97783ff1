#include "fetch.hpp"

#include <algorithm>

namespace ouro::initiator {

namespace {

constexpr std::size_t usual_bytes = 500'000;     // LeiosDemoTypes.hs: an endorser block's, and of a request, at most
constexpr std::size_t offers_kept = 256;         // of a peer; the blocks and transactions of some hours
constexpr std::size_t lost_offers_kept = 1'024;  // of all peers; more than may be among the events not yet taken
constexpr std::uint32_t most_losses = 2;         // peers; those who do not have a block can only leave

bool is_for(const EbOffer& offer, const EbRequest& request) noexcept {
    return offer.txs == request.wanted.has_value() && offer.block == request.block;
}

/// The newest one.
const EbOffer* find_offer(const detail::Fifo<EbOffer>& offers, const EbRequest& request) noexcept {
    for (std::size_t i = offers.size(); i > 0; --i)
        if (is_for(offers[i - 1], request)) return &offers[i - 1];
    return nullptr;
}
const EbOffer* find_offer(const Peer& peer, const EbRequest& request) noexcept {
    return find_offer(peer.eb_offers, request);
}

/// About what the peer will answer with.
std::size_t bytes_of_answer(const Peer& peer, const EbRequest& request) noexcept {
    const EbOffer* offer = find_offer(peer, request);
    if (!offer || offer->txs) return usual_bytes;
    return std::min<std::size_t>(offer->bytes, large_message);
}

}  // namespace

Result<CommandId> LeiosFetchPart::request(CommandId command, const FetchEb& wish) {
    return add({command, wish.block, {}, wish.from});
}

Result<CommandId> LeiosFetchPart::request(CommandId command, const FetchEbTxs& wish) {
    const auto& windows = wish.wanted.windows();
    if (windows.empty() || windows.back().index >= LeiosBitmap::max_windows) return Errc::bad_argument;
    return add({command, wish.block, wish.wanted, wish.from});
}

Result<CommandId> LeiosFetchPart::add(EbRequest request) {
    if (!desk_.config.leios) return Errc::bad_argument;
    if (waiting_.size() >= desk_.config.max_eb_requests && !make_room()) return Errc::queue_full;
    request.give_up = desk_.now + desk_.config.eb_timeout;
    note_offers(request);
    request.offered = request.offered || (!request.from && was_offered(request));
    const CommandId command = request.command;
    waiting_.push_back(std::move(request));
    assign();
    return command;
}

void LeiosFetchPart::offered(Peer& peer, const LeiosNotify::Message& message) {
    EbOffer offer;
    if (const auto* block = std::get_if<LeiosNotify::BlockOffer>(&message))
        offer = {block->block, false, block->bytes};
    else if (const auto* txs = std::get_if<LeiosNotify::BlockTxsOffer>(&message))
        offer = {txs->block, true, 0};
    else
        return;
    peer.eb_offers.push_back(offer);
    if (peer.eb_offers.size() > offers_kept) peer.eb_offers.pop_front();
    if (std::any_of(waiting_.begin(), waiting_.end(), [&](const EbRequest& request) { return is_for(offer, request); }))
        assign();
}

// A peer that does not have a block can only close the connection. So once one has offered it, true or not, the others
// are asked only when they offer it, too: else a peer that offers what does not exist would cost us the others.
void LeiosFetchPart::note_offers(EbRequest& request) const {
    if (!request.from && !request.offered) request.offered = is_offered(request);
}

bool LeiosFetchPart::is_offered(const EbRequest& request) const {
    return std::any_of(hot_.begin(), hot_.end(),
                       [&](const Peer* peer) { return find_offer(*peer, request) != nullptr; });
}

// A user takes the news of an offer when the peer that made it may be gone.
bool LeiosFetchPart::was_offered(const EbRequest& request) const {
    return find_offer(lost_offers_, request) != nullptr;
}

// Requests for what a peer has offered that is gone since may be for nothing: they wait, but in no other's place.
bool LeiosFetchPart::make_room() {
    const auto over = std::find_if(waiting_.begin(), waiting_.end(),
                                   [&](const EbRequest& request) { return request.offered && !is_offered(request); });
    if (over == waiting_.end()) return false;
    fail(*over, Errc::no_peer);
    waiting_.erase(over);
    return true;
}

void LeiosFetchPart::assign() {
    wanted_room_ = 0;
    if (std::none_of(hot_.begin(), hot_.end(), [&](const Peer* peer) { return has_room(*peer, 0); })) return;
    for (auto next = waiting_.begin(); next != waiting_.end();) {
        const auto request = next++;
        Peer* peer = choose(*request);
        if (!peer) continue;
        const std::size_t bytes = bytes_of_answer(*peer, *request);
        if (!has_room(bytes)) {
            wanted_room_ = bytes;
            return;
        }
        LeiosFetch::Message message = LeiosFetch::BlockRequest{request->block};
        if (request->wanted) message = LeiosFetch::BlockTxsRequest{request->block, *request->wanted};
        if (desk_.send<LeiosFetch>(*peer, std::move(message)) != Errc::none) return;
        request->bytes = bytes;
        in_flight_ += bytes;
        peer->eb_bytes += bytes;
        peer->ebs_in_flight.splice(peer->ebs_in_flight.end(), waiting_, request);
    }
}

Peer* LeiosFetchPart::choose(EbRequest& request) const {
    note_offers(request);
    Peer* best = nullptr;
    for (Peer* peer : hot_) {
        if (request.from && request.from != peer->id) continue;
        if (request.offered && find_offer(*peer, request) == nullptr) continue;
        if (!has_room(*peer, bytes_of_answer(*peer, request))) continue;
        if (!best || peer->ebs_in_flight.size() < best->ebs_in_flight.size()) best = peer;
    }
    return best;
}

bool LeiosFetchPart::has_room(const Peer& peer, std::size_t bytes) const noexcept {
    if (peer.ebs_in_flight.empty()) return !peer.ebs_paused;
    return !peer.ebs_paused && peer.ebs_in_flight.size() < desk_.config.eb_requests_in_flight &&
           peer.eb_bytes + bytes <= desk_.config.eb_bytes_in_flight;
}

bool LeiosFetchPart::has_room(std::size_t bytes) const noexcept {
    const std::size_t used = in_flight_ + untaken_;
    return used == 0 || used + bytes <= desk_.config.eb_bytes;
}

void LeiosFetchPart::gone(Peer& peer, Errc reason) {
    Requests requests = std::move(peer.ebs_in_flight);
    peer.ebs_in_flight.clear();
    for (; !peer.eb_offers.empty(); peer.eb_offers.pop_front()) lost_offers_.push_back(peer.eb_offers[0]);
    while (lost_offers_.size() > lost_offers_kept) lost_offers_.pop_front();
    peer.eb_bytes = 0;
    if (std::exchange(peer.ebs_paused, false)) --paused_;
    if (!requests.empty() && !requests.front().offered) ++requests.front().losses;
    for (auto next = requests.begin(); next != requests.end();) {
        const auto request = next++;
        in_flight_ -= request->bytes;
        if (request->losses < most_losses && request->give_up > desk_.now) continue;
        fail(*request, reason);
        requests.erase(request);
    }
    const auto earlier = [](const EbRequest& a, const EbRequest& b) { return a.command < b.command; };
    requests.sort(earlier);
    waiting_.merge(requests, earlier);
    assign();
}

void LeiosFetchPart::forgotten(const PeerId& peer) {
    waiting_.remove_if([&](const EbRequest& request) {
        if (request.from != peer) return false;
        fail(request, Errc::unknown_peer);
        return true;
    });
}

Errc LeiosFetchPart::received(Peer& peer, LeiosFetch::Message& message) {
    const EbRequest& request = peer.ebs_in_flight.front();
    if (auto* eb = std::get_if<LeiosFetch::Block>(&message)) {
        const auto& rules = desk_.config.rules;
        if (rules && !rules->is_endorser_block(eb->cbor, request.block)) return Errc::unrequested;
        finish(peer, EbFetched{request.command, peer.id, request.block, std::move(eb->cbor)});
    } else if (auto* answer = std::get_if<LeiosFetch::BlockTxs>(&message)) {
        if (answer->block != request.block || !answer->which.within(*request.wanted) ||
            answer->which.count() != answer->txs.size())
            return Errc::unrequested;
        finish(peer,
               EbTxsFetched{request.command, peer.id, request.block, std::move(answer->which), std::move(answer->txs)});
    }
    return Errc::none;
}

template <class Fetched>
void LeiosFetchPart::finish(Peer& peer, Fetched event) {
    const std::size_t bytes = peer.ebs_in_flight.front().bytes;
    in_flight_ -= bytes;
    peer.eb_bytes -= bytes;
    untaken_ += cost(event);
    peer.ebs_in_flight.pop_front();
    desk_.out.event(std::move(event));
}

void LeiosFetchPart::tick() {
    while (!waiting_.empty() && waiting_.front().give_up <= desk_.now) {
        fail(waiting_.front(), Errc::no_peer);
        waiting_.pop_front();
    }
}

void LeiosFetchPart::end(Requests& requests) {
    for (const EbRequest& request : requests) fail(request, Errc::stopped);
    requests.clear();
}

bool LeiosFetchPart::paused(Peer& peer) noexcept {
    if (untaken_ < desk_.config.eb_bytes) return false;
    if (!std::exchange(peer.ebs_paused, true)) ++paused_;
    peer.link->machine<LeiosFetch>().pause();  // the user's pace is not the peer's fault
    return true;
}

void LeiosFetchPart::resume(Peer& peer) {
    if (!drained() || !std::exchange(peer.ebs_paused, false)) return;
    --paused_;
    peer.link->machine<LeiosFetch>().resume(desk_.now);
    peer.link->give_credit<LeiosFetch>(desk_.out);
    desk_.watch(peer);
}

bool LeiosFetchPart::wants_more() const noexcept {
    return (paused_ > 0 && drained()) || (wanted_room_ > 0 && has_room(wanted_room_));
}

std::size_t LeiosFetchPart::cost(const EbFetched& event) noexcept { return event.cbor.size() + sizeof(Event); }

std::size_t LeiosFetchPart::cost(const EbTxsFetched& event) noexcept {
    std::size_t bytes = sizeof(Event) + event.which.windows().size() * sizeof(LeiosBitmap::Window);
    for (const Bytes& tx : event.txs) bytes += sizeof(Bytes) + tx.size();
    return bytes;
}

}  // namespace ouro::initiator
