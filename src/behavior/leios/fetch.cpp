#include "fetch.hpp"

#include <algorithm>

namespace ouro::initiator {

namespace {

constexpr std::size_t usual_bytes = 500'000;     // LeiosDemoTypes.hs: of an endorser block, and most of a request
constexpr std::size_t offers_kept = 256;         // of a peer; the blocks and transactions of some hours
constexpr std::size_t lost_offers_kept = 1'024;  // of all peers; more than may be among the events not yet taken
constexpr std::uint32_t most_losses = 2;         // peers; one without the block can only disconnect

bool is_for(const EbOffer& offer, const EbRequest& request) noexcept {
    return offer.txs == request.wanted.has_value() && offer.block == request.block;
}

/// The newest offer.
const EbOffer* newest(const detail::Fifo<EbOffer>& offers, const EbRequest& request) noexcept {
    for (std::size_t i = offers.size(); i > 0; --i)
        if (is_for(offers[i - 1], request)) return &offers[i - 1];
    return nullptr;
}

}  // namespace

std::optional<Result<CommandId>> LeiosFetchPart::execute(CommandId id, Command& command) {
    return frame::execute_any<FetchEb, FetchEbTxs>(command, [&](const auto& wanted) -> Result<CommandId> {
        if (wanted.from && !book_.find(wanted.from)) return Errc::unknown_peer;
        return request(id, wanted);
    });
}

Result<CommandId> LeiosFetchPart::request(CommandId command, const FetchEb& eb) {
    return add({command, eb.block, {}, eb.from});
}

Result<CommandId> LeiosFetchPart::request(CommandId command, const FetchEbTxs& txs) {
    const auto& windows = txs.wanted.windows();
    if (windows.empty() || windows.back().index >= LeiosBitmap::max_windows) return Errc::bad_argument;
    return add({command, txs.block, txs.wanted, txs.from});
}

Result<CommandId> LeiosFetchPart::add(EbRequest request) {
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
    mine(peer).offers.push_back(offer);
    if (mine(peer).offers.size() > offers_kept) mine(peer).offers.pop_front();
    if (std::any_of(waiting_.begin(), waiting_.end(), [&](const EbRequest& request) { return is_for(offer, request); }))
        assign();
}

// A peer that does not have a block can only disconnect. Once a peer has offered it, true or not, other peers are asked
// only when they offer it, too: else a false offer would cost the other connections.
void LeiosFetchPart::note_offers(EbRequest& request) const {
    if (!request.from && !request.offered) request.offered = is_offered(request);
}

bool LeiosFetchPart::is_offered(const EbRequest& request) const {
    return std::any_of(hot_.begin(), hot_.end(),
                       [&](const Peer* peer) { return find_offer(*peer, request) != nullptr; });
}

// When the user takes an offer, its peer may be gone.
bool LeiosFetchPart::was_offered(const EbRequest& request) const { return newest(lost_offers_, request) != nullptr; }

// Requests for a block offered by a peer that is gone may be for nothing: they wait, but take no other request's place.
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
        if (send(*peer, std::move(message)) != Errc::none) return;
        request->bytes = bytes;
        in_flight_ += bytes;
        mine(*peer).bytes += bytes;
        mine(*peer).in_flight.splice(mine(*peer).in_flight.end(), waiting_, request);
    }
}

const EbOffer* LeiosFetchPart::find_offer(const Peer& peer, const EbRequest& request) const noexcept {
    return newest(mine(peer).offers, request);
}

std::size_t LeiosFetchPart::bytes_of_answer(const Peer& peer, const EbRequest& request) const noexcept {
    const EbOffer* offer = find_offer(peer, request);
    if (!offer || offer->txs) return usual_bytes;
    return std::min<std::size_t>(offer->bytes, large_message);
}

Peer* LeiosFetchPart::choose(EbRequest& request) const {
    note_offers(request);
    Peer* best = nullptr;
    for (Peer* peer : hot_) {
        if (request.from && request.from != peer->id) continue;
        if (request.offered && find_offer(*peer, request) == nullptr) continue;
        if (!has_room(*peer, bytes_of_answer(*peer, request))) continue;
        if (!best || mine(*peer).in_flight.size() < mine(*best).in_flight.size()) best = peer;
    }
    return best;
}

