#include <ouro/names/root_peers.hpp>

#include <algorithm>

#include <ouro/base/random.hpp>

namespace ouro {

RootPeers::RootPeers(Topology topology, Instant now, std::uint64_t seed, std::size_t most_public)
    : random_(seed), most_public_(most_public) {
    set(std::move(topology), now);
}

void RootPeers::set(Topology topology, Instant now) {
    topology_ = std::move(topology);
    std::vector<AccessPoint> local, others = topology_.bootstrap_peers;
    for (const auto& group : topology_.local_roots)
        local.insert(local.end(), group.access_points.begin(), group.access_points.end());
    for (const auto& group : topology_.public_roots)
        others.insert(others.end(), group.access_points.begin(), group.access_points.end());
    names_.set(local, others, now);
    told_.clear();
    news_ = true;
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
    return result;
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
