#include "promotion.hpp"

#include <algorithm>
#include <unordered_set>

namespace ouro::initiator {

namespace {

bool is_other(const Peer& peer, Instant) { return !peer.root(); }
bool is_idle_other(const Peer& peer, Instant) { return !peer.root() && !peer.followed; }
bool may_be_hot(const Peer& peer, Instant now) {
    return peer.temperature == Temperature::warm && !peer.cooling &&
           (peer.heat_at == Instant::max() || peer.heat_at <= now);
}
bool other_may_be_hot(const Peer& peer, Instant now) { return !peer.root() && may_be_hot(peer, now); }
bool is_hot(const Peer& peer, Instant) { return peer.temperature == Temperature::hot; }
bool is_warm(const Peer& peer, Instant) { return peer.temperature == Temperature::warm; }
bool may_be_dialled(const Peer& peer, Instant now) {
    return peer.temperature == Temperature::cold && peer.stage == Stage::waiting &&
           (peer.retry_at == Instant::max() || peer.retry_at <= now) && (!peer.behind_firewall || peer.here);
}

}  // namespace

std::optional<PromotionPart::Decision> PromotionPart::decide() {
    while (!stirred_groups_.empty()) {
        RootGroup& group = *stirred_groups_.back();
        if (auto decision = decide(group)) return decision;
        group.stirred = false;
        stirred_groups_.pop_back();
    }
    if (!stirred_) return std::nullopt;
    auto decision = decide_others();
    stirred_ = decision.has_value();
    return decision;
}

std::optional<PromotionPart::Decision> PromotionPart::decide(RootGroup& group) {
    using What = Decision::What;
    std::size_t hot = 0, established = 0;
    for (const Peer* peer : group.members) {
        const bool warm = peer->temperature == Temperature::warm;
        hot += peer->temperature == Temperature::hot ? 1 : 0;
        const bool dialling = peer->stage == Stage::dialling && !peer->slow;
        established += warm || dialling || peer->stage == Stage::handshaking ? 1 : 0;
    }
    established += hot;
    if (hot < group.hot_valency)
        if (Peer* peer = any(group.members, &may_be_hot)) return Decision{What::heat, peer};
    if (established < group.warm_valency)
        if (Peer* peer = any(group.members, &may_be_dialled); peer && may_dial()) return Decision{What::dial, peer};
    if (hot > group.hot_valency) return Decision{What::cool, any(group.members, &is_hot)};
    if (established > group.warm_valency)
        if (Peer* peer = any(group.members, &is_warm)) return Decision{What::close, peer};
    return std::nullopt;
}

std::optional<PromotionPart::Decision> PromotionPart::decide_others() {
    using What = Decision::What;
    const auto hot = book_.hot().size();
    if (hot < targets_.active)
        if (Peer* peer = any(book_.warm(), &other_may_be_hot)) return Decision{What::heat, peer};
    if (hot > targets_.active) {
        if (Peer* peer = any(book_.hot(), &is_idle_other)) return Decision{What::cool, peer};
        if (Peer* peer = any(book_.hot(), &is_other)) return Decision{What::cool, peer};
    }
    const auto established = book_.established();
    if (established < targets_.established && !book_.offered().empty() && may_dial())
        return Decision{What::dial, desk_.any_of(book_.offered())};
    if (established > targets_.established)
        if (Peer* peer = any(book_.warm(), &is_other)) return Decision{What::close, peer};
    return std::nullopt;
}

bool PromotionPart::may_dial() noexcept {
    // The user takes no events: more peers would only add some.
    if (desk_.out.events() < desk_.config.max_events) return true;
    blocked_ = true;
    return false;
}

void PromotionPart::unblock() {
    if (!blocked_ || desk_.out.events() >= desk_.config.max_events) return;
    blocked_ = false;
    stirred_ = true;
    for (RootGroup& group : groups_) stir(group);
}

void PromotionPart::stir(Peer& peer) {
    stirred_ = true;
    if (peer.group) stir(*peer.group);
}

void PromotionPart::stir(RootGroup& group) {
    if (std::exchange(group.stirred, true)) return;
    stirred_groups_.push_back(&group);
}

Peer* PromotionPart::any(const std::vector<Peer*>& among, bool (*fit)(const Peer&, Instant)) {
    candidates_.clear();
    for (Peer* peer : among)
        if (fit(*peer, desk_.now)) candidates_.push_back(peer);
    return candidates_.empty() ? nullptr : desk_.any_of(candidates_);
}

void PromotionPart::include(Peer& peer) {
    if (peer.group && peer.group->included) return;
    release(peer);
    RootGroup& group = groups_.emplace_back();
    group.included = true;
    join(peer, group);
}

void PromotionPart::join(Peer& peer, RootGroup& group) {
    book_.offer(peer, false);
    peer.group = &group;
    group.members.push_back(&peer);
    stir(peer);
}

void PromotionPart::release(Peer& peer) {
    if (!peer.group) return;
    RootGroup& group = *std::exchange(peer.group, nullptr);
    std::erase(group.members, &peer);
    peer.one_way = peer.behind_firewall = peer.own_protocols = false;
    if (may_be_dialled(peer, desk_.now)) book_.offer(peer, true);
    stir(group);
    stirred_ = true;
    if (!group.members.empty() || !group.included) return;
    std::erase(stirred_groups_, &group);
    groups_.remove_if([&](const RootGroup& g) { return &g == &group; });
}

Errc PromotionPart::set_local_roots(const std::vector<LocalRoots>& groups) {
    std::unordered_set<PeerId> named;
    std::size_t fresh = 0;
    for (const LocalRoots& group : groups) {
        if (group.hot_valency > group.warm_valency || group.warm_valency > group.peers.size())
            return Errc::bad_argument;
        for (const PeerId& id : group.peers) {
            if (!id || !named.insert(id).second) return Errc::bad_argument;
            fresh += book_.find(id) || book_.own().contains(id) ? 0 : 1;
        }
    }
    if (book_.size() + fresh > desk_.config.max_known) return Errc::queue_full;
    for (auto it = groups_.begin(); it != groups_.end();) {
        RootGroup& old = *it++;
        if (old.included) continue;
        for (Peer* peer : std::vector<Peer*>(old.members)) release(*peer);
        std::erase(stirred_groups_, &old);
        groups_.remove_if([&](const RootGroup& g) { return &g == &old; });
    }
    for (const LocalRoots& given : groups) {
        RootGroup& group = groups_.emplace_back();
        group.hot_valency = given.hot_valency;
        group.warm_valency = given.warm_valency;
        for (const PeerId& id : given.peers) {
            if (book_.own().contains(id)) continue;
            Peer* peer = book_.find(id);
            if (!peer) peer = book_.add(id);
            if (peer->group) continue;  // an included peer stays a root of its own
            peer->trusted = given.trusted;
            peer->advertise = given.advertise;
            peer->one_way = given.initiator_only;
            peer->behind_firewall = given.behind_firewall;
            peer->own_protocols = given.own_protocols;
            peer->claimed = true;
            peer->leaving = false;
            join(*peer, group);
        }
    }
    return Errc::none;
}

}  // namespace ouro::initiator
