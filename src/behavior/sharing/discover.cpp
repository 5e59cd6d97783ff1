#include "discover.hpp"

#include <algorithm>

namespace ouro::initiator {

std::optional<Result<CommandId>> DiscoveryPart::execute(CommandId id, Command& command) {
    return frame::execute_any<AskPeers>(command, [&](const AskPeers& asked) -> Result<CommandId> {
        if (!book_.find(asked.peer)) return Errc::unknown_peer;
        return ask(id, asked);
    });
}

Result<CommandId> DiscoveryPart::ask(CommandId id, const AskPeers& asked) {
    if (asked.amount == 0) return Errc::bad_argument;
    if (asks_.size() >= desk_.config.discovery.max_asks) return Errc::queue_full;
    asks_.push_back({id, asked.peer, asked.amount, desk_.now + desk_.config.discovery.timeout});
    if (Peer* peer = book_.find(asked.peer); peer && peer->ready()) ready(*peer);
    return id;
}

void DiscoveryPart::ready(Peer& peer) {
    peer.proven = true;
    if (!peer.agreement->data.peer_sharing)
        return fail([&](const Ask& ask) { return ask.peer == peer.id; }, Errc::no_peer);
    const auto& config = desk_.config.discovery;
    Instant& ask_at = mine(peer).ask_at;
    if (ask_at == Instant::max() && std::find(askable_.begin(), askable_.end(), &peer) == askable_.end()) {
        ask_at = desk_.now + config.first_after;
        if (peer.asked_at != Instant::min()) ask_at = std::max(ask_at, peer.asked_at + config.again_after);
        desk_.watch(peer, ask_at);
    }
    send_next(peer);
}

void DiscoveryPart::request(Peer& peer, std::uint8_t amount) {
    mine(peer).asked_for = amount;
    peer.asked_at = desk_.now;
    mine(peer).ask_at = desk_.now + desk_.config.discovery.again_after;
    std::erase(askable_, &peer);
    send(peer, PeerSharing::ShareRequest{amount});
    desk_.watch(peer, due(peer));
}

void DiscoveryPart::send_next(Peer& peer) {
    if (!machine(peer).ours()) return;
    const auto ask =
        std::find_if(asks_.begin(), asks_.end(), [&](const Ask& a) { return !a.sent && a.peer == peer.id; });
    if (ask == asks_.end()) return;
    ask->sent = true;
    request(peer, ask->amount);
}

Errc DiscoveryPart::received(Peer& peer, PeerSharing::Message& message, PeerSharing::State) {
    const auto& answer = std::get<PeerSharing::SharePeers>(message);
    if (const Errc error = check(PeerSharing::ShareRequest{mine(peer).asked_for}, answer); error != Errc::none)
        return error;
    PeersShared news{CommandId{}, peer.id, {}, 0, 0};
    for (const PeerAddress& address : answer.peers) {
        if (check_shared(address, desk_.config.discovery.allowed) != Errc::none) {
            ++news.refused;
            continue;
        }
        const PeerId id = *address.peer();
        news.fresh += learn(id) ? 1 : 0;
        news.peers.push_back(id);
    }
    if (std::exchange(mine(peer).answer_by, Instant::max()) != Instant::max()) --underway_;
    const auto ask =
        std::find_if(asks_.begin(), asks_.end(), [&](const Ask& a) { return a.sent && a.peer == peer.id; });
    if (ask != asks_.end()) {
        news.command = ask->command;
        asks_.erase(ask);
    }
    desk_.out.event(std::move(news));
    send_next(peer);
    return Errc::none;
}

bool DiscoveryPart::learn(const PeerId& id) {
    if (missing() == 0 || book_.find(id) || book_.own().contains(id)) return false;
    Peer* peer = book_.add(id);
    if (!peer) return false;
    peer->learnt = peer->advertise = true;
    learnt_.push_back(peer);
    book_.offer(*peer, true);
    promotion_.stir(*peer);
    return true;
}

void DiscoveryPart::look_at(Peer& peer) {
    if (mine(peer).answer_by <= desk_.now) {
        mine(peer).answer_by = Instant::max();
        --underway_;
    }
    if (mine(peer).ask_at > desk_.now) return;
    mine(peer).ask_at = Instant::max();
    askable_.push_back(&peer);
}

void DiscoveryPart::tick() {
    fail([&](const Ask& ask) { return ask.sent && ask.give_up <= desk_.now; }, Errc::state_timeout);
    fail([&](const Ask& ask) { return ask.give_up <= desk_.now; }, Errc::no_peer);
}

template <class Which>
void DiscoveryPart::fail(Which which, Errc reason) {
    for (auto ask = asks_.begin(); ask != asks_.end();) {
        if (!which(*ask)) {
            ++ask;
            continue;
        }
        desk_.out.event(SharingFailed{ask->command, ask->peer, reason});
        ask = asks_.erase(ask);
    }
}

void DiscoveryPart::gone(Peer& peer, const Ending& ending) {
    if (std::exchange(mine(peer).answer_by, Instant::max()) != Instant::max()) --underway_;
    mine(peer).ask_at = Instant::max();
    std::erase(askable_, &peer);
    fail([&](const Ask& ask) { return ask.sent && ask.peer == peer.id; }, ending.reason);
    stir();
}

void DiscoveryPart::forgotten(Peer& peer) {
    fail([&](const Ask& ask) { return ask.peer == peer.id; }, Errc::unknown_peer);
    if (peer.learnt) std::erase(learnt_, &peer);
}

void DiscoveryPart::stop() {
    fail([](const Ask&) { return true; }, Errc::stopped);
}

std::size_t DiscoveryPart::missing() const noexcept {
    const std::size_t wanted = promotion_.targets().known;
    return wanted - std::min(wanted, book_.known());
}

void DiscoveryPart::decide() {
    const auto& config = desk_.config.discovery;
    // Learn no more while the user takes no events.
    if (desk_.out.events() >= desk_.config.max_events) return;
    while (missing() > 0 && take_inbound()) {
    }
    if (missing() == 0 || underway_ >= config.in_flight || askable_.empty()) return;
    const auto now_asked = std::min(config.in_flight - underway_, askable_.size());
    const auto amount = std::min<std::size_t>(255, std::max(config.at_least, missing() / now_asked));
    while (underway_ < config.in_flight && !askable_.empty()) {
        Peer& peer = *desk_.any_of(askable_);
        if (!machine(peer).ours()) {  // it owes an answer
            std::erase(askable_, &peer);
            mine(peer).ask_at = desk_.now + config.again_after;
            desk_.watch(peer, mine(peer).ask_at);
            continue;
        }
        ++underway_;
        mine(peer).answer_by = desk_.now + config.timeout;
        request(peer, static_cast<std::uint8_t>(amount));
    }
}

/// Takes inbound peers if it is their turn. False if none became known.
bool DiscoveryPart::take_inbound() {
    const auto& config = desk_.config.discovery;
    if (!config.inbound || desk_.now < inbound_at_) return false;
    const bool may_ask = underway_ < config.in_flight && !askable_.empty();
    if (may_ask && detail::next_random(desk_.random) % 2 == 0) return false;
    inbound_at_ = desk_.now + config.inbound_every;
    auto there = config.inbound();
    std::erase_if(there, [&](const InboundPeer& peer) {
        return !peer.peer || desk_.now - peer.since < config.mature_after || book_.find(peer.peer);
    });
    std::size_t taken = 0;
    while (taken < config.inbound_at_once && !there.empty()) {
        InboundPeer& one = desk_.any_of(there);
        taken += learn(one.peer) ? 1 : 0;
        one = there.back();
        there.pop_back();
    }
    return taken > 0;
}

std::vector<Peer*> DiscoveryPart::surplus() {
    std::vector<Peer*> result;
    const std::size_t wanted = promotion_.targets().known;
    const bool lowered = wanted < std::exchange(looked_for_, wanted);
    if ((!std::exchange(stirred_, false) && !lowered) || book_.known() <= wanted) return result;
    std::vector<std::pair<std::uint64_t, Peer*>> drawn;
    for (Peer* peer : learnt_) {
        const bool idle = peer->temperature == Temperature::cold && peer->stage == Stage::waiting;
        if (peer->claimed || peer->root() || !idle) continue;
        std::uint64_t lot = 0;  // the best of several: a peer has one lot, and one more for each failure
        for (std::uint32_t draw = 0; draw <= peer->failures; ++draw)
            lot = std::max(lot, detail::next_random(desk_.random));
        drawn.emplace_back(lot, peer);
    }
    std::sort(drawn.begin(), drawn.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    drawn.resize(std::min(drawn.size(), book_.known() - wanted));
    for (const auto& [lot, peer] : drawn) result.push_back(peer);
    return result;
}

Instant DiscoveryPart::next_deadline() const noexcept {
    Instant next = asks_.empty() ? Instant::max() : asks_.front().give_up;
    const bool listening = desk_.out.events() < desk_.config.max_events;
    if (desk_.config.discovery.inbound && listening && missing() > 0)
        next = std::min(next, std::max(inbound_at_, desk_.now));
    return next;
}

}  // namespace ouro::initiator

namespace ouro::frame {

std::unique_ptr<initiator::Part> make_part(Speaks<initiator::RequestingSide, PeerSharing>,
                                           initiator::RequestingSide::Making& with) {
    return std::make_unique<initiator::DiscoveryPart>(with.desk, with.book, with.promotion);
}

}  // namespace ouro::frame
