// What a node knows of its peers: news of them, and their present state.

#include <algorithm>
#include <string>
#include <utility>

#include "node_core.hpp"

namespace ouro::detail {

namespace {

PeerNews news_of(PeerNews::Kind kind, const PeerId& peer, Errc reason = Errc::none) {
    PeerNews news;
    news.kind = kind;
    news.peer = peer;
    news.reason = reason;
    return news;
}

PeerNews connected(const PeerId& peer, const Agreement& agreement) {
    PeerNews news = news_of(PeerNews::Kind::connected, peer);
    news.version = agreement.version;
    news.both_ways = !agreement.data.initiator_only;
    return news;
}

/// Of an event with a reason, a violation and an error of the system.
PeerNews disconnected(const auto& event) {
    PeerNews news = news_of(PeerNews::Kind::disconnected, event.peer, event.reason);
    news.violation = event.violation;
    news.system = event.system;
    return news;
}

PeerNews inbound(PeerNews news) {
    news.inbound = true;
    return news;
}

}  // namespace

void NodeCore::on(initiator::PeerInitialized& event) {
    if (const auto used = used_.find(event.peer); used != used_.end()) used->second.refusal = Errc::none;
    board_.report(connected(event.peer, event.agreement));
}

void NodeCore::on(initiator::PeerRefused& event) {
    PeerNews news = news_of(PeerNews::Kind::refused, event.peer, event.error);
    news.detail = (event.by_peer ? "" : "not accepted here: ") + to_string(event);
    board_.report(news);
    if (const auto used = used_.find(event.peer); used != used_.end()) {
        used->second.refusal = event.error;
        end_if_refused(event.error);
    }
    for (const auto& feed : feeds_) {
        if (feed->only != event.peer) continue;
        feed->feed().end(event.error);
        touch(*feed);
    }
}

void NodeCore::end_if_refused(Errc reason) {
    for (const auto& [peer, used] : used_)
        if (used.refusal == Errc::none) return;
    for (const auto& feed : feeds_) {
        if (feed->feed().ended()) continue;
        feed->feed().end(reason);
        touch(*feed);
    }
}

void NodeCore::on(initiator::PeerDisconnected& event) {
    PeerNews news = disconnected(event);
    news.point = event.point;
    const bool by_socket = socket_peers_.contains(event.peer);
    if (!by_socket) news.retry_in = time_until(event.retry_at, driver_->now());
    if (!by_socket || !lost_socket(event.peer)) board_.report(news);
}

void NodeCore::on(initiator::PeerBanned& event) {
    PeerNews news = news_of(PeerNews::Kind::banned, event.peer, event.reason);
    news.retry_in = time_until(event.until, driver_->now());
    board_.report(news);
}

void NodeCore::on(initiator::Stalled& event) {
    PeerNews news = news_of(PeerNews::Kind::stalled, event.peer);
    news.detail = std::string(event.protocol) + (event.state.empty() ? "" : ", ") + std::string(event.state);
    board_.report(news);
}

void NodeCore::on(responder::PeerInitialized& event) { board_.report(inbound(connected(event.peer, event.agreement))); }

void NodeCore::on(responder::PeerRefused& event) {
    PeerNews news = news_of(PeerNews::Kind::refused, event.peer, event.error);
    news.detail = to_string(event);
    board_.report(inbound(std::move(news)));
}

void NodeCore::on(responder::PeerDisconnected& event) { board_.report(inbound(disconnected(event))); }

void NodeCore::on(responder::InterfaceTrouble& event) {
    PeerNews news = news_of(PeerNews::Kind::turned_away, event.peer);
    news.system = event.error;
    board_.report(inbound(std::move(news)));
}

std::size_t NodeCore::known_peers() const noexcept {
    return driver_ ? driver_->behavior().initiator().counters().known : 0;
}

std::vector<PeerStatus> NodeCore::peers() const {
    check_thread();
    std::vector<PeerStatus> all;
    if (!driver_) return all;
    const Instant now = driver_->now();
    for (const initiator::PeerState& peer : driver_->behavior().initiator().peers()) {
        all.push_back({peer.peer, peer.stage == initiator::Stage::ready, peer.temperature == Temperature::hot,
                       peer.reason, peer.failures, time_until(peer.retry_at, now), peer.round_trip});
    }
    return all;
}

Samples NodeCore::samples() const {
    check_thread();
    Samples samples;
    if (counted_) samples.add(*counted_);
    if (!driver_) return samples;
    const NodeBehavior& node = driver_->behavior();
    samples.add(node.counters())
        .add(node.initiator().counters(), node.initiator().peers())
        .add(node.responder().counters());
    if (const auto figures = driver_->figures()) samples.add(*figures);
    return samples;
}

}  // namespace ouro::detail
