#include <ouro/program/root_peers.hpp>

#include <algorithm>
#include <unordered_set>

#include <ouro/base/random.hpp>

namespace ouro {

std::vector<initiator::LocalRoots> local_roots(const Topology& topology, const PeersOf& peers_of) {
    std::vector<initiator::LocalRoots> groups;
    std::unordered_set<PeerId> named;
    for (const Topology::LocalRoots& wish : topology.local_roots) {
        initiator::LocalRoots group;
        for (const AccessPoint& point : wish.access_points)
            for (const PeerId& peer : peers_of(point))
                if (named.insert(peer).second) group.peers.push_back(peer);
        if (group.peers.empty()) continue;  // no peer is known yet
        group.hot_valency = std::min(wish.hot_valency, group.peers.size());
        group.warm_valency = std::min(wish.warm_valency, group.peers.size());
        group.trusted = wish.trustable;
        group.advertise = wish.advertise;
        group.initiator_only = wish.initiator_only;
        group.behind_firewall = wish.behind_firewall;
        groups.push_back(std::move(group));
    }
    return groups;
}

RootPeers::RootPeers(Topology topology, Instant now, std::uint64_t seed, std::size_t most_public)
    : seed_(seed), random_(seed), most_public_(most_public) {
    set(std::move(topology), now);
}

void RootPeers::set(Topology topology, Instant now) {
    topology_ = std::move(topology);
    std::vector<AccessPoint> local, others = topology_.bootstrap_peers;
    for (const auto& group : topology_.local_roots)
        local.insert(local.end(), group.access_points.begin(), group.access_points.end());
    for (const auto& group : topology_.public_roots)
        others.insert(others.end(), group.access_points.begin(), group.access_points.end());
    draw_ledger_peers();
    others.insert(others.end(), ledger_.begin(), ledger_.end());
    names_.set(local, others, now);
    told_.clear();
    news_ = true;
}

void RootPeers::draw_ledger_peers() {
    ledger_.clear();
    if (!topology_.uses_ledger_peers()) return;
    std::size_t named = topology_.bootstrap_peers.size();
    for (const auto& group : topology_.public_roots) named += group.access_points.size();
    const std::size_t room = most_public_ - std::min(named, most_public_);
    const LedgerDraw draw(*topology_.ledger_peers);
    std::uint64_t random = seed_;
    ledger_ = draw.draw(LedgerDraw::Among::big, std::min(room, big_ledger_peers), random);
    for (AccessPoint& point : draw.draw(LedgerDraw::Among::all, room, random))
        if (ledger_.size() < room && std::find(ledger_.begin(), ledger_.end(), point) == ledger_.end())
            ledger_.push_back(std::move(point));
}

std::vector<initiator::Command> RootPeers::commands() {
    std::vector<initiator::Command> result;
    if (std::exchange(seen_, names_.changes()) == names_.changes() && !news_) return result;
    news_ = false;
    initiator::SetLocalRoots roots;
    roots.groups = local_roots(topology_, [this](const AccessPoint& point) { return names_.peers(point); });
    result.emplace_back(std::move(roots));
    add_public(result, topology_.bootstrap_peers, false);
    for (const auto& group : topology_.public_roots) add_public(result, group.access_points, group.advertise);
    add_ledger_peers(result);
    return result;
}

void RootPeers::add_ledger_peers(std::vector<initiator::Command>& commands) {
    initiator::KnowPeers known{{}, false};
    std::erase_if(ledger_, [&](const AccessPoint& point) {
        const std::vector<PeerId> peers = names_.peers(point);
        if (peers.empty() || told_.size() >= most_public_) return false;
        const PeerId& one = peers[detail::next_random(random_) % peers.size()];
        if (std::find(told_.begin(), told_.end(), one) == told_.end()) {
            told_.push_back(one);
            known.peers.push_back(one);
        }
        return true;
    });
    if (!known.peers.empty()) commands.emplace_back(std::move(known));
}

void RootPeers::add_public(std::vector<initiator::Command>& commands, const std::vector<AccessPoint>& points,
                           bool advertise) {
    std::vector<PeerId> fresh;
    for (const AccessPoint& point : points)
        for (const PeerId& peer : names_.peers(point))
            if (std::find(told_.begin(), told_.end(), peer) == told_.end() &&
                std::find(fresh.begin(), fresh.end(), peer) == fresh.end())
                fresh.push_back(peer);
    initiator::KnowPeers known{{}, advertise};
    while (!fresh.empty() && told_.size() < most_public_) {
        PeerId& one = fresh[detail::next_random(random_) % fresh.size()];
        told_.push_back(one);
        known.peers.push_back(std::exchange(one, fresh.back()));
        fresh.pop_back();
    }
    if (!known.peers.empty()) commands.emplace_back(std::move(known));
}

}  // namespace ouro