bool LeiosFetchPart::has_room(const Peer& peer, std::size_t bytes) const noexcept {
    if (mine(peer).in_flight.empty()) return !mine(peer).paused;
    return !mine(peer).paused && mine(peer).in_flight.size() < desk_.config.eb_requests_in_flight &&
           mine(peer).bytes + bytes <= desk_.config.eb_bytes_in_flight;
}

bool LeiosFetchPart::has_room(std::size_t bytes) const noexcept {
    const std::size_t used = in_flight_ + untaken_;
    return used == 0 || used + bytes <= desk_.config.eb_bytes;
}

void LeiosFetchPart::gone(Peer& peer, const Ending& ending) {
    Requests requests = std::move(mine(peer).in_flight);
    mine(peer).in_flight.clear();
    for (; !mine(peer).offers.empty(); mine(peer).offers.pop_front()) lost_offers_.push_back(mine(peer).offers[0]);
    while (lost_offers_.size() > lost_offers_kept) lost_offers_.pop_front();
    mine(peer).bytes = 0;
    if (std::exchange(mine(peer).paused, false)) --paused_;
    if (!requests.empty() && !requests.front().offered) ++requests.front().losses;
    for (auto next = requests.begin(); next != requests.end();) {
        const auto request = next++;
        in_flight_ -= request->bytes;
        if (request->losses < most_losses && request->give_up > desk_.now) continue;
        fail(*request, ending.reason);
        requests.erase(request);
    }
    const auto earlier = [](const EbRequest& a, const EbRequest& b) { return a.command < b.command; };
    requests.sort(earlier);
    waiting_.merge(requests, earlier);
    assign();
}

void LeiosFetchPart::forgotten(Peer& peer) {
    waiting_.remove_if([&](const EbRequest& request) {
        if (request.from != peer.id) return false;
        fail(request, Errc::unknown_peer);
        return true;
    });
}

Errc LeiosFetchPart::received(Peer& peer, LeiosFetch::Message& message, LeiosFetch::State) {
    const EbRequest& request = mine(peer).in_flight.front();
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
    assign();
    return Errc::none;
}

template <class Fetched>
void LeiosFetchPart::finish(Peer& peer, Fetched event) {
    const std::size_t bytes = mine(peer).in_flight.front().bytes;
    in_flight_ -= bytes;
    mine(peer).bytes -= bytes;
    untaken_ += cost(event);
    mine(peer).in_flight.pop_front();
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

void LeiosFetchPart::stop() {
    for (Peer* peer : book_.hot()) end(mine(*peer).in_flight);
    for (Peer* peer : book_.warm()) end(mine(*peer).in_flight);
    end(waiting_);
}

void LeiosFetchPart::credit(Peer& peer) {
    if (untaken_ < desk_.config.eb_bytes) return give_credit(peer, desk_.out);
    if (!std::exchange(mine(peer).paused, true)) ++paused_;
    machine(peer).pause();  // the peer is not late when the user is slow
}

void LeiosFetchPart::resume() {
    book_.each_established([&](Peer& peer) { resume(peer); });
    assign();
}

void LeiosFetchPart::resume(Peer& peer) {
    if (!drained() || !std::exchange(mine(peer).paused, false)) return;
    --paused_;
    machine(peer).resume(desk_.now);
    give_credit(peer, desk_.out);
    desk_.watch(peer, machine(peer).due());
}

void LeiosFetchPart::taken(const Event& event) {
    std::size_t bytes = 0;
    if (const auto* eb = std::get_if<EbFetched>(&event)) bytes = cost(*eb);
    if (const auto* txs = std::get_if<EbTxsFetched>(&event)) bytes = cost(*txs);
    untaken_ -= std::min(untaken_, bytes);
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

namespace ouro::frame {

std::unique_ptr<initiator::Part> make_part(Speaks<initiator::RequestingSide, LeiosFetch>,
                                           initiator::RequestingSide::Making& with) {
    if (!with.desk.config.leios) return nullptr;
    return std::make_unique<initiator::LeiosFetchPart>(with.desk, with.book);
}

}  // namespace ouro::frame
